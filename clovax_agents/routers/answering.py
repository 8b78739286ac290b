"""One answer from the results of several branches, and whether it is good enough: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, Field, create_model

from clovax_agents.conversations import end_of
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.routers.choosing import PREFIX
from clovax_agents.routers.wording import put

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from clovax_agents.routers.state import RouterState

__all__ = ["judge_input", "merge_input", "read_problem", "results_of", "verdict_form"]


def results_of(state: RouterState) -> dict[str, str]:
    """Return the branches' results in the order in which the branches were chosen, not in which they ended."""
    results = state.get("results") or {}
    return {name: results[name] for name in state.get("branches") or [] if name in results}


def merge_input(state: RouterState, prompt: str | None) -> list[BaseMessage]:
    """Return what the model reads that makes one answer: the conversation, and the results as those of calls.

    Args:
        state: with the results, and what was wrong with the last answer, if there was one.
        prompt: system prompt of the graph.
    """
    told = put(
        "Answer the user's last message from the results alone, in one answer, in the user's language. Leave nothing "
        "out, and add nothing that is not in them."
    )
    results = results_of(state)
    calls: Any = [{"name": f"{PREFIX}{name}", "args": {}, "id": f"{PREFIX}{name}"} for name in results]
    return [
        SystemMessage("\n\n".join(part for part in (prompt, told) if part)),
        *end_of(state["messages"]),
        AIMessage("", tool_calls=calls),
        *(ToolMessage(text, tool_call_id=call["id"]) for call, text in zip(calls, results.values(), strict=True)),
        *_again(state.get("draft") or "", state.get("problem") or ""),
    ]


def _again(draft: str, problem: str) -> list[BaseMessage]:
    """Return an answer that was not good enough, and what was wrong with it."""
    if not problem:
        return []
    told = put("That answer is not good enough: {problem}\nWrite a better one, from the same results.", problem=problem)
    return [AIMessage(draft), HumanMessage(told)]


def verdict_form() -> type[BaseModel]:
    """Return the form of a judge's answer."""
    about = put("What is wrong with the answer and how to do better; empty if it meets the rubric")
    return create_model(
        "Verdict",
        __doc__=put("Whether an answer is good enough"),
        passes=(bool, Field(description=put("Whether the answer meets the rubric"))),
        problem=(str, Field(default="", description=about)),
    )


def judge_input(rubric: str, question: str, answer: str) -> list[BaseMessage]:
    """Return what the judge reads."""
    told = put(
        "Judge an answer by this rubric and by nothing else:\n{rubric}\n\nThe question:\n{question}\n\nThe answer:\n"
        "{answer}",
        rubric=rubric,
        question=question,
        answer=answer,
    )
    return [HumanMessage(told)]


def read_problem(found: Any) -> str:
    """Return what is wrong with an answer; empty if nothing is, or if the judge cannot be understood.

    Args:
        found: a function's text or None, or a judge's answer as structured output gives it.

    Raises:
        ConfigurationError: a function returned something else.
    """
    if found is None or isinstance(found, str):
        return found or ""
    parts = as_dict(found)
    if parts is None or "parsed" not in parts:
        raise ConfigurationError(
            f"check returned a {type(found).__name__}: return what is wrong with the answer as a text, or None"
        )
    verdict: Any = parts["parsed"]
    return "" if verdict is None or verdict.passes else verdict.problem or put("Whether an answer is good enough")
