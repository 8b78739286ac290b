"""A little web for tests, on loopback: pages by path, what was asked for, and names that lead there."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Page:
    """What is answered."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Callable[[], Iterator[bytes]] | None = None
    """Instead of the body, without a length: it ends with the connection."""


@dataclass
class Asked:
    """One request."""

    path: str
    query: str
    headers: dict[str, str]


def html(text: str, charset: str = "utf-8") -> Page:
    """Return a page of HTML in a charset that its head names."""
    return Page(text.encode(charset), headers={"Content-Type": f"text/html; charset={charset}"})


def leads_to(url: str, status: int = 302) -> Page:
    """Return a redirect."""
    return Page(status=status, headers={"Location": url})


@dataclass
class WebServer:
    """Serves pages; ``pages`` may be changed at any time."""

    pages: dict[str, Page | Callable[[Asked], Page]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    server: Any = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.server_address[1])

    @property
    def here(self) -> str:
        """The entry of an allow-list that lets it through."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        """Return the address of a page."""
        return f"{scheme}://{host}:{self.port}{path}"


def _handler(web: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(parts.path, parts.query, {name.lower(): value for name, value in self.headers.items()})
            web.asked.append(asked)
            page = web.pages.get(parts.path, Page(b"not here", 404, {"Content-Type": "text/plain"}))
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked has heard enough
                self._answer(page(asked) if callable(page) else page)

        def _answer(self, page: Page) -> None:
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if page.chunks is None and "Content-Length" not in page.headers:
                self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            for chunk in [page.body] if page.chunks is None else page.chunks():
                self.wfile.write(chunk)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Stay silent: clients hang up on purpose."""


@contextmanager
def a_web(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """Give a server that stops in the end."""
    web = WebServer()
    web.server = _Server(("127.0.0.1", 0), _handler(web))
    if tls is not None:
        web.server.socket = tls.wrap_socket(web.server.socket, server_side=True)
    thread = threading.Thread(target=web.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.server.shutdown()
        thread.join(10)
        web.server.server_close()
