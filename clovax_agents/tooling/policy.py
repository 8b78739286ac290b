"""`ToolPolicy`: what may be done with a tool's calls, said once, at the tool."""

from __future__ import annotations

import math
import re
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.tooling.reconciling import Reconcile

__all__ = ["DEFAULT_TIMEOUT", "Effect", "Rate", "RunsIn", "ToolPolicy"]

Effect: TypeAlias = Literal["read", "idempotent", "once"]
RunsIn: TypeAlias = "Literal['auto', 'inline', 'thread', 'process'] | Executor"
Repeats: TypeAlias = Literal["share", "refuse", "run"]

DEFAULT_TIMEOUT: Final = 120.0
_PLACES: Final = ("auto", "inline", "thread", "process")
_RATE: Final = re.compile(r"\s*(\d+)\s*/\s*(\d*)\s*(s|sec|second|m|min|minute|h|hour|d|day)s?\s*")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds.

    Example:
        >>> Rate.of("10/min")
        Rate(calls=10, seconds=60.0)
    """

    calls: int
    seconds: float

    @classmethod
    def of(cls, text: str) -> Rate:
        """Read ``"10/min"``, ``"1/2s"``, ``"100/hour"``."""
        match = _RATE.fullmatch(text)
        if match is None or not int(match[1]) or match[2] == "0":
            raise ConfigurationError(f"rate_limit={text!r} cannot be read; write for instance '10/min' or '1/2s'")
        return cls(int(match[1]), float(int(match[2] or 1) * _SECONDS[match[3][0]]))


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
        scopes: what a run has to be granted for the tool to run.
        cache_ttl: seconds for which a result serves equal calls again, in this process; not for ``"once"``.
        max_result_tokens: of the text that the model reads; the whole goes into the artifact. None: 64 KiB.
        redact: a function that takes secrets out of the text of results and errors.
        return_direct: end the agent's turn with the result; None: as the tool itself says.
        validate: a function of the arguments, after the schema; raises ValueError with what is wrong.
        repeats: of equal calls in one message: ``"share"`` one result, ``"refuse"`` the second, or ``"run"`` each.
            None: share for ``"once"``, else run.
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
    cache_ttl: float | None = None
    max_result_tokens: int | None = None
    redact: Callable[[str], str] | None = None
    return_direct: bool | None = None
    validate: Callable[[Mapping[str, Any]], object] | None = None
    repeats: Repeats | None = None
    reconcile: Reconcile | None = None

    def __post_init__(self) -> None:
        """Refuse at definition time what cannot work at run time."""
        _check_values(self)
        _check_effect(self)
        given: Any = self.scopes  # a text alone is a mistake that everybody makes once
        object.__setattr__(self, "scopes", frozenset([given] if isinstance(given, str) else given))
        if isinstance(self.rate_limit, str):
            object.__setattr__(self, "rate_limit", Rate.of(self.rate_limit))

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


def _check_values(policy: ToolPolicy) -> None:
    problems = {
        "effect": policy.effect not in {"read", "idempotent", "once"},
        "timeout": not policy.timeout > 0,
        "retries": not 0 <= policy.retries <= 10,  # noqa: PLR2004
        "backoff": not 0 <= policy.backoff < math.inf,
        "runs_in": not (isinstance(policy.runs_in, Executor) or policy.runs_in in _PLACES),
        "memory": policy.memory < 1 << 26,
        "concurrency": policy.concurrency is not None and policy.concurrency < 1,
        "cache_ttl": policy.cache_ttl is not None and not policy.cache_ttl > 0,
        "max_result_tokens": policy.max_result_tokens is not None and policy.max_result_tokens < 1,
        "repeats": policy.repeats not in {None, "share", "refuse", "run"},
    }
    if wrong := [name for name, is_wrong in problems.items() if is_wrong]:
        raise ConfigurationError(
            f"ToolPolicy({wrong[0]}={getattr(policy, wrong[0])!r}) is outside of what its description allows"
        )


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
