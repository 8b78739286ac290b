"""Find a graph: by its id in langgraph.json, as LangGraph's server does, a prebuilt one, or one in a file."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langgraph.graph import StateGraph
from langgraph.pregel import Pregel

from clovax_agents import prebuilt
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ListedGraph", "default_graph", "listed_graphs", "load_graph", "prebuilt_names"]

_CONFIG: Final = Path("langgraph.json")


@dataclass(frozen=True, slots=True)
class ListedGraph:
    """A graph that can be named.

    Attributes:
        name: under which commands find it.
        description: what it is there for.
        where: file or module, and the name in it.
    """

    name: str
    description: str
    where: str


def load_graph(name: str, config: Path = _CONFIG) -> Pregel[Any, Any, Any, Any]:
    """Load and compile a graph.

    Args:
        name: its id in langgraph.json, ``prebuilt:NAME``, or ``FILE.py:NAME`` or ``package.module:NAME``.
        config: the langgraph.json.

    Raises:
        ConfigurationError: no such file, graph or attribute, or something that is not a graph.
    """
    reference, root = _reference(name, config), config.resolve().parent
    module_name, _, attribute = reference.rpartition(":")
    module = _module(module_name, root)
    found: Any = getattr(module, attribute, None)
    if inspect.isfunction(found):  # it makes the graph, as the server lets it
        found = found()
    graph: Any = found.compile(name=name.rpartition(":")[2]) if issubclass(type(found), StateGraph) else found
    if not issubclass(type(graph), Pregel):
        text = "{place} in {config} is not a graph"
        raise ConfigurationError(say(text, place=f"{module_name}:{attribute}", config=config))
    compiled: Pregel[Any, Any, Any, Any] = graph
    return compiled


def listed_graphs(config: Path = _CONFIG) -> list[ListedGraph]:
    """Return the graphs of langgraph.json, if there is one, and the prebuilt ones."""
    own: list[ListedGraph] = []
    for name, entry in (_graphs(config) if config.is_file() else {}).items():
        parts = as_dict(entry) or {"path": entry}
        own.append(ListedGraph(name, str(parts.get("description", "")), str(parts.get("path", ""))))
    return own + [_prebuilt(name) for name in prebuilt_names()]


def default_graph(config: Path = _CONFIG) -> str:
    """Return the first graph of langgraph.json.

    Raises:
        ConfigurationError: there is no such file, or nothing in it.
    """
    if not config.is_file():
        known = ", ".join(f"prebuilt:{name}" for name in prebuilt_names())
        raise ConfigurationError(
            say(
                "there is no {config} here: run this in the folder of a LangGraph project, or name a graph: {known}",
                config=config,
                known=known,
            )
        )
    return next(iter(_graphs(config)))


def prebuilt_names() -> list[str]:
    """Return the prebuilt graphs: the modules that have one to be named by a langgraph.json."""
    names = [found.name for found in pkgutil.iter_modules(prebuilt.__path__)]
    return [name for name in names if hasattr(importlib.import_module(f"{prebuilt.__name__}.{name}"), "graph")]


def _prebuilt(name: str) -> ListedGraph:
    module = importlib.import_module(f"clovax_agents.prebuilt.{name}")
    about = (inspect.getdoc(module) or "").partition("\n")[0]
    return ListedGraph(f"prebuilt:{name}", about, f"{module.__name__}:graph")


def _reference(name: str, config: Path) -> str:
    kind, _, attribute = name.rpartition(":")
    if kind == "prebuilt":
        if attribute not in (known := prebuilt_names()):
            text = "there is no prebuilt graph {name}; there are {known}"
            raise ConfigurationError(say(text, name=repr(attribute), known=", ".join(known)))
        return f"clovax_agents.prebuilt.{attribute}:graph"
    if kind and attribute.isidentifier() and not (config.is_file() and name in _graphs(config)):
        return name
    if not config.is_file():
        text = "there is no {config} here: run this in the folder of a LangGraph project"
        raise ConfigurationError(say(text, config=config))
    graphs = _graphs(config)
    if name not in graphs:
        text = "{config} has no graph {name}; it has {known}"
        raise ConfigurationError(say(text, config=config, name=repr(name), known=", ".join(sorted(graphs))))
    entry: str | dict[str, str] = graphs[name]
    return entry if isinstance(entry, str) else entry["path"]


def _graphs(config: Path) -> dict[str, Any]:
    """Return the graphs of langgraph.json.

    Raises:
        ConfigurationError: it holds none.
    """
    try:
        graphs: dict[str, Any] = json.loads(config.read_text(encoding="utf-8"))["graphs"]
        names = [*graphs]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ConfigurationError(say("{path} is not valid: {error}", path=config, error=error)) from None
    if not names:
        raise ConfigurationError(say("{config} names no graph", config=config))
    return graphs


def _module(name: str, root: Path) -> ModuleType:
    if "/" not in name and not name.endswith(".py"):
        return _imported(name)
    path = (root / name).resolve()
    spec = importlib.util.spec_from_file_location(f"_clovax_graph_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigurationError(say("there is no graph file {path}", path=path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(say("there is no module {name}", name=name)) from None
