"""Answers come back as they were, and forged ones do nothing (fault G08)."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.types import Command, Overwrite, Send

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.encoding import decode, encode

TEXTS = st.text(max_size=20) | st.sampled_from(["\x00", "\x00message", "\ud800", "lc", "한국어"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | TEXTS
    | st.binary(max_size=9)
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS, inner, max_size=3)
        | st.tuples(inner)
        | st.tuples(inner, inner)
    ),
    max_leaves=6,
)
BLOCKS = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS})
    | st.fixed_dictionaries({"type": st.just("image"), "base64": st.just("aGk="), "mime_type": st.just("image/png")})
    | TEXTS,
    max_size=3,
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {"name": TEXTS, "args": st.dictionaries(TEXTS, SCALARS, max_size=2), "id": TEXTS, "type": st.just("tool_call")}
    ),
    max_size=2,
)
COMMON: Any = {"id": st.none() | TEXTS, "name": st.none() | TEXTS, "content": TEXTS | BLOCKS}
METADATA = st.dictionaries(TEXTS, JSON_VALUES, max_size=2)
MESSAGES: Any = st.one_of(
    st.builds(
        ToolMessage,
        tool_call_id=TEXTS,
        status=st.sampled_from(["success", "error"]),
        artifact=JSON_VALUES,
        response_metadata=METADATA,
        **COMMON,
    ),
    st.builds(AIMessage, tool_calls=CALLS, additional_kwargs=METADATA, **COMMON),
    st.builds(HumanMessage, **COMMON),
    st.builds(SystemMessage, content=TEXTS),
    TEXTS.map(lambda text: RemoveMessage(id=text)),
)
UPDATES = (
    st.none()
    | st.dictionaries(TEXTS, JSON_VALUES | MESSAGES | st.lists(MESSAGES, max_size=2), max_size=2)
    | st.lists(st.tuples(TEXTS, JSON_VALUES), max_size=2)
)
SENDS = st.builds(Send, TEXTS, JSON_VALUES)
COMMANDS: Any = st.builds(
    Command,
    graph=st.none() | st.just(Command.PARENT),
    update=UPDATES,
    goto=TEXTS | st.lists(TEXTS | SENDS, max_size=2) | SENDS,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES | COMMANDS | st.lists(MESSAGES | COMMANDS, max_size=3))
def test_every_answer_comes_back_as_it_was(answer: Any) -> None:
    """Messages, Commands and lists of these, of the same classes and with the same contents."""
    back = decode(encode(answer))
    assert type(back) is type(answer)
    assert back == answer


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40) | JSON_VALUES.filter(lambda v: not isinstance(v, bytes)).map(lambda v: repr(v).encode()))
def test_whatever_bytes_there_are_the_error_is_ours(data: bytes) -> None:
    """A damaged row is reported; it never ends in anything else."""
    try:
        answer = decode(data)
    except JournalError:
        return
    assert isinstance(answer, list)
    assert answer == []


def test_values_of_states_come_back() -> None:
    """What states often hold besides JSON's types."""
    update = {
        "when": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "price": Decimal("1.10"),
        "order": UUID(int=7),
        "seen": {1, 2},
        "fixed": frozenset({"a"}),
        "found": [Document("text", metadata={"page": 3}, id="d1")],
        "messages": Overwrite([HumanMessage("hi", id="h")]),
        7: "a key that is a number",
    }
    assert decode(encode(Command(update=update))).update == update


def test_an_artifact_that_cannot_be_kept_is_missed() -> None:
    """The message stays, and says that its artifact is gone; the tool's own message is not changed."""
    message = ToolMessage("a plot", artifact=object(), tool_call_id="c1", response_metadata={"a": 1})
    kept = decode(encode(Command(update={"messages": [message]}))).update["messages"][0]
    assert (kept.content, kept.artifact, kept.tool_call_id) == ("a plot", None, "c1")
    assert kept.response_metadata == {"a": 1, "artifact_lost": True}
    assert message.response_metadata == {"a": 1}


class Odd:
    """Something like an array: nobody can tell whether it equals anything."""

    def __eq__(self, other: object) -> Any:
        raise ValueError("ambiguous")

    def __hash__(self) -> int:
        return 1


def test_an_artifact_that_cannot_be_compared_is_missed_too() -> None:
    """As arrays are."""
    kept = decode(encode(ToolMessage("x", artifact=Odd(), tool_call_id="c")))
    assert kept.response_metadata == {"artifact_lost": True}


def test_subclasses_become_what_they_are_made_from() -> None:
    """A user's own message, or a chunk, is kept as the message that every graph knows."""

    class Mine(ToolMessage):
        """A user's own."""

    assert type(decode(encode(Mine("x", tool_call_id="c")))) is ToolMessage
    assert type(decode(encode(AIMessageChunk("x")))) is AIMessage


def test_fields_that_nobody_validated_are_kept() -> None:
    """Messages that were made without validation do not say which of their fields were set."""
    message = ToolMessage.model_construct(_fields_set=set(), content="x", tool_call_id="c", status="error", name="t")
    back = decode(encode(message))
    assert (back.content, back.tool_call_id, back.status, back.name) == ("x", "c", "error", "t")


@pytest.mark.parametrize("value", [object(), [{"deep": object()}], {"big": 10**5000}])
def test_a_command_that_cannot_be_kept_is_refused(value: Any) -> None:
    """Part of a state update may not silently be missing."""
    with pytest.raises(JournalError, match=r"cannot keep|cannot be written down"):
        encode(Command(update={"x": value}))


def test_what_is_nested_too_deeply_is_refused() -> None:
    """In words of ours, also when it holds itself."""
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(JournalError, match="plain, flat values"):
        encode(Command(update={"x": loop}))


LC: Any = {
    "lc": 1,
    "type": "constructor",
    "id": ["langchain_core", "messages", "HumanMessage"],
    "kwargs": {"content": "x"},
}


def test_serialized_objects_in_results_stay_data() -> None:
    """A tool's output that looks like LangChain's serialization is a dict, before and after."""
    message = ToolMessage([{"type": "text", "text": json.dumps(LC)}], artifact=LC, tool_call_id="c")
    back = decode(encode(message))
    assert type(back.artifact) is dict
    assert back == message


@pytest.mark.parametrize(
    "forged",
    [
        LC,
        {"\x00message": {"kind": "os.system", "fields": {"content": "x"}}},
        {"\x00message": {"kind": "BaseMessage", "fields": {"content": "x", "type": "x"}}},
        {"\x00eval": "1+1"},
        {"\x00bytes": "aGk="},
        {"\x00send": ["node", {}]},
        {"\x00command": {"graph": None, "update": None, "goto": [], "resume": None, "run": "x"}},
        {"\x00pairs": [[[], 1]]},
        [{"\x00uuid": "7"}],
        "text",
        None,
    ],
)
def test_forged_results_do_nothing(forged: Any) -> None:
    """Only answers of tools are made, of classes on a list; anything else is an error."""
    with pytest.raises(JournalError, match="the journal holds a result that"):
        decode(json.dumps(forged).encode())


def test_pickles_are_not_opened(tmp_path: Any) -> None:
    """Bytes of another kind are not read at all."""
    import pickle  # noqa: PLC0415  # what is tested is that it is not used

    marker = tmp_path / "ran"

    class Bomb:
        """Touches a file when it is unpickled."""

        def __reduce__(self) -> Any:
            return (open, (str(marker), "w"))

    with pytest.raises(JournalError):
        decode(pickle.dumps(Bomb()))
    with pytest.raises(JournalError):
        encode([Bomb()])
    assert not marker.exists()
