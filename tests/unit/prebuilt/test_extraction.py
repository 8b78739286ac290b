"""The extraction: what is right is kept, what is wrong is asked for by itself, and nothing is lost in the end."""

import asyncio
import json
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, Field
from scriptedmodel import asks
from teams import check_valid, on_thread, scripted

from clovax_agents import ChatClovaX
from clovax_agents.budgets import Budget
from clovax_agents.errors import ConfigurationError
from clovax_agents.extracting import ExtractionContext
from clovax_agents.prebuilt import extraction_agent, router_agent
from clovax_agents.recovering import Recovery
from clovax_agents.simulator import BrainReply, ScriptStep, ToolCall
from clovax_agents.simulator.brains.script import ScriptMatch
from clovax_agents.testing.plugin import StartScript
from clovax_agents.tooling.labels import labelled, labels_of

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
TEXT = "주문번호는 A-1001이고 금액은 1만 2천원, 사유는 단순 변심이에요"
ASKED: Any = {"messages": [("user", TEXT)]}


class Refund(BaseModel):
    """환불 신청서."""

    order_id: str = Field(pattern=r"^A-\d{4}$", description="주문 번호")
    amount: Annotated[int, Field(ge=0, description="금액(원)")]
    reason: str | None = Field(default=None, description="사유")


GOOD = {"order_id": "A-1001", "amount": 12_000, "reason": "단순 변심"}
WRONG = {**GOOD, "amount": "1만 2천원"}


def filled(value: Any, name: str = "Refund") -> AIMessage:
    """Return a model's answer with the whole form."""
    return asks((name, value), key="f")


def edited(*edits: Any) -> AIMessage:
    """Return a model's answer with edits: op, path, value."""
    made = [dict(zip(("op", "path", "value"), each, strict=False)) for each in edits]
    return asks(("edit_form", {"edits": made}), key="e")


FIX = edited(("replace", "/amount", 12_000))


def _run(graph: Any, given: Any = ASKED, config: Any = None, *, is_async: bool = False, **more: Any) -> Any:
    return asyncio.run(graph.ainvoke(given, config, **more)) if is_async else graph.invoke(given, config, **more)


def _agent(*replies: AIMessage, **options: Any) -> Any:
    model = scripted(*replies)
    return extraction_agent(schema=Refund, model=model, **options).compile(), model


@WAYS
def test_what_fits_is_the_result(is_async: bool) -> None:  # noqa: FBT001
    """With one question; the answer is the object, and the class takes it as it is."""
    graph, model = _agent(filled(GOOD), prompt="환불 신청을 받습니다")
    state = _run(graph, is_async=is_async)
    assert state["result"] == state["candidate"] == json.loads(state["messages"][-1].text) == GOOD
    assert state["errors"] == []
    assert Refund.model_validate(state["result"]).amount == 12_000
    assert [message.type for message in state["messages"]] == ["human", "ai"]
    check_valid(model.seen[0])
    assert model.seen[0][0].text.startswith("환불 신청을 받습니다")
    assert model.seen[0][1].text == TEXT


@WAYS
def test_only_what_is_wrong_is_asked_for(is_async: bool) -> None:  # noqa: FBT001
    """A number in Korean is not guessed: the model writes it, and reads what stood there, what fits, and the text."""
    graph, model = _agent(filled(WRONG), FIX)
    state = _run(graph, is_async=is_async)
    assert state["result"] == GOOD
    asked = model.seen[1]
    check_valid(asked)
    assert '"title": "Refund"' in asked[0].text
    assert TEXT in asked[1].text
    assert '/amount: Input should be a valid integer (it is "1만 2천원")' in asked[-1].text
    assert "order_id:" not in asked[-1].text


def test_what_is_right_stays_whatever_the_model_edits() -> None:
    """An edit of something else is not applied; if it was the only one, the model is told."""
    stray = edited(("replace", "/order_id", "A-9999"), ("replace", "", {}), ("remove", "/reason"))
    graph, model = _agent(filled(WRONG), stray, FIX)
    state = graph.invoke(ASKED)
    assert state["result"] == GOOD
    assert model.seen[2][-1].text.count("nothing is wrong there") == 3


