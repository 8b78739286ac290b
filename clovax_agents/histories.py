"""Histories with tool calls, for models and modes that know no tools: what was called is told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.wire.neutral import Part, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["in_words", "joined"]

_CALLED: Final = "[도구 호출: {name}({arguments})]"
_RETURNED: Final = "[도구 {name}의 결과]\n{content}"


def in_words(turns: Sequence[Turn]) -> list[Turn]:
    r"""Tell calls and their results as text, as parts of the user's messages around them.

    Example:
        >>> in_words([Turn("tool", "맑음", call_id="a")])[0].content
        '[도구 a의 결과]\n맑음'
    """
    if not any(turn.calls or turn.role == "tool" for turn in turns):
        return list(turns)
    names: dict[str | None, str] = {}
    told: list[Turn] = []
    for turn in turns:
        names.update({call.id: call.name for call in turn.calls})
        if turn.role == "tool":
            name = names.get(turn.call_id) or turn.call_id
            told.append(Turn("user", _RETURNED.format(name=name, content=turn.content)))
        elif turn.calls:
            calls = [_CALLED.format(name=call.name, arguments=call.arguments) for call in turn.calls]
            told.append(Turn("assistant", "\n".join([str(turn.content), *calls] if turn.content else calls)))
        else:
            told.append(turn)
    return joined(told)


def joined(turns: Sequence[Turn]) -> list[Turn]:
    """Join user messages that stand in a row, as far as each has one image at most."""
    result: list[Turn] = []
    for turn in turns:
        last = result[-1] if result else None
        if last is None or not last.role == turn.role == "user" or (_pictured(last) and _pictured(turn)):
            result.append(turn)
        elif isinstance(last.content, str) and isinstance(turn.content, str):
            result[-1] = Turn("user", f"{last.content}\n\n{turn.content}")
        else:
            result[-1] = Turn("user", [*_parts(last), *_parts(turn)])
    return result


def _pictured(turn: Turn) -> bool:
    """Tell whether there is an image in it: a message has one at most."""
    return any(part.image_url for part in _parts(turn))


def _parts(turn: Turn) -> Sequence[Part]:
    return [Part(text=turn.content)] if isinstance(turn.content, str) else turn.content
