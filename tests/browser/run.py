"""A chat client for LangGraph servers, in a real browser, talks to the server that ``make studio`` starts.

``make browser-test`` runs it; ``SHOTS=folder`` keeps the screenshots. What it installs, builds and writes is in a
temporary folder that is removed at the end; nothing is left running.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))

from studioserver import StudioServer, free_port, project_at  # noqa: E402  # of the tests

from clovax_agents.server.users import add_user  # noqa: E402

CLIENT = "node_modules/create-agent-chat-app/templates/vite"
PARTS = ("src", "public", "index.html", "vite.config.ts", "tsconfig.json", "tsconfig.app.json", "tsconfig.node.json")
START_SECONDS = 60


def _browser() -> str:
    """Return where the browser is; end with what to do if something is missing."""
    if shutil.which("npm") is None:
        sys.exit("npm is missing: install Node.js 20 or newer")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        sys.exit("chromium is missing: apt-get install chromium fonts-noto-cjk, or set CHROMIUM to where it is")
    return found


def _build(folder: Path) -> None:
    """Install the client as it was pinned, without anybody's install scripts, and build its page."""
    for name in ("package.json", "package-lock.json", "chat.mjs"):
        shutil.copy(HERE / name, folder)
    print("Installing the chat client (once a run, about a minute) ...", flush=True)
    install = ["npm", "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(install, cwd=folder, check=True)  # noqa: S603  # our own arguments
    for name in PARTS:
        source = folder / CLIENT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder)
    print("Building its page ...", flush=True)
    build = ["node_modules/.bin/vite", "build", "--logLevel", "error"]
    subprocess.run(build, cwd=folder, check=True)  # noqa: S603


@contextmanager
def _page(folder: Path) -> Iterator[str]:
    """Serve the built page."""
    port = free_port()
    command = ["node_modules/.bin/vite", "preview", "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
            while True:
                try:
                    httpx.get(url, timeout=2).raise_for_status()
                    break
                except httpx.HTTPError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise
                    time.sleep(0.2)
            yield url
        finally:
            process.terminate()


def main() -> int:
    """Run the conversation against an open server, then against a hardened one; return the exit code."""
    browser = _browser()
    shots = Path(os.environ.get("SHOTS") or tempfile.mkdtemp(prefix="clovax-shots-")).absolute()
    shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clovax-browser-") as made:
        client, desk = Path(made, "client"), Path(made, "desk")
        client.mkdir()
        desk.mkdir()
        _build(client)
        project_at(desk)
        token = add_user(desk / "users.json", "kim")
        with _page(client) as page:
            chat = ["node", "chat.mjs"]
            known = {**os.environ, "CHROMIUM": browser, "PAGE": page, "SHOTS": str(shots)}
            ways = {"open": ([], ""), "hardened": (["--hardened"], token)}
            for way, (options, key) in ways.items():
                with StudioServer(desk, *options, CLOVAX_SERVER_ORIGINS=page) as server:
                    told = {**known, "WAY": way, "SERVER": server.url, "TOKEN": key}
                    done = subprocess.run(chat, cwd=client, env=told, check=False)  # noqa: S603
                if done.returncode:
                    print(server.printed[-3000:], file=sys.stderr)
                    return done.returncode
    print(f"Screenshots: {shots}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
