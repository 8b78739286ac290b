"""G11: what runs is what a person has approved, once: replayed, expired, edited, by another user, resumed twice."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, RemoveMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from scriptedmodel import ScriptedModel, asks

from clovax_agents import tool
from clovax_agents.execution.approvals import VALID_FOR
from clovax_agents.execution.canonical import arguments_hash
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling.policy import ToolPolicy

Start = Callable[..., Any]
DONE = AIMessage("done", id="m2")
APPROVE = {"decisions": [{"type": "approve"}]}
RAN: list[str] = []
"""Hashes of the arguments that really ran."""


@tool(policy=ToolPolicy(approval=True))
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    RAN.append(arguments_hash({"amount": amount}))
    return f"paid {amount}"


@tool(policy=ToolPolicy(effect="read"))
def look(what: str) -> str:
    """Look something up.

    Args:
        what: to look up
    """
    RAN.append(what)
    return "seen"


def paid(amount: int) -> str:
    """Return what stands in RAN after a payment."""
    return arguments_hash({"amount": amount})


def user(name: str | None = None, **more: Any) -> Any:
    """Return the configuration of the thread, for somebody who is logged in."""
    who = {} if name is None else {"langgraph_auth_user_id": name}
    return {"configurable": {"thread_id": "t", **who, **more}}


HERE = user()


@pytest.fixture(params=["memory", "sqlite"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Build an agent that answers with a script, and run it until it asks."""
    RAN.clear()
    with ExitStack() as stack:
        saver: Any = InMemorySaver()
        if request.param == "sqlite":
            saver = stack.enter_context(SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.db")))

        def begin(*replies: AIMessage, config: Any = HERE, **options: Any) -> Any:
            model = ScriptedModel(replies=[*replies, DONE])
            graph = react_agent(model=model, tools=[pay, look]).compile(checkpointer=saver, **options)
            result = graph.invoke({"messages": [("user", "내 줘")]}, config)
            assert "__interrupt__" in result
            assert RAN == []
            return graph

        yield begin


def resume(graph: Any, answer: Any, config: Any = HERE, **more: Any) -> Any:
    """Give the person's answer."""
    return graph.invoke(Command(resume=answer, **more), config)


def answers(result: Any) -> list[ToolMessage]:
    """Return the tool messages of a run."""
    return [message for message in result["messages"] if isinstance(message, ToolMessage)]


def outcome(message: ToolMessage) -> Any:
    """Return how a call ended."""
    return message.response_metadata.get("outcome")


def test_g11_an_approved_call_runs_as_approved_and_leaves_no_record(start: Start) -> None:
    """The hash of what ran is the hash of what was shown."""
    graph = start(asks(("pay", {"amount": 10})))
    (shown,) = graph.get_state(HERE).tasks[0].interrupts[0].value["action_requests"]
    result = resume(graph, APPROVE)
    assert [arguments_hash(shown["args"])] == RAN
    assert result["messages"][-1].text == "done"
    assert graph.get_state(HERE).values["approvals"] == {}


def test_g11_an_approval_is_used_up_with_the_run_of_its_call(start: Start) -> None:
    """Once the tools have run it is gone, even if the answer is taken out of the history and the call stands open."""
    graph = start(asks(("pay", {"amount": 10})), interrupt_after=["tools"])
    (answer,) = answers(resume(graph, APPROVE))
    assert graph.get_state(HERE).values["approvals"] == {}
    opened: Any = Command(goto="tools", update={"messages": [RemoveMessage(id=answer.id or "")]})
    (again,) = answers(graph.invoke(opened, HERE))
    assert "nobody has" in again.text
    assert [paid(10)] == RAN


def test_g11_no_tool_of_the_message_runs_before_the_person_has_answered(start: Start) -> None:
    """All calls that need somebody are asked about at once; what needs nobody waits for them, and each runs once."""
    graph = start(asks(("look", {"what": "x"}), ("pay", {"amount": 1}), ("pay", {"amount": 2})))
    requests = graph.get_state(HERE).tasks[0].interrupts[0].value["action_requests"]
    assert [request["args"] for request in requests] == [{"amount": 1}, {"amount": 2}]
    result = resume(graph, {"decisions": [{"type": "reject", "message": "zu viel"}, {"type": "approve"}]})
    assert sorted(RAN) == sorted(["x", paid(2)])
    by_call = {answer.tool_call_id: answer for answer in answers(result)}
    assert len(answers(result)) == 3
    assert (outcome(by_call["c1"]), by_call["c2"].text) == ("rejected", "paid 2")
    assert "zu viel" in by_call["c1"].text


def test_g11_resumed_twice_it_runs_once(start: Start) -> None:
    """A second resume, at the thread's end or at the old checkpoint, pays nothing more."""
    graph = start(asks(("pay", {"amount": 10})), DONE)
    pinned = graph.get_state(HERE).config
    resume(graph, APPROVE)
    resume(graph, APPROVE)
    resume(graph, APPROVE, pinned)
    assert [paid(10)] == RAN


def test_g11_a_replay_from_before_the_question_does_not_pay_again(start: Start) -> None:
    """Time travel to the model's message asks again, and the journal knows that the call has happened."""
    graph = start(asks(("pay", {"amount": 10})), DONE)
    before = next(state.config for state in graph.get_state_history(HERE) if state.next == ("approval",))
    resume(graph, APPROVE)
    replayed = graph.invoke(None, before)
    if "__interrupt__" in replayed:
        replayed = resume(graph, APPROVE)
    assert [answer.text for answer in answers(replayed)] == ["paid 10"]
    assert [paid(10)] == RAN


def test_g11_an_expired_approval_lets_nothing_run(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Approved, then left standing for longer than an hour: the model is told."""
    graph = start(asks(("pay", {"amount": 10})), interrupt_before=["tools"])
    resume(graph, APPROVE)
    later = time.time() + VALID_FOR + 1
    monkeypatch.setattr(time, "time", lambda: later)
    (answer,) = answers(graph.invoke(None, HERE))
    assert RAN == []
    assert outcome(answer) == "refused"
    assert "expired" in answer.text


def test_g11_arguments_that_change_after_the_approval_do_not_run(start: Start) -> None:
    """The record is bound to the arguments, not to the id of the call."""
    graph = start(asks(("pay", {"amount": 10})), interrupt_before=["tools"])
    resume(graph, APPROVE)
    changed: Any = Command(update={"messages": [asks(("pay", {"amount": 1_000_000}))]})
    (answer,) = answers(graph.invoke(changed, HERE))
    assert RAN == []
    assert "other arguments" in answer.text


def test_g11_arguments_that_change_with_the_answer_are_asked_about_again(start: Start) -> None:
    """An approval that arrives together with another call is not an approval of that."""
    graph = start(asks(("pay", {"amount": 10})))
    asked = resume(graph, APPROVE, update={"messages": [asks(("pay", {"amount": 1_000_000}))]})
    assert RAN == []
    (request,) = asked["__interrupt__"][0].value["action_requests"]
    assert request["args"] == {"amount": 1_000_000}
    assert "changed" in request["description"]
    resume(graph, {"decisions": [{"type": "reject"}]})
    assert RAN == []


def test_g11_another_users_approval_does_not_count(start: Start) -> None:
    """What Kim has approved, Lee's run does not execute."""
    graph = start(asks(("pay", {"amount": 10})), config=user("kim"), interrupt_before=["tools"])
    resume(graph, APPROVE, user("kim"))
    (answer,) = answers(graph.invoke(None, user("lee")))
    assert RAN == []
    assert (outcome(answer), "another user" in answer.text) == ("refused", True)


def test_g11_the_same_users_approval_counts(start: Start) -> None:
    """The check is of the user, not of there being one."""
    graph = start(asks(("pay", {"amount": 10})), config=user("kim"), interrupt_before=["tools"])
    resume(graph, APPROVE, user("kim"))
    graph.invoke(None, user("kim"))
    assert [paid(10)] == RAN


def test_g11_an_edit_runs_as_edited_and_the_model_sees_it(start: Start) -> None:
    """The message in the state says what has run; its id stays."""
    graph = start(asks(("pay", {"amount": 10})))
    result = resume(graph, {"decisions": [{"type": "edit", "edited_action": {"name": "pay", "args": {"amount": 3}}}]})
    assert [paid(3)] == RAN
    call = next(message for message in result["messages"] if message.id == "m1")
    assert (call.tool_calls[0]["args"], call.tool_calls[0]["id"]) == ({"amount": 3}, "c0")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"decisions": [{"type": "edit", "args": {"amount": "many"}}]}, "amount"),
        ({"decisions": [{"type": "edit", "edited_action": {"name": "look", "args": {"what": "x"}}}]}, "not the tool"),
        ({"decisions": []}, "0 decisions"),
        ("vielleicht", "type is one of"),
    ],
)
def test_g11_an_unusable_answer_is_asked_for_again_and_at_last_counts_as_no(
    start: Start, answer: Any, problem: str
) -> None:
    """Three questions, each with the problem named; then the call is rejected, never run."""
    graph = start(asks(("pay", {"amount": 10})))
    for _ in range(2):
        again = resume(graph, answer)
        assert problem in again["__interrupt__"][0].value["action_requests"][0]["description"]
    (rejected,) = answers(resume(graph, answer))
    assert RAN == []
    assert outcome(rejected) == "rejected"


