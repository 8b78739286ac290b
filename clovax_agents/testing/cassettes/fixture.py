"""What happens around a test with a cassette: environment, network, player or recorder, and the checks at its end."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from clovax_agents.capabilities import DEFAULT_BASE_URL
from clovax_agents.testing.cassettes.errors import CassetteFileError
from clovax_agents.testing.cassettes.files import load_file
from clovax_agents.testing.cassettes.places import cassette_path
from clovax_agents.testing.cassettes.player import Player
from clovax_agents.testing.cassettes.recorder import Recorder
from clovax_agents.testing.cassettes.steady import KST, steady
from clovax_agents.testing.network import blocked_network
from clovax_agents.testing.scripts import assert_no_step_unused, brain_of
from clovax_agents.testing.settings import FAKE_KEY, SETTINGS, Settings, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from clovax_agents.testing.cassettes.model import Exchange, Recorded
    from clovax_agents.testing.loopback import LoopbackSimulator
    from clovax_agents.testing.scripts import Script

__all__ = ["Cassette", "cassette_of"]


class Cassette(Protocol):
    """What the fixture ``clovax_cassette`` gives to a test."""

    @property
    def recording(self) -> bool:
        """Whether this run records."""
        ...

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What is recorded; while recording, what has been recorded until now."""
        ...


@dataclass(frozen=True, slots=True)
class _Run:
    """One test, and where its cassette lies."""

    request: pytest.FixtureRequest
    settings: Settings
    checks: list[Callable[[], object]]

    @property
    def test(self) -> str:
        return str(self.request.node.nodeid)

    @property
    def path(self) -> Path:
        return cassette_path(self.settings.folder, self.test)

    @property
    def name(self) -> str:
        return os.path.relpath(self.path, self.settings.root)

    @property
    def how_to_record(self) -> str:
        return f'To record it: pytest "{self.test}" --clovax-record'


@contextmanager
def cassette_of(request: pytest.FixtureRequest, checks: list[Callable[[], object]]) -> Generator[Cassette, None, None]:
    """Replay or record the cassette of a test.

    Args:
        request: of the test's fixture.
        checks: gets what is to be called when the test has passed; it raises an AssertionError if it should not have.
    """
    run = _Run(request, request.config.stash[SETTINGS], checks)
    script = _script(request)
    if not run.settings.record:
        around: AbstractContextManager[Cassette] = _replaying(run)
    elif run.settings.key:
        around = _recording_the_service(run, script)
    else:
        around = _recording_the_simulator(run, script)
    with around as cassette:
        yield cassette


def _script(request: pytest.FixtureRequest) -> Script | None:
    """Return what the marker gives as a script."""
    if request.node.get_closest_marker("vcr"):
        pytest.fail("a test has either a clovax_cassette or pytest-recording's vcr marker, not both", pytrace=False)
    marker = request.node.get_closest_marker("clovax_cassette")
    if marker is None:
        return None
    if marker.args or marker.kwargs.keys() - {"script"}:
        pytest.fail("the marker clovax_cassette takes nothing but script=...", pytrace=False)
    return cast("Script | None", marker.kwargs.get("script"))


@contextmanager
def _replaying(run: _Run) -> Generator[Cassette, None, None]:
    player = Player(_recorded(run), run.name, run.how_to_record)
    run.checks.append(player.finish)
    reason = f"While a cassette is replayed, only what is recorded in it is answered. {run.how_to_record}"
    with environment(key=FAKE_KEY, base_url=DEFAULT_BASE_URL), blocked_network(reason), player.running():
        yield player


def _recorded(run: _Run) -> Recorded:
    if not run.path.is_file():
        pytest.fail(f"there is no cassette {run.name}. {run.how_to_record}", pytrace=False)
    try:
        cassette = load_file(run.path)
    except CassetteFileError as error:
        pytest.fail(f"{run.name} cannot be read: {error}. {run.how_to_record}", pytrace=False)
    if cassette.head.test != run.test:
        text = f"{run.name} is the cassette of {cassette.head.test}, not of {run.test}. {run.how_to_record}"
        pytest.fail(text, pytrace=False)
    return cassette


@contextmanager
def _recording_the_service(run: _Run, script: Script | None) -> Generator[Cassette, None, None]:
    key, base_url = run.settings.key, run.settings.base_url
    if script is not None:
        pytest.skip("its script needs the simulator, and CLOVASTUDIO_API_KEY is set: unset it to record this test")
    recorder = _recorder(run, base_url)
    run.checks.append(lambda: recorder.finish([key]))
    with environment(key=key, base_url=base_url), recorder.running():
        yield recorder


@contextmanager
def _recording_the_simulator(run: _Run, script: Script | None) -> Generator[Cassette, None, None]:
    simulator = cast("LoopbackSimulator", run.request.getfixturevalue("clovax_loopback"))
    brain = None if script is None else brain_of(script, run.request.path.parent)
    recorder = _recorder(run, simulator.base_url)
    run.checks.extend([lambda: assert_no_step_unused(brain), recorder.finish])
    reason = (
        "Recording against the simulator reaches only this machine; to record the service, set CLOVASTUDIO_API_KEY."
    )
    with (
        simulator.using(brain, **steady(run.test)),
        environment(key=FAKE_KEY, base_url=simulator.base_url),
        blocked_network(reason, loopback=True),
        recorder.running(),
    ):
        yield recorder


def _recorder(run: _Run, base_url: str) -> Recorder:
    today = datetime.now(tz=KST).date()
    return Recorder(run.path, base_url=base_url, service="CLOVA Studio", test=run.test, today=today)
