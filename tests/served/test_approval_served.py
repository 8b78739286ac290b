"""A person decides about a call through the Agent Server, in the shapes that chat clients send."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

PAID, PREPARED, SENT = "ORD-20261120-0001", "ORD-20261119-0001", "ORD-20261118-0001"
REASON = "단순 변심"
QUESTION = f"주문 {PAID}을 {REASON}으로 취소해줘"
TWO = f"주문 {PAID}을 {REASON}으로 취소해줘. 그리고 주문 {PREPARED}을 {REASON}으로 취소해줘"
OTHER = {"order_id": PREPARED, "reason": "상담원 확인"}
ALLOWED = ["approve", "edit", "reject", "respond"]
WAYS = {
    "approve": ({"type": "approve"}, {"type": "accept", "args": None}),
    "edit": (
        {"type": "edit", "edited_action": {"name": "cancel_order", "args": OTHER}},
        {"type": "edit", "args": {"action": "cancel_order", "args": OTHER}},
    ),
    "reject": ({"type": "reject", "message": "고객과 통화했습니다"}, {"type": "ignore", "args": None}),
    "respond": (
        {"type": "respond", "message": "내일 취소하기로 했습니다"},
        {"type": "response", "args": "내일 취소하기로 했습니다"},
    ),
}
NEW, OLD = 0, 1


def _answer(way: str, shape: int) -> Any:
    """Return an answer in LangChain's shape, or in that of the older ``HumanInterrupt``."""
    decision = WAYS[way][shape]
    return {"decisions": [decision]} if shape == NEW else [decision]


@pytest_asyncio.fixture(loop_scope="session")
async def thread(client: LangGraphClient) -> str:
    """Give a new thread, in a shop where nothing has been cancelled yet."""
    await asyncio.to_thread(Path(os.environ["CLOVAX_SHOP_DB"]).unlink, missing_ok=True)
    created = await client.threads.create()
    return str(created["thread_id"])


async def _ask(client: LangGraphClient, thread: str, question: str = QUESTION) -> Any:
    given: Any = {"messages": [{"role": "user", "content": question}]}
    return await client.runs.wait(thread, "react", input=given)


async def _resume(client: LangGraphClient, thread: str, answer: Any, **more: Any) -> Any:
    return await client.runs.wait(thread, "react", command={"resume": answer}, **more)


async def _cancelled() -> list[tuple[str, str]]:
    """Return which orders were cancelled, and why."""

    def read() -> list[tuple[str, str]]:
        path = Path(os.environ["CLOVAX_SHOP_DB"])
        if not path.exists():
            return []
        connection = sqlite3.connect(path)
        try:
            return connection.execute("SELECT order_id, reason FROM cancellations ORDER BY order_id").fetchall()
        finally:
            connection.close()

    return await asyncio.to_thread(read)


def _results(state: Any) -> list[Any]:
    return [message for message in state["messages"] if message["type"] == "tool"]


async def test_the_run_stops_and_asks_in_the_shape_that_clients_show(client: LangGraphClient, thread: str) -> None:
    """The question is LangChain's ``HITLRequest``, in the result as in the thread; nothing has happened yet."""
    asked = await _ask(client, thread)
    (question,) = [found["value"] for found in asked["__interrupt__"]]
    (request,) = question["action_requests"]

    assert (request["name"], request["args"]) == ("cancel_order", {"order_id": PAID, "reason": REASON})
    assert "환불" in request["description"]
    assert question["review_configs"] == [{"action_name": "cancel_order", "allowed_decisions": ALLOWED}]
    found: Any = await client.threads.get(thread)
    assert found["status"] == "interrupted"
    assert [one["value"] for pending in found["interrupts"].values() for one in pending] == [question]
    assert (await client.threads.get_state(thread))["next"] == ["approval"]
    assert await _cancelled() == []


@pytest.mark.parametrize("shape", [NEW, OLD], ids=["new", "old"])
@pytest.mark.parametrize(
    ("way", "effect", "told"),
    [
        ("approve", [(PAID, REASON)], '"cancelled": true'),
        ("edit", [(PREPARED, "상담원 확인")], '"cancelled": true'),
        ("reject", [], "a person has rejected this call"),
        ("respond", [], "내일 취소하기로 했습니다"),
    ],
)
@pytest.mark.soak(every=7)
async def test_what_a_person_says_is_what_happens(
    client: LangGraphClient, thread: str, way: str, shape: int, effect: list[Any], told: str
) -> None:
    """Once or not at all, for these arguments; the model reads it, and the run goes on to its end."""
    await _ask(client, thread)
    state = await _resume(client, thread, _answer(way, shape))

    assert await _cancelled() == effect
    (result,) = _results(state)
    assert told in result["content"]
    assert [message["type"] for message in state["messages"]] == ["human", "ai", "tool", "ai"]
    (call,) = state["messages"][1]["tool_calls"]
    assert call["args"] == (OTHER if way == "edit" else {"order_id": PAID, "reason": REASON})
    found: Any = await client.threads.get(thread)
    assert found["status"] == "idle"


