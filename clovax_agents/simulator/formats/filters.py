"""The AI filter's annotation (docs/wire.md, section 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["ai_filter"]

_GROUPS: Final = {
    ("curse", "insult"): ("바보", "멍청", "idiot", "stupid"),
    ("curse", "discrimination"): ("인종차별", "혐오", "racist"),
    ("unsafeContents", "sexualHarassment"): ("성희롱", "음란", "sexual harassment"),
}
_READ: Final = 500
"""Characters that the filter looks at."""


def ai_filter(text: str) -> list[JsonObject]:
    """Return the three entries: score "0" for a word of a small list, "2" otherwise; nothing is ever blocked.

    Example:
        >>> [entry["score"] for entry in ai_filter("오늘은 맑습니다")]
        ['2', '2', '2']
    """
    read = text[:_READ].lower()
    return [
        {
            "groupName": group,
            "name": name,
            "score": "0" if any(word in read for word in words) else "2",
            "result": "OK",
        }
        for (group, name), words in _GROUPS.items()
    ]
