"""The model table, APIs that are not simulated, parameters of tools (docs/wire.md, sections 6, 7.5 to 7.10, 8.2)."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from starlette.testclient import TestClient

from clovax_agents import ToolExecutor, tool
from clovax_agents.capabilities import MODELS
from clovax_agents.simulator.tokens import count

START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
OFF: dict[str, Any] = {"thinking": {"effort": "none"}}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
SCHEMA: dict[str, Any] = {"responseFormat": {"type": "json", "schema": {"type": "object"}}}
IMAGE: dict[str, Any] = {"type": "image_url", "imageUrl": {"url": "https://x.kr/a.png"}}

# context, input, output, and what of tools, schema, thinking and images the model can do; price in and out
TABLE: dict[str, tuple[str, int, int, int, str, tuple[float, float]]] = {
    "w6_01": ("HCX-007", 128_000, 128_000, 32_768, "tools schema thinking", (1.25, 5)),
    "w6_02": ("HCX-005", 128_000, 128_000, 4_096, "tools images", (1.25, 5)),
    "w6_03": ("HCX-DASH-002", 32_000, 32_000, 4_096, "tools", (0.25, 1)),
    "w6_04": ("HCX-003", 8_192, 7_600, 4_096, "", (5, 5)),
    "w6_05": ("HCX-DASH-001", 4_096, 3_500, 4_096, "", (1, 1)),
}
LARGE_CAP = 600
"""So large that the context is full before the input is, on every model."""
FEATURES: dict[str, dict[str, Any]] = {
    "tools": {"tools": [TOOL]},
    "schema": SCHEMA,
    "thinking": {"thinking": {"effort": "low"}},
    "images": {"messages": [{"role": "user", "content": [IMAGE]}]},
}


def _post(client: TestClient, model: str, **changes: Any) -> Any:
    off = OFF if model == "HCX-007" and "thinking" not in changes else {}
    path = f"/{MODELS[model].generation}/chat-completions/{model}"
    return client.post(path, json={"messages": [USER], **off, **changes})


@pytest.mark.parametrize(("name", "context", "read", "written", "can", "price"), TABLE.values(), ids=TABLE.keys())
def test_the_model_table(
    name: str, context: int, read: int, written: int, can: str, price: tuple[float, float]
) -> None:
    """Limits, abilities and prices as the package knows them."""
    card = MODELS[name]
    able = {"tools": card.tools, "schema": card.structured_output, "thinking": card.thinking, "images": card.images}

    assert (card.context, card.max_input, card.max_output, card.price) == (context, read, written, price)
    assert {feature for feature, yes in able.items() if yes} == set(can.split())


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize(("name", "can"), [(row[0], row[4]) for row in TABLE.values()], ids=TABLE.keys())
def test_a_model_does_what_the_table_says(simulator: START, name: str, can: str, feature: str) -> None:
    """Each feature is accepted where the table has it, and refused elsewhere (v1 does not know the native fields)."""
    status = _post(simulator(), name, **FEATURES[feature]).status_code

    ignored = MODELS[name].generation == "v1" and feature in ("schema", "thinking")
    assert status == (200 if feature in can.split() or ignored else 400)


@pytest.mark.parametrize(("name", "context", "read", "written"), [row[:4] for row in TABLE.values()], ids=TABLE.keys())
def test_limits_of_input_and_output(simulator: START, name: str, context: int, read: int, written: int) -> None:
    """The longest input, the largest cap and the fullest context are accepted; one token more is refused."""
    client = simulator()
    longest = min(read, context - 1)
    room = context - LARGE_CAP

    assert _tokens(client, name, longest, 1) == (200, longest)
    assert _tokens(client, name, longest + 1, 1) == (400, "40003")
    assert _tokens(client, name, room, LARGE_CAP) == (200, room)
    assert _tokens(client, name, room, LARGE_CAP + 1) == (400, "40003")
    assert _tokens(client, name, 6, min(written, context - 6)) == (200, 6)
    assert _tokens(client, name, 6, written + 1) == (400, "40001")


def _tokens(client: TestClient, name: str, size: int, cap: int) -> tuple[int, Any]:
    """Ask with an input of so many tokens; return the status, and what was billed or the code."""
    # A word of n + 1 syllables is n tokens, and the message has five of its own.
    field = "maxCompletionTokens" if name == "HCX-007" else "maxTokens"
    body = _post(client, name, messages=[{**USER, "content": "가" * (size - 4)}], **{field: cap}).json()
    if "result" not in body:
        return int(body["status"]["code"][:3]), body["status"]["code"]
    result = body["result"]
    return 200, result["usage"]["promptTokens"] if "usage" in result else result["inputLength"]


@pytest.mark.parametrize("name", ["HCX-008", "HyperCLOVAX-SEED-Think-32B", "HCX-GOV-THINK", "LK-B", "LK-D2", "HCX-002"])
def test_w6_09_w6_10_w6_11_w6_12_there_is_no_other_model(simulator: START, name: str) -> None:
    """Not a newer one, no open weights, no other product's, none that was retired."""
    body = simulator().post("/v1/openai/chat/completions", json={"model": name, "messages": [USER]}).json()

    assert body["error"]["code"] == ("40082" if name in ("LK-B", "LK-D2", "HCX-002") else "40080")


