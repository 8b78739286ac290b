"""A node whose work is a generator: it says what to ask whom, and both ways to run a graph drive it."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langchain_core.runnables import Runnable, RunnableLambda

from clovax_agents.tooling.background import run_in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from langchain_core.runnables import RunnableConfig

__all__ = ["DrivenNode", "Wanted", "wrapped"]

_HIDDEN: Final = "nostream"
"""LangGraph streams no tokens of what carries this tag."""


class Wanted(NamedTuple):
    """Something that a node wants to have done.

    Attributes:
        runnable: that does it.
        given: its input.
        options: of the call.
        shown: whether its tokens are for the user.
    """

    runnable: Runnable[Any, Any]
    given: Any
    options: dict[str, Any] = {}  # noqa: RUF012  # never changed
    shown: bool = False

    def config(self, config: RunnableConfig | None) -> RunnableConfig | None:
        """Return the configuration of the call."""
        if self.shown:
            return config
        given = config or {}
        return cast("RunnableConfig", {**given, "tags": [*(given.get("tags") or []), _HIDDEN]})


class DrivenNode(Runnable[Any, Any]):
    """A node that asks models and functions; what it makes of their answers is the same in sync and async graphs."""

    @abstractmethod
    def _steps(self, state: Any) -> Generator[Wanted, Any, Any]:
        """Give what is wanted, take what came of it, and return the node's result."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Do the work."""
        steps = self._steps(input)
        try:
            wanted = next(steps)
            while True:
                try:
                    found = wanted.runnable.invoke(wanted.given, wanted.config(config), **wanted.options)
                except Exception as error:  # noqa: BLE001  # the node's own to handle
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(found)
        except StopIteration as done:
            return done.value

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Do the work."""
        steps = self._steps(input)
        try:
            wanted = next(steps)
            while True:
                try:
                    found = await wanted.runnable.ainvoke(wanted.given, wanted.config(config), **wanted.options)
                except Exception as error:  # noqa: BLE001  # the node's own to handle
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(found)
        except StopIteration as done:
            return done.value


def wrapped(function: Callable[..., Any]) -> Runnable[Any, Any]:
    """Return a function of several arguments as something that is asked with a tuple of them.

    Args:
        function: sync or async; it runs in graphs of either kind, and never on somebody's event loop if it is sync.

    Example:
        >>> wrapped(lambda a, b: a + b).invoke((1, 2))
        3
    """
    if not inspect.iscoroutinefunction(function):
        return RunnableLambda(lambda given: function(*given))

    async def work(given: Any) -> Any:
        return await function(*given)

    return RunnableLambda(lambda given: run_in_background(work(given)), afunc=work)