def test_g11_a_usable_answer_to_the_second_question_counts(start: Start) -> None:
    """The first mistake costs a question and nothing else."""
    graph = start(asks(("pay", {"amount": 10})))
    resume(graph, "hm")
    resume(graph, [{"type": "accept", "args": None}])
    assert [paid(10)] == RAN


def test_g11_a_jump_to_the_tools_runs_nothing_that_nobody_approved(start: Start) -> None:
    """The executor checks for itself, whichever way the run came."""
    graph = start(asks(("pay", {"amount": 10})))
    (answer,) = answers(graph.invoke(Command(goto="tools"), HERE))
    assert RAN == []
    assert "nobody has" in answer.text


def test_g11_a_jump_to_the_tools_with_a_rejected_call_runs_nothing(start: Start) -> None:
    """An answered call never runs again, whatever the route."""
    graph = start(asks(("pay", {"amount": 10})), DONE, interrupt_after=["approval"])
    (rejected,) = answers(resume(graph, {"decisions": [{"type": "reject"}]}))
    assert graph.get_state(HERE).next == ("model",)
    result = graph.invoke(Command(goto="tools"), HERE)
    assert RAN == []
    assert [(answer.id, outcome(answer)) for answer in answers(result)] == [(rejected.id, "rejected")]


def test_g11_a_policy_that_changes_its_mind_moves_no_decision_to_another_call() -> None:
    """What was asked stands in the state: an approval of one call is never laid on another."""
    RAN.clear()
    wanted = {"a"}

    @tool(policy=ToolPolicy(approval=lambda arguments: arguments["account"] in wanted))
    def move(account: str) -> str:
        """Move money.

        Args:
            account: to which
        """
        RAN.append(account)
        return "moved"

    model = ScriptedModel(replies=[asks(("move", {"account": "a"}), ("move", {"account": "b"})), DONE])
    graph = react_agent(model=model, tools=[move]).compile(checkpointer=InMemorySaver())
    graph.invoke({"messages": [("user", "?")]}, HERE)
    wanted.clear()
    wanted.add("b")
    result = resume(graph, APPROVE)
    assert RAN == ["a"]
    assert [outcome(answer) for answer in answers(result)] == [None, "refused"]


def test_g11_a_thread_that_goes_on_without_an_answer_forgets_the_question(start: Start) -> None:
    """A new message instead of a decision: the call is not run, and nothing is left that could approve it."""
    graph = start(asks(("pay", {"amount": 10})))
    result = graph.invoke({"messages": [("user", "됐어")]}, HERE)
    assert result["messages"][-1].text == "done"
    assert graph.get_state(HERE).values["approvals"] == {}
    assert RAN == []


async def test_g11_async_runs_ask_and_execute_the_same_way() -> None:
    """One implementation behind both doors."""
    RAN.clear()
    model = ScriptedModel(replies=[asks(("pay", {"amount": 10}), ("pay", {"amount": 20})), DONE])
    graph = react_agent(model=model, tools=[pay]).compile(checkpointer=InMemorySaver())
    asked = await graph.ainvoke({"messages": [("user", "?")]}, HERE)
    assert len(asked["__interrupt__"][0].value["action_requests"]) == 2
    await graph.ainvoke(Command(resume=[{"type": "approve"}, {"type": "reject"}]), HERE)
    assert [paid(10)] == RAN
