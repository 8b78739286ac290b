"""What all builders have in common: settings, helpers that fail, budgets, and nothing left of an earlier turn."""

import inspect
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from scriptedmodel import ScriptedModel, asks
from teams import on_thread, scripted

from clovax_agents import prebuilt
from clovax_agents.budgets import Budget
from clovax_agents.errors import UnsupportedFunctionError
from clovax_agents.prebuilt import (
    deep_agent,
    plan_execute_agent,
    rag_agent,
    react_agent,
    reflection_agent,
    router_agent,
    sql_agent,
    with_clarify,
)
from clovax_agents.prebuilt.example_shop import example_shop

COUNT = "SELECT count(*) AS n FROM products"
CUT: Any = {"finish_reason": "length"}
ORDER = ["journal", "tool_search", "redact", "untrusted", "scopes", "recovery", "final_tool", "budget", "thread_budget"]
BUILDERS = [name for name in prebuilt.__all__ if name != "with_clarify"]
RULE = "환불은 받은 날부터 7일 안에 됩니다."


class Unsupported(ScriptedModel):
    """A model that names tools which do not exist (40009), always."""

    def _generate(self, messages: Any, *_: Any, **__: Any) -> Any:
        self.seen.append(list(messages))
        raise UnsupportedFunctionError("Unsupported function")


def said(*texts: str) -> ScriptedModel:
    """Return a model that says this."""
    return scripted(*(AIMessage(text, id=f"s{place}") for place, text in enumerate(texts)))


def query(sql: str = COUNT) -> AIMessage:
    """Return the answer of a model that writes a query."""
    return asks(("Query", {"sql": sql}), key="q")


def user(text: str) -> Any:
    """Return what a user says."""
    return {"messages": [("user", text)]}


@pytest.mark.parametrize("name", BUILDERS)
def test_settings_of_one_name_stand_in_one_order(name: str) -> None:
    """Every builder has budgets, and every one that asks a model of its own says what becomes of its failures."""
    given = [setting for setting in inspect.signature(getattr(prebuilt, name)).parameters if setting in ORDER]
    assert given == [setting for setting in ORDER if setting in given]
    assert {"budget", "thread_budget"} <= set(given)
    assert ("recovery" in given) == (name != "swarm_agent")


def test_a_front_leaves_the_state_of_a_reflection_alone() -> None:
    """In the second turn of a thread, too, where both have noted something."""
    inner = reflection_agent(agent=lambda _: "네", check=lambda _question, _answer: None)
    graph: Any = with_clarify(inner, judge=lambda _: None).compile(InMemorySaver())
    graph.invoke(user("환불 되나요?"), on_thread())
    assert graph.invoke(user("교환도 되나요?"), on_thread())["messages"][-1].text == "네"


@pytest.mark.parametrize("ask", ["interrupt", "message"])
def test_a_front_counts_in_the_budget_of_its_graph(ask: Any) -> None:
    """What the judge has used is missing behind it, and the end is in words."""
    judge = scripted(asks(("Clarity", {"decision": "proceed"}), key="j"))
    inner = react_agent(model=said("답"), budget=Budget(model_calls=1))
    (*_, last) = with_clarify(inner, judge=judge, ask=ask).compile().invoke(user("안녕"))["messages"]
    assert last.response_metadata["budget"]["name"] == "model_calls"
    assert last.response_metadata["run_usage"]["model_calls"] == 1
    assert "limit of model calls" in last.text


def test_a_front_counts_in_the_budget_of_a_team() -> None:
    """Its agents' nodes know the budget, too."""
    judge = scripted(asks(("Clarity", {"decision": "proceed"}), key="j"))
    team = prebuilt.swarm_agent(agents={"one": react_agent(model=said("답"))}, budget=Budget(model_calls=1))
    (*_, last) = with_clarify(team, judge=judge).compile().invoke(user("안녕"))["messages"]
    assert last.response_metadata["budget"]["used"] == 1


def test_the_tools_that_a_run_leaves_out_are_left_out_of_a_deep_agent() -> None:
    """Its own tools for files stay."""

    def look(name: str) -> str:
        """Look something up."""
        return f"{name}: 있음"

    calls = asks(("look", {"name": "이어폰"}), ("ls", {}))
    made = deep_agent(tools=[look], model=scripted(calls, AIMessage("끝", id="e")))
    schema: Any = made.compile().get_context_jsonschema()
    assert schema["properties"]["tools"]["anyOf"][0]["items"]["enum"] == ["look"]
    messages: list[Any] = made.compile().invoke(user("찾아줘"), context={"tools": []})["messages"]
    assert [message.status for message in messages if message.type == "tool"] == ["error", "success"]


def _planned() -> Any:
    model = said('{"steps": [{"task": "확인", "after": []}]}', "확인했습니다.")
    return plan_execute_agent(model=model, planner=model, thread_budget=Budget(model_calls=2)), "plan"


def _from_documents() -> Any:
    decider = scripted(asks(("search", {"queries": ["환불"]}), key="d"))
    model = said("환불은 받은 날부터 7일 안에 됩니다. [1]")
    limit = Budget(model_calls=2)
    made = rag_agent(documents=[RULE], model=model, decider=decider, morphemes=False, thread_budget=limit)
    return made, "sources"


def _from_rows() -> Any:
    model = scripted(query(), AIMessage("6개입니다.", id="a"))
    return sql_agent(database=example_shop, model=model, thread_budget=Budget(model_calls=2)), "rows"


