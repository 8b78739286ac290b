"""Two small agents, for the graphs that a ``langgraph.json`` can name without anything of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clovax_agents.handoffs.agents import Agent
from clovax_agents.prebuilt.react import react_agent
from clovax_agents.toolkit import calculator, current_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.tools import BaseTool

__all__ = ["example_agents"]


def example_agents(more: Mapping[str, Sequence[BaseTool]] | None = None) -> list[Agent]:
    """Return an agent that calculates and one that knows the time.

    Args:
        more: tools for an agent, by its name.

    Example:
        >>> [agent.name for agent in example_agents()]
        ['calculation', 'clock']
    """
    given = more or {}
    own: dict[str, tuple[Any, str]] = {
        "calculation": (calculator, "계산: 수식, 할인, 합계"),
        "clock": (current_time, "날짜와 시각"),
    }
    return [
        Agent(
            name=name,
            description=about,
            runs=react_agent(
                tools=[made, *given.get(name, ())], prompt=f"당신의 담당: {about}. 도구로 확인하고 짧게 답하세요."
            ),
        )
        for name, (made, about) in own.items()
    ]
