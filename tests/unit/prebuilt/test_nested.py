"""Graphs within graphs: an approval, untrusted content and a budget hold wherever they are, and over a restart."""

import multiprocessing
import signal
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from nestedlives import nested_life
from scriptedmodel import asks
from teams import on_thread, scripted

from clovax_agents import ToolPolicy, tool
from clovax_agents.budgets import Budget
from clovax_agents.prebuilt import (
    deep_agent,
    plan_execute_agent,
    rag_agent,
    react_agent,
    reflection_agent,
    router_agent,
    sql_agent,
    supervisor_agent,
    swarm_agent,
    with_clarify,
)
from clovax_agents.prebuilt.example_shop import example_shop

RAN: list[str] = []
ASKED: Any = {"messages": [("user", "A-1001 취소해줘")]}
ANSWERS: dict[str, Any] = {
    "decisions": {"decisions": [{"type": "approve"}]},
    "list": [{"type": "accept", "args": None}],
}
TASK = asks(("task", {"description": "A-1001 취소", "subagent_type": "worker"}), key="t")
RULE = "환불은 받은 날부터 7일 안에 됩니다."


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@tool(policy=ToolPolicy(effect="once", approval=True))
def cancel_order(order_id: str) -> str:
    """주문 취소.

    Args:
        order_id: 주문 번호.
    """
    RAN.append(order_id)
    return f"{order_id} 취소됨"


@tool(policy=ToolPolicy(effect="once", labels=frozenset({"exfiltration"})))
def send_mail(text: str) -> str:
    """메일 보내기.

    Args:
        text: 내용.
    """
    RAN.append(text)
    return "보냄"


def said(text: str) -> AIMessage:
    """Return an answer in words."""
    return AIMessage(text, id=f"s-{text}")


class Models:
    """The models of one run, which go on after a restart where they were."""

    def __init__(self) -> None:
        """Write down what they say."""
        self.worker = scripted(asks(("cancel_order", {"order_id": "A-1001"}), key="k"), said("취소했습니다"))
        self.planner = scripted(said('{"steps": [{"task": "취소", "after": []}]}'))
        self.chief = scripted(TASK, said("끝났습니다"))
        self.lead = scripted(asks(("transfer_to_worker", {}), key="t"), said("끝났습니다"))


def _worker(models: Models) -> Any:
    return react_agent(tools=[cancel_order], model=models.worker)


def _plan(models: Models) -> Any:
    return plan_execute_agent(tools=[cancel_order], planner=models.planner, model=models.worker)


def _deep(runs: Any, models: Models) -> Any:
    return deep_agent(subagents={"worker": runs}, general_purpose=False, model=models.chief)


def _reflected(runs: Any) -> Any:
    return reflection_agent(agent=runs, check=lambda _question, _answer: None)


def _routed(runs: Any) -> Any:
    return router_agent(branches={"worker": runs}, classifier=lambda _: "worker")


