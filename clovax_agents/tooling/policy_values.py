"""What each setting of a `ToolPolicy` may be: a mistake is to be found where it is written, not at the first call."""

from __future__ import annotations

import inspect
import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_values"]

_LEAST_MEMORY: Final = 1 << 26
_MOST_RETRIES: Final = 10
_LABELS: Final = frozenset({"private_data", "untrusted_input", "exfiltration"})


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in values


def _number(least: float, most: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: type(value) in {int, float} and least <= value <= most


def _whole(least: int, most: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _place(value: Any) -> bool:
    return isinstance(value, Executor) or _one_of("auto", "inline", "thread", "process")(value)


def _names(value: Any) -> bool:
    names: Any = value
    return isinstance(value, frozenset) and all(isinstance(name, str) for name in names)


def _sync(value: Any) -> bool:
    """Whether it is a function whose answer is there at once; what a coroutine says, nobody would have heard."""
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(getattr(value, "__call__", None)):  # noqa: B004
        return False
    return callable(value)


_TINY: Final = 1e-9
_ALLOWED: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "effect": (_one_of("read", "idempotent", "once"), "'read', 'idempotent' or 'once'"),
    "timeout": (_number(_TINY), "seconds above 0, or math.inf"),
    "retries": (_whole(0, _MOST_RETRIES), f"a whole number from 0 to {_MOST_RETRIES}"),
    "backoff": (_number(0, 1e9), "seconds, 0 or more"),
    "runs_in": (_place, "'auto', 'inline', 'thread', 'process' or a concurrent.futures.Executor"),
    "memory": (_whole(_LEAST_MEMORY), f"bytes, at least {_LEAST_MEMORY:,}"),
    "concurrency": (_or_none(_whole(1)), "a whole number from 1, or None"),
    "group": (_or_none(lambda value: isinstance(value, str)), "a name, or None"),
    "rate_limit": (_or_none(lambda value: isinstance(value, Rate)), "a text like '10/min', a Rate, or None"),
    "sequential": (_flag, "True or False"),
    "interrupts": (_flag, "True or False"),
    "approval": (lambda value: _flag(value) or _sync(value), "True, False or a function that is not async"),
    "scopes": (_names, "names, for instance {'orders:write'}"),
    "visible_when": (_or_none(_sync), "a function of the run that is not async, or None"),
    "labels": (
        lambda value: _names(value) and value <= _LABELS,
        "any of 'private_data', 'untrusted_input' and 'exfiltration'",
    ),
    "cache_ttl": (_or_none(_number(_TINY)), "seconds above 0, or None"),
    "max_result_tokens": (_or_none(_whole(1)), "a whole number from 1, or None"),
    "redact": (_or_none(_sync), "a function that is not async, or None"),
    "return_direct": (_or_none(_flag), "True, False or None"),
    "validate": (_or_none(_sync), "a function that is not async, or None"),
    "repeats": (_or_none(_one_of("share", "refuse", "run")), "'share', 'refuse', 'run' or None"),
    "polling": (_flag, "True or False"),
    "reconcile": (_or_none(callable), "a function, async or not, or None"),
}


def check_values(policy: object) -> None:
    """Check each setting by itself.

    Args:
        policy: a `ToolPolicy`.

    Raises:
        ConfigurationError: with what the setting may be.
    """
    for name, (is_allowed, words) in _ALLOWED.items():
        value = getattr(policy, name)
        if not is_allowed(value):
            raise ConfigurationError(f"ToolPolicy({name}={value!r}): {name} is {words}")
