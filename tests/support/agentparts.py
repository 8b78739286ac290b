"""What tests of agents share: two tools, scripted replies, and the check that every call has its answer."""

from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import tool

from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, ToolCall


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다."""
    return f"{city}은 맑고 21도"


@tool
def get_time(city: str) -> str:
    """도시의 현재 시각을 알려 준다."""
    return f"{city}은 오후 3시"


def script(*replies: BrainReply | str) -> ScriptBrain:
    """Return a brain that answers with these, in their order."""
    return ScriptBrain([ScriptStep(BrainReply(reply) if isinstance(reply, str) else reply) for reply in replies])


def calls(*wanted: tuple[str, dict[str, Any]]) -> BrainReply:
    """Return the reply that calls these tools."""
    return BrainReply(tool_calls=tuple(ToolCall(name, arguments) for name, arguments in wanted))


def results(messages: list[BaseMessage]) -> list[str]:
    """Return what the tools said, having checked that every call has one answer, in its order."""
    asked = [call["id"] for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    answered = [message for message in messages if isinstance(message, ToolMessage)]
    assert [message.tool_call_id for message in answered] == asked
    assert len(set(asked)) == len(asked)
    return [message.text for message in answered]
