"""Forms for one run of a graph: what of a context has a place in that graph, and which tools there are to choose."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel, ConfigDict

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["base_form", "fit_form", "fitted_form", "left_out"]

_FORMS: Final = 256
"""Forms that are kept; agents that are built again and again share one."""
_NODES: Final = "langgraph_nodes"
_NOTHING: Final[frozenset[str]] = frozenset()


def fit_form(graph: Any, tools: Iterable[str] = ()) -> None:
    """Let a graph's form show what has an effect in it: call it when all nodes are there.

    Fields that name nodes are left out where the graph has none of them, and ``tools`` offers the names to choose from.
    Whatever is left out can still be set in code.

    Args:
        graph: a StateGraph whose context schema is a Pydantic model.
        tools: names that a run may choose from.
    """
    graph.context_schema = fitted_form(graph.context_schema, frozenset(graph.nodes), tuple(tools))


@lru_cache(_FORMS)
def fitted_form(schema: type[BaseModel], nodes: frozenset[str], tools: tuple[str, ...]) -> type[BaseModel]:
    """Return a context schema as a graph with these nodes and tools shows it; it reads what the other one reads."""

    def shown(cls: type[BaseModel], core: Any, handler: Any) -> dict[str, Any]:
        del cls
        found: dict[str, Any] = handler.resolve_ref_schema(handler(core))
        fields: dict[str, Any] = found.get("properties", {})
        found["properties"] = {
            name: shape for name, field in fields.items() if (shape := _fit(name, field, nodes, tools))
        }
        return found

    def reduced(self: BaseModel) -> tuple[Any, ...]:
        return schema.model_validate, (self.model_dump(exclude_unset=True),)

    made: Any = type(schema)
    return cast(
        "type[BaseModel]",
        made(
            schema.__name__,
            (schema,),
            {
                "__module__": schema.__module__,
                "__doc__": schema.__doc__,
                "__get_pydantic_json_schema__": classmethod(shown),
                "__reduce__": reduced,
                "fitted": True,
                "__annotations__": {"fitted": "ClassVar[bool]"},
                "model_config": ConfigDict(defer_build=True),
            },
        ),
    )


def base_form(schema: Any) -> Any:
    """Return the schema that a fitted one was made of; any other as it is."""
    return schema.__base__ if "fitted" in vars(schema) else schema


def left_out(context: Any, choosable: Collection[str]) -> frozenset[str]:
    """Return the names of the tools that a run's context leaves out.

    Args:
        context: of the run; its ``tools`` are those that the run may use, None for all.
        choosable: the names that it may choose from; what is not among them is not its to leave out.

    Raises:
        ConfigurationError: it chooses what is not there.

    Example:
        >>> sorted(left_out({"tools": ["get_order"]}, ["get_order", "cancel_order"]))
        ['cancel_order']
    """
    if context is None or not choosable:
        return _NOTHING
    chosen = _chosen(context)
    if chosen is None:
        return _NOTHING
    names = frozenset(choosable)
    if unknown := sorted(frozenset(chosen) - names):
        raise ConfigurationError(
            f"tools={unknown!r} in this run's context are none of the agent's: choose from {', '.join(sorted(names))}, "
            "or leave tools out for all of them"
        )
    return names - frozenset(chosen)


def _chosen(context: Any) -> list[str] | None:
    if isinstance(context, dict):
        return cast("dict[str, Any]", context).get("tools")
    return getattr(context, "tools", None)


def _fit(name: str, field: dict[str, Any], nodes: frozenset[str], tools: tuple[str, ...]) -> dict[str, Any] | None:
    """Return a field as a graph shows it; None if it has no place there."""
    named: list[str] | None = field.get(_NODES)
    there = [node for node in named or () if node in nodes]
    if (named and not there) or (name == "tools" and not tools):
        return None
    fitted = {**field, _NODES: there} if named else field
    if name == "tools":
        items = {"type": "array", "items": {"type": "string", "enum": list(tools)}, "uniqueItems": True}
        fitted["anyOf"] = [items, {"type": "null"}]
    return fitted
