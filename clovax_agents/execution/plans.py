"""What is known about a tool before its first call, worked out once (promise 7)."""

from __future__ import annotations

import inspect
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_type_hints

from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, Tool

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.arguments import ArgumentReader
from clovax_agents.execution.caching import ResultCache
from clovax_agents.execution.permits import Cap
from clovax_agents.execution.places.processes import check_sendable, default_processes
from clovax_agents.execution.places.threads import MAX_THREADS
from clovax_agents.execution.rates import RateWindow
from clovax_agents.execution.taint import is_guarded
from clovax_agents.tooling.function_tool import FunctionTool
from clovax_agents.tooling.signature import config_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clovax_agents.tooling.policy import Rate, ToolPolicy

__all__ = ["Place", "ToolPlan", "Way", "plan_of", "shared_caps"]

Place = Literal["inline", "thread", "process", "remote"]

_OURS_TO_DO: Final = ("invoke", "ainvoke", "run", "arun", "_parse_input", "_to_args_and_kwargs")
_OURS: Final = ("_run", "_arun")
_HERE: Final = frozenset({"runtime", "store"})
_LANGCHAINS_OWN: Final = frozenset({"callbacks", "run_manager"})
_windows: dict[tuple[str, Rate], RateWindow] = {}


@dataclass(frozen=True, slots=True)
class Way:
    """Where a call runs, whether it is a coroutine, and which caps it counts for besides the process's."""

    place: Place
    is_async: bool
    caps: tuple[Cap, ...]


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """How the calls of one tool are run.

    Attributes:
        tool: itself.
        policy: what may be done with its calls.
        reader: makes keyword arguments of the model's.
        direct: its functions may be called past LangChain's ``run``, which would only do again what was done here.
        function: the sync one; None if there is none.
        coroutine: the async one; None if there is none.
        config_parameter: under which the functions take the configuration.
        injected: parameters that the graph fills, besides the id of the call.
        call_id_parameter: that takes the id of the call.
        needs_graph: whether it takes anything of the graph's.
        sync: where and how a call runs in a graph that is run by ``invoke``: there, a tool that has both functions
            takes its sync one.
        async_: the same for ``ainvoke``.
        window: of its rate limit.
        cache: of its results.
        return_direct: the turn ends with its result.
        is_open: every run may use it.
        is_guarded: what the conversation carries decides about its calls.
        is_simple: its calls only read, in any order and as often as they come; nothing is kept of them.
    """

    tool: BaseTool
    policy: ToolPolicy
    reader: ArgumentReader
    direct: bool
    function: Callable[..., Any] | None
    coroutine: Callable[..., Any] | None
    config_parameter: str | None
    injected: frozenset[str]
    call_id_parameter: str | None
    needs_graph: bool
    sync: Way
    async_: Way
    window: RateWindow | None
    cache: ResultCache | None
    return_direct: bool
    is_open: bool
    is_guarded: bool
    is_simple: bool


def plan_of(tool: BaseTool, policy: ToolPolicy, caps: Mapping[str, int]) -> ToolPlan:
    """Work out the plan.

    Args:
        tool: any LangChain tool.
        policy: of the tool.
        caps: of groups, as `shared_caps` gives them.
    """
    function = tool.func if isinstance(tool, StructuredTool) else None
    coroutine = tool.coroutine if isinstance(tool, StructuredTool) else None
    body = function or coroutine
    reader = ArgumentReader.of(tool)
    config = config_parameter(body) if body is not None else None
    if policy.cache_ttl is not None and (unseen := sorted([*reader.injected, *filter(None, [config])])):
        raise ConfigurationError(
            f"cache_ttl of {tool.name!r}: its result depends on {', '.join(unseen)}, which a cache does not see, so "
            "that one user could get what is another's. Leave cache_ttl out"
        )
    _check_place(tool, policy, reader, body)
    call_id = _call_id_parameter(tool)
    group = policy.group or f"tool:{tool.name}"
    most = caps.get(policy.group) if policy.group else policy.concurrency
    caps_of_tool = () if most is None else (Cap(group, most),)
    return ToolPlan(
        tool=tool,
        policy=policy,
        reader=reader,
        direct=reader.complete and _is_direct(tool, body),
        function=function,
        coroutine=coroutine,
        config_parameter=config,
        injected=reader.injected - {call_id},
        call_id_parameter=call_id,
        needs_graph=bool(reader.injected),
        sync=_way(tool, policy, caps_of_tool, is_sync=True),
        async_=_way(tool, policy, caps_of_tool, is_sync=False),
        window=None if policy.rate is None else _windows.setdefault((group, policy.rate), RateWindow(policy.rate)),
        cache=None if policy.cache_ttl is None else ResultCache(policy.cache_ttl),
        return_direct=tool.return_direct if policy.return_direct is None else policy.return_direct,
        is_open=not policy.scopes and policy.visible_when is None,
        is_guarded=is_guarded(policy),
        is_simple=_is_simple(policy),
    )


