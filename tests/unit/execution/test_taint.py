"""Whatever the history and the labels: more taint never allows more, and asking changes nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.taint import CLEAN, is_guarded, merge_taint, taint_in, verdict
from clovax_agents.tooling.labels import CARRIED, LABELS_KEY, labelled, labels_of, read_labels

LABELS: Any = ["private_data", "untrusted_input", "exfiltration"]
STRICT = {"run": 0, "approve": 1, "refuse": 2}
SOURCES: Any = {"mail": frozenset({"untrusted_input"}), "crm": frozenset(CARRIED), "db": frozenset({"private_data"})}

taints = st.frozensets(st.sampled_from(sorted(CARRIED)))
policies = st.builds(
    lambda effect, labels: ToolPolicy(effect=effect, labels=labels),
    st.sampled_from(["read", "idempotent", "once"]),
    st.frozensets(st.sampled_from(LABELS)),
)
options = st.sampled_from(["approve", "refuse", "allow"])
names = st.sampled_from([None, "mail", "crm", "db", "clock"])
marks = st.one_of(st.none(), taints.map(sorted), st.sampled_from([[], "untrusted_input", 7, {"a": 1}, ["?"]]))


@st.composite
def messages(draw: st.DrawFn) -> BaseMessage:
    """Draw a message of any kind, marked or not, well or badly."""
    metadata = {} if (mark := draw(marks)) is None else {LABELS_KEY: mark}
    kind = draw(st.sampled_from(["human", "ai", "tool"]))
    if kind == "human":
        return HumanMessage("x", response_metadata=metadata)
    key = draw(st.sampled_from(["a", "b"]))
    if kind == "tool":
        return ToolMessage("x", tool_call_id=key, name=draw(names), response_metadata=metadata)
    call: Any = {"name": draw(names) or "clock", "args": {}, "id": key}
    return AIMessage("x", tool_calls=[call], response_metadata=metadata)


histories = st.lists(messages(), max_size=8)


@given(policies, taints, taints, options)
def test_more_taint_never_allows_more(policy: ToolPolicy, taint: Any, more: Any, untrusted: Any) -> None:
    """The ruling on a call is never milder for a label more, and the same when asked again."""
    ruling = verdict(policy, taint, untrusted)
    assert STRICT[verdict(policy, taint | more, untrusted)] >= STRICT[ruling]
    assert verdict(policy, taint, untrusted) == ruling


@given(policies, policies, taints, options)
def test_more_labels_on_a_tool_never_allow_more(policy: ToolPolicy, other: ToolPolicy, taint: Any, option: Any) -> None:
    """A tool that carries more, or gives away more, is not trusted more."""
    both = ToolPolicy(effect=policy.effect, labels=policy.labels | other.labels)
    assert STRICT[verdict(both, taint, option)] >= STRICT[verdict(policy, taint, option)]
    assert is_guarded(both) >= is_guarded(policy)


@given(policies, options)
def test_without_taint_everything_runs(policy: ToolPolicy, untrusted: Any) -> None:
    """Nobody is troubled who has labelled nothing."""
    assert verdict(policy, CLEAN, untrusted) == "run"


@given(policies, taints)
def test_the_options_are_in_order(policy: ToolPolicy, taint: Any) -> None:
    """To refuse is never milder than to ask, to ask never milder than to allow."""
    rulings = [STRICT[verdict(policy, taint, option)] for option in ("allow", "approve", "refuse")]
    assert rulings == sorted(rulings)


@given(histories, histories, histories)
def test_what_is_in_a_history_only_grows_with_it(before: Any, history: Any, after: Any) -> None:
    """A message more, in front or behind, takes nothing away; looking changes nothing."""
    copies = [message.model_copy(deep=True) for message in history]
    found = taint_in(history, SOURCES)
    # ids repeat between turns, so what stands in front may change whose answer an orphan is: by name it stays
    assert found <= taint_in([*history, *after], SOURCES)
    marked = [message for message in history if LABELS_KEY in message.response_metadata]
    assert taint_in(marked, {}) <= taint_in([*before, *history], SOURCES)
    assert history == copies
    assert taint_in(history, SOURCES) == found


def test_an_answer_whose_call_is_gone_counts_by_its_name() -> None:
    """Trimming has cut between the two."""
    assert taint_in([ToolMessage("x", tool_call_id="a", name="mail")], SOURCES) == {"untrusted_input"}
    assert taint_in([ToolMessage("x", tool_call_id="a", name="clock")], SOURCES) == CLEAN


@given(histories)
def test_a_history_of_dicts_carries_no_less_than_its_marks(history: Any) -> None:
    """A checkpoint or a client may hand messages over as dicts."""
    dicts: list[Any] = [message.model_dump() for message in history]
    assert taint_in([m for m in history if m.type != "ai"], {}) <= taint_in(dicts, SOURCES)


@given(taints, taints, marks)
def test_what_is_kept_only_grows(old: Any, new: Any, forged: Any) -> None:
    """The reducer is a union: idempotent, in any order, and whatever is written only adds."""
    merged: Any = merge_taint(sorted(old), sorted(new))
    assert set(merged) == old | new
    assert merge_taint(merged, merged) == merged
    assert merge_taint(sorted(new), sorted(old)) == merged
    assert old <= read_labels(merge_taint(sorted(old), forged))


@given(taints, taints)
def test_marks_on_messages_add_up(first: Any, second: Any) -> None:
    """Marking again loses nothing, and the message that was given is as it was."""
    message = HumanMessage("x", response_metadata={"kept": 1})
    marked = labelled(labelled(message, *first), *second)
    assert labels_of(marked) == first | second
    assert marked.response_metadata["kept"] == 1
    assert LABELS_KEY not in message.response_metadata


@pytest.mark.parametrize("thing", [None, "text", 3, {"a": 1}, HumanMessage("x")])
def test_what_says_nothing_carries_nothing(thing: Any) -> None:
    """Anything may be asked."""
    assert labels_of(thing) == CLEAN


def test_a_tool_whose_words_are_not_ours_taints_every_run_that_sees_it() -> None:
    """A mark on a tool stays on it, and leaves the tool as it was."""

    @tool(policy=ToolPolicy(effect="read"))
    def weather() -> str:
        """Tell the weather."""
        return "sunny"

    marked = labelled(weather, "untrusted_input")
    assert (marked.policy, marked.invoke({}), weather.metadata) == (weather.policy, "sunny", None)

    @tool
    def pay() -> str:
        """Pay."""
        return "paid"

    call: Any = AIMessage("", tool_calls=[{"name": "pay", "args": {}, "id": "c0"}])
    assert ToolExecutor([weather, pay]).invoke([call])[0].text == "paid"
    assert ToolExecutor([marked, pay]).invoke([call])[0].status == "error"


def test_only_what_content_can_carry_is_a_mark() -> None:
    """A typing error is found where it is written."""
    with pytest.raises(ConfigurationError, match="'private_data' or 'untrusted_input', not 'secret'"):
        labelled(HumanMessage("x"), "secret")  # type: ignore[arg-type]
