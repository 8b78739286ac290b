"""The nodes of a reflection: an agent that may have to answer again, and its judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.handoffs.telling import carried
from clovax_agents.handoffs.views import contribution
from clovax_agents.nodes.agent import AgentNode
from clovax_agents.nodes.driven import DrivenNode, Wanted, wrapped
from clovax_agents.nodes.endings import final_answer
from clovax_agents.nodes.forms import NO_FORM
from clovax_agents.notes import asked_message
from clovax_agents.reflecting.asking import critique, judge_input, work_of
from clovax_agents.reflecting.state import ReflectionContext
from clovax_agents.reflecting.verdicts import attempt_of, best_of, read_verdict, verdict_form

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.nodes.agent import AgentTurn
    from clovax_agents.nodes.forms import FormModel
    from clovax_agents.reflecting.state import ReflectionState
    from clovax_agents.reflecting.verdicts import Attempt, Verdict

__all__ = ["ActNode", "JudgeNode", "attempted", "end_reflection"]

_END: Final = "__end__"
_ROUNDS: Final = 2
"""How often a judge is asked whose verdict cannot be read."""
_ENDED: Final[dict[str, Any]] = {"answering": None, "work": None}


class ActNode(AgentNode):
    """Let the agent answer, or answer again: then it reads what it did before, and what was wrong with it."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return super().invoke(_working(input), config)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return await super().ainvoke(_working(input), config)


def attempted(turn: AgentTurn) -> dict[str, Any]:
    """Return what the state keeps of an attempt; the next one after one that failed begins where it did."""
    if turn.failed:
        return {"work": {"draft": turn.returned[-1], "trace": [*turn.messages]}}
    (answer,) = contribution(turn.agent.name, turn.given, turn.returned, "last")
    return {"work": {"draft": answer, "trace": [*turn.returned]}, "taint": sorted(carried([answer]))}


class JudgeNode(DrivenNode):
    """Let the user have an answer that is good enough, or the best that there is; or have the agent answer again.

    Args:
        check: a function of question and answer to a verdict, or a rubric.
        model: that applies the rubric.
        most: how many attempts there are.
    """

    def __init__(self, check: str | Callable[..., Any], model: FormModel, most: int) -> None:
        """Keep the parts; no model is made before the first turn."""
        self.name: str | None = "judge"
        self._rubric = check if isinstance(check, str) else ""
        self._function = None if isinstance(check, str) else wrapped(check)
        self._model = model
        self._most = most

    def _steps(self, state: ReflectionState) -> Generator[Wanted, Any, Command[Any]]:
        draft, trace = _work(state)
        if _is_none(draft):
            attempt = attempt_of(draft.text, None, failed=True)
        else:
            attempt = attempt_of(draft.text, (yield from self._verdict(state, draft.text, trace)))
        attempts = [*_before(state), attempt]
        again = attempt["outcome"] in {"rejected", "failed"} and "budget" not in draft.response_metadata
        if not again or len(attempts) >= self._most:
            return _final(state, attempts, **_budget_in(draft))
        if attempt["outcome"] == "rejected":
            trace = [*trace, critique(attempt["problem"], draft)]
        work = {"draft": draft, "trace": trace}
        return Command(update={"attempts": attempts, "work": work, "answering": _asked(state)}, goto="act")

    def _verdict(
        self, state: ReflectionState, answer: str, trace: Sequence[BaseMessage]
    ) -> Generator[Wanted, Any, Verdict | None]:
        message = asked_message(state["messages"])
        question = "" if message is None else message.text
        if self._function is not None:
            return read_verdict((yield Wanted(self._function, (question, answer))))
        context, form, flaws = _context(), verdict_form(), list[str]()
        options = {"model": context.judge_model} if context.judge_model else {}
        work = work_of(trace)
        for _ in range(_ROUNDS):
            messages = judge_input(context.rubric or self._rubric, question, answer, work, flaws)
            try:
                found = yield from self._model.asked(form, messages, options)
                return read_verdict(form.read(found))
            except NO_FORM as error:
                flaws = [str(error)]
        return None


def end_reflection(state: ReflectionState, ending: AIMessage) -> Command[Any]:
    """End a reflection for which a budget is used up: with the best attempt, and what it ended for.

    Args:
        state: of the graph.
        ending: says which budget it is.
    """
    draft, _ = _work(state)
    attempts = [*_before(state), *([] if _is_none(draft) else [attempt_of(draft.text, None)])]
    if all(each["outcome"] == "failed" for each in attempts):
        return Command(update={**_ENDED, "attempts": attempts, "messages": [ending]}, goto=_END)
    return _final(state, attempts, **ending.response_metadata)


def _final(state: ReflectionState, attempts: Sequence[Attempt], **more: Any) -> Command[Any]:
    best = best_of(attempts)
    told = {"attempts": len(attempts), "passed": best["outcome"] == "passed", "score": best["score"]}
    problem = {"problem": best["problem"]} if best["problem"] else {}
    answer = final_answer(state, best["answer"], reflection=told, **problem, **more)
    return Command(update={**_ENDED, "attempts": [*attempts], "messages": [answer]}, goto=_END)


def _is_none(draft: BaseMessage) -> bool:
    """Whether what an agent said is no answer: it failed, or a budget is used up."""
    return draft.response_metadata.get("outcome") == "error" or "budget" in draft.response_metadata


def _budget_in(draft: BaseMessage) -> dict[str, Any]:
    """Return which budget ended an agent, as the answer is to say it; nothing if none did."""
    metadata: dict[str, Any] = draft.response_metadata
    return {"budget": metadata["budget"]} if "budget" in metadata else {}


def _asked(state: ReflectionState) -> str:
    message = asked_message(state["messages"])
    return "" if message is None else message.id or ""


def _work(state: ReflectionState) -> tuple[BaseMessage, list[BaseMessage]]:
    work: Any = state.get("work")
    return work["draft"], work["trace"]


def _before(state: ReflectionState) -> list[Attempt]:
    """Return the attempts before this one; those at an earlier message do not count."""
    return state.get("attempts") or [] if state.get("answering") == _asked(state) else []


def _working(state: ReflectionState) -> dict[str, Any]:
    """Return the state as the agent reads it."""
    return {**state, "messages": _work(state)[1]} if state.get("answering") == _asked(state) else {**state}


def _context() -> ReflectionContext:
    given: Any = get_runtime().context
    return given if isinstance(given, ReflectionContext) else ReflectionContext()
