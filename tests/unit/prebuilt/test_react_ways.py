"""The ReAct agent's ways: drawn as they are, calls that interrupt apart, people first, final answers final."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from scriptedmodel import ScriptedModel, asks

from clovax_agents import tool
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling.policy import ToolPolicy

HERE: Any = {"configurable": {"thread_id": "t"}}
START: Any = {"messages": [("user", "?")]}
DONE = AIMessage("done", id="m2")
APPROVE = {"decisions": [{"type": "approve"}]}
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@tool(policy=ToolPolicy(interrupts=True))
def ask(question: str) -> str:
    """Ask a person.

    Args:
        question: in words
    """
    answer = interrupt(question)
    RAN.append(f"{question}={answer}")
    return f"{question}={answer}"


@tool(policy=ToolPolicy(interrupts=True, approval=True))
def sign(paper: str) -> str:
    """Have a paper signed.

    Args:
        paper: its name
    """
    name = interrupt(paper)
    RAN.append(f"{paper} signed {name}")
    return f"{paper} signed {name}"


@tool(return_direct=True)
def receipt() -> str:
    """Give the receipt, word for word."""
    RAN.append("receipt")
    return "RECEIPT 1"


@tool(policy=ToolPolicy(approval=True, scopes=frozenset({"money"})))
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    RAN.append(f"paid {amount}")
    return f"paid {amount}"


@tool
def look() -> str:
    """Look something up."""
    RAN.append("looked")
    return "seen"


@tool(policy=ToolPolicy(effect="read"))
def peek() -> str:
    """Look without touching."""
    return "seen"


@tool
def hand_over() -> Any:
    """Say where to go next."""
    return Command(goto="__end__", update={"messages": [ToolMessage("handed over", tool_call_id="c0")]})


def _agent(*replies: AIMessage, tools: Any) -> tuple[ScriptedModel, Any]:
    model = ScriptedModel(replies=[*replies, DONE])
    return model, react_agent(model=model, tools=tools).compile(checkpointer=InMemorySaver())


def _answers(result: Any) -> dict[str, str]:
    """Return what stands under each call; there is one answer for each."""
    found = [message for message in result["messages"] if isinstance(message, ToolMessage)]
    assert len({message.tool_call_id for message in found}) == len(found)
    return {message.tool_call_id: message.text for message in found}


@pytest.mark.parametrize(
    ("tools", "edges"),
    [
        ([peek], {("model", "tools"), ("model", "__end__"), ("tools", "model"), ("tools", "__end__")}),
        (
            [peek, look],
            {
                ("model", "tools"), ("model", "__end__"), ("model", "approval"), ("approval", "tools"),
                ("approval", "model"), ("tools", "model"), ("tools", "__end__"),
            },
        ),
    ],
)  # fmt: skip
def test_the_drawing_has_an_approval_node_only_where_a_tool_can_need_one(tools: Any, edges: Any) -> None:
    """Every declared way is drawn, and no other."""
    drawing = react_agent(model=ScriptedModel(replies=[]), tools=tools).compile().get_graph()
    assert {(edge.source, edge.target) for edge in drawing.edges} == {("__start__", "model"), *edges}


def test_what_a_run_is_started_with_and_gives_out_is_messages_alone() -> None:
    """Approvals cannot be handed in with the input; Studio's form has one field."""
    graph: Any = react_agent(model=ScriptedModel(replies=[]), tools=[pay]).compile()
    assert list(graph.get_input_jsonschema()["properties"]) == ["messages"]
    assert list(graph.get_output_jsonschema()["properties"]) == ["messages"]


def test_answers_of_people_reach_the_calls_that_asked_for_them() -> None:
    """Two questions of one message, answered one after the other and in the other order; nothing runs twice."""
    model, graph = _agent(asks(("ask", {"question": "a"}), ("look", {}), ("ask", {"question": "b"})), tools=[ask, look])
    asked = {pending.value: pending.id for pending in graph.invoke(START, HERE)["__interrupt__"]}
    assert set(asked) == {"a", "b"}
    graph.invoke(Command(resume={asked["b"]: "B"}), HERE)
    result = graph.invoke(Command(resume={asked["a"]: "A"}), HERE)
    assert _answers(result) == {"c0": "a=A", "c1": "seen", "c2": "b=B"}
    assert sorted(RAN) == ["a=A", "b=B", "looked"]
    told = [message.tool_call_id for message in model.seen[-1] if isinstance(message, ToolMessage)]
    assert told == ["c0", "c1", "c2"]


def test_a_call_that_interrupts_can_need_approval_too() -> None:
    """First the person agrees, then the tool asks; the approval is found in the task of its own and used up."""
    _, graph = _agent(asks(("sign", {"paper": "x"}), ("ask", {"question": "q"})), tools=[sign, ask])
    graph.invoke(START, HERE)
    pending = graph.invoke(Command(resume=APPROVE), HERE)["__interrupt__"]
    answers = {waiting.id: {"x": "Kim", "q": "Lee"}[waiting.value] for waiting in pending}
    result = graph.invoke(Command(resume=answers), HERE)
    assert _answers(result) == {"c0": "x signed Kim", "c1": "q=Lee"}
    assert sorted(RAN) == ["q=Lee", "x signed Kim"]
    assert graph.get_state(HERE).values["approvals"] == {}


