"""Pytest plugin: cassettes, the simulator as a fixture, scripted models that must be used up, no network.

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

from clovax_agents.testing import watching
from clovax_agents.testing.checks import COLLECTED
from clovax_agents.testing.isolation import Isolation
from clovax_agents.testing.settings import FAKE_KEY, SETTINGS, Settings, environment, require_extra

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Unpack

    import httpx

    from clovax_agents.testing.cassettes.fixture import Cassette
    from clovax_agents.testing.loopback import LoopbackSimulator, SimulatorOptions
    from clovax_agents.testing.scripts import Script

__all__ = ["StartClient", "StartScript"]

StartScript: TypeAlias = "Callable[..., LoopbackSimulator]"
"""What the fixture ``clovax_script`` gives: call it with a script, and the simulator follows it; options as of
`LoopbackSimulator.using`."""
StartClient: TypeAlias = "Callable[..., httpx.AsyncClient]"
"""What the fixture ``clovax_asgi`` gives: call it with options of the simulator, and get a client of it."""
_CHECKS: Final = pytest.StashKey[list[Callable[[], object]]]()
"""What has to hold when a test has passed."""
_ISOLATION: Final = pytest.StashKey[Isolation]()
_MARKERS: Final = (
    (
        "clovax_cassette(script=None): answer the requests of the test from its cassette; a script says what the "
        "simulator answers when it is recorded."
    ),
    "clovax_network: let the test reach other machines.",
)


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
    parser.addini(
        "clovax_allowed_hosts", "Hosts that tests of agents may reach beside this machine; * for all", type="args"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, declare the markers, and let no test wait for a rate limit unless it says so itself."""
    os.environ.setdefault("CLOVAX_RATE_LIMIT", "off")
    config.stash[SETTINGS] = settings = Settings.read(config)
    for line in _MARKERS:
        config.addinivalue_line("markers", line)
    config.stash[_ISOLATION] = isolation = Isolation(settings.hosts)
    isolation.install()
    config.add_cleanup(isolation.remove)


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Let cassettes of pytest-recording hold no key, and be compared as ours are: ``match_on=["method", "clovax"]``."""
    del config
    from clovax_agents.testing.cassettes.vcr_bridge import introduce  # noqa: PLC0415  # only where it is used

    introduce(vcr)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remember the tests before any is deselected, unless only some variants of a test were collected at all.

    The cassettes of marked tests start before their other fixtures, which may build the model.
    """
    if not config.getoption("lf", default=False) and not any("[" in argument for argument in config.args):
        config.stash[COLLECTED] = {item.nodeid: _uses_cassette(item) for item in items}
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        if item.get_closest_marker("clovax_cassette") and names[:1] != ["clovax_cassette"]:
            names.insert(0, "clovax_cassette")


def _uses_cassette(item: pytest.Item) -> bool:
    names: list[str] = getattr(item, "fixturenames", [])
    return "clovax_cassette" in names or item.get_closest_marker("clovax_cassette") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Keep a test on this machine, and let it find no circuit open that another one's failures have opened."""
    if "clovax_agents.client.health" in sys.modules:
        sys.modules["clovax_agents.client.health"].forget_health()
    watching.begin()
    try:
        with item.config.stash[_ISOLATION].around(item):
            return (yield)
    finally:
        watching.end()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Leave scripted models that live longer than a test to whoever made them."""
    if fixturedef.scope == "function":
        return (yield)
    before = len(watching.watched())
    try:
        return (yield)
    finally:
        del watching.watched()[before:]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Make a test fail that passed although its cassette or a script was not used as a whole."""
    result = yield
    made = [made.assert_finished for made in watching.watched()]
    for check in [*item.stash.get(_CHECKS, ()), *made]:
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

        def start(script: Script, **options: Unpack[SimulatorOptions]) -> LoopbackSimulator:
            brain = brain_of(script, request.path.parent)
            stack.enter_context(clovax_simulator.using(brain, **options))
            _clovax_checks.append(lambda: assert_no_step_unused(brain))
            return clovax_simulator

        yield start
