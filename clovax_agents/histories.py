"""Histories with tool calls, for models and modes that know no tools: what was called is told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.wire.neutral import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["in_words"]

_CALLED: Final = "[도구 호출: {name}({arguments})]"
_RETURNED: Final = "[도구 {name}의 결과]\n{content}"


def in_words(turns: Sequence[Turn]) -> list[Turn]:
    r"""Tell calls and their results as text.

    Example:
        >>> in_words([Turn("tool", "맑음", call_id="a")])[0].content
        '[도구 a의 결과]\n맑음'
    """
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
    return told
