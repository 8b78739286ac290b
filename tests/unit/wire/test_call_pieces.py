"""The pieces of streamed tool calls (docs/wire.md, sections 2.5 and 3.4, U1, U7)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidArgumentsError, InvalidResponseError
from clovax_agents.wire.arguments import parse_arguments
from clovax_agents.wire.fragments import CallPieces
from clovax_agents.wire.openai import StreamDecoder

Piece = tuple[int | None, str, str, str]
"""Index, id, name and arguments, as they are sent."""
NAMES = st.sampled_from(["now", "cancel", "날씨"])
ARGUMENTS = st.dictionaries(st.text(max_size=3), st.text(max_size=5) | st.integers(), max_size=3)


def _joined(pieces: list[Piece]) -> list[tuple[str, str, str]]:
    """Join pieces as everything above the codec does: by their index, in its order."""
    found: dict[int, list[str]] = {}
    collector = CallPieces()
    for piece in pieces:
        fragment = collector.add(*piece)
        call = found.setdefault(fragment.index, ["", "", ""])
        call[:] = call[0] or fragment.id or "", call[1] or fragment.name or "", call[2] + fragment.arguments
    return [(call[0], call[1], call[2]) for _, call in sorted(found.items())]


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        (
            [(0, "c1", "now", ""), (0, "c2", "cancel", '{"id":5}')],
            [("c1", "now", ""), ("c2", "cancel", '{"id":5}')],
        ),
        (
            [(0, "c1", "now", "{}"), (0, "c2", "now", '{"a"'), (0, "", "", ":1}"), (1, "c3", "now", "{}")],
            [("c1", "now", "{}"), ("c2", "now", '{"a":1}'), ("c3", "now", "{}")],
        ),
        ([(None, "", "now", ""), (None, "", "cancel", "{}")], [("", "now", ""), ("", "cancel", "{}")]),
        ([(None, "", "now", "{}"), (None, "", "now", '{"a":1}')], [("", "now", "{}"), ("", "now", '{"a":1}')]),
        ([(0, "", "now", "{}"), (0, "", "now", '{"a":1}')], [("", "now", '{}{"a":1}')]),
        ([(0, "", "now", "{}"), (0, "", "cancel", "{}")], [("", "now", "{}"), ("", "cancel", "{}")]),
        ([(None, "", "now", '{"a":1}'), (None, "", "now", '{"a":1}')], [("", "now", '{"a":1}{"a":1}')]),
        ([(None, "c1", "now", "{}"), (None, "c1", "now", "{}")], [("c1", "now", "{}{}")]),
        ([(0, "a", "f", "{}"), (0, "a", "f", '{"x":1}')], [("a", "f", '{}{"x":1}')]),
        ([(0, "a", "f", '{"x":1}'), (0, "a", "f", "}")], [("a", "f", '{"x":1}}')]),
        ([(0, "a", "f", "{}"), (0, "a", "g", "{}")], [("a", "f", "{}{}")]),
        ([(0, "a", "f", "{}"), (0, "", "f", '{"x":1}')], [("a", "f", '{}{"x":1}')]),
        ([(None, "a", "f", '{"x":1}'), (0, "a", "f", '{"x":1}')], [("a", "f", '{"x":1}{"x":1}')]),
        ([(0, "a", "f", '{"x":1}'), (None, "a", "f", '{"x":1}')], [("a", "f", '{"x":1}{"x":1}')]),
        ([(0, "a", "f", '{"x":1}'), (None, "", "", "}")], [("a", "f", '{"x":1}}')]),
        ([(0, "c1", "now", '{"a"'), (0, "c1", "now", ":1}"), (0, "c1", "now", "")], [("c1", "now", '{"a":1}')]),
        ([(0, "", "now", ""), (0, "c1", "", "{}")], [("c1", "now", "{}")]),
        ([(1, "c2", "g", "{"), (0, "c1", "f", "{"), (1, "", "", "}"), (0, "", "", "}")],
         [("c1", "f", "{}"), ("c2", "g", "{}")]),
        ([(0, "c1", "f", '{"a"'), (0, "c2", "g", "{}"), (0, "c1", "", ":1}")],
         [("c1", "f", '{"a":1}'), ("c2", "g", "{}")]),
        ([(None, "", "", "{}")], [("", "", "{}")]),
        ([(0, "c", "f", "{}"), (1, "c", "f", "{}")], [("c", "f", "{}"), ("c", "f", "{}")]),
    ],
    ids=[
        "other id", "other id, both with arguments", "other name", "same name, whole before", "one index, no id",
        "one index, other name", "repeated by name alone", "repeated by id", "a place shown as {} by id and index",
        "a brace too many", "an id for two names", "an id that is left out", "an index that comes late",
        "an index that is left out", "nothing but a brace", "name and id repeated",
        "id behind the name", "index out of order", "back to the first id",
        "no name", "one id for two",
    ],
)  # fmt: skip
def test_calls_are_not_mixed_up(pieces: list[Piece], calls: list[tuple[str, str, str]]) -> None:
    """A call that nobody asked for must not come of the pieces of two."""
    assert _joined(pieces) == calls


@st.composite
def _streams(draw: st.DrawFn) -> tuple[list[Piece], list[tuple[str, str, str]]]:
    """Draw calls, and one of the ways in which servers cut them into pieces."""
    drawn = draw(st.lists(st.tuples(NAMES, ARGUMENTS), min_size=1, max_size=4))
    indexed, with_ids, repeats = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    calls: list[tuple[str, str, str]] = []
    queues: list[list[Piece]] = []
    for number, (name, arguments) in enumerate(drawn):
        text, call_id = json.dumps(arguments, ensure_ascii=False), f"c{number}" if with_ids else ""
        if not (indexed or with_ids) and calls and calls[-1] == ("", name, text):
            continue  # could be a repetition
        least = 0 if indexed or with_ids else 1  # a mere name again could be the last call's
        cuts = sorted(draw(st.lists(st.integers(least, len(text)), max_size=4)))
        parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        index = number if indexed else None
        later = (call_id, name) if repeats and with_ids else ("", "")
        queues.append([(index, *((call_id, name) if n == 0 else later), part) for n, part in enumerate(parts)])
        calls.append((call_id, name, text))
    pieces: list[Piece] = []
    while any(queues):
        ready = [queue for queue in queues if queue]
        pieces.append((draw(st.sampled_from(ready)) if indexed else ready[0]).pop(0))
    return pieces, calls


@given(_streams())
def test_any_way_of_cutting_calls_gives_the_same_calls(drawn: tuple[list[Piece], list[tuple[str, str, str]]]) -> None:
    """Property: with and without index and ids, in order or, by index, mixed (fault H15)."""
    pieces, calls = drawn
    assert _joined(pieces) == calls


PIECES = st.tuples(
    st.sampled_from([None, 0, 1]),
    st.sampled_from(["", "", "a", "b"]),
    st.sampled_from(["", "f", "g"]),
    st.sampled_from(["", " ", "{}", '{"x":1}', '{"x"', ":1}", "}"]),
)


@given(st.lists(PIECES, max_size=7))
def test_whatever_is_sent_no_call_runs_that_nobody_asked_for(pieces: list[Piece]) -> None:
    """Property: no piece is lost, and arguments that can run are all that came under one id and index, and one name."""
    collector = CallPieces()
    placed: dict[int, list[Piece]] = {}
    try:
        for piece in pieces:
            fragment = collector.add(*piece)
            assert fragment.arguments == piece[3]
            placed.setdefault(fragment.index, []).append(piece)
    except InvalidResponseError:  # nothing runs
        return
    for number, call in placed.items():
        if _runs(call):
            assert all(len({piece[key] for piece in call} - {None, ""}) <= 1 for key in range(3))
            others = [piece for place, found in placed.items() if place != number for piece in found]
            assert {piece[:2] for piece in call if piece[1] and piece[0] is not None}.isdisjoint(p[:2] for p in others)


def _runs(call: list[Piece]) -> bool:
    try:
        parse_arguments("".join(piece[3] for piece in call))
    except InvalidArgumentsError:
        return False
    return any(piece[2] for piece in call)


@pytest.mark.parametrize("before", ["", '{"id"'])
def test_one_id_with_two_names_is_refused(before: str) -> None:
    """The arguments could be meant for either tool, so neither runs."""
    with pytest.raises(InvalidResponseError, match="nothing was run"):
        _joined([(0, "a", "now", before), (0, "a", "cancel", '{"id":5}'.removeprefix(before))])


@given(st.sampled_from([None, 0]), st.sampled_from(["", "c"]), ARGUMENTS, st.data())
def test_repeated_deltas_never_run_twice(
    index: int | None, call_id: str, arguments: dict[str, Any], data: st.DataObject
) -> None:
    """Property: a gateway that sends all it has so far, again and again, makes one call or an invalid one."""
    text = json.dumps(arguments)
    ends = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=3)))
    said = [(index, call_id, "now", text[:end]) for end in [*ends, *[len(text)] * data.draw(st.integers(1, 3))]]
    assert len(_joined(said)) == 1


def test_a_finish_reason_that_says_nothing_ends_nothing() -> None:
    """Some servers write an empty one on every chunk."""
    decoder = StreamDecoder()
    chunk: dict[str, Any] = {"choices": [{"delta": {"content": "네"}, "finish_reason": ""}]}
    [delta] = decoder.feed(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    assert delta.finish_reason is None
    assert not decoder.finished
