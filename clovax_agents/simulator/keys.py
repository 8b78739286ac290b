"""API keys of the simulated account: what each may do, and how a request names one (docs/wire.md, section 1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.capabilities import MODELS
from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.refusals import SimulatedError, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovax_agents.simulator.envelopes import Family
    from clovax_agents.simulator.limits import Limit

__all__ = ["Key", "KeyKind", "KeyRing"]

KeyKind = Literal["test", "service"]
_OLD_PAIR: Final = ("x-ncp-clovastudio-api-key", "x-ncp-apigw-api-key")
_SUBSCRIBE: Final = "No subscription request history found. Please request a subscription to use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One API key.

    Attributes:
        value: what the client sends; new-style keys begin with ``nv-``.
        kind: test and service keys are counted apart, and only a service key may call a service app.
        account: keys of one account share its limits; default an account of its own.
        limits: per model, instead of the table's; ``"*"`` stands for every model.
        subscribed: False answers 401/40170.
        allowed: False answers 403/40300.
        tasks: base models of the tuned tasks of this key by task id; None lets it call any task.
    """

    value: str
    kind: KeyKind = "test"
    account: str = ""
    limits: Mapping[str, Limit] | None = None
    subscribed: bool = True
    allowed: bool = True
    tasks: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse tasks of models that cannot be tuned (docs/wire.md, W2.1-07)."""
        for task, base in (self.tasks or {}).items():
            if base not in MODELS or not MODELS[base].tuning:
                known = ", ".join(name for name, card in MODELS.items() if card.tuning)
                raise ConfigurationError(f"the task {task!r} cannot be based on {base!r}: models to tune are {known}")

    @property
    def owner(self) -> str:
        """The account that the calls are counted for."""
        return self.account or self.value

    def base_of(self, task: str, others: Iterable[Key], default: str) -> str:
        """Return the base model of a tuned task.

        Raises:
            SimulatedError: 403/40301 for a task of another key, 404/40400 for one that nobody has.
        """
        if self.tasks is None:
            return default
        if task in self.tasks:
            return self.tasks[task]
        if any(task in (key.tasks or {}) for key in others):
            raise SimulatedError(403, "40301", "No ownership")
        raise not_found()


class KeyRing:
    """The keys that are accepted; without any, every ``nv-`` key is accepted as a test key."""

    def __init__(self, keys: Iterable[Key] | None = None) -> None:
        self._keys = None if keys is None else {key.value: key for key in keys}

    @property
    def keys(self) -> tuple[Key, ...]:
        """The known keys."""
        return tuple((self._keys or {}).values())

    def identify(self, headers: Mapping[str, str], family: Family, *, old_only: bool = False) -> Key:
        """Return the key of a request.

        Args:
            headers: of the request, with lower-case names.
            family: the OpenAI-compatible API takes new-style keys only.
            old_only: the legacy host, which takes the old header pair only.

        Raises:
            SimulatedError: 401 with 40100 (none), 40102 (not Bearer), 40104 (wrong) or 40170 (no subscription);
                403/40300 (not allowed).
        """
        authorization = headers.get("authorization", "").strip()
        pair = [headers.get(name, "").strip() for name in _OLD_PAIR]
        if not authorization and all(pair) and family == "native":
            return self._checked(self._find(pair[0], new_style=False))
        if not authorization:
            raise SimulatedError(401, "40100", "Unauthorized")
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise SimulatedError(401, "40102", "Invalid Authentication Type")
        if old_only:
            raise SimulatedError(401, "40104", "Invalid key")
        return self._checked(self._find(value.strip(), new_style=True))

    def _find(self, value: str, *, new_style: bool) -> Key:
        known = Key(value=value) if self._keys is None else self._keys.get(value)
        if known is None or value.startswith("nv-") is not new_style:
            raise SimulatedError(401, "40104", "Invalid key")
        return known

    def _checked(self, key: Key) -> Key:
        if not key.subscribed:
            raise SimulatedError(401, "40170", _SUBSCRIBE)
        if not key.allowed:
            raise SimulatedError(403, "40300", "Forbidden")
        return key
