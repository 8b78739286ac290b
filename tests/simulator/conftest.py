"""A simulator without a socket, for tests of what it says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, ChatRequest, create_app

AUTH = {"Authorization": "Bearer nv-test"}


class Canned:
    """A brain that always says the same."""

    def __init__(self, reply: BrainReply) -> None:
        """Keep the reply."""
        self.answer = reply

    def reply(self, request: ChatRequest) -> BrainReply:
        """Say it."""
        assert request.messages
        return self.answer


@pytest.fixture
def simulator() -> Iterator[Callable[..., TestClient]]:
    """Return a function that makes a client of a simulator; give it a reply for a canned brain."""
    with ExitStack() as stack:

        def start(reply: BrainReply | None = None, **options: Any) -> TestClient:
            brain = options.pop("brain", None) or Canned(reply or BrainReply("네, 알겠습니다."))
            app = create_app(brain=brain, **options)
            return stack.enter_context(TestClient(app, headers=AUTH, raise_server_exceptions=False))

        yield start
