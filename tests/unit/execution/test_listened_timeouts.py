"""A tool in a thread that overstays while somebody listens: it is a timeout, and the listener hears of it."""

import threading
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from toolruns import call, calls

from clovax_agents import ToolExecutor, ToolPolicy, tool


class _Listener(BaseCallbackHandler):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_tool_error(self, error: BaseException, **_: Any) -> None:
        self.heard.append(type(error).__name__)


async def test_a_thread_that_overstays_is_a_timeout_for_the_model_and_for_who_listens() -> None:
    """The thread still holds its context variables then, which must not become an error of its own."""
    release = threading.Event()

    @tool(policy=ToolPolicy(effect="read", timeout=0.2))
    def wait() -> str:
        """Wait."""
        release.wait(20)
        return "done"

    listener = _Listener()
    (answer,) = await ToolExecutor([wait]).ainvoke(calls(call("wait")), {"callbacks": [listener]})
    release.set()
    assert answer.response_metadata["outcome"] == "timeout"
    assert listener.heard == ["ToolTimeoutError"]