@pytest.mark.parametrize("first", ["approve", "reject"])
async def test_an_answer_counts_once(client: LangGraphClient, thread: str, first: str) -> None:
    """Sent again, by an impatient client, or changed to its opposite, it changes nothing."""
    await _ask(client, thread)
    answered = await _resume(client, thread, _answer(first, NEW))
    effect = await _cancelled()
    assert effect == ([(PAID, REASON)] if first == "approve" else [])

    for again in ("approve", "reject", "edit"):
        await _resume(client, thread, _answer(again, NEW), raise_error=False)
        assert await _cancelled() == effect
    state: Any = await client.threads.get_state(thread)
    assert _results(state["values"]) == _results(answered)


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.soak(every=2)
async def test_going_back_to_the_question_undoes_and_repeats_nothing(
    client: LangGraphClient, thread: str, first: str
) -> None:
    """From the checkpoint at which it was asked, the first answer holds, whatever is answered there later."""
    await _ask(client, thread)
    question: Any = (await client.threads.get_state(thread))["checkpoint"]
    await _resume(client, thread, _answer(first, NEW))
    for again in ("approve", "approve"):
        await _resume(client, thread, _answer(again, NEW), checkpoint=question, raise_error=False)

    assert await _cancelled() == ([(PAID, REASON)] if first == "approve" else [])


async def test_two_answers_at_the_same_time_cancel_once(client: LangGraphClient, thread: str) -> None:
    """Two people press the button: one run goes on, the other finds that it was decided."""
    await _ask(client, thread)
    both = [
        _resume(client, thread, _answer("approve", shape), multitask_strategy="enqueue", raise_error=False)
        for shape in (NEW, OLD)
    ]
    await asyncio.gather(*both)

    assert await _cancelled() == [(PAID, REASON)]
    state: Any = await client.threads.get_state(thread)
    assert len(_results(state["values"])) == 1


async def test_several_calls_are_decided_one_by_one(client: LangGraphClient, thread: str) -> None:
    """All of a message at once, before any of them runs; each gets its own decision."""
    asked = await _ask(client, thread, TWO)
    (question,) = [found["value"] for found in asked["__interrupt__"]]
    wanted = [request["args"]["order_id"] for request in question["action_requests"]]
    assert sorted(set(wanted)) == [PREPARED, PAID]
    decisions = [WAYS["approve" if order == PREPARED else "reject"][NEW] for order in wanted]
    state = await _resume(client, thread, {"decisions": decisions})

    assert await _cancelled() == [(PREPARED, REASON)]
    assert len(_results(state)) == len(wanted)


@pytest.mark.parametrize("answer", ["yes please", {"decisions": []}, [{"type": "perhaps"}], 1, {"approved": True}])
@pytest.mark.soak(every=5)
async def test_an_answer_that_nobody_can_read_is_asked_for_again(
    client: LangGraphClient, thread: str, answer: Any
) -> None:
    """Nothing runs on it; the next question says what was wrong, and can be answered."""
    await _ask(client, thread)
    again = await _resume(client, thread, answer)
    assert await _cancelled() == []
    (question,) = [found["value"] for found in again["__interrupt__"]]
    assert "decision" in question["action_requests"][0]["description"]
    await _resume(client, thread, _answer("approve", OLD))
    assert await _cancelled() == [(PAID, REASON)]


async def test_an_edit_that_does_not_fit_is_asked_for_again(client: LangGraphClient, thread: str) -> None:
    """Arguments of a person are read as strictly as those of the model."""
    await _ask(client, thread)
    wrong = {"type": "edit", "edited_action": {"name": "cancel_order", "args": {"order_id": 5}}}
    again = await _resume(client, thread, {"decisions": [wrong]})
    assert await _cancelled() == []
    assert "order_id" in again["__interrupt__"][0]["value"]["action_requests"][0]["description"]


async def test_the_question_is_streamed_and_so_is_what_follows(client: LangGraphClient, thread: str) -> None:
    """A client that follows the run sees it stop, and sees the rest when it has answered."""
    given: Any = {"messages": [{"role": "user", "content": QUESTION}]}
    modes: Any = ["updates", "messages-tuple"]
    first = [event async for event in client.runs.stream(thread, "react", input=given, stream_mode=modes)]
    assert any("__interrupt__" in event.data for event in first if event.event == "updates")
    command: Any = {"resume": _answer("approve", NEW)}
    rest = [event async for event in client.runs.stream(thread, "react", command=command, stream_mode=modes)]
    nodes = [name for event in rest if event.event == "updates" for name in event.data]
    assert nodes == ["approval", "tools", "model"]
    assert await _cancelled() == [(PAID, REASON)]


async def test_what_cannot_be_cancelled_needs_a_person_all_the_same(client: LangGraphClient, thread: str) -> None:
    """Approved, the tool itself says why not; the order stays as it is."""
    await _ask(client, thread, f"주문 {SENT}을 {REASON}으로 취소해줘")
    state = await _resume(client, thread, _answer("approve", NEW))
    assert "이미 발송한 주문" in _results(state)[0]["content"]
    assert await _cancelled() == []
