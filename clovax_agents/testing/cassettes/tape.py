"""The cassette of one test while the test runs: a player or a recorder, with vcrpy between the client and the wire."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clovax_agents.testing.cassettes.files import dump, load_file, save_file
from clovax_agents.testing.cassettes.matching import differences, same_request
from clovax_agents.testing.cassettes.model import Exchange, Head, Recorded, RecordedRequest, RecordedResponse
from clovax_agents.testing.cassettes.scrubbing import (
    find_keys,
    kept_request_headers,
    kept_response_headers,
    with_production_host,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

__all__ = ["Player", "Recorder", "TapeError", "UnmatchedRequestError"]

_SIMULATOR = "x-clovax-simulator"
_MOST_LINES = 20


class TapeError(AssertionError):
    """A cassette and a test that do not fit together."""


class UnmatchedRequestError(TapeError):
    """The test sent a request that is not in its cassette."""


class Player:
    """Answers requests from a cassette, each recorded answer once."""

    recording = False

    def __init__(self, path: Path, how_to_record: str) -> None:
        """Read the cassette."""
        self._path = path
        self._how_to_record = how_to_record
        self._cassette = load_file(path)
        self._plays: dict[int, int] = {}
        self._misses: list[str] = []
        self._sent = 0
        self._ready = False

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What is recorded."""
        return self._cassette.exchanges

    @property
    def head(self) -> Head:
        """What the cassette says of itself."""
        return self._cassette.head

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer the requests of every HTTP client that vcrpy knows."""
        with _vcr(self._path, _Loaded(self.exchanges), "none", self._check) as cassette:
            self._plays, self._ready = cassette.play_counts, True
            yield

    def _check(self, request: Any) -> Any:
        """Refuse a request that there is no answer for; vcrpy asks this several times for each request."""
        if self._ready and not self._open_matches(sent := _request(request)):
            self._misses.append(text := self._miss(sent))
            raise UnmatchedRequestError(text)
        return request

    def _open_matches(self, sent: RecordedRequest) -> list[int]:
        return [number for number in self._unplayed() if same_request(self.exchanges[number].request, sent)]

    def _unplayed(self) -> list[int]:
        return [number for number in range(len(self.exchanges)) if not self._plays.get(number)]

    def _miss(self, sent: RecordedRequest) -> str:
        lines = [f"{self._path} has no answer for this request: {sent.method} {sent.uri}", *self._closest(sent)]
        return "\n".join([*lines, self._how_to_record])

    def _closest(self, sent: RecordedRequest) -> list[str]:
        if not self.exchanges:
            return ["The cassette is empty."]
        unplayed = self._unplayed()
        found = {n: differences(item.request, sent) for n, item in enumerate(self.exchanges)}
        number = min(found, key=lambda n: (len(found[n]), n not in unplayed, n))
        name = f"recorded request {number + 1} of {len(self.exchanges)}"
        if not found[number]:
            return [f"It is the same as {name}, whose answer was played already: the test sent it once more."]
        lines = [f"  {line}" for line in found[number]]
        more = [f"  and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
        played = "" if number in unplayed else ", played already"
        return [f"The closest one is {name}{played}; it differs in:", *lines[:_MOST_LINES], *more]

    def finish(self) -> None:
        """Check that the test did what it did when it was recorded.

        Raises:
            TapeError: a request was not in the cassette (also if the test swallowed that), or one was never sent.
        """
        if self._misses:
            raise UnmatchedRequestError(self._misses[0])
        if not (unplayed := self._unplayed()):
            return
        asked = {number: self.exchanges[number].request for number in unplayed}
        lines = [f"  {number + 1}: {request.method} {request.uri}" for number, request in asked.items()]
        counted = f"{len(unplayed)} of {len(self.exchanges)} recorded requests"
        raise TapeError("\n".join([f"{self._path}: {counted} were never sent:", *lines, self._how_to_record]))


class Recorder:
    """Lets requests through and keeps what was answered; the file is written when the test has passed."""

    recording = True

    def __init__(self, path: Path, *, base_url: str, service: str, test: str, today: date) -> None:
        """Note what is recorded.

        Args:
            path: of the cassette.
            base_url: what requests really go to.
            service: what to call it, unless an answer says that a simulator gave it.
            test: node id.
            today: the day.
        """
        self._path = path
        self._base_url = base_url
        self._service = service
        self._test = test
        self._today = today
        self._data: Sequence[tuple[Any, Any]] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What has been recorded until now."""
        return tuple(Exchange(_request(request), _response(response)) for request, response in self._data)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Record the requests of every HTTP client that vcrpy knows."""
        with _vcr(self._path, _Loaded(()), "all", self._rewrite) as cassette:
            self._data = cassette.data
            yield

    def _rewrite(self, request: Any) -> Any:
        request.uri = with_production_host(request.uri, self._base_url)
        return request

    def finish(self, keys: Sequence[str] = ()) -> bool:
        """Write the cassette.

        Args:
            keys: what must not be in it, beside everything that looks like a key.

        Returns:
            whether the file has changed.

        Raises:
            TapeError: nothing was sent, or a key would be stored.
        """
        exchanges = self.exchanges
        if not exchanges:
            raise TapeError("the test sent no request, so there is nothing to record: it needs no cassette")
        cassette = Recorded(Head(self._against(exchanges), self._today, self._test), exchanges)
        if found := find_keys(dump(cassette), keys):
            raise TapeError(f"not recorded, because something in it looks like a key: {', '.join(found)}")
        return save_file(self._path, cassette)

    def _against(self, exchanges: Sequence[Exchange]) -> str:
        """The answers themselves say whether a simulator gave them."""
        versions = {item.response.headers.get(_SIMULATOR, "") for item in exchanges} - {""}
        return f"simulator {min(versions)}, strict" if versions else f"{self._service} {self._today}"


class _Loaded:
    """A persister, in vcrpy's words, that has the exchanges already and saves none."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = exchanges

    def load_cassette(self, _path: str, serializer: object) -> tuple[list[Any], list[Any]]:  # noqa: ARG002
        request_type: Any = import_module("vcr.request").Request
        asked = [item.request for item in self._exchanges]
        requests = [request_type(item.method, item.uri, item.body, dict(item.headers)) for item in asked]
        return requests, [_vcr_response(item.response) for item in self._exchanges]

    def save_cassette(self, _path: str, _content: object, serializer: object) -> None: ...


@contextmanager
def _vcr(path: Path, persister: _Loaded, mode: str, on_request: Callable[[Any], Any]) -> Iterator[Any]:
    """Put vcrpy between the HTTP clients and the wire; it is imported here, because it imports all of them."""
    vcr: Any = import_module("vcr").VCR(
        record_mode=mode,
        match_on=("clovax",),
        before_record_request=on_request,
        decode_compressed_response=True,
    )
    vcr.register_persister(persister)
    vcr.register_matcher("clovax", lambda one, other: same_request(_request(other), _request(one)))
    with vcr.use_cassette(str(path)) as cassette:
        yield cassette


def _request(request: Any) -> RecordedRequest:
    body = request.body_bytes
    content = body.encode() if isinstance(body, str) else bytes(body or b"")
    return RecordedRequest(request.method, request.uri, content, kept_request_headers(request.headers))


def _response(response: Any) -> RecordedResponse:
    status = response["status"]
    body: bytes = response["body"].get("string") or b""
    return RecordedResponse(status["code"], status["message"] or "", body, kept_response_headers(response["headers"]))


def _vcr_response(response: RecordedResponse) -> dict[str, object]:
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": {name: [value] for name, value in response.headers.items()},
        "body": {"string": response.body},
    }
