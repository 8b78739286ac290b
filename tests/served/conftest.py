"""The graphs of langgraph.json in an Agent Server inside this process, on the simulator."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

from clovax_agents.simulator import SimulatorServer

ROOT = Path(__file__).parents[2]
PREBUILT = (
    "clarify",
    "deep",
    "extraction",
    "plan_execute",
    "rag",
    "reflection",
    "router",
    "sql",
    "supervisor",
    "swarm",
)
"""Modules of prebuilt graphs that a langgraph.json can name as they are."""
PROBES = ("counting", "thinking", "blocking")
"""Graphs of probes.py."""
SERVER = {
    "LANGGRAPH_RUNTIME_EDITION": "inmem",
    "MIGRATIONS_PATH": "__inmem",
    "DATABASE_URI": ":memory:",
    "REDIS_URI": "fake",
    "LANGSMITH_LANGGRAPH_API_VARIANT": "local_dev",
    "LANGGRAPH_DISABLE_FILE_PERSISTENCE": "true",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "LANGSMITH_TRACING": "false",
    "N_JOBS_PER_WORKER": "10",
}


def _graphs() -> dict[str, dict[str, str]]:
    entries = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    ours = {name: {**entry, "path": str(ROOT / entry["path"])} for name, entry in entries.items()}
    probes = {name: {"path": f"{Path(__file__).parent / 'probes.py'}:{name}"} for name in PROBES}
    modules = {f"prebuilt_{name}": {"path": f"clovax_agents.prebuilt.{name}:graph"} for name in PREBUILT}
    return ours | modules | probes


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point the process at a simulator and a shop of its own, before the server is imported."""
    with SimulatorServer() as simulator, pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("served")
        ours = {"CLOVASTUDIO_API_KEY": "nv-test", "CLOVASTUDIO_API_BASE_URL": simulator.base_url}
        files = {"CLOVAX_SHOP_DB": str(folder / "shop.sqlite3"), "CLOVAX_JOURNAL": str(folder / "journal.sqlite")}
        settings = {**SERVER, **ours, **files, "LANGSERVE_GRAPHS": json.dumps(_graphs())}
        for name, value in settings.items():
            patch.setenv(name, value)
        yield
        assert os.environ["REDIS_URI"] == "fake"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(environment: None) -> AsyncIterator[LangGraphClient]:
    """Return the SDK's client, talking to the server without a socket."""
    from langgraph_api.asgi_transport import ASGITransport  # noqa: PLC0415  # reads the environment when imported
    from langgraph_api.server import app  # noqa: PLC0415

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as http,
    ):
        yield LangGraphClient(http)
