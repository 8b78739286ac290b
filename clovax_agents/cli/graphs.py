"""Find a graph by its id in langgraph.json, as LangGraph's server does."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import StateGraph
from langgraph.pregel import Pregel

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["load_graph"]


def load_graph(name: str, config: Path = Path("langgraph.json")) -> Pregel[Any, Any, Any, Any]:
    """Load and compile a graph.

    Raises:
        ConfigurationError: no such file, graph or attribute, or something that is not a graph.
    """
    module_name, _, attribute = _reference(name, config).rpartition(":")
    module = _module(module_name, config.resolve().parent)
    found: Any = getattr(module, attribute, None)
    if inspect.isfunction(found):  # it makes the graph, as the server lets it
        found = found()
    graph: Any = found.compile(name=name) if issubclass(type(found), StateGraph) else found
    if not issubclass(type(graph), Pregel):
        raise ConfigurationError(f"{module_name}:{attribute} in {config} is not a graph")
    compiled: Pregel[Any, Any, Any, Any] = graph
    return compiled


def _reference(name: str, config: Path) -> str:
    if not config.is_file():
        raise ConfigurationError(f"there is no {config} here: run this in the folder of a LangGraph project")
    try:
        graphs: dict[str, Any] = json.loads(config.read_text(encoding="utf-8"))["graphs"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{config} is not valid: {error}") from None
    if name not in graphs:
        raise ConfigurationError(f"{config} has no graph {name!r}; it has {', '.join(sorted(graphs))}")
    entry: str | dict[str, str] = graphs[name]
    return entry if isinstance(entry, str) else entry["path"]


def _module(name: str, root: Path) -> ModuleType:
    if "/" not in name:
        return importlib.import_module(name)
    path = (root / name).resolve()
    spec = importlib.util.spec_from_file_location(f"_clovax_graph_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigurationError(f"there is no graph file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