def test_edits_that_change_nothing_end_it() -> None:
    """A model that writes the same once more does not know better."""
    same = edited(("replace", "/amount", WRONG["amount"]))
    graph, model = _agent(filled(WRONG), same, same)
    assert graph.invoke(ASKED)["candidate"] == WRONG
    assert len(model.seen) == 2


def test_what_the_text_does_not_say_stays_open_and_nothing_is_lost() -> None:
    """A model that has nothing to add is not asked again; the user reads what is missing, and programs find it."""
    graph, model = _agent(filled({"order_id": "A-1001", "reason": "단순 변심"}), edited())
    state = graph.invoke(ASKED)
    assert len(model.seen) == 2
    assert state["result"] is None
    assert state["candidate"] == {"order_id": "A-1001", "reason": "단순 변심"}
    assert state["errors"] == [{"path": "/amount", "problem": "Field required"}]
    assert state["messages"][-1].text == "This is still missing, or wrong:\n- amount (금액(원)): Field required"
    assert state["messages"][-1].response_metadata["errors"] == state["errors"]


@pytest.mark.parametrize("most", [0, 1, 3])
def test_patching_has_an_end(most: int) -> None:
    """However wrong the edits are; the best that came of them is there."""
    wrong = [edited(("replace", "/amount", f"{number}만원")) for number in range(9)]
    graph, model = _agent(filled(WRONG), *wrong, max_patches=most)
    state = graph.invoke(ASKED)
    assert len(model.seen) == 1 + most
    assert state["candidate"] == {**GOOD, "amount": f"{most - 1}만원" if most else "1만 2천원"}
    assert state["errors"][0]["path"] == "/amount"


@pytest.mark.parametrize(
    "reply",
    [
        AIMessage("환불 신청서를 작성하겠습니다."),
        AIMessage(""),
        AIMessage("[1, 2]"),
        AIMessage(f"작성했습니다: {json.dumps(GOOD)} 더 필요하신가요?"),
        asks(("Other", GOOD)),
        AIMessage("", invalid_tool_calls=[{"name": "Refund", "args": '{"a": 1, "a": 2}', "id": "c", "error": "?"}]),
    ],
)
@WAYS
def test_what_cannot_be_read_is_asked_for_again(reply: AIMessage, is_async: bool) -> None:  # noqa: FBT001
    """As a whole, with what was wrong about it."""
    graph, model = _agent(reply, filled(GOOD))
    assert _run(graph, is_async=is_async)["result"] == GOOD
    assert "could not be read" in model.seen[1][-1].text


def test_what_can_never_be_read_ends_with_an_answer() -> None:
    """There is no object then, and the state says why."""
    graph, model = _agent(*[AIMessage("작성하겠습니다")] * 9, max_patches=2)
    state = graph.invoke(ASKED)
    assert len(model.seen) == 3
    assert (state["result"], state["candidate"]) == (None, None)
    assert "not valid JSON" in state["errors"][0]["problem"]
    assert "the form as a whole" in state["messages"][-1].text


@pytest.mark.parametrize(
    "reply",
    [
        AIMessage(json.dumps(GOOD)),
        AIMessage(f"```json\n{json.dumps(GOOD, ensure_ascii=False)}\n```"),
        AIMessage("", invalid_tool_calls=[
            {"name": "Refund", "args": f"```json\n{json.dumps(GOOD)}\n```", "id": "c", "error": "?"}
        ]),
    ],
    ids=["text", "fence", "fenced call"],
)  # fmt: skip
def test_an_object_is_read_wherever_it_stands(reply: AIMessage) -> None:
    """In a code fence, in the text, or in the arguments: nothing is asked twice for that."""
    graph, model = _agent(reply)
    assert graph.invoke(ASKED)["result"] == GOOD
    assert len(model.seen) == 1


