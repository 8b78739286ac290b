"""The extraction: an object is made of a text, checked, and patched where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import END, START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.extracting import (
    ExtractionContext,
    ExtractionInput,
    ExtractionOutput,
    ExtractionState,
    Target,
)
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import TO_THE_END, BudgetedModel
from clovax_agents.nodes.extracting import EditNode, ExtractNode, begin_extraction, end_extraction
from clovax_agents.nodes.forms import FormModel
from clovax_agents.prebuilt.team import DEFAULT_MODEL
from clovax_agents.recovering.settings import DEFAULT_RECOVERY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseChatModel

    from clovax_agents.budgets import Budget
    from clovax_agents.recovering import Recovery


__all__ = ["extraction_agent", "graph"]


def extraction_agent(
    *,
    schema: Mapping[str, Any] | type | Any,
    model: BaseChatModel | str = DEFAULT_MODEL,
    prompt: str | None = None,
    max_patches: int = 3,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[ExtractionState, ExtractionContext, ExtractionInput, ExtractionOutput]:
    """Build an extraction; compile it with the checkpointer and the store of your choice.

    The state's ``result`` is the object as JSON; None if it did not become valid: then ``candidate`` is what there is,
    and ``errors`` and the answer say what is missing. An object given as ``existing`` is changed by the messages.

    Args:
        schema: a Pydantic class, a TypedDict or a JSON schema, or a list of one, such as ``list[Order]``.
        model: that reads the text. HCX-007 is held to the schema, others call a tool with it.
        prompt: what the object is, and how to read the text.
        max_patches: how often the model is asked to correct what is wrong, and nothing else.
        recovery: how often an answer that was cut off is asked for again (``truncated``).
        budget: of each run; its context can lower it, never raise it.
        thread_budget: of all runs of a thread together, as the checkpointer keeps them.

    Example:
        >>> order = {"title": "Order", "type": "object", "properties": {"order_id": {"type": "string"}}}
        >>> sorted(extraction_agent(schema=order).compile(name="order").get_graph().nodes)
        ['__end__', '__start__', 'extract', 'patch', 'update']
    """
    if max_patches < 0:
        raise ConfigurationError(f"max_patches={max_patches!r} is less than none: give 0 or more")
    common: dict[str, Any] = {
        "model": FormModel(model, recovery),
        "target": Target.of(schema),
        "prompt": prompt,
        "most": max_patches,
    }
    nodes = (
        (ExtractNode("extract", **common), ("extract", "patch", END)),
        (EditNode(update=True, **common), ("update", "patch", END)),
        (EditNode(update=False, **common), ("patch", END)),
    )
    schemas: Any = {"input_schema": ExtractionInput, "output_schema": ExtractionOutput}
    made: Any = StateGraph(ExtractionState, context_schema=ExtractionContext, **schemas)
    budgets = Budgets(budget, thread_budget)
    for node, ways in nodes:
        counted = BudgetedModel(node, budgets, model=model, ways=TO_THE_END, ended=end_extraction)
        made.add_node(node.name, counted, destinations=ways)
    made.add_conditional_edges(START, begin_extraction, ["extract", "update"])
    return cast("StateGraph[ExtractionState, ExtractionContext, ExtractionInput, ExtractionOutput]", made)


def graph() -> StateGraph[ExtractionState, ExtractionContext, ExtractionInput, ExtractionOutput]:
    """Return an extraction of a contact from a text, for a ``langgraph.json`` that names nothing else."""
    return extraction_agent(
        schema={
            "title": "Contact",
            "description": "연락처",
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "이름"},
                "phone": {"type": ["string", "null"], "description": "전화번호"},
                "email": {"type": ["string", "null"], "description": "이메일 주소"},
            },
            "required": ["name"],
        }
    )