def test_w6_14_markers_count_as_input(simulator: START) -> None:
    """Every message costs more than its text."""
    client = simulator()
    one = _post(client, "HCX-005").json()["result"]["usage"]["promptTokens"]
    three = [USER, {"role": "assistant", "content": "안녕"}, USER]
    usage = _post(client, "HCX-005", messages=three).json()["result"]["usage"]

    assert one > count("안녕")
    assert usage["promptTokens"] == 3 * one


ABSENT: dict[str, tuple[str, str]] = {
    "w7_5_01": ("POST", "/v1/api-tools/sliding/chat-messages/HCX-003"),
    "w7_6_01": ("POST", "/v1/api-tools/summarization/v2"),
    "w7_7_01": ("POST", "/v1/api-tools/segmentation"),
    "w7_8_01": ("POST", "/v1/routers/r1/versions/1/route"),
    "w7_9_01": ("POST", "/v1/skillsets/s1/versions/1/final-answer"),
    "w7_10_01": ("GET", "/tuning/v2/tasks/t1"),
    "w7_10_02": ("GET", "/tuning/v2/tasks?page=0&size=20"),
    "w7_10_03": ("POST", "/tuning/v2/tasks"),
    "w7_10_10": ("DELETE", "/tuning/v2/tasks/t1"),
    "w7_10_14_batches": ("POST", "/v1/batches"),
    "w7_10_14_files": ("POST", "/v1/files"),
    "w7_10_14_moderation": ("POST", "/v1/moderations"),
    "w7_10_14_images": ("POST", "/v1/images/generations"),
    "w7_10_14_audio": ("POST", "/v1/audio/speech"),
}


@pytest.mark.parametrize(("method", "path"), ABSENT.values(), ids=ABSENT.keys())
def test_apis_that_are_not_simulated_are_not_found(simulator: START, method: str, path: str) -> None:
    """404/40400 in the native envelope."""
    answer = simulator().request(method, path)

    assert (answer.status_code, answer.json()) == (404, {"status": {"code": "40400", "message": "Not found"}})


def _nested(depth: int) -> dict[str, Any]:
    return {"type": "object", "properties": {"o": _nested(depth - 1)} if depth else {}}


PARAMETERS: dict[str, dict[str, Any]] = {
    "w8_2_01_object": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "w8_2_02_nested": {
        "type": "object",
        "properties": {"o": {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}},
    },
    "w8_2_02_array_of_objects": {
        "type": "object",
        "properties": {"l": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": "number"}}}}},
    },
    "w8_2_02_large_enum": {"type": "object", "properties": {"e": {"enum": [f"값{n}" for n in range(2_000)]}}},
    "w8_2_03_any_keyword": {
        "type": "object",
        "properties": {"p": {"type": "string", "pattern": "a+", "minLength": 3, "x-unit": "kg"}},
        "additionalProperties": False,
        "$defs": {},
    },
    "w8_2_03_deep": _nested(20),
    "w8_2_03_many": {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(500)}},
}


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_parameters_that_are_accepted(simulator: START, parameters: dict[str, Any]) -> None:
    """An object with properties; beyond that there is no list of keywords and no limit."""
    function = {"name": "f", "description": "does f", "parameters": parameters}

    assert _post(simulator(), "HCX-005", tools=[{"type": "function", "function": function}]).status_code == 200


@pytest.mark.parametrize(
    "parameters", [{"type": "string"}, {"properties": {}}, [], {"type": "object", "required": ["a"]}]
)
def test_w8_2_01_parameters_that_are_no_object(simulator: START, parameters: Any) -> None:
    """40001 that names the field."""
    function = {"name": "f", "description": "does f", "parameters": parameters}
    answer = _post(simulator(), "HCX-005", tools=[{"type": "function", "function": function}])

    assert answer.json()["status"]["message"] == "Invalid parameter: tools[].function.parameters"


@tool
def order(number: int) -> str:
    """주문을 조회합니다."""
    return f"{number}번 주문"


async def test_w8_2_05_the_client_validates_arguments_itself() -> None:
    """No page promises that they validate: wrong ones are answered, and the tool does not run."""
    call = {"name": "order", "args": {"number": "열두 개"}, "id": "c1", "type": "tool_call"}
    answers = await ToolExecutor([order]).ainvoke({"messages": [AIMessage("", tool_calls=[call])]})
    answer = answers["messages"][0]

    assert answer.status == "error"
    assert "number" in answer.text
