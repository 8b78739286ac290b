"""Recording: requests go through, and what was answered becomes the cassette of a test that passed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.testing.cassettes.errors import CassetteError
from clovax_agents.testing.cassettes.files import dump, save_file
from clovax_agents.testing.cassettes.model import Exchange, Head, Recorded
from clovax_agents.testing.cassettes.scrubbing import find_keys, with_production_host
from clovax_agents.testing.cassettes.vcr_bridge import between, request_of, response_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import date
    from pathlib import Path

__all__ = ["Recorder"]

_SIMULATOR: Final = "x-clovax-simulator"


class Recorder:
    """Lets requests through and keeps what was answered; the file is written when the test has passed."""

    recording = True

    def __init__(self, path: Path, *, base_url: str, service: str, test: str, today: date) -> None:
        """Note what is recorded.

        Args:
            path: of the cassette.
            base_url: what requests really go to.
            service: what to call it, unless an answer says that a simulator gave it.
            test: node id, or the command line that records it.
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
        return tuple(Exchange(request_of(request), response_of(response)) for request, response in self._data)

    @contextmanager
    def running(self) -> Generator[None, None, None]:
        """Record the requests of every HTTP client that vcrpy knows."""
        with between(str(self._path), (), "all", self._rewrite) as cassette:
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
            CassetteError: nothing was sent, or a key would be stored.
        """
        exchanges = self.exchanges
        if not exchanges:
            raise CassetteError("no request was sent, so there is nothing to record: no cassette is needed")
        cassette = Recorded(Head(self._against(exchanges), self._today, self._test), exchanges)
        if found := find_keys(dump(cassette), keys):
            raise CassetteError(f"not recorded, because something in it looks like a key: {', '.join(found)}")
        return save_file(self._path, cassette)

    @property
    def recorded_against(self) -> str:
        """What answered: the simulator, or the service on this day."""
        return self._against(self.exchanges)

    def _against(self, exchanges: Sequence[Exchange]) -> str:
        """The answers themselves say whether a simulator gave them."""
        versions = {item.response.headers.get(_SIMULATOR, "") for item in exchanges} - {""}
        return f"simulator {min(versions)}, strict" if versions else f"{self._service} {self._today}"