@pytest.mark.parametrize(
    "reply",
    [
        AIMessage("금액은 12000원입니다"),
        AIMessage(""),
        asks(("edit_form", {})),
        asks(("edit_form", {"edits": "금액을 12000으로"})),
        asks(("Refund", GOOD)),
    ],
)
def test_edits_that_cannot_be_read_are_asked_for_again(reply: AIMessage) -> None:
    """The object stays as it is meanwhile."""
    graph, model = _agent(filled(WRONG), reply, FIX)
    assert graph.invoke(ASKED)["result"] == GOOD
    assert "could not be applied" in model.seen[2][-1].text


@WAYS
def test_an_existing_object_is_changed_by_what_the_user_says(is_async: bool) -> None:  # noqa: FBT001
    """Anything of it, and nothing else; what that breaks is patched."""
    given = {"messages": [("user", "금액을 2만원으로 바꿔 주세요")], "existing": GOOD}
    replies = edited(("replace", "/amount", "2만원")), edited(("replace", "/amount", 20_000))
    graph, model = _agent(*replies)
    state = _run(graph, given, is_async=is_async)
    assert state["result"] == {**GOOD, "amount": 20_000}
    assert "up to date" in model.seen[0][-1].text
    assert json.dumps(GOOD, ensure_ascii=False) in model.seen[0][-1].text
    assert "up to date" not in model.seen[1][-1].text


def test_nothing_to_change_is_no_mistake() -> None:
    """An object that is right stays as it is."""
    graph, _ = _agent(edited())
    assert graph.invoke({"messages": [("user", "그대로 진행해 주세요")], "existing": GOOD})["result"] == GOOD


def test_a_thread_goes_on_with_its_object() -> None:
    """What was missing comes with the next message, what was wrong is changed by the one after it."""
    model = scripted(
        filled({"order_id": "A-1001"}),
        edited(),
        edited(("add", "/amount", 12_000)),
        edited(("replace", "/amount", 15_000)),
    )
    graph = extraction_agent(schema=Refund, model=model).compile(InMemorySaver())
    first: Any = graph.invoke({"messages": [("user", "A-1001 환불이요")]}, on_thread())
    assert first["errors"] == [{"path": "/amount", "problem": "Field required"}]
    second: Any = graph.invoke({"messages": [("user", "12,000원이요")]}, on_thread())
    assert second["result"] == {"order_id": "A-1001", "amount": 12_000}
    assert "/amount: Field required" not in second["messages"][-1].text
    third: Any = graph.invoke({"messages": [("user", "아니, 15,000원이요")]}, on_thread())
    assert third["result"] == {"order_id": "A-1001", "amount": 15_000}
    assert [message.type for message in third["messages"]] == ["human", "ai"] * 3


def test_several_objects_of_one_text() -> None:
    """Each is checked and patched by itself; more of them are added to a list that is there."""
    schema: Any = list[Refund]
    two = [GOOD, {**WRONG, "order_id": "A-1002"}]
    model = scripted(filled({"items": two}, "RefundList"), edited(("replace", "/items/1/amount", 5_000)))
    state: Any = extraction_agent(schema=schema, model=model).compile().invoke(ASKED)
    assert state["result"] == [GOOD, {**GOOD, "order_id": "A-1002", "amount": 5_000}]
    more = scripted(edited(("add", "/items/-", GOOD)))
    given: Any = {**ASKED, "existing": state["result"]}
    assert len(extraction_agent(schema=schema, model=more).compile().invoke(given)["result"]) == 3


@pytest.mark.parametrize("messages", [[], [("assistant", "무엇을 도와드릴까요?")], [("user", "")]])
def test_without_a_text_there_is_a_clear_error(messages: Any) -> None:
    """Before anything is asked."""
    graph, model = _agent()
    with pytest.raises(ConfigurationError, match="nothing to extract from"):
        graph.invoke({"messages": messages})
    assert model.seen == []


