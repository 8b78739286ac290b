"""Which faults meet which requests: a plan for a whole server."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.faults.spec import KINDS, Fault, read_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FaultPlan", "FaultRule"]

_OWN: Final = ("times", "after", "probability", "path")
_STORM: Final = {"kind": "error", "code": "42901"}
_STORM_TIMES: Final = 10
_DIGITS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """A fault, and when it happens.

    Attributes:
        fault: what happens.
        times: at most that often; None for ever.
        after: that many matching requests pass first.
        probability: of it happening to a matching request.
        path: text in the path of matching requests.
    """

    fault: Fault
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``reset; at_event=3; times=2; after=1; probability=0.5; path=/embeddings``.

        ``storm; times=5`` is short for five times ``error; code=42901``; without ``times`` it is ten.

        Raises:
            ConfigurationError: a text of another form, or a parameter or value that is not known.

        Example:
            >>> FaultRule.parse("storm; times=5; code=42902").fault.code
            '42902'
        """
        read = read_parameters(text)
        own = {name: str(read.pop(name)) for name in _OWN if name in read}
        if read["kind"] == "storm":
            read = {**_STORM, **read, "kind": "error"}
            own.setdefault("times", str(_STORM_TIMES))
        _check_names(read)
        return cls(
            fault=Fault.from_mapping(read),
            times=_whole(own["times"], "times") if "times" in own else None,
            after=_whole(own.get("after", "0"), "after"),
            probability=_share(own.get("probability", "1")),
            path=own.get("path", ""),
        )


class FaultPlan:
    """Says for every request what is to go wrong with it; the same seed gives the same course.

    Args:
        rules: asked in order; several can apply to one request.
        seed: of the dice of rules with a probability.

    Example:
        >>> plan = FaultPlan.parse("error; code=42902; times=1")
        >>> [len(plan.take("/v1/openai/chat/completions")) for _ in range(2)]
        [1, 0]
    """

    def __init__(self, rules: Iterable[FaultRule] = (), *, seed: int = 0) -> None:
        self._rules = tuple(rules)
        self._seen = [0] * len(self._rules)
        self._done = [0] * len(self._rules)
        self._dice = random.Random(seed)  # noqa: S311  # faults, not secrets
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, *texts: str, seed: int = 0) -> Self:
        """Read a plan from texts of the form of `FaultRule.parse`."""
        return cls([FaultRule.parse(text) for text in texts], seed=seed)

    def take(self, path: str) -> list[Fault]:
        """Return the faults of the next request."""
        with self._lock:
            return [rule.fault for number, rule in enumerate(self._rules) if self._meets(number, rule, path)]

    def _meets(self, number: int, rule: FaultRule, path: str) -> bool:
        if rule.path not in path or (rule.times is not None and self._done[number] >= rule.times):
            return False
        self._seen[number] += 1
        if self._seen[number] <= rule.after or self._dice.random() >= rule.probability:
            return False
        self._done[number] += 1
        return True


def _check_names(read: Mapping[str, object]) -> None:
    """Name the parameters of rules, too, when one is not known; an unknown kind is the fault's own error."""
    kind = str(read["kind"])
    known = {*KINDS.get(kind, read), *_OWN}
    for name in read:
        if name != "kind" and name not in known:
            text = f"the fault {kind} has no parameter {name!r}; known: {', '.join(sorted(known))}"
            raise ConfigurationError(text)


def _whole(text: str, name: str) -> int:
    # No count of requests is longer, and Python refuses to read very long numbers.
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise ConfigurationError(f"{name}={text} is not a whole number of 0 or more")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise ConfigurationError(f"probability={text} is not a number from 0 to 1")
    return share
