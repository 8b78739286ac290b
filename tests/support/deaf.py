"""A server that never takes a connection: its queue is full, so that a knock on it stays without an answer."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

__all__ = ["deaf_server"]

_MOST: Final = 64
_SECONDS: Final = 0.3


@contextmanager
def deaf_server() -> Iterator[str]:
    """Listen on loopback without ever accepting, and give the address once no more connections come about."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        host, port = listener.getsockname()
        for _ in range(_MOST):
            knocking = stack.enter_context(socket.socket())
            knocking.settimeout(_SECONDS)
            try:
                knocking.connect((host, port))
            except TimeoutError:
                break
        else:
            raise AssertionError("this machine queues connections without end")
        yield f"http://{host}:{port}/v1/openai"
