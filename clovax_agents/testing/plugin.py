"""Pytest plugin: cassettes, and the simulator as a fixture.

Pytest imports it in every run of everybody who has this package installed, so it imports nothing but pytest: what the
fixtures need is imported when a test asks for them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from clovax_agents.testing.checks import COLLECTED
from clovax_agents.testing.settings import FAKE_KEY, SETTINGS, Settings, environment, require_extra

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import httpx

    from clovax_agents.testing.cassettes.fixture import Cassette
    from clovax_agents.testing.loopback import LoopbackSimulator
    from clovax_agents.testing.scripts import Script

__all__ = ["StartClient", "StartScript"]

StartScript: TypeAlias = "Callable[[Script], LoopbackSimulator]"
"""What the fixture ``clovax_script`` gives: call it with a script, and the simulator follows it."""
StartClient: TypeAlias = "Callable[..., httpx.AsyncClient]"
"""What the fixture ``clovax_asgi`` gives: call it with options of the simulator, and get a client of it."""
_CHECKS: Final = pytest.StashKey[list[Callable[[], object]]]()
"""What has to hold when a test has passed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that records, and the setting that says where to."""
    group = parser.getgroup("clovax", "HyperCLOVA X cassettes")
    group.addoption(
        "--clovax-record",
        action="store_true",
        help="Record cassettes: against the local simulator, or the service if CLOVASTUDIO_API_KEY is set.",
    )
    parser.addini(
        "clovax_cassette_dir", "Folder of the HyperCLOVA X cassettes, relative to rootdir", default="cassettes"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, declare the marker, and let no test wait for a rate limit unless it says so itself."""
    os.environ.setdefault("CLOVAX_RATE_LIMIT", "off")
    config.stash[SETTINGS] = Settings.read(config)
    text = "clovax_cassette(script=None): answer the requests of the test from its cassette; a script says what the "
    config.addinivalue_line("markers", f"{text}simulator answers when it is recorded.")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remember the tests before any is deselected, unless only some variants of a test were collected at all."""
    if not config.getoption("lf", default=False) and not any("[" in argument for argument in config.args):
        config.stash[COLLECTED] = {item.nodeid: _uses_cassette(item) for item in items}


def _uses_cassette(item: pytest.Item) -> bool:
    names: list[str] = getattr(item, "fixturenames", [])
    return "clovax_cassette" in names or item.get_closest_marker("clovax_cassette") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Make a test fail that passed although its cassette or its script was not used as a whole."""
    result = yield
    for check in item.stash.get(_CHECKS, ()):
        try:
            check()
        except AssertionError as error:
            pytest.fail(str(error), pytrace=False)
    return result


@pytest.fixture
def _clovax_checks(request: pytest.FixtureRequest) -> list[Callable[[], object]]:
    """Give the checks of this test; a test that is run again starts anew."""
    checks: list[Callable[[], object]] = []
    request.node.stash[_CHECKS] = checks
    return checks


@pytest.fixture(autouse=True)
def _clovax_healthy() -> None:
    """Let no test find a circuit open that another one's failures have opened."""
    if "clovax_agents.client.health" in sys.modules:
        sys.modules["clovax_agents.client.health"].forget_health()


@pytest.fixture(autouse=True)
def _clovax_marked(request: pytest.FixtureRequest) -> None:
    """Start the cassette of a marked test before its other fixtures, which may build the model."""
    if request.node.get_closest_marker("clovax_cassette"):
        request.getfixturevalue("clovax_cassette")


@pytest.fixture
def clovax_cassette(request: pytest.FixtureRequest, _clovax_checks: list[Callable[[], object]]) -> Iterator[Cassette]:
    """Answer the requests of the test from its cassette, with the network blocked; so does the marker."""
    require_extra("testing", "vcr", "yaml")
    from clovax_agents.testing.cassettes.fixture import cassette_of  # noqa: PLC0415  # needs the extra

    with cassette_of(request, _clovax_checks) as cassette:
        yield cassette


@pytest.fixture(scope="session")
def clovax_loopback() -> Iterator[LoopbackSimulator]:
    """Run one simulator on a free port of this machine for the whole session."""
    require_extra("simulator", "starlette", "uvicorn")
    from clovax_agents.testing.loopback import LoopbackSimulator  # noqa: PLC0415  # needs the extra

    simulator = LoopbackSimulator()
    yield simulator
    simulator.close()


@pytest.fixture
def clovax_simulator(clovax_loopback: LoopbackSimulator) -> Iterator[LoopbackSimulator]:
    """Let `ChatClovaX()` talk to a local simulator that answers by rules; its ``requests`` tell what was asked."""
    clovax_loopback.requests.clear()
    with environment(key=FAKE_KEY, base_url=clovax_loopback.base_url):
        yield clovax_loopback


@pytest.fixture
def clovax_asgi() -> StartClient:
    """Give a function that returns an HTTP client of a simulator in this process, without a socket."""
    require_extra("simulator", "starlette", "uvicorn")
    from clovax_agents.testing.loopback import asgi_client  # noqa: PLC0415  # needs the extra

    return asgi_client


@pytest.fixture
def clovax_script(
    request: pytest.FixtureRequest, clovax_simulator: LoopbackSimulator, _clovax_checks: list[Callable[[], object]]
) -> Iterator[StartScript]:
    """Give a function that lets the simulator follow a script; the test fails if it leaves steps of it unused."""
    from clovax_agents.testing.scripts import assert_no_step_unused, brain_of  # noqa: PLC0415  # only when used

    with ExitStack() as stack:

        def start(script: Script) -> LoopbackSimulator:
            brain = brain_of(script, request.path.parent)
            stack.enter_context(clovax_simulator.using(brain))
            _clovax_checks.append(lambda: assert_no_step_unused(brain))
            return clovax_simulator

        yield start
