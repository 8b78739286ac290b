"""Search among tools: an index of their names, descriptions and parameters, worked out once, without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.tool_schemas import schema_of
from clovax_agents.tooling.search_bm25 import BM25, check_k
from clovax_agents.tooling.search_morphemes import has_morphemes
from clovax_agents.tooling.search_terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from langchain_core.tools import BaseTool

__all__ = ["DEFAULT_K", "ToolIndex", "ToolMatch", "ToolSearch"]

DEFAULT_K: Final = 8
_OF_PARAMETERS: Final = 0.5
"""What a word in a parameter counts, beside one in the name or the description."""
_HALF: Final = 2_000
"""Characters at each end of a query that are read: what is asked stands before or behind what was pasted."""


class ToolMatch(NamedTuple):
    """A tool that was found.

    Attributes:
        name: of the tool.
        score: larger for what fits better; comparable within one search only.
    """

    name: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSearch:
    """How an agent with very many tools chooses those that a model call is given.

    Attributes:
        k: how many tools are found for a user's message, and for a search by the model; 1 or more.
        always: names of tools that every call is given.
        morphemes: search by kiwipiepy's stems, too; None: where it is installed.

    Raises:
        ConfigurationError: k is no whole number of 1 or more, or always one text.

    Example:
        >>> ToolSearch(k=4, always=["get_time"])
        ToolSearch(k=4, always=('get_time',), morphemes=None)
    """

    k: int = DEFAULT_K
    always: Sequence[str] = ()
    morphemes: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what could find nothing."""
        check_k(self.k)
        given: Any = self.always
        if isinstance(given, str):
            raise ConfigurationError(f"always={given!r} is one text; give a list of names: [{given!r}]")
        object.__setattr__(self, "always", tuple(given))


class ToolIndex:
    """Finds tools by what they are for.

    Args:
        tools: of different names.
        morphemes: index kiwipiepy's stems, too; None: where it is installed.

    Raises:
        ConfigurationError: a tool's schema cannot be sent, or morphemes are wanted and kiwipiepy is missing.

    Example:
        >>> from clovax_agents import tool
        >>> @tool
        ... def get_weather(city: str) -> str:
        ...     '''도시의 날씨를 알려 준다.'''
        ...     return "맑음"
        >>> [match.name for match in ToolIndex([get_weather], morphemes=False).search("오늘 날씨 어때?")]
        ['get_weather']
    """

    def __init__(self, tools: Iterable[BaseTool], *, morphemes: bool | None = None) -> None:
        """Read all tools; searching reads none of them again."""
        self._morphemes = has_morphemes() if morphemes is None else morphemes
        given = list(tools)
        self._names = [tool.name for tool in given]
        self._places = {name: place for place, name in enumerate(self._names)}
        self._bm25 = BM25(self._terms(tool) for tool in given)

    def search(self, query: str, k: int = DEFAULT_K, *, without: Collection[str] = ()) -> list[ToolMatch]:
        """Return the k best tools, best first, ties in the tools' order; those that share nothing with it are left out.

        Args:
            query: what is to be done, in Korean or English; of a long text, the beginning and the end are read.
            k: 1 or more.
            without: names of tools that are not to be found; others stand in for them.

        Raises:
            ConfigurationError: the query is no text, or k no whole number of 1 or more.
        """
        check_k(k)
        if not isinstance(query, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # who knows what is asked
            raise ConfigurationError(f"query={query!r} is no text to search with")
        if len(query) > 2 * _HALF:
            query = f"{query[:_HALF]} {query[-_HALF:]}"
        hidden = {self._places[name] for name in without if name in self._places}
        found = self._bm25.search(terms_of(query, morphemes=self._morphemes), k, without=hidden)
        return [ToolMatch(self._names[number], score) for number, score in found]

    def _terms(self, tool: BaseTool) -> dict[str, float]:
        function: Mapping[str, Any] = schema_of(tool)["function"]
        terms: dict[str, float] = {}
        texts = [(function["name"], 1.0), (function.get("description", ""), 1.0)]
        texts += [(text, _OF_PARAMETERS) for text in _texts_of(function.get("parameters", {}))]
        for text, factor in texts:
            for term, weight in terms_of(text, morphemes=self._morphemes).items():
                terms[term] = terms.get(term, 0.0) + factor * weight
        return terms


def _texts_of(schema: object) -> Iterator[str]:
    """Give the names of parameters, their descriptions and the texts that they may be, as deep as they stand."""
    if isinstance(schema, list):
        for item in cast("list[object]", schema):
            yield from _texts_of(item)
    if not isinstance(schema, dict):
        return
    for key, value in cast("dict[str, Any]", schema).items():
        if key == "properties" and isinstance(value, dict):
            yield from cast("dict[str, Any]", value)
            yield from _texts_of([*cast("dict[str, Any]", value).values()])
        elif key == "description" and isinstance(value, str):
            yield value
        elif key in {"enum", "const"}:
            yield from (
                item for item in cast("list[Any]", value if key == "enum" else [value]) if isinstance(item, str)
            )
        else:
            yield from _texts_of(value)
