"""Which account a visit of a node draws from: one for each run of a graph, found again by what the state holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4
from weakref import WeakValueDictionary

from langgraph.runtime import get_runtime

from clovax_agents.budgets import Budget, RunUsage
from clovax_agents.budgets.accounts import Account, current_account
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.spending import spent_by, spent_in
from clovax_agents.state import AgentContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import RunnableConfig

__all__ = ["Budgets", "Run"]

_READ: Final = "__pregel_read"
_RESUMING: Final = "__pregel_resuming"
_CHECKPOINTER: Final = "__pregel_checkpointer"  # LangGraph exports no names for them
_FIELDS: Final = {name: f"budget_{name}" for name in ("model_calls", "tool_calls", "tokens", "cost", "seconds")}
_ENDLESS: Final = Budget()
_open: WeakValueDictionary[tuple[int, str], Run] = WeakValueDictionary()
"""Runs under way by LangGraph's own mark of the invocation, for tasks side by side that are resumed together."""


class Run(str):
    """The name of a run, which is all that anybody sees of it; in this process it carries the account."""

    __slots__ = ("__weakref__", "account")
    account: Account

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets that a graph was built with.

    Attributes:
        run: of each run; the context of a run can lower it.
        thread: of all runs of a thread together.
    """

    run: Budget | None = None
    thread: Budget | None = None

    def __post_init__(self) -> None:
        """Refuse what is no budget."""
        for name, given in (("budget", self.run), ("thread_budget", self.thread)):
            if not isinstance(cast("Any", given), Budget | None):
                raise ConfigurationError(
                    f"{name}={given!r:.60} is no Budget: give Budget(model_calls=10), for instance"
                )

    def open(self, given: Any, config: RunnableConfig | None) -> Run | None:
        """Return the run that a node is visited by; None where no budget holds.

        Args:
            given: to the node: the state, or calls that were sent to it.
            config: of the visit.
        """
        outer, budget = current_account(), self._of_run()
        if budget.is_endless and self.thread is None and outer is None:
            return None
        configurable: dict[str, Any] = (config or {}).get("configurable") or {}
        state = _state(given, configurable)
        known = state.get("run")
        if isinstance(known, Run):
            return known
        spent = as_dict(state.get("spent"))
        continued = str((spent or {}).get("run") or "") if _is_continued(given, configurable) else ""
        control: object = get_runtime().control
        key = (id(control), continued)
        if continued and (found := _open.get(key)) is not None:
            return found
        run = Run(continued or uuid4())
        run.account = self._account(run, budget, spent, outer, configurable)
        run.account.keeper = control
        if continued:
            _open[key] = run
        return run

    def _of_run(self) -> Budget:
        """Return the budget of this run; its context can lower what the graph was built with, never raise it."""
        context: Any = get_runtime(AgentContext).context  # None where a run sets nothing
        built = self.run or _ENDLESS
        if context is None:
            return built
        given = {name: limit for name, field in _FIELDS.items() if (limit := getattr(context, field, None)) is not None}
        return built.lowered(Budget(**given)) if given else built

    def _account(
        self,
        run: str,
        budget: Budget,
        spent: Mapping[str, Any] | None,
        outer: Account | None,
        configurable: Mapping[str, Any],
    ) -> Account:
        before = spent_by(spent, run)
        if outer is not None:  # the visit that had counted it there was interrupted, and its count is lost
            outer.add(_without_time(before))
        if self.thread is not None:
            _check_kept(configurable)
            outer = Account(self.thread, scope="thread", used=spent_in(spent), outer=outer)
        return Account(budget, used=before, outer=outer)


def _check_kept(configurable: Mapping[str, Any]) -> None:
    """Refuse to count what is forgotten when the run ends: a limit that cannot be kept is not pretended.

    Raises:
        ConfigurationError: there is no checkpointer, or not one that keeps the state of this graph.
    """
    if configurable.get(_CHECKPOINTER) is None:
        raise ConfigurationError(
            "thread_budget counts all runs of a thread together, and without a checkpointer nothing is kept of one: "
            "compile(checkpointer=...), or use budget="
        )
    around = str(configurable.get("checkpoint_ns") or "").rpartition("|")[0]
    if ":" in around:
        raise ConfigurationError(
            "thread_budget counts all runs of a thread together, and an agent inside of another graph begins each one "
            "anew: give thread_budget to the graph around it, or compile the agent with checkpointer=True"
        )


def _is_continued(given: Any, configurable: Mapping[str, Any]) -> bool:
    """Whether a run goes on that was begun before: its first visit comes with LangGraph's word for it.

    Tools, which no run begins with, are told by what they are given.
    """
    return bool(configurable.get(_RESUMING)) or isinstance(given, list)


def _state(given: Any, configurable: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state, or what is needed of it where a node was sent something else."""
    read = configurable.get(_READ)
    if read is None or as_list(given) is None:
        return as_dict(given) or {}
    channels = cast("Mapping[str, Any]", read.args[1])
    return {
        name: channels[name].get() for name in ("run", "spent") if name in channels and channels[name].is_available()
    }


def _without_time(used: RunUsage) -> RunUsage:
    """Time runs for the caller as well, whose clock has counted it."""
    return used - RunUsage(seconds=used.seconds)
