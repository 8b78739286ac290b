"""Our exchanges in vcrpy's terms and back: the only module that knows vcrpy.

vcrpy has no types and imports every HTTP client there is, so it is imported when a cassette starts, and as Any.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from clovax_agents.testing.cassettes.matching import differences, first_lines, same_request
from clovax_agents.testing.cassettes.model import RecordedRequest, RecordedResponse
from clovax_agents.testing.cassettes.scrubbing import find_keys, kept_request_headers, kept_response_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from clovax_agents.testing.cassettes.model import Exchange

__all__ = ["between", "introduce", "request_of", "response_of"]


@contextmanager
def between(
    name: str, exchanges: Sequence[Exchange], mode: Literal["none", "all"], on_request: Callable[[Any], Any]
) -> Generator[Any, None, None]:
    """Put vcrpy between the wire and every HTTP client that it knows; give its cassette.

    Args:
        name: of the cassette, for vcrpy's own messages.
        exchanges: what can be replayed.
        mode: ``none`` replays, ``all`` records.
        on_request: sees every request before it is compared or kept, and may change or refuse it.
    """
    vcr: Any = import_module("vcr").VCR(
        record_mode=mode, match_on=("clovax",), before_record_request=on_request, decode_compressed_response=True
    )
    vcr.register_persister(_Loaded(exchanges))
    vcr.register_matcher("clovax", _match)
    with vcr.use_cassette(name) as cassette:
        yield cassette


def _match(sent: Any, recorded: Any) -> bool:
    return same_request(request_of(recorded), request_of(sent))


def introduce(vcr: Any) -> None:
    """Teach a VCR of somebody else's to compare as we do, and not to write CLOVA Studio's keys into cassettes.

    Args:
        vcr: whose user may still set ``before_record_request``, and is then answerable for the keys.
    """
    vcr.register_matcher("clovax", _told_match)
    vcr.before_record_request = _without_key


def _told_match(sent: Any, recorded: Any) -> None:
    """Raise an AssertionError with what differs: vcrpy shows it in its message about the most similar requests."""
    if not _match(sent, recorded):
        raise AssertionError("\n  ".join(["", *first_lines(differences(request_of(recorded), request_of(sent)))]))


def _without_key(request: Any) -> Any:
    request.headers = {name: value for name, value in request.headers.items() if not find_keys(str(value))}
    return request


class _Loaded:
    """A persister, in vcrpy's words, that has the exchanges already and saves none: files are ours."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = exchanges

    def load_cassette(self, _path: str, serializer: object) -> tuple[list[Any], list[Any]]:  # noqa: ARG002
        """Return requests and responses."""
        request_type: Any = import_module("vcr.request").Request
        asked = [item.request for item in self._exchanges]
        requests = [request_type(item.method, item.uri, item.body, dict(item.headers)) for item in asked]
        return requests, [_to_vcr(item.response) for item in self._exchanges]

    def save_cassette(self, _path: str, _content: object, serializer: object) -> None:
        """Save nothing."""


def request_of(request: Any) -> RecordedRequest:
    """Return vcrpy's request as ours, without what does not belong into a cassette."""
    content = _content(request.body)
    return RecordedRequest(request.method, str(request.uri), content, kept_request_headers(request.headers))


def _content(body: Any) -> bytes:
    """Return a body in whichever form its HTTP client gave it to vcrpy."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, dict | list):  # what aiohttp is given as json=
        return json.dumps(body, ensure_ascii=False).encode()
    return body.read() if hasattr(body, "read") else b"".join(body or ())


def response_of(response: Any) -> RecordedResponse:
    """Return vcrpy's response as ours, without what does not belong into a cassette."""
    status = response["status"]
    body: bytes = response["body"].get("string") or b""
    return RecordedResponse(status["code"], status["message"] or "", body, kept_response_headers(response["headers"]))


def _to_vcr(response: RecordedResponse) -> dict[str, object]:
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": {name: [value] for name, value in response.headers.items()},
        "body": {"string": response.body},
    }
