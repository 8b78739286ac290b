"""The pieces of streamed tool calls (docs/wire.md, sections 2.5 and 3.4, U1, U7)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ([(0, "", "now", "{}"), (0, "", "now", "{}")], [("", "now", "{}"), ("", "now", "{}")]),
        ([(None, "c1", "now", "{}"), (None, "c1", "now", "{}")], [("c1", "now", "{}"), ("c1", "now", "{}")]),
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
        "other id", "other id, both with arguments", "other name", "same name, whole before", "the same by index",
        "the same by id", "name and id repeated", "id behind the name", "index out of order", "back to the first id",
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


def test_a_finish_reason_that_says_nothing_ends_nothing() -> None:
    """Some servers write an empty one on every chunk."""
    decoder = StreamDecoder()
    chunk: dict[str, Any] = {"choices": [{"delta": {"content": "네"}, "finish_reason": ""}]}
    [delta] = decoder.feed(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    assert delta.finish_reason is None
    assert not decoder.finished
