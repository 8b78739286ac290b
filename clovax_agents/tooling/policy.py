"""`ToolPolicy`: what may be done with a tool's calls, said once, at the tool."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.policy_values import check_values
from clovax_agents.tooling.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    from clovax_agents.tooling.reconciling import Reconcile
    from clovax_agents.tooling.visibility import RunView

__all__ = ["DEFAULT_POLICY", "DEFAULT_TIMEOUT", "Effect", "Label", "Rate", "RunsIn", "ToolPolicy", "checked_policy"]

Effect: TypeAlias = Literal["read", "idempotent", "once"]
RunsIn: TypeAlias = "Literal['auto', 'inline', 'thread', 'process'] | Executor"
Repeats: TypeAlias = Literal["share", "refuse", "run"]
Label: TypeAlias = Literal["private_data", "untrusted_input", "exfiltration"]

DEFAULT_TIMEOUT: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPolicy:
    """What may be done with a tool's calls; the defaults are the safe ones.

    Attributes:
        effect: ``"once"`` if a second run would do harm, ``"idempotent"`` if it would change nothing more,
            ``"read"`` if the tool changes nothing at all.
        timeout: seconds for one attempt; ``math.inf`` for no limit.
        retries: further attempts after an exception or a timeout, 0 to 10; not for ``"once"``.
        backoff: seconds before the first of them, doubled each time up to 8, with jitter.
        runs_in: ``"inline"`` (on the event loop, async tools only), ``"thread"``, ``"process"`` (killed when its time
            is over) or any ``concurrent.futures.Executor``; ``"auto"`` is inline for async and thread for sync tools.
        memory: bytes that a ``"process"`` tool may have.
        concurrency: how many calls may run at once in this process, over all runs.
        group: tools of one group share their cap, the smallest that one of them declares.
        rate_limit: for instance ``"10/min"``; calls wait their turn, no longer than their timeout.
        sequential: runs alone: after the calls before it in the message, and before those behind it.
        interrupts: it may call ``interrupt()``; in the prebuilt graphs each call gets a task of its own.
        approval: whether a person has to agree, or a function of the arguments that says so.
        scopes: what a run has to be granted to see the tool and for the tool to run.
        visible_when: a function of the run (`RunView`); where it says no or fails, the model is not shown the tool,
            and its calls are refused.
        labels: ``"private_data"`` (its results are not for everybody), ``"untrusted_input"`` (strangers write its
            results: pages, mails, files), ``"exfiltration"`` (its arguments leave the house).
        cache_ttl: seconds for which a result serves equal calls again, in this process; not for ``"once"``.
        max_result_tokens: of the text that the model reads; the whole goes into the artifact. None: 64 KiB.
        redact: a function that takes secrets out of the text of results and errors.
        return_direct: end the agent's turn with the result; None: as the tool itself says.
        validate: a function of the arguments, after the schema; raises ValueError with what is wrong, returns that as
            a text, or returns False.
        repeats: of equal calls in one message: ``"share"`` one result, ``"refuse"`` the second, or ``"run"`` each.
            None: share for ``"once"``, else run.
        polling: it may be called with the same arguments turn after turn, as one asks for a status; elsewhere that is
            taken for a loop.
        reconcile: asked after a crash whether a ``"once"`` call took effect; see `Reconcile`.
    """

    effect: Effect = "once"
    timeout: float = DEFAULT_TIMEOUT
    retries: int = 0
    backoff: float = 0.5
    runs_in: RunsIn = "auto"
    memory: int = 1 << 30
    concurrency: int | None = None
    group: str | None = None
    rate_limit: str | Rate | None = None
    sequential: bool = False
    interrupts: bool = False
    approval: bool | Callable[[Mapping[str, Any]], bool] = False
    scopes: frozenset[str] = field(default_factory=frozenset[str])
    visible_when: Callable[[RunView], object] | None = None
    labels: frozenset[Label] = field(default_factory=frozenset[Label])
    cache_ttl: float | None = None
    max_result_tokens: int | None = None
    redact: Callable[[str], str] | None = None
    return_direct: bool | None = None
    validate: Callable[[Mapping[str, Any]], object] | None = None
    repeats: Repeats | None = None
    polling: bool = False
    reconcile: Reconcile | None = None

    def __post_init__(self) -> None:
        """Refuse at definition time what cannot work at run time."""
        for name in ("scopes", "labels"):
            given: Any = getattr(self, name)
            if isinstance(given, str | list | tuple | set):  # a text alone is a mistake that everybody makes once
                object.__setattr__(self, name, frozenset([given] if isinstance(given, str) else cast("Any", given)))
        if isinstance(self.rate_limit, str):
            object.__setattr__(self, "rate_limit", Rate.of(self.rate_limit))
        check_values(self)
        _check_effect(self)

    @property
    def rate(self) -> Rate | None:
        """The rate limit, read."""
        return self.rate_limit if isinstance(self.rate_limit, Rate) else None

    @property
    def when_repeated(self) -> Repeats:
        """What to do with equal calls of one message."""
        return self.repeats or ("share" if self.effect == "once" else "run")

    def needs_approval(self, arguments: Mapping[str, Any]) -> bool:
        """Whether a person has to agree; a predicate that fails means yes."""
        if not callable(self.approval):
            return self.approval
        try:
            return bool(self.approval(arguments))
        except Exception:  # noqa: BLE001  # whatever it is: to ask is the safe side
            return True

    def admits(self, run: RunView) -> bool:
        """Whether a run may see and call the tool; a predicate that fails means no.

        Example:
            >>> from clovax_agents.tooling import RunView
            >>> policy = ToolPolicy(visible_when=lambda run: run.user == "kim")
            >>> policy.admits(RunView(user="kim")), policy.admits(RunView())
            (True, False)
        """
        if not self.scopes <= run.scopes:
            return False
        if self.visible_when is None:
            return True
        try:
            answer = self.visible_when(run)
            return bool(answer) and not inspect.isawaitable(answer)  # what nobody awaits has agreed to nothing
        except Exception:  # noqa: BLE001  # whatever it is: not to show is the safe side
            return False


def _check_effect(policy: ToolPolicy) -> None:
    if policy.effect == "once" and policy.retries:
        raise ConfigurationError(
            "retries would run a tool twice whose effect is 'once', the default: say effect='read' or 'idempotent' if "
            "that does no harm, or leave retries out"
        )
    if policy.effect == "once" and policy.cache_ttl is not None:
        raise ConfigurationError("cache_ttl is for tools that only read: say effect='read', or leave cache_ttl out")
    if policy.interrupts and policy.runs_in not in {"auto", "inline", "thread"}:
        raise ConfigurationError("a tool that interrupts needs its graph beside it: it cannot run in another process")


DEFAULT_POLICY: Final = ToolPolicy()
"""Of tools of which nobody has said anything: this very object, so that it can be told from an equal one."""


def checked_policy(given: object) -> ToolPolicy:
    """Return the policy, or the default one for None; refuse what is given for a policy and is none.

    Example:
        >>> checked_policy("read")
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ConfigurationError: policy='read' is no ToolPolicy; write ToolPolicy(effect='read')
    """
    if given is None:
        return DEFAULT_POLICY
    if not isinstance(given, ToolPolicy):
        raise ConfigurationError(f"policy={given!r} is no ToolPolicy; write ToolPolicy(effect='read')")
    return given