def test_a_conversation_may_end_with_an_answer() -> None:
    """The model still reads a question last, and no calls of tools that it is not given."""
    messages = [HumanMessage(TEXT), asks(("look", {}), key="c"), AIMessage("네, 접수하겠습니다", id="a")]
    graph, model = _agent(filled(GOOD))
    graph.invoke({"messages": messages[:1] + messages[2:]})
    assert [message.type for message in model.seen[0]] == ["system", "human", "ai", "human"]


@pytest.mark.parametrize("wrong", [{"max_patches": -1}, {"schema": str}])
def test_what_cannot_work_is_refused_when_it_is_built(wrong: Any) -> None:
    """With what to give instead."""
    with pytest.raises(ConfigurationError, match="give"):
        extraction_agent(**{"schema": Refund, **wrong})


@WAYS
@pytest.mark.parametrize("limit", [1, 2])
def test_a_budget_ends_it_and_the_object_stays(is_async: bool, limit: int) -> None:  # noqa: FBT001
    """The answer says which budget; an object that is not valid is no result, nor is an older one."""
    model = scripted(filled(GOOD), *[edited(("replace", "/amount", f"{number}만원")) for number in range(5)])
    built = extraction_agent(schema=Refund, model=model, budget=Budget(model_calls=limit))
    graph = built.compile(InMemorySaver())
    assert _run(graph, ASKED, on_thread(), is_async=is_async)["result"] == GOOD
    state = _run(graph, {"messages": [("user", "2만원으로요")]}, on_thread(), is_async=is_async)
    assert state["messages"][-1].response_metadata["budget"]["name"] == "model_calls"
    assert state["result"] is None
    assert state["candidate"] == {**GOOD, "amount": f"{limit - 1}만원"}
    assert len(model.seen) == 1 + limit


def test_the_context_of_a_run_lowers_the_budget_and_sets_the_prompt() -> None:
    """As Studio's form does."""
    graph, model = _agent(filled(WRONG), FIX)
    context = ExtractionContext(prompt="짧게", budget_model_calls=1)
    state = graph.invoke(ASKED, context=context)
    assert model.seen[0][0].text.startswith("짧게")
    assert state["messages"][-1].response_metadata["budget"]["limit"] == 1
    assert state["errors"][0]["path"] == "/amount"


def test_the_answer_carries_what_the_text_carried() -> None:
    """An object made of a stranger's mail is a stranger's word."""
    graph, _ = _agent(filled(GOOD))
    state = graph.invoke({"messages": [labelled(HumanMessage(TEXT), "untrusted_input")]})
    assert labels_of(state["messages"][-1]) == {"untrusted_input"}


def test_prompts_and_answer_are_korean_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model reads, and what the user does."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    graph, model = _agent(filled({"order_id": "A-1001"}), edited())
    state = graph.invoke(ASKED)
    assert (
        state["messages"][-1].text
        == "아직 빠졌거나 맞지 않는 항목이 있습니다.\n- amount (금액(원)): 필수 값이 없습니다"
    )
    for asked in model.seen:
        assert isinstance(asked[0], SystemMessage)
        assert "지어내지 마세요" in asked[0].text


@WAYS
def test_it_is_a_branch_of_a_router(is_async: bool) -> None:  # noqa: FBT001
    """Under its own context, whatever the router's is."""
    graph, _ = _agent(filled(GOOD))
    graph.name = "refund"
    router = router_agent(branches=[graph], classifier=lambda _: "refund").compile()
    assert json.loads(_run(router, is_async=is_async)["messages"][-1].text) == GOOD


def _step(reply: Any, **match: Any) -> ScriptStep:
    return ScriptStep(BrainReply(**reply) if isinstance(reply, dict) else BrainReply(reply), match=ScriptMatch(**match))


def _call(name: str, arguments: Any) -> dict[str, Any]:
    return {"tool_calls": (ToolCall(name, arguments),)}


PATCH = _call("edit_form", {"edits": [{"op": "replace", "path": "/amount", "value": 12_000}]})


