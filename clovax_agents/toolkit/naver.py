"""`naver_search`: a tool that searches NAVER's web, news, blogs, places and encyclopedia."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.toolkit.naver_kinds import KINDS, RELEVANCE, results_of
from clovax_agents.toolkit.naver_service import naver_service
from clovax_agents.toolkit.web_wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.tools import StructuredTool
    from pydantic import SecretStr

    from clovax_agents.toolkit.naver_kinds import Kind, Result
    from clovax_agents.toolkit.naver_service import ServiceName

__all__ = ["naver_search"]

_USUAL: Final = ("web", "news", "blog", "local", "encyc")
_COUNT: Final = 5
_LONGEST_QUERY: Final = 300
_DESCRIPTION: Final = (
    "네이버에서 {what}을(를) 검색해 제목, 요약, 링크를 돌려준다. 최신 정보나 모르는 사실을 찾을 때 쓴다."
)
_SORTS: Final = {
    RELEVANCE: "정확도순",
    "date": "최신순",
    "reviews": "리뷰 많은 순",
    "price_low": "낮은 가격순",
    "price_high": "높은 가격순",
}


def naver_search(
    *,
    kinds: Sequence[str] = _USUAL,
    service: ServiceName = "hub",
    client_id: str | SecretStr | None = None,
    client_secret: str | SecretStr | None = None,
    base_url: str | None = None,
    timeout: float = 10.0,
    name: str | None = None,
    description: str | None = None,
) -> StructuredTool:
    """Make a tool that searches NAVER; results are strangers' texts, so it is labelled ``untrusted_input``.

    Args:
        kinds: what it may search: web, news, blog, local, encyc, and shop (``developers`` only). With one kind, the
            model is not asked for it.
        service: ``hub`` for keys of the NAVER API HUB; ``developers`` for those of the NAVER Developers Center.
        client_id: instead of the environment's ``NAVER_CLIENT_ID``.
        client_secret: instead of the environment's ``NAVER_CLIENT_SECRET``.
        base_url: instead of the service's own.
        timeout: seconds for one request.
        name: ``naver_search``, or ``naver_search_news`` and so on with one kind.
        description: for the model.

    Example:
        >>> naver_search(kinds=["news"], client_id="id", client_secret="secret").name
        'naver_search_news'
    """
    chosen = _chosen(kinds, service)
    asked = naver_service(service, client_id, client_secret, base_url, timeout)
    first = next(iter(chosen))

    async def search(query: str, kind: str = first, sort: str = RELEVANCE, count: int = _COUNT, start: int = 1) -> str:
        found = chosen[kind]
        parameters = _parameters(found, query.strip(), sort, count, start)
        answer = await asked.ask(found, parameters)
        return _told(found, query.strip(), answer, start)

    own_name = name or ("naver_search" if len(chosen) > 1 else f"naver_search_{first}")
    what = ", ".join(kind.korean for kind in chosen.values())
    described = description or _DESCRIPTION.format(what=what)
    make = tool(name=own_name, description=described, args_schema=_schema(own_name, chosen), policy=_policy(timeout))
    return make(search)


def _policy(timeout: float) -> ToolPolicy:
    return ToolPolicy(
        effect="read",
        timeout=timeout + 5,  # the request's own deadline passes first, and says more
        retries=1,
        cache_ttl=300.0,
        max_result_tokens=4_000,
        labels=frozenset({"untrusted_input"}),
    )


def _chosen(kinds: Sequence[str], service: str) -> dict[str, Kind]:
    if isinstance(kinds, str) or not kinds or any(kind not in KINDS for kind in kinds):
        raise ConfigurationError(f"kinds={kinds!r}: give a list of kinds of search; they are: {', '.join(KINDS)}")
    chosen = {kind: KINDS[kind] for kind in kinds}
    if service != "developers" and (ended := [kind for kind, found in chosen.items() if found.is_ended]):
        raise ConfigurationError(
            f"kinds={kinds!r}: the NAVER API HUB has no search for {ended[0]!r}; only keys of the old service may "
            "still have it: service='developers'"
        )
    return chosen


def _schema(name: str, chosen: dict[str, Kind]) -> type[BaseModel]:
    """Return what the model fills in: no more than the chosen kinds have."""
    most = max(kind.most for kind in chosen.values())
    last = max(kind.last_start for kind in chosen.values())
    sorts = tuple(sort for sort in _SORTS if any(sort in kind.sorts for kind in chosen.values()))
    fields: dict[str, Any] = {
        "query": (str, Field(min_length=1, max_length=_LONGEST_QUERY, description="검색어. 예: 서울 주말 날씨"))
    }
    if len(chosen) > 1:
        means = ", ".join(f"{known}={kind.korean}" for known, kind in chosen.items())
        fields["kind"] = (_one_of(tuple(chosen)), Field(default=next(iter(chosen)), description=means))
    if len(sorts) > 1:
        means = ", ".join(f"{sort}={_SORTS[sort]}" for sort in sorts)
        fields["sort"] = (_one_of(sorts), Field(default=RELEVANCE, description=means))
    fields["count"] = (int, Field(default=min(_COUNT, most), ge=1, le=most, description="결과 개수"))
    if last > 1:
        fields["start"] = (int, Field(default=1, ge=1, le=last, description="몇 번째 결과부터. 처음에는 1"))
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def _one_of(values: tuple[str, ...]) -> Any:
    literal: Any = Literal
    return literal[values]


def _parameters(kind: Kind, query: str, sort: str, count: int, start: int) -> dict[str, str | int]:
    """Return the parameters as the documentation wants them; what a kind does not have is told to the model."""
    if not query:
        raise ModelRetry(say("the query is empty: say what to search for"))
    if sort not in (kind.sorts or (RELEVANCE,)):
        sorts = ", ".join(kind.sorts or (RELEVANCE,))
        sentence = "{kind} search has no sort {sort}; it has: {sorts}"
        raise ModelRetry(say(sentence, kind=kind.korean, sort=sort, sorts=sorts))
    if not 1 <= count <= kind.most:
        sentence = "{kind} search gives at most {most} results at a time: count is 1 to {most}"
        raise ModelRetry(say(sentence, kind=kind.korean, most=kind.most))
    if not 1 <= start <= kind.last_start:
        sentence = "{kind} search begins at {most} at the latest: start is 1 to {most}"
        raise ModelRetry(say(sentence, kind=kind.korean, most=kind.last_start))
    order: dict[str, str | int] = {"sort": kind.sorts[sort]} if kind.sorts else {}
    return {"query": query, "display": count, "start": start, **order}


def _told(kind: Kind, query: str, answer: dict[str, Any], start: int) -> str:
    results = results_of(kind, answer["items"])
    if not results:
        return say("{kind} search for {query}: nothing found", kind=kind.korean, query=repr(query))
    total, last = answer.get("total", len(results)), start + len(results) - 1
    sentence = "{kind} search for {query}: results {first} to {last} of {total}"
    head = say(sentence, kind=kind.korean, query=repr(query), first=start, last=last, total=total)
    return "\n".join([head, *(_lines(result, number) for number, result in enumerate(results, start))])


def _lines(result: Result, number: int) -> str:
    parts = (f"{number}. {result.title}", result.text, " | ".join(result.notes), result.link)
    return "\n   ".join(part for part in parts if part)
