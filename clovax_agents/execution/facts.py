"""On whose behalf calls run: thread, namespace, run, user and what it is granted, read from a run's configuration."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langgraph.runtime import ExecutionInfo

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.context import CURRENT
from clovax_agents.tooling.visibility import RunView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["RunFacts", "checked_scopes", "run_facts"]

_NOTHING: Final[frozenset[str]] = frozenset()


class RunFacts(NamedTuple):
    """What is known about the run.

    Attributes:
        scope: what a journal's keys begin with: the thread, or where there is none, the run; and the namespace.
        thread_id: of the conversation; None without a checkpointer.
        run_id: None where nobody gave one.
        user: who is logged in at the server; None elsewhere.
        granted: scopes of the run, as far as the agent has them.
        limit: how many calls of a message may run at once; None for the default.
    """

    scope: str
    thread_id: str | None
    run_id: str | None
    user: str | None
    granted: frozenset[str]
    limit: int | None

    def view(self, context: Any, state: Any) -> RunView:
        """Return the run as policies see it.

        Args:
            context: of the run.
            state: of the graph.
        """
        return RunView(scopes=self.granted, context=context, state=state, user=self.user, thread_id=self.thread_id)


def run_facts(config: Mapping[str, Any], runtime: Any, within: frozenset[str] | None = None) -> RunFacts:
    """Read what a run's configuration and LangGraph's runtime say.

    Scopes are granted by ``context.scopes`` or ``configurable["scopes"]``, and where both are given, by both; where the
    server has authenticated the caller with permissions, only those of them that it has. Inside of a tool they are
    those that it declares, or fewer.

    Args:
        config: of the run.
        runtime: LangGraph's; None where there is none.
        within: scopes that the agent may have at all; None for all.

    Example:
        >>> run_facts({"configurable": {"thread_id": "t", "scopes": ["orders:write"]}}, None).granted
        frozenset({'orders:write'})
    """
    given = cast("Mapping[str, Any]", config.get("configurable") or {})
    info = runtime.execution_info if isinstance(getattr(runtime, "execution_info", None), ExecutionInfo) else None
    thread = given.get("thread_id") or getattr(info, "thread_id", None)
    run = config.get("run_id") or given.get("run_id") or getattr(info, "run_id", None)
    namespace = given.get("checkpoint_ns")
    stand_in = thread or run or getattr(info, "task_id", None) or _nameless()
    return RunFacts(
        scope=f"{stand_in}\n{_without_tasks(namespace)}" if namespace else f"{stand_in}\n",
        thread_id=None if thread is None else str(thread),
        run_id=None if run is None else str(run),
        user=given.get("langgraph_auth_user_id"),
        granted=_granted(given, getattr(runtime, "context", None), within),
        limit=config.get("max_concurrency"),
    )


class _Nameless:
    """Names for runs that have none: unlike any other's, and cheaper than asking the system for each."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        """Begin anew: at first, and in a forked child, which would give its parent's names."""
        self._process = os.urandom(16).hex()
        self._numbers = count()

    def __call__(self) -> str:
        """Return a name that nobody has had."""
        return f"{self._process}{next(self._numbers)}"


_nameless: Final = _Nameless()


def checked_scopes(scopes: Iterable[str] | None) -> frozenset[str] | None:
    """Return the scopes that an agent may have at all; None for no limit.

    Raises:
        ConfigurationError: it is one text, which would be read letter by letter.
    """
    return None if scopes is None else _names(scopes)


def _without_tasks(namespace: str) -> str:
    """Leave out the ids of tasks: they differ when a thread is forked, and an effect is not to happen again then."""
    return "|".join(part.partition(":")[0] for part in namespace.split("|"))


def _granted(given: Mapping[str, Any], context: Any, within: frozenset[str] | None) -> frozenset[str]:
    """Return what everybody who has a say grants: none of them can add to what another one does."""
    outer = CURRENT.get()
    configured, asked = given.get("scopes"), None if context is None else _of_context(context)
    if configured is None and asked is None and outer is None:
        return _NOTHING
    grants = [_names(scopes) for scopes in (configured, asked) if scopes is not None]
    if outer is not None:
        grants.append(outer.scopes)
    permissions = cast("Iterable[str] | None", given.get("langgraph_auth_permissions"))
    limits = [frozenset(permissions)] if permissions is not None else []
    return grants[0].intersection(*grants, *limits, *([] if within is None else [within]))


def _names(scopes: Any) -> frozenset[str]:
    if isinstance(scopes, str):
        raise ConfigurationError(f"scopes={scopes!r} is one text; give a list: ['{scopes}']")
    return frozenset(cast("Iterable[str]", scopes))


def _of_context(context: Any) -> Any:
    if isinstance(context, dict):
        return cast("dict[str, Any]", context).get("scopes")
    return getattr(context, "scopes", None)