@pytest.mark.parametrize("api", ["openai", "native"])
async def test_hcx_007_is_held_to_the_schema_and_patches_by_a_tool(clovax_script: StartScript, api: Any) -> None:
    """Neither thinks, and no request is refused; streamed or not, the form itself is not for the user's eyes."""
    clovax_script(
        [
            _step(f"```json\n{json.dumps(WRONG, ensure_ascii=False)}\n```", schema=True, effort="none"),
            _step(PATCH, schema=False, tool="edit_form", tool_choice="edit_form", effort="none"),
        ]
    )
    graph = extraction_agent(schema=Refund, model=ChatClovaX(model="HCX-007", api=api, max_retries=0)).compile()
    shown = [chunk.text async for chunk, _ in graph.astream(ASKED, stream_mode="messages")]  # type: ignore[attr-defined]
    assert [json.loads(text) for text in shown] == [GOOD]


@pytest.mark.parametrize("name", ["HCX-005", "HCX-DASH-002"])
def test_other_models_call_a_tool(clovax_script: StartScript, name: str) -> None:
    """Also where the context of the run names one, for a graph that was built with HCX-007."""
    script = [_step(_call("Refund", GOOD), model=name, schema=False, tool_choice="Refund")]
    clovax_script(script)
    state: Any = extraction_agent(schema=Refund).compile().invoke(ASKED, context=ExtractionContext(model=name))
    assert state["result"] == GOOD


def test_an_answer_that_was_cut_off_is_asked_for_again_with_more_room(clovax_script: StartScript) -> None:
    """Half an object is never used; the run's custom stream tells of it."""
    half = json.dumps(GOOD)[:-9]
    cut = {"tool_calls": (ToolCall("edit_form", '{"edits": [{"op": "remo'),), "finish_reason": "length"}
    simulator = clovax_script(
        [
            _step({"text": half, "finish_reason": "length"}, schema=True),
            _step(json.dumps(WRONG), schema=True),
            _step(cut, tool="edit_form"),
            _step(PATCH, tool="edit_form"),
        ]
    )
    graph = extraction_agent(schema=Refund).compile()
    events = list(graph.stream(ASKED, stream_mode=["custom", "values"]))
    assert [event for kind, event in events if kind == "custom"] == [
        {"type": "recovery", "kind": "truncated", "step": "max_tokens=2048"}
    ] * 2
    assert events[-1][1]["result"] == GOOD
    assert [request.cap for request in simulator.requests] == [1024, 2048, 1024, 2048]


def test_what_is_always_cut_off_ends_with_an_answer(clovax_script: StartScript) -> None:
    """And says so; nothing of it is used."""
    clovax_script([_step({"text": "{", "finish_reason": "length"})] * 2)
    built = extraction_agent(schema=Refund, recovery=Recovery.off(), max_patches=1)
    state: Any = built.compile().invoke(ASKED)
    assert state["candidate"] is None
    assert state["errors"] == [{"path": "", "problem": "the answer was cut off"}]


def test_a_name_that_does_not_exist_is_no_end(clovax_script: StartScript) -> None:
    """The service throws such an answer away; it is asked for again."""
    clovax_script([_step(_call("edit", {})), _step(_call("Refund", GOOD))])
    state: Any = extraction_agent(schema=Refund, model="HCX-005").compile().invoke(ASKED)
    assert state["result"] == GOOD


def test_a_run_that_was_broken_off_takes_no_attempts_from_the_next() -> None:
    """The model failed in the middle; the next message has all of its own."""
    model = scripted(filled(WRONG))
    graph: Any = extraction_agent(schema=Refund, model=model, max_patches=1).compile(InMemorySaver())
    with pytest.raises(IndexError):
        graph.invoke(ASKED, on_thread())
    wrong = edited(("replace", "/amount", "1만 3천원"))
    model.replies += [wrong, edited(("replace", "/amount", 13_000))]
    state = graph.invoke({"messages": [("user", "금액은 1만 3천원으로 바꿔주세요")]}, on_thread())
    assert state["result"] == {**GOOD, "amount": 13_000}
