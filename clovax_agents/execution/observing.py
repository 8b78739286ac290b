"""Callbacks of a tool run: fired as LangChain fires them where somebody listens, and not at all where nobody does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.runnables.config import patch_config

from clovax_agents.fast_paths import is_silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.callbacks import AsyncCallbackManagerForToolRun
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool

__all__ = ["Observed", "is_silent"]


@dataclass(frozen=True, slots=True)
class Observed:
    """A tool run that handlers are told of.

    Attributes:
        manager: of this run.
        config: for what the tool calls itself, below this run.
        name: of the tool.
        call_id: of its call.
    """

    manager: AsyncCallbackManagerForToolRun
    config: RunnableConfig
    name: str
    call_id: str

    @classmethod
    async def begin(
        cls, tool: BaseTool, call_id: str, arguments: Mapping[str, Any], config: RunnableConfig
    ) -> Observed:
        """Tell that the tool starts, with the arguments that the model gave."""
        manager = AsyncCallbackManager.configure(
            config.get("callbacks"),
            tool.callbacks,
            tool.verbose,
            config.get("tags"),
            tool.tags,
            config.get("metadata"),
            tool.metadata,
        )
        run = await manager.on_tool_start(
            {"name": tool.name, "description": tool.description},
            str(dict(arguments)),
            color="green",
            name=config.get("run_name"),
            run_id=None,
            inputs=dict(arguments),
            tool_call_id=call_id,
        )
        return cls(run, patch_config(config, callbacks=run.get_child()), tool.name, call_id)

    async def end(self, answer: Any) -> None:
        """Tell what the tool is answered with."""
        await self.manager.on_tool_end(answer, color="green", name=self.name)

    async def fail(self, error: BaseException) -> None:
        """Tell that the tool failed."""
        await self.manager.on_tool_error(error, tool_call_id=self.call_id)
