"""Forms: what of a context a graph shows, and what a run that chooses tools may use."""

import pickle
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import Field
from scriptedmodel import ScriptedModel

from clovax_agents import ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.forms import base_form, fitted_form
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import react_agent, router_agent, supervisor_agent
from clovax_agents.state import AgentContext

ASKED: Any = {"messages": [("user", "주문 A-1001의 상태를 알려 주고 취소해줘")]}
deleted: list[str] = []


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """주문의 상태를 조회합니다."""
    return f"{order_id}: 결제완료"


@tool(policy=ToolPolicy(effect="once", approval=True))
def cancel_order(order_id: str) -> str:
    """주문을 취소합니다."""
    deleted.append(order_id)
    return f"{order_id}: 취소됨"


class Watched(ScriptedModel):
    """Remembers the names of the tools that it was given."""

    given: list[list[str]] = Field(default_factory=list)

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Write the names down."""
        self.given.append([one.name for one in tools])
        return self


def _call(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "args": {"order_id": "A-1001"}, "id": f"call_{number}"}


def _calling(*names: str) -> Watched:
    calls = [_call(name, number) for number, name in enumerate(names)]
    return Watched(replies=[AIMessage("", tool_calls=calls), AIMessage("확인했습니다.")])


def _results(state: Any) -> list[Any]:
    return [message for message in state["messages"] if isinstance(message, ToolMessage)]


def _fields(graph: Any) -> dict[str, Any]:
    return graph.compile(name="agent").get_context_jsonschema()["properties"]


def test_a_form_shows_what_has_a_node_and_offers_the_tools() -> None:
    """No setting for roles that the agent has no model for; names to choose from, not a text to guess."""
    fields = _fields(react_agent(tools=[get_order, cancel_order]))
    assert fields["tools"]["anyOf"][0]["items"]["enum"] == ["get_order", "cancel_order"]
    assert "reasoning_model" not in fields
    roles = _fields(react_agent(tools=[get_order], models={"tools": "HCX-007", "reasoning": "HCX-007"}))
    assert roles["reasoning_model"]["langgraph_nodes"] == ["reasoning"]
    assert "tools" not in _fields(react_agent())


def test_every_field_says_what_it_is_and_names_nodes_that_exist() -> None:
    """In each graph, with an example where a person has to write something."""
    lead = supervisor_agent(agents={"orders": react_agent(tools=[get_order])}, tools=[cancel_order])
    router = router_agent(branches={"orders": react_agent(tools=[get_order])})
    for graph in (lead, router, react_agent(tools=[get_order])):
        for name, field in _fields(graph).items():
            assert field["description"], name
            assert field.get("examples") or "enum" in str(field), name
            assert set(field.get("langgraph_nodes", [])) <= set(graph.nodes), name
    assert _fields(lead)["tools"]["anyOf"][0]["items"]["enum"] == ["cancel_order"]


def test_a_tool_that_was_not_chosen_is_not_shown_and_does_not_run() -> None:
    """Neither to the model nor for it, if it calls the tool all the same; nobody is asked about it."""
    model = _calling("get_order", "cancel_order")
    graph = react_agent(model=model, tools=[get_order, cancel_order]).compile(InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    state = graph.invoke(ASKED, config, context=AgentContext(tools=["get_order"]))
    assert model.given == [["get_order"]]
    assert [message.status for message in _results(state)] == ["success", "error"]
    assert "cancel_order is not available in this run" in _results(state)[1].text
    assert deleted == []
    assert "__interrupt__" not in state


def test_no_tool_is_left_if_none_is_chosen_and_all_if_nothing_is_said() -> None:
    """An empty list is an answer, too."""
    none = react_agent(model=_calling("get_order"), tools=[get_order]).compile()
    assert [message.status for message in _results(none.invoke(ASKED, context={"tools": []}))] == ["error"]
    all_ = react_agent(model=_calling("get_order"), tools=[get_order]).compile()
    assert [message.status for message in _results(all_.invoke(ASKED, context={"prompt": "짧게"}))] == ["success"]


@pytest.mark.parametrize("context", [{"tools": ["get_orders"]}, AgentContext(tools=["get_orders"])])
def test_a_tool_that_is_not_there_cannot_be_chosen(context: Any) -> None:
    """The error names the tools that there are."""
    graph: Any = react_agent(model=_calling("get_order"), tools=[get_order, cancel_order]).compile()
    with pytest.raises(ConfigurationError, match=r"'get_orders'.*choose from cancel_order, get_order"):
        graph.invoke(ASKED, context=context)


def test_a_choice_that_changes_before_a_person_answers_holds() -> None:
    """What was approved does not run in a run that may not use it."""
    deleted.clear()
    graph = react_agent(model=_calling("cancel_order"), tools=[get_order, cancel_order]).compile(InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    assert graph.invoke(ASKED, config)["__interrupt__"]
    command: Any = Command(resume={"decisions": [{"type": "approve"}]})
    state = graph.invoke(command, config, context=AgentContext(tools=["get_order"]))
    assert "not available" in _results(state)[0].text
    assert deleted == []


async def test_the_leads_choice_is_not_its_agents() -> None:
    """An agent has tools of its own; the lead's hand-offs are no tools to choose."""
    orders = Agent(name="orders", description="주문", runs=react_agent(model=_calling("get_order"), tools=[get_order]))
    handing: Any = {"name": "transfer_to_orders", "args": {}, "id": "t1"}
    model = ScriptedModel(replies=[AIMessage("", tool_calls=[handing]), AIMessage("결제완료입니다.")])
    lead = supervisor_agent(agents=[orders], model=model, tools=[cancel_order], output="full").compile()
    state = await lead.ainvoke(ASKED, context=AgentContext(tools=[], budget_tool_calls=5))
    assert [message.status for message in _results(state)] == ["success", "success"]


def test_forms_of_one_kind_are_one_and_can_be_sent_to_other_processes() -> None:
    """Agents built over and over share a form; what it read is the same as ever when it comes back."""
    form = fitted_form(AgentContext, frozenset({"model"}), ("get_order",))
    assert form is fitted_form(AgentContext, frozenset({"model"}), ("get_order",))
    assert base_form(form) is AgentContext
    back = pickle.loads(pickle.dumps(form(tools=["get_order"])))  # noqa: S301  # our own bytes
    assert isinstance(back, AgentContext)
    assert back.tools == ["get_order"]
