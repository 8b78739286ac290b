"""The complaint form, and the modules of extraction and reflection, through the Agent Server."""

from typing import Any
from uuid import UUID, uuid5

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
MODES: list[Any] = ["values", "updates", "messages-tuple", "tasks", "checkpoints", "debug", "events", "custom"]
WRITTEN = "주문 ORD-20261118-0001 배송이 안 와요. 사유는 배송 지연이고 휴대폰 번호는 010-9876-5432"
FORM = {"order_id": "ORD-20261118-0001", "kind": "배송", "reason": "배송 지연", "phone": "010-9876-5432"}
CALCULATE = "(12500+3000)*2를 계산해줘"


def _input(text: str, **more: Any) -> Any:
    return {"messages": [{"role": "user", "content": text}], **more}


@pytest_asyncio.fixture(loop_scope="session")
async def thread(client: LangGraphClient) -> str:
    """Give a new thread."""
    return str((await client.threads.create())["thread_id"])


async def test_a_form_is_filled_in_from_what_a_customer_writes(client: LangGraphClient, thread: str) -> None:
    """The object is in the state, as JSON, and the answer shows it."""
    state: Any = await client.runs.wait(thread, "extract", input=_input(WRITTEN))
    assert {name: state["result"][name] for name in FORM} == FORM
    assert "배송 지연" in state["messages"][-1]["content"]
    assert state["errors"] == []
    assert set(state) == {"messages", "result", "candidate", "errors"}


async def test_what_is_missing_is_said_and_the_thread_goes_on(client: LangGraphClient, thread: str) -> None:
    """Nothing that was filled in is lost, and no run ends with an error."""
    state: Any = await client.runs.wait(thread, "extract", input=_input("환불해 주세요"))
    assert state["result"] is None
    assert state["candidate"]["kind"] == "환불"
    assert "order_id (주문 번호" in state["messages"][-1]["content"]
    again: Any = await client.runs.wait(thread, "extract", input=_input("번호를 모르겠어요"))
    assert again["candidate"]["kind"] == "환불"
    assert (await client.threads.get_state(thread))["next"] == []


async def test_an_existing_form_is_part_of_the_input(client: LangGraphClient, thread: str) -> None:
    """As JSON; something else is a clear error."""
    state: Any = await client.runs.wait(thread, "extract", input=_input("그대로 접수해 주세요", existing=FORM))
    assert state["result"]["order_id"] == FORM["order_id"]
    failed: Any = await client.runs.wait(
        None, "extract", input=_input("접수해 주세요", existing=[FORM]), raise_error=False
    )
    assert "model_dump" in str(failed["__error__"])


@pytest.mark.parametrize("graph", ["extract", "prebuilt_reflection"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.soak(every=11)
async def test_every_stream_mode_works(client: LangGraphClient, thread: str, graph: str, mode: Any) -> None:
    """Each gives its events and none an error; of messages, only the answer."""
    given = _input(WRITTEN if graph == "extract" else CALCULATE)
    events = [event async for event in client.runs.stream(thread, graph, input=given, stream_mode=mode)]
    names = {event.event for event in events}
    assert "error" not in names
    assert {"messages-tuple": "messages", "custom": "metadata"}.get(mode, mode) in names
    if mode == "messages-tuple":
        shown = [event.data[0] for event in events if event.event == "messages"]
        assert len({message["id"] for message in shown if message["type"] != "human"}) == 1


async def test_a_fork_from_history_fills_in_another_form(client: LangGraphClient, thread: str) -> None:
    """From before the model was asked."""
    await client.runs.wait(thread, "extract", input=_input(WRITTEN))
    history: Any = await client.threads.get_history(thread, limit=10)
    first = next(state for state in history if state["next"] == ["extract"])
    state: Any = await client.runs.wait(thread, "extract", input=None, checkpoint=first["checkpoint"])
    assert state["result"]["order_id"] == FORM["order_id"]


async def test_a_langgraph_json_can_name_the_modules_of_the_package(client: LangGraphClient) -> None:
    """Without a file of one's own: a contact is found, and an answer judged."""
    found: Any = await client.runs.wait(
        None, "prebuilt_extraction", input=_input("이름: 김민수, 전화번호: 010-1234-5678")
    )
    assert (found["result"]["name"], found["result"]["phone"]) == ("김민수", "010-1234-5678")
    judged: Any = await client.runs.wait(None, "prebuilt_reflection", input=_input(CALCULATE))
    assert "31000" in judged["messages"][-1]["content"].replace(",", "")
    assert judged["attempts"][0]["answer"]
    inside: Any = await client.assistants.get_graph("prebuilt_reflection", xray=True)
    assert {"act:model", "act:tools", "judge"} <= {node["id"] for node in inside["nodes"]}


async def test_the_drawing_shows_every_way(client: LangGraphClient) -> None:
    """Declared, so that Studio draws them."""
    drawing: Any = await client.assistants.get_graph("extract")
    edges = {(edge["source"], edge["target"]) for edge in drawing["edges"]}
    ways = {("__start__", "extract"), ("__start__", "update"), ("extract", "patch"), ("patch", "__end__")}
    assert ways <= edges
    (assistant,) = await client.assistants.search(graph_id="extract")
    assert "Complaint form" in (assistant.get("description") or "")


@pytest.mark.parametrize(
    ("graph", "inputs"),
    [
        ("extract", {"messages", "existing"}),
        ("prebuilt_extraction", {"messages", "existing"}),
        ("prebuilt_reflection", {"messages"}),
    ],
)
@pytest.mark.soak(every=3)
async def test_the_schemas_make_forms(client: LangGraphClient, graph: str, inputs: set[str]) -> None:
    """Input, output and settings, which stand at nodes that exist."""
    schemas: Any = await client.assistants.get_schemas(str(uuid5(NAMESPACE_GRAPHS, graph)))
    assert set(schemas["input_schema"]["properties"]) == inputs
    assert schemas["input_schema"]["required"] == ["messages"]
    assert schemas["output_schema"]["properties"]
    drawing: Any = await client.assistants.get_graph(graph)
    nodes = {node["id"] for node in drawing["nodes"]}
    settings = schemas["context_schema"]["properties"].values()
    assert {name for setting in settings for name in setting.get("langgraph_nodes", [])} <= nodes
    assert any(setting.get("langgraph_type") == "prompt" for setting in settings)
