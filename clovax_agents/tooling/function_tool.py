"""The tool class that the decorator makes: LangChain's StructuredTool, with async functions callable from sync code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# LangChain resolves the hints of _run to learn what it takes, so these have to be real imports.
from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun  # noqa: TC002
from langchain_core.runnables import RunnableConfig  # noqa: TC002
from langchain_core.tools import StructuredTool
from pydantic import Field

from clovax_agents.tooling.background import run_in_background
from clovax_agents.tooling.context import CURRENT
from clovax_agents.tooling.labels import CARRIED
from clovax_agents.tooling.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["FunctionTool"]

_KEPT = ("__module__", "__name__", "__qualname__", "__doc__")


class FunctionTool(StructuredTool):
    """A tool made from a function; ``func`` holds a sync one, ``coroutine`` an async one."""

    if TYPE_CHECKING:
        policy: ToolPolicy
        """What may be done with its calls."""
    else:  # Pydantic would want to know what a policy consists of
        policy: Any = Field(default_factory=lambda: DEFAULT_POLICY, exclude=True, repr=False)

    def adopt(self, function: Callable[..., object]) -> None:
        """Take over the function's name, module and docstring, as functools.wraps does, so that IDEs show them."""
        for attribute in _KEPT:
            setattr(self, attribute, getattr(function, attribute, None))
        self.__wrapped__ = function

    def _run(
        self, *args: Any, config: RunnableConfig, run_manager: CallbackManagerForToolRun | None = None, **kwargs: Any
    ) -> Any:
        self._tell()
        if self.func is not None:
            return super()._run(*args, config=config, run_manager=run_manager, **kwargs)
        # Without this, graph.invoke() would fail for the sole reason that one tool is async.
        return run_in_background(self._arun(*args, config=config, **kwargs))

    async def _arun(
        self,
        *args: Any,
        config: RunnableConfig,
        run_manager: AsyncCallbackManagerForToolRun | None = None,
        **kwargs: Any,
    ) -> Any:
        self._tell()
        return await super()._arun(*args, config=config, run_manager=run_manager, **kwargs)

    def _tell(self) -> None:
        """Tell the tool that has called this one what its own result carries now."""
        outer = CURRENT.get() if self.policy.labels else None
        if outer is not None:
            outer.carried.update(CARRIED & self.policy.labels)