GRAPHS: dict[str, Any] = {
    "plan": _plan,
    "deep": lambda models: _deep(_worker(models), models),
    "deep of a plan": lambda models: _deep(_plan(models), models),
    "reflection of a plan": lambda models: _reflected(_plan(models)),
    "router of a reflection": lambda models: _routed(_reflected(_worker(models))),
    "front of a plan": lambda models: with_clarify(_plan(models), judge=lambda _: None),
    "supervisor": lambda models: supervisor_agent(agents={"worker": _worker(models)}, model=models.lead),
    "swarm of a router": lambda models: swarm_agent(agents={"worker": _routed(_worker(models))}),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.soak(every=3)
def test_an_approval_is_waited_for_wherever_it_is(name: str, answer: str, tmp_path: Path) -> None:
    """Another process answers it, in either shape: then the order is cancelled, once."""
    models, file = Models(), str(tmp_path / "threads.db")
    with SqliteSaver.from_conn_string(file) as saver:
        (asked,) = GRAPHS[name](models).compile(saver).invoke(ASKED, on_thread())["__interrupt__"]
    assert asked.value["action_requests"][0]["name"] == "cancel_order"
    assert not RAN
    with SqliteSaver.from_conn_string(file) as saver:
        state = GRAPHS[name](models).compile(saver).invoke(Command(resume=ANSWERS[answer]), on_thread())
    assert "__interrupt__" not in state
    assert state["messages"][-1].text in {"취소했습니다", "끝났습니다"}
    assert RAN == ["A-1001"]


def _documents() -> Any:
    model = scripted(said("환불은 받은 날부터 7일 안에 됩니다. [1]"))
    return rag_agent(documents=[RULE], decider=None, model=model, labels=["untrusted_input"], morphemes=False)


def _rows() -> Any:
    model = scripted(asks(("Query", {"sql": "SELECT name FROM products LIMIT 1"}), key="q"), said("무선 이어폰"))
    return sql_agent(database=example_shop, model=model, labels=["untrusted_input"])


@pytest.mark.parametrize("around", [lambda runs: runs, _reflected, _routed], ids=["itself", "reflection", "router"])
@pytest.mark.parametrize("make", [_documents, _rows])
def test_what_strangers_wrote_is_told_by_whoever_has_read_it(make: Any, around: Any) -> None:
    """A sub-agent has looked it up: what its chief sends out afterwards is asked about."""
    task = asks(("task", {"description": "환불은 며칠 안에 되나요?", "subagent_type": "worker"}), key="t")
    chief = scripted(task, asks(("send_mail", {"text": "환불 안내"}), key="u"))
    graph: Any = deep_agent(
        tools=[send_mail], subagents={"worker": around(make())}, general_purpose=False, model=chief
    ).compile(InMemorySaver())
    state = graph.invoke({"messages": [("user", "환불 규정을 메일로 보내줘")]}, on_thread())
    assert state["__interrupt__"][0].value["action_requests"][0]["name"] == "send_mail"
    assert not RAN


@pytest.mark.parametrize("limit", [2, 3])
def test_what_an_agent_of_rows_asks_counts_for_its_chief(limit: int) -> None:
    """One call of the chief and two of the other: the third is refused, or the chief's own second one."""
    chief = scripted(TASK, said("끝"))
    made = deep_agent(
        subagents={"worker": _rows()}, general_purpose=False, model=chief, budget=Budget(model_calls=limit)
    )
    (*_, last) = made.compile().invoke(ASKED)["messages"]
    assert last.response_metadata["budget"]["limit"] == limit
    assert last.response_metadata["run_usage"]["model_calls"] == limit
    assert len(chief.seen) == 1


def test_the_budget_that_ended_an_agent_is_told_by_its_reflection() -> None:
    """For programs, as by any other graph."""
    planner = scripted(said('{"steps": [{"task": "확인", "after": []}]}'))
    inner = plan_execute_agent(planner=planner, model=scripted())
    made = reflection_agent(agent=inner, check=lambda _question, _answer: None, budget=Budget(model_calls=1))
    (*_, last) = made.compile().invoke(ASKED)["messages"]
    assert last.response_metadata["budget"]["name"] == "model_calls"


@pytest.mark.parametrize("name", ["plan", "deep"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.soak(every=4)
def test_a_process_that_is_killed_in_an_agent_cancels_no_order_twice(
    name: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The next one goes on where it was, and says that nobody knows what came of the call."""
    database = request.getfixturevalue("postgres_url") if kind == "postgres" else str(tmp_path / "threads.db")
    effects = tmp_path / "effects"
    codes = [_lived(name, database, str(effects)) for _ in range(2)]
    assert codes == [-signal.SIGKILL, 0]
    assert effects.read_text(encoding="utf-8").split() == ["A-1001"]
    assert "It was not run again" in Path(f"{effects}.answer").read_text(encoding="utf-8")


def _lived(*arguments: str) -> int | None:
    process = multiprocessing.get_context("spawn").Process(target=nested_life, args=arguments)
    process.start()
    process.join(300)  # on a busy machine, imports alone take long
    return process.exitcode
