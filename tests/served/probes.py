"""Graphs that show one thing each, beside those of langgraph.json."""

import time
from typing import Any

from langgraph.graph import END, START, MessagesState, StateGraph

from clovax_agents import ChatClovaX, ToolPolicy, get_tool_context, tool
from clovax_agents.prebuilt import react_agent


@tool(policy=ToolPolicy(effect="read"))
async def count_stock(product: str) -> str:
    """창고에서 상품의 재고를 셉니다.

    Args:
        product: 상품 이름
    """
    context = get_tool_context()
    for shelf in (1, 2, 3):
        context.progress({"shelf": shelf, "of": 3})
    return f"{product}: 12개"


async def _block(state: MessagesState) -> dict[str, Any]:
    del state
    time.sleep(0.01)  # noqa: ASYNC251  # what nobody should do
    return {"messages": [("ai", "done")]}


def _blocking() -> Any:
    graph: Any = StateGraph(MessagesState)
    graph.add_node("block", _block)
    graph.add_edge(START, "block")
    graph.add_edge("block", END)
    return graph


counting = react_agent(tools=[count_stock], prompt="재고는 도구로 확인하세요.").compile(name="counting")
thinking = react_agent(model=ChatClovaX(model="HCX-007", thinking={"effort": "low"})).compile(name="thinking")
blocking = _blocking().compile(name="blocking")
