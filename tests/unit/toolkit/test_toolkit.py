"""The toolkit as a user gets it: lazy names, tools that others' agents take too."""

import importlib
import json
import pkgutil
import subprocess
import sys

import pytest
from langchain_core.tools import BaseTool

from clovax_agents import toolkit

LOADED = "import json, sys; import clovax_agents.toolkit; print(json.dumps(sorted(sys.modules)))"


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    """Neither LangChain nor any tool."""
    done = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)  # noqa: S603
    loaded = json.loads(done.stdout)
    assert not {"langchain_core", "pydantic", "langgraph"} & set(loaded)
    assert [name for name in loaded if name.startswith("clovax_agents.toolkit.")] == []


def test_names_are_sorted_and_exist() -> None:
    """Everything that is listed can be had."""
    assert list(toolkit.__all__) == sorted(set(toolkit.__all__)) == sorted(toolkit._HOME) == list(toolkit._HOME)
    assert all(getattr(toolkit, name) is not None for name in toolkit.__all__)
    assert set(toolkit.__all__) <= set(dir(toolkit))


def test_no_module_stands_in_the_place_of_a_tool() -> None:
    """Whatever is imported first."""
    for module in pkgutil.iter_modules(toolkit.__path__):
        importlib.import_module(f"clovax_agents.toolkit.{module.name}")
    assert not {module.name for module in pkgutil.iter_modules(toolkit.__path__)} & set(toolkit.__all__)
    assert isinstance(toolkit.calculator, BaseTool)
    assert isinstance(toolkit.current_time, BaseTool)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    """Typing errors are not swallowed."""
    with pytest.raises(AttributeError, match="calculater"):
        toolkit.calculater  # noqa: B018