def test_a_direct_result_is_final_even_if_others_ran_in_tasks_of_their_own() -> None:
    """None of the tasks sees the others' results, and still the model is not asked again."""
    model, graph = _agent(asks(("ask", {"question": "a"}), ("receipt", {})), tools=[ask, receipt])
    graph.invoke(START, HERE)
    result = graph.invoke(Command(resume="A"), HERE)
    assert _answers(result) == {"c0": "a=A", "c1": "RECEIPT 1"}
    assert len(model.seen) == 1
    assert graph.get_state(HERE).next == ()
    again = graph.invoke(START, HERE)
    assert again["messages"][-1].text == "done"


def test_nobody_is_asked_about_a_call_that_the_run_may_not_make() -> None:
    """Without its scope the tool is refused, whatever a person would say."""
    _, graph = _agent(asks(("pay", {"amount": 1})), tools=[pay])
    result = graph.invoke(START, HERE)
    assert "__interrupt__" not in result
    assert "no permission" in _answers(result)["c0"]
    assert RAN == []


async def test_a_question_about_a_granted_call_is_asked_with_its_scope() -> None:
    """The context grants it, in the run that asks and in the run that goes on."""
    _, graph = _agent(asks(("pay", {"amount": 1})), tools=[pay])
    asked = await graph.ainvoke(START, HERE, context={"scopes": ["money"]})
    assert asked["__interrupt__"][0].value["action_requests"][0]["args"] == {"amount": 1}
    result = await graph.ainvoke(Command(resume=APPROVE), HERE, context={"scopes": ["money"]})
    assert _answers(result) == {"c0": "paid 1"}


@pytest.mark.parametrize("arguments", [{"amount": "many"}, {}, {"amount": 1, "to": "me"}])
def test_nobody_is_asked_about_a_call_that_cannot_run(arguments: dict[str, Any]) -> None:
    """The model corrects its arguments first."""
    _, graph = _agent(asks(("pay", arguments)), tools=[pay])
    granted: Any = {"configurable": {"thread_id": "t", "scopes": ["money"]}}
    result = graph.invoke(START, granted)
    assert "__interrupt__" not in result
    assert "do not fit" in _answers(result)["c0"]
    assert RAN == []


def test_a_policy_that_fails_asks_and_a_check_that_fails_does_not_stop_the_run() -> None:
    """A broken predicate means yes, ask; a broken validation means that the call has an error for its answer."""

    def broken(arguments: Any) -> bool:
        return bool(arguments["nothing"])

    @tool(policy=ToolPolicy(approval=broken))
    def first() -> str:
        """Do one thing."""
        return "first"

    @tool(policy=ToolPolicy(approval=True, validate=broken))
    def second() -> str:
        """Do another thing."""
        return "second"

    _, graph = _agent(asks(("first", {}), ("second", {})), tools=[first, second])
    requests = graph.invoke(START, HERE)["__interrupt__"][0].value["action_requests"]
    assert [request["name"] for request in requests] == ["first"]
    answers = _answers(graph.invoke(Command(resume=APPROVE), HERE))
    assert answers["c0"] == "first"
    assert "KeyError" in answers["c1"]


def test_a_tool_that_hands_over_decides_where_to_go() -> None:
    """Its Command is kept; the model is not asked again."""
    model, graph = _agent(asks(("hand_over", {})), tools=[hand_over])
    assert _answers(graph.invoke(START, HERE)) == {"c0": "handed over"}
    assert len(model.seen) == 1


def test_ids_are_made_unique_before_the_message_is_stored() -> None:
    """Two calls under one id, from whatever model, run both and are answered under their own (fault T20)."""
    twice: Any = [{"name": "ask", "args": {"question": q}, "id": "same"} for q in ("a", "b")]
    looked: Any = [{"name": "look", "args": {}, "id": None}]
    _, graph = _agent(AIMessage("", tool_calls=[*twice, *looked], id="m1"), tools=[ask, look])
    asked = {pending.value: pending.id for pending in graph.invoke(START, HERE)["__interrupt__"]}
    result = graph.invoke(Command(resume={asked["a"]: "A", asked["b"]: "B"}), HERE)
    stored = [call["id"] for call in result["messages"][1].tool_calls]
    assert len(set(stored)) == 3
    assert [_answers(result)[key] for key in stored] == ["a=A", "b=B", "seen"]


def test_a_new_question_in_the_middle_of_a_turn_gets_an_answer_and_runs_nothing_old() -> None:
    """The open call is told to the model as without a result; it is not run behind the user's back."""
    model, graph = _agent(asks(("ask", {"question": "a"})), tools=[ask])
    graph.invoke(START, HERE)
    result = graph.invoke({"messages": [HumanMessage("됐어")]}, HERE)
    assert result["messages"][-1].text == "done"
    assert [message.type for message in model.seen[-1]] == ["human", "ai", "tool", "human"]
    assert RAN == []