def _is_simple(policy: ToolPolicy) -> bool:
    is_plain = policy.effect == "read" and policy.when_repeated == "run" and policy.cache_ttl is None
    return is_plain and not policy.sequential and not policy.interrupts


def _way(tool: BaseTool, policy: ToolPolicy, caps: tuple[Cap, ...], *, is_sync: bool) -> Way:
    is_async = _has_async(tool) and not (is_sync and _has_sync(tool))
    given = policy.runs_in
    if isinstance(given, Executor):
        return Way("remote", is_async, caps)
    place: Place = given if given != "auto" else "inline" if is_async else "thread"
    more = {
        "thread": (Cap("place:threads", MAX_THREADS, per_level=True),),
        "process": (Cap("place:processes", default_processes().max_workers),),
    }
    return Way(place, is_async, (*caps, *more.get(place, ())))


def _check_place(tool: BaseTool, policy: ToolPolicy, reader: ArgumentReader, body: Callable[..., Any] | None) -> None:
    """Refuse places in which the tool could not run."""
    if policy.runs_in == "inline" and not _has_async(tool):
        raise ConfigurationError(f"runs_in='inline' of {tool.name!r}: a sync function would block the event loop")
    if policy.runs_in == "process" or isinstance(policy.runs_in, Executor):
        if body is None or not _is_direct(tool, body) or config_parameter(body) is not None:
            raise ConfigurationError(
                f"runs_in of {tool.name!r}: only plain functions, without a RunnableConfig, can run elsewhere"
            )
        if bad := sorted(reader.injected & _HERE):
            raise ConfigurationError(
                f"runs_in of {tool.name!r}: its {bad[0]!r} cannot be sent to another process; take what it needs as "
                "arguments, or let it run in a thread"
            )
        if policy.runs_in == "process":
            check_sendable(body)


def _call_id_parameter(tool: BaseTool) -> str | None:
    schema: Any = tool.args_schema
    annotations: dict[str, Any] = {}
    if isinstance(schema, type):
        annotations = {name: field.metadata for name, field in getattr(schema, "model_fields", {}).items()}
    body = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    if body is not None:
        hints = get_type_hints(body, include_extras=True)
        annotations |= {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return next((name for name, marks in annotations.items() if any(map(_is_call_id, marks))), None)


def _is_call_id(mark: Any) -> bool:
    return isinstance(mark, InjectedToolCallId) or mark is InjectedToolCallId


def shared_caps(policies: Iterable[ToolPolicy]) -> dict[str, int]:
    """Return the smallest cap that is declared in each group."""
    caps: dict[str, int] = {}
    for policy in policies:
        if policy.group is not None and policy.concurrency is not None:
            caps[policy.group] = min(policy.concurrency, caps.get(policy.group, policy.concurrency))
    return caps


def _is_direct(tool: BaseTool, body: Callable[..., Any] | None) -> bool:
    """Whether nothing of LangChain's own machinery is overridden or set, so that leaving it out changes nothing."""
    if body is None or not isinstance(tool, StructuredTool):
        return False
    kind = type(tool)
    own = any(getattr(kind, name) is not getattr(StructuredTool, name) for name in _OURS_TO_DO)
    if own or any(getattr(kind, name) not in _ways_of_ours(name) for name in _OURS):
        return False
    try:
        parameters = inspect.signature(body).parameters
    except ValueError:  # a function of C's, which says nothing of itself
        return False
    is_set = any((tool.callbacks, tool.handle_tool_error, tool.handle_validation_error, tool.verbose))
    return not is_set and _LANGCHAINS_OWN.isdisjoint(parameters)


def _ways_of_ours(name: str) -> tuple[object, object]:
    return getattr(StructuredTool, name), getattr(FunctionTool, name)


def _has_async(tool: BaseTool) -> bool:
    if isinstance(tool, StructuredTool | Tool):
        return tool.coroutine is not None
    # LangChain has no public way to ask.
    return type(tool)._arun is not BaseTool._arun  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _has_sync(tool: BaseTool) -> bool:
    return not isinstance(tool, StructuredTool | Tool) or tool.func is not None