@pytest.mark.parametrize("make", [_planned, _from_documents, _from_rows])
def test_a_run_that_may_not_begin_gives_out_nothing_of_the_one_before(make: Any) -> None:
    """The budget of the thread is used up: the answer says so, and no plan, source or row stands beside it."""
    made, kept = make()
    graph = made.compile(InMemorySaver())
    assert graph.invoke(user("환불은 며칠 안에 되나요?"), on_thread())[kept]
    state = graph.invoke(user("환불은 며칠 안에 됩니까?"), on_thread())
    assert state["messages"][-1].response_metadata["budget"]["scope"] == "thread"
    assert not state.get(kept)


def test_a_query_that_was_cut_off_is_asked_for_again() -> None:
    """With a larger cap; nothing is said of data that are missing."""
    half: Any = {"name": "Query", "args": '{"sql": "SELECT coun', "id": "c0", "error": "cut"}
    cut = AIMessage("", invalid_tool_calls=[half], response_metadata=CUT, id="c")
    model = scripted(cut, query(), AIMessage("6개입니다.", id="a"))
    events = list(sql_agent(database=example_shop, model=model).compile().stream(user("몇 개?"), stream_mode="custom"))
    assert events == [{"type": "recovery", "kind": "truncated", "step": "max_tokens=2048"}]
    assert not model.replies


@pytest.mark.parametrize("failing", [said("음", "음"), Unsupported(replies=[])], ids=["words", "40009"])
def test_a_query_that_cannot_be_had_is_not_blamed_on_the_data(failing: ScriptedModel) -> None:
    """The model was told once what was wrong."""
    (*_, last) = sql_agent(database=example_shop, model=failing).compile().invoke(user("몇 개?"))["messages"]
    assert last.text.startswith("I could not write a query for this.")
    assert len(failing.seen) == 2
    assert "does not fit the form" in failing.seen[1][-1].text


def test_an_answer_from_rows_that_was_cut_off_is_no_answer() -> None:
    """It is asked for with larger caps, and at last the rows stand alone."""
    half = [AIMessage("상품은 모두", id=f"h{place}", response_metadata=CUT) for place in range(3)]
    (*_, last) = (
        sql_agent(database=example_shop, model=scripted(query(), *half)).compile().invoke(user("몇 개?"))["messages"]
    )
    assert "모두" not in last.text
    assert "6" in last.text


def test_one_run_can_have_another_model_write_its_query_and_cost_less() -> None:
    """As the form of a run offers it."""
    made: Any = sql_agent(database=example_shop, model=scripted(query(), AIMessage("6개", id="a"))).compile()
    assert {"model", "budget_model_calls"} <= set(made.get_context_jsonschema()["properties"])
    (*_, last) = made.invoke(user("몇 개?"), context={"budget_model_calls": 1})["messages"]
    assert last.response_metadata["budget"]["limit"] == 1


def test_what_a_model_says_of_rows_is_never_streamed_before_its_numbers_are_checked() -> None:
    """The discarded attempt is nowhere, the answer is there once."""
    model = scripted(query(), AIMessage("99개", id="x"), AIMessage("6개", id="a"))
    graph = sql_agent(database=example_shop, model=model).compile()
    texts = [message.text for message, _ in graph.stream(user("몇 개?"), stream_mode="messages")]
    assert len(texts) == 1
    assert "99" not in texts[0]


def test_judges_that_name_tools_which_do_not_exist_are_in_nobodys_way() -> None:
    """A front lets the message pass, a check the draft, a grader the passages: the run goes on without them."""
    broken = Unsupported(replies=[])
    front = with_clarify(react_agent(model=said("답")), judge=broken).compile()
    assert front.invoke(user("안녕"))["messages"][-1].text == "답"
    checked = router_agent(branches={"one": lambda _: "답"}, classifier=broken, default="one", check="친절").compile()
    assert checked.invoke(user("안녕"))["messages"][-1].text == "답"
    assert len(broken.seen) == 6


def test_an_answer_of_several_branches_that_nobody_can_merge_is_theirs() -> None:
    """What they have found is not lost because the model says nothing."""
    branches: Any = {"one": lambda _: "주문은 결제완료", "two": lambda _: "내일 도착"}
    router = router_agent(branches=branches, classifier=lambda _: ["one", "two"], model=said("", "")).compile()
    assert router.invoke(user("주문과 배송"))["messages"][-1].text == "주문은 결제완료\n\n내일 도착"


def test_an_answer_of_several_branches_that_was_cut_off_is_written_again() -> None:
    """As that of any agent."""
    branches: Any = {"one": lambda _: "주문은 결제완료", "two": lambda _: "내일 도착"}
    model = scripted(AIMessage("주문은", id="h", response_metadata=CUT), AIMessage("결제완료, 내일 도착", id="w"))
    router = router_agent(branches=branches, classifier=lambda _: ["one", "two"], model=model).compile()
    assert router.invoke(user("주문과 배송"))["messages"][-1].text == "결제완료, 내일 도착"


def test_the_reason_for_no_query_is_redacted() -> None:
    """A writer's words reach the user as well."""
    model = scripted(asks(("Query", {"sql": "", "reason": "010-1234-5678은 없습니다"}), key="q"))
    made = sql_agent(database=example_shop, model=model, redact=lambda text: text.replace("1234", "****"))
    assert made.compile().invoke(user("누구?"))["messages"][-1].text == "010-****-5678은 없습니다"
