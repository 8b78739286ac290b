"""LangChain's and LangGraph's retries around our executor: what they see, and what to use in their place."""

from typing import Any

import pytest
from langchain.agents.middleware import ToolRetryMiddleware
from langgraph.graph import MessagesState, StateGraph
from langgraph.types import RetryPolicy
from toolruns import call, calls

from clovax_agents import ToolExecutor, ToolPolicy, get_tool_context, tool


def _flaky(policy: ToolPolicy, keys: list[str]) -> Any:
    @tool(policy=policy)
    def pay(amount: int) -> str:
        """Pay."""
        keys.append(get_tool_context().idempotency_key)
        if len(keys) < 3:
            raise ConnectionError("no answer")
        return f"paid {amount}"

    return pay


def _ran(tools: Any, keys: list[str], **options: Any) -> tuple[str, int]:
    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    executor = ToolExecutor([tools], wrap_tool_call=retry.wrap_tool_call, **options)
    (answer,) = executor.invoke(calls(call("pay", amount=1)))
    return answer.text, len(keys)


def test_the_middleware_sees_no_exception() -> None:
    """The executor has answered the call before it could be retried."""
    keys: list[str] = []
    text, runs = _ran(_flaky(ToolPolicy(effect="idempotent"), keys), keys)
    assert (text, runs) == ("Error: ConnectionError: no answer", 1)


def test_the_policy_retries_in_its_place() -> None:
    """With the same idempotency key each time, so that the other side knows the call again."""
    keys: list[str] = []
    text, runs = _ran(_flaky(ToolPolicy(effect="idempotent", retries=2, backoff=0.01), keys), keys)
    assert (text, runs, len(set(keys))) == ("paid 1", 3, 1)


@pytest.mark.parametrize(("effect", "text", "runs"), [("idempotent", "paid 1", 3), ("once", "no answer", 1)])
def test_with_exceptions_let_through_only_what_may_repeat_is_retried(effect: Any, text: str, runs: int) -> None:
    """The middleware tries again; a "once" tool does not run again all the same."""
    keys: list[str] = []
    found = _ran(_flaky(ToolPolicy(effect=effect), keys), keys, handle_tool_errors=False)
    assert text in found[0]
    assert found[1] == runs


def test_a_node_has_nothing_to_retry() -> None:
    """LangGraph's own policy sees no exception either."""
    keys: list[str] = []
    graph: Any = StateGraph(MessagesState)
    retries = RetryPolicy(initial_interval=0.01, max_attempts=3)
    graph.add_node("tools", ToolExecutor([_flaky(ToolPolicy(effect="idempotent"), keys)]), retry_policy=retries)
    graph.add_edge("__start__", "tools")
    state = graph.compile().invoke({"messages": calls(call("pay", amount=1))})
    assert state["messages"][-1].text == "Error: ConnectionError: no answer"
    assert len(keys) == 1
