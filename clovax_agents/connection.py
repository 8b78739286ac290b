"""How the service is reached: address, key, headers, deadlines, clients. Chat models and embeddings share it."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from clovax_agents._version import __version__
from clovax_agents.client.connections import Connections, check_proxy
from clovax_agents.client.headers import Secret, SecretHeaders, check_headers
from clovax_agents.client.health import health_of
from clovax_agents.client.paces import Pace
from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.deployments import DEPLOYMENTS, Deployment, Profile, checked_url, deployment_of
from clovax_agents.dropin import adopted
from clovax_agents.errors import ConfigurationError
from clovax_agents.pacing.limits import UNKNOWN, UNLIMITED, settled_limit
from clovax_agents.pacing.pacer import Pacer
from clovax_agents.pacing.registry import check_store, pacer_of
from clovax_agents.settings import hidden, our_errors
from clovax_agents.tokens import estimator_of, size_of
from clovax_agents.wire.codecs import check_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.client.call import Call
    from clovax_agents.wire.codecs import Api

__all__ = ["Connection"]

_UNPICKLED = (
    "api_key",
    "default_headers",
    "http_client",
    "http_async_client",
    "proxy",
    "rate_limit",
    "rate_limit_store",
)
"""Secrets, and what belongs to this process."""
_OWN: Final = Connections()
_REPLACEABLE: Final = frozenset({"authorization", "user-agent"})
_USER_AGENT: Final = f"clovax-agents/{__version__}"


class Connection(BaseModel):
    """The settings of everything that talks to the service."""

    api_key: SecretStr | None = None
    """Key, ``nv-...``; by default from the environment variable ``CLOVASTUDIO_API_KEY``."""
    base_url: str | None = None
    """Address of the API; by default from ``CLOVASTUDIO_API_BASE_URL``, else the public cloud's."""
    deployment: Profile | None = None
    """Whose rules hold: ``"public"``, ``"gov"`` for the government cloud, or ``"self-hosted"`` for a server of one's
    own; also given as ``profile=``. By default what ``base_url`` shows."""
    allow_http: bool = False
    """Send over plain http to a server of one's own, too; loopback needs no leave."""
    default_headers: dict[str, SecretStr] | None = None
    """Headers to add to each request, or to replace ``Authorization`` and ``User-Agent``; like the key they are never
    shown, logged or serialised."""
    timeout: float | Deadlines | None = None
    """Seconds for a call with all its attempts, or `Deadlines` for each kind of wait. By default 60, and 1 more for
    every 20 tokens of the cap."""
    max_retries: int = Field(default=2, ge=0)
    """Attempts after the first, for errors that may pass."""
    http_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.Client` to send sync calls over, for instance with a transport of one's own."""
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.AsyncClient` to send async calls over; it belongs to one event loop, and so do these calls."""
    rate_limit: Any = Field(default=None, exclude=True)
    """What the key may ask for in a minute: ``"REQUESTS/TOKENS"`` such as ``"180/300000"`` with ``-`` for any number, a
    `Limit`, ``"off"`` for no pacing, ``"unknown"`` to find out, or a `Pacer` to share. By default
    ``CLOVAX_RATE_LIMIT``, else on CLOVA Studio what is documented for test keys, and elsewhere none. All models of a
    process with one key and name share one pacer."""
    rate_limit_store: SecretStr | None = Field(default=None, exclude=True)
    """Where several processes share what they reserve: ``"sqlite:///path"`` on one host, ``"redis://host:port/0"`` on
    several (extra ``redis``). By default ``CLOVAX_RATE_LIMIT_STORE``, else each process keeps to itself."""
    circuit_breaker: bool = True
    """Send nothing for a while to a service that has failed again and again, and few retries to one that fails often;
    all models of a process with one host and name share what they know."""
    max_wait: float = Field(default=600.0, gt=0)
    """Seconds that a call may wait for room within the rate limit; they are no part of ``timeout``."""
    priority: Literal["high", "normal", "low"] = "normal"
    """Who goes first where several calls wait; nobody is overtaken for longer than a minute."""
    proxy: SecretStr | None = Field(default=None, exclude=True)
    """Address of a proxy, which may hold a password. By default ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and
    ``NO_PROXY`` of the environment decide."""

    if not TYPE_CHECKING:  # type checkers read the fields instead

        def __init__(self, **settings: Any) -> None:
            """Check the settings outside Pydantic's validation, which would hide our errors in its own."""
            settings = hidden(settings)
            _name_deployment(settings)
            kind = type(self)
            known, extra = _names_of(kind), kind.model_config.get("extra") == "allow"
            with our_errors():
                super().__init__(**adopted(self._meaningful(settings), known, kind.__name__, extra=extra))
            self._settle()

    @staticmethod
    def _meaningful(settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings without those that change nothing."""
        return settings

    def _settle(self) -> None:
        """Fill in the environment, and refuse what cannot work."""
        self._settle_connection()

    def _settle_connection(self) -> None:
        """Fill in the environment, and refuse what cannot work."""
        base_url = self.base_url or os.environ.get("CLOVASTUDIO_API_BASE_URL")
        place = deployment_of(self.deployment, base_url)
        self.deployment = place.profile
        self.base_url = checked_url(base_url, place, allow_http=self.allow_http)
        self.api_key = self._settled_key()
        Deadlines(self.timeout) if isinstance(self.timeout, int | float) else None
        if not isinstance(self.rate_limit, Pacer):
            settled_limit(self.rate_limit, "", limited=False)
            check_store(self._store())
        check_headers(self.default_headers or {})
        if self.proxy is not None:
            check_proxy(self.proxy)
        for name, kind in (("http_client", "Client"), ("http_async_client", "AsyncClient")):
            client = getattr(self, name)
            if client is not None and self.proxy is not None:
                raise ConfigurationError(f"proxy does nothing for an {name} of your own: set the proxy on that client")
            if client is not None and kind not in {base.__name__ for base in type(client).__mro__}:
                raise ConfigurationError(f"{name} takes an httpx.{kind}, not a {type(client).__name__}")

    def _check_address(self, api: Api) -> None:
        """Refuse an address at which this API cannot be reached."""
        place = self._place
        check_address(api, cast("str", self.base_url), prefixed=place.native_prefix, self_hosted=not place.limited)

    @property
    def _place(self) -> Deployment:
        return DEPLOYMENTS[cast("Profile", self.deployment)]

    def _settled_key(self) -> SecretStr:
        key = self.api_key or SecretStr(os.environ.get("CLOVASTUDIO_API_KEY", ""))
        if not key.get_secret_value() and self._place.key_needed:
            raise ConfigurationError(
                "there is no API key: set CLOVASTUDIO_API_KEY or pass api_key=. "
                "Without a key, try the simulator: clovax simulate"
            )
        return _plain(key)

    def _open(
        self,
        url: str,
        body: bytes,
        *,
        cap: int,
        stream: bool = False,
        timeout: float | Deadlines | None = None,
        counted: tuple[str, int] | None = None,
    ) -> Call:
        """Return the call that sends a body to a URL.

        Args:
            url: of the API.
            body: of the request.
            cap: tokens that the answer may have, which decides on how long it may take.
            stream: whether the answer comes in pieces.
            timeout: for this call; by default the one of the settings.
            counted: the model whose limit it counts against, and how many messages it has; None: against none.
        """
        from clovax_agents.client.call import Call  # noqa: PLC0415  # embeddings need no stream decoders

        request_id = f"clovax-{os.urandom(16).hex()}"
        return Call(
            url=url,
            headers=self._headers(request_id, stream=stream),
            body=body,
            deadlines=_deadlines(self.timeout if timeout is None else timeout, cap),
            request_id=request_id,
            policy=_policy(self.max_retries),
            via=self._connections(),
            pace=None if counted is None else self._pace(url, body, cap, *counted),
            health=health_of(urlsplit(url).netloc, counted[0]) if counted and self.circuit_breaker else None,
        )

    def _pace(self, url: str, body: bytes, cap: int, model: str, messages: int) -> Pace | None:
        """Return how a call waits for its turn; None if nothing limits it."""
        pacer = self._pacer(url, model)
        if pacer is None:
            return None
        tokens = 0 if pacer.limit.tokens is None else estimator_of(model).tokens(size_of(body, messages))
        return Pace(pacer, tokens, cap, self.priority, self.max_wait)

    def _pacer(self, url: str, model: str) -> Pacer | None:
        if isinstance(self.rate_limit, Pacer):
            return self.rate_limit
        setting = self.rate_limit or os.environ.get("CLOVAX_RATE_LIMIT")
        unknown = isinstance(setting, str) and setting.strip().lower() == UNKNOWN
        limit = settled_limit(self.rate_limit, model, limited=self._place.paced)
        if limit == UNLIMITED and not unknown:
            return None
        host, key = urlsplit(url).netloc, self._settled_key().get_secret_value()
        return pacer_of(host, key, model, limit, store=self._store(), certain=bool(setting), unknown=unknown)

    def _store(self) -> str:
        given = self.rate_limit_store
        return os.environ.get("CLOVAX_RATE_LIMIT_STORE", "") if given is None else given.get_secret_value()

    def _headers(self, request_id: str, *, stream: bool) -> Mapping[str, str]:
        headers = SecretHeaders()
        for name, value in (self.default_headers or {}).items():
            headers[name.title() if name.lower() in _REPLACEABLE else name] = Secret(_shown(value))
        headers.setdefault("User-Agent", _USER_AGENT)
        if key := self._settled_key().get_secret_value():
            headers.setdefault("Authorization", Secret(f"Bearer {key}"))
        headers["Content-Type"] = "application/json"
        headers["Accept"] = "text/event-stream" if stream else "application/json"
        headers["Accept-Encoding"] = "identity"
        headers["X-NCP-CLOVASTUDIO-REQUEST-ID"] = request_id
        return headers

    def _connections(self) -> Connections:
        if not (self.http_client or self.http_async_client or self.proxy):
            return _OWN
        proxy = self.proxy.get_secret_value() if self.proxy else None
        return Connections(self.http_client, self.http_async_client, proxy)

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep secrets secret, in whatever form they are set."""
        value = hidden({name: value})[name]
        if name == "default_headers":
            check_headers(value or {})
        if name == "proxy" and value is not None:
            check_proxy(value)
        super().__setattr__(name, value)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values for some fields; secrets stay secret."""
        return super().model_copy(update=hidden(update or {}), deep=deep)

    def __getstate__(self) -> dict[Any, Any]:
        """Leave the secrets out of a pickle: the process that loads it has a key in its own environment."""
        state = super().__getstate__()
        return {**state, "__dict__": {**state["__dict__"], **dict.fromkeys(_UNPICKLED)}}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Share the clients with the copy: they are connections, not settings."""
        memo = {} if memo is None else memo
        for client in (self.http_client, self.http_async_client, self.rate_limit):
            memo[id(client)] = client
        return super().__deepcopy__(memo)


@lru_cache(maxsize=256)
def _deadlines(timeout: float | Deadlines | None, cap: int) -> Deadlines:
    limits = timeout if isinstance(timeout, Deadlines) else Deadlines(timeout)
    return limits.for_cap(cap)


@lru_cache(maxsize=64)
def _policy(retries: int) -> RetryPolicy:
    return RetryPolicy(retries=retries)


def _plain(key: SecretStr) -> SecretStr:
    """Return a key without white space around it; what is wrong with it is said without showing it."""
    plain = SecretStr(key.get_secret_value().strip())
    if not _sendable(plain):
        raise ConfigurationError("the API key has a space, a line break or a letter beyond ASCII in it: copy it again")
    return plain


def _sendable(key: SecretStr) -> bool:
    text = key.get_secret_value()
    return text.isascii() and text.isprintable() and " " not in text


def _shown(value: SecretStr | str) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value  # set in place, by hand


def _name_deployment(settings: dict[str, Any]) -> None:
    """Let ``profile=`` name the deployment, which LangChain has another use for."""
    if isinstance(settings.get("profile"), str):
        profile = settings.pop("profile")
        if settings.setdefault("deployment", profile) != profile:
            raise ConfigurationError("profile and deployment are two names of one setting: give one of them")
    deployment_of(settings.get("deployment"), None)  # refuses a name that does not exist


def _names_of(kind: type[BaseModel]) -> set[str]:
    """Return the names that the fields of a class may be set under."""
    fields = kind.model_fields
    return {*fields, *(field.alias for field in fields.values() if field.alias)}
