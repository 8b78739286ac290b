"""Commands with a target: completed with the results beside them, and kept until it can be gone there."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.types import Command, Send

from clovax_agents.execution.handoffs import merge_handoffs, postponed, waiting_handoff, with_siblings
from clovax_agents.execution.journal.encoding import decode, encode

CALLS: Any = [{"name": "f", "args": {}, "id": f"c{number}", "message_id": "m1"} for number in range(3)]
ASKED = AIMessage("", tool_calls=[{key: call[key] for key in ("name", "args", "id")} for call in CALLS], id="m1")
OTHER = HumanMessage("?", id="h")


def _answer(number: int, text: str = "done") -> ToolMessage:
    return ToolMessage(text, tool_call_id=f"c{number}")


def _over(*messages: Any, **more: Any) -> Command[Any]:
    return Command(goto="b", graph=Command.PARENT, update={"messages": list(messages), **more})


def _ids(command: Any) -> list[str]:
    return [getattr(message, "tool_call_id", message.type) for message in command.update["messages"]]


def test_answers_without_a_target_stay_as_they_are() -> None:
    """Messages, and Commands for the same graph, are none of its business."""
    answers = [_answer(0), Command(update={"messages": [_answer(1)]}), [_answer(2)]]
    assert with_siblings(answers) == answers


def test_the_history_gets_what_it_lacks_in_call_order() -> None:
    """Behind the message that asked; what stands there for other reasons stays, and so does the rest of the update."""
    note = HumanMessage("note", id="n")
    (_, command, _) = with_siblings([_answer(0), _over(OTHER, ASKED, _answer(1), note, active="b"), [_answer(2)]])
    assert _ids(command) == ["human", "ai", "c0", "c1", "c2", "human"]
    assert command.update["active"] == "b"


def test_an_answer_of_the_tools_own_is_not_replaced() -> None:
    """It may say about its siblings what it likes; each still has one answer."""
    said = with_siblings([_answer(0), _over(ASKED, _answer(0, "cancelled"), _answer(1))])[1]
    texts: Any = said.update["messages"]
    assert [message.text for message in texts[1:]] == ["cancelled", "done"]


@pytest.mark.parametrize("update", [{"messages": [_answer(1)]}, {"messages": "text"}, {}, None, [("messages", [])]])
def test_without_the_message_that_asked_nothing_is_added(update: Any) -> None:
    """Another graph could do nothing with answers to calls that it does not know."""
    command: Any = Command(goto="b", graph=Command.PARENT, update=update)
    assert with_siblings([_answer(0), command])[1] == command


def test_histories_in_sends_are_completed_too() -> None:
    """Each has its own."""
    targets = [Send("b", {"messages": [ASKED, _answer(1)], "n": number}) for number in range(2)]
    command = with_siblings([_answer(0), Command(goto=[*targets, "c"], graph=Command.PARENT), _answer(2)])[1]
    first, second, name = command.goto
    assert [message.tool_call_id for message in second.arg["messages"][1:]] == ["c0", "c1", "c2"]
    assert (first.arg["n"], second.arg["n"], name) == (0, 1, "c")


def test_what_was_postponed_is_found_when_all_have_ended() -> None:
    """The first in call order, completed with all answers; what stays goes into the graph's own state at once."""
    messages = [ASKED, _answer(0), _answer(1), _answer(2)]
    later = postponed([_over(ASKED, _answer(2))], CALLS[2:])
    sooner = postponed([Command(update={"messages": [_answer(0)]}), _over(ASKED, _answer(1))], CALLS[:2])
    assert later is not None
    assert sooner is not None
    assert [_ids(command) for command in sooner[:-1]] == [["c0"], ["c1"]]
    assert [command.goto for command in sooner] == [(), (), "model"]
    handoffs: dict[str, str] = {}
    for commands in (later, sooner):
        update: Any = commands[-1].update
        handoffs = merge_handoffs(handoffs, update["handoffs"])

    found = waiting_handoff(messages, handoffs)
    assert found is not None
    assert (found.goto, found.graph, _ids(found)) == ("b", Command.PARENT, ["ai", "c0", "c1", "c2"])
    assert waiting_handoff([*messages, OTHER], handoffs) is None
    assert waiting_handoff([ASKED.model_copy(update={"id": "m2"}), *messages[1:]], handoffs) is None
    assert waiting_handoff(messages, {}) is None
    assert waiting_handoff([], handoffs) is None
    assert merge_handoffs(handoffs, dict.fromkeys(handoffs)) == {}


def test_what_cannot_be_written_down_is_not_postponed() -> None:
    """The caller then does at once what the tool said."""
    assert postponed([_over(ASKED, _answer(0), thing=object())], CALLS[:1]) is None


def test_a_recalled_hand_over_is_one_that_langgraph_knows() -> None:
    """ToolNode compares the graph by identity when it joins several."""
    found: Any = decode(encode(Command(goto=[Send("b", {})], graph=Command.PARENT)))
    assert found.graph is Command.PARENT
