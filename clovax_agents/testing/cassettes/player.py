"""Replaying: the cassette of one test answers its requests, each recorded answer once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clovax_agents.testing.cassettes.errors import CassetteError, UnmatchedRequestError
from clovax_agents.testing.cassettes.matching import differences, first_lines, same_request
from clovax_agents.testing.cassettes.vcr_bridge import between, request_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from clovax_agents.testing.cassettes.model import Exchange, Recorded, RecordedRequest

__all__ = ["Player"]


class Player:
    """Answers requests from a cassette, each recorded answer once."""

    recording = False

    def __init__(self, cassette: Recorded, name: str, how_to_record: str) -> None:
        """Take a cassette; its name and how to record it are for the texts of errors."""
        self._name = name
        self._how_to_record = how_to_record
        self._cassette = cassette
        self._plays: Mapping[int, int] = {}
        self._misses: list[str] = []
        self._ready = False

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What is recorded."""
        return self._cassette.exchanges

    @contextmanager
    def running(self) -> Generator[None, None, None]:
        """Answer the requests of every HTTP client that vcrpy knows."""
        with between(self._name, self.exchanges, "none", self._check) as cassette:
            self._plays, self._ready = cassette.play_counts, True
            yield

    def _check(self, request: Any) -> Any:
        """Refuse a request that there is no answer for; vcrpy asks this several times for each request."""
        if self._ready and not self._open_matches(sent := request_of(request)):
            self._misses.append(text := self._miss(sent))
            raise UnmatchedRequestError(text)
        return request

    def _open_matches(self, sent: RecordedRequest) -> list[int]:
        return [number for number in self._unplayed() if same_request(self.exchanges[number].request, sent)]

    def _unplayed(self) -> list[int]:
        return [number for number in range(len(self.exchanges)) if not self._plays.get(number)]

    def _miss(self, sent: RecordedRequest) -> str:
        lines = [f"{self._name} has no answer for this request: {sent.method} {sent.uri}", *self._closest(sent)]
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
        lines = [f"  {line}" for line in first_lines(found[number])]
        played = "" if number in unplayed else ", played already"
        return [f"The closest one is {name}{played}; it differs in:", *lines]

    def finish(self) -> None:
        """Check that the test did what it did when it was recorded.

        Raises:
            CassetteError: a request was not in the cassette (also if the test swallowed that), or one was never sent.
        """
        if self._misses:
            raise UnmatchedRequestError(self._misses[0])
        if not (unplayed := self._unplayed()):
            return
        asked = {number: self.exchanges[number].request for number in unplayed}
        lines = [f"  {number + 1}: {request.method} {request.uri}" for number, request in asked.items()]
        counted = f"{len(unplayed)} of {len(self.exchanges)} recorded requests"
        raise CassetteError("\n".join([f"{self._name}: {counted} were never sent:", *lines, self._how_to_record]))
