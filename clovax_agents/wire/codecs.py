"""Which codec a call needs: nothing above `wire` knows more than its four parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from clovax_agents.capabilities import model_card
from clovax_agents.errors import ConfigurationError
from clovax_agents.wire import native, openai, v1
from clovax_agents.wire import self_hosted as own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clovax_agents.wire.neutral import Delta, Reply, Request

__all__ = ["Api", "Codec", "check_address", "codec_for", "root_of"]

Api = Literal["openai", "native"]
"""The OpenAI-compatible API, or CLOVA Studio's own."""

_OPENAI_BASE: Final = "/v1/openai"
_APP: Final = re.compile(r"/(testapp|serviceapp)\b")
_PLACES: Final = re.compile(r"(https?://[^/]+)(?:/(?:testapp|serviceapp))?(?:/v1/openai)?")
"""Addresses of the service: a host, what native paths need before them on the government cloud, and what the
OpenAI-compatible API stands under, which takes no such prefix (docs/wire.md, section 1.1)."""


class Decoder(Protocol):
    """What reads a stream: one object for one attempt."""

    def feed(self, chunk: bytes) -> Iterator[Delta]: ...
    def close(self) -> Iterator[Delta]: ...
    @property
    def finished(self) -> bool: ...
    @property
    def done(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Codec:
    """How one API is spoken.

    Attributes:
        url: where a model is asked, from the base URL that the user gave and the model's name.
        encode: writes the body of a call.
        decode_reply: reads a whole answer.
        decoder: makes what reads a streamed one.
    """

    url: Callable[[str, str], str]
    encode: Callable[[Request], bytes]
    decode_reply: Callable[[bytes], Reply]
    decoder: Callable[[], Decoder]


def codec_for(api: Api, model: str, *, self_hosted: bool = False) -> Codec:
    """Return the codec of an API; natively, the two old models have one of their own.

    Args:
        api: to speak.
        model: to ask.
        self_hosted: whether a server of one's own is spoken to, which knows the OpenAI-compatible API only.

    Example:
        >>> codec_for("native", "HCX-005").url("https://clovastudio.stream.ntruss.com/v1/openai", "HCX-005")
        'https://clovastudio.stream.ntruss.com/v3/chat-completions/HCX-005'
    """
    if self_hosted:
        return _SELF_HOSTED
    if api == "openai":
        return _OPENAI
    return _V1 if model_card(model).generation == "v1" else _NATIVE


def check_address(api: Api, base_url: str, *, prefixed: bool, self_hosted: bool) -> None:
    """Refuse an address at which an API cannot be reached.

    Args:
        api: to speak.
        base_url: of the service.
        prefixed: whether native paths need the kind of app before them.
        self_hosted: whether it is a server of one's own.

    Raises:
        ConfigurationError: it cannot.
    """
    if api == "openai":
        return
    if self_hosted:
        raise ConfigurationError("a server of your own speaks the OpenAI-compatible API only: set api='openai'")
    if prefixed and not _APP.search(base_url):
        raise ConfigurationError(
            "the government cloud's native API needs the kind of app in its address: "
            "set base_url='https://clovastudio.stream.gov-ntruss.com/testapp' or '.../serviceapp'"
        )


def root_of(api: Api, base_url: str, *, self_hosted: bool = False) -> str:
    """Return what the paths of an API stand behind; a server of one's own has them where it says."""
    if self_hosted:
        return base_url
    return _compatible(base_url) if api == "openai" else _root(base_url)


def _compatible(base_url: str) -> str:
    place = _PLACES.fullmatch(base_url)
    return place[1] + _OPENAI_BASE if place else base_url


def _root(base_url: str) -> str:
    """Return the address of the service: one base URL serves both APIs."""
    return base_url.removesuffix(_OPENAI_BASE)


_OPENAI: Final = Codec(
    lambda base, _model: _compatible(base) + openai.PATH, openai.encode, openai.decode_reply, openai.StreamDecoder
)
_SELF_HOSTED: Final = Codec(
    lambda base, _model: base + openai.PATH, own.encode, openai.decode_reply, openai.StreamDecoder
)
_NATIVE: Final = Codec(
    lambda base, model: _root(base) + native.path(model), native.encode, native.decode_reply, native.StreamDecoder
)
_V1: Final = Codec(lambda base, model: _root(base) + v1.path(model), v1.encode, v1.decode_reply, v1.StreamDecoder)
