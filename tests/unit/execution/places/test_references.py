"""How another process finds a function: decorated, loaded by path, from a script, or not at all."""

import json
import math
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import placetools
import pytest

from clovax_agents import Toolbox
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.places.processes import ProcessPlace
from clovax_agents.execution.places.references import Reference, check_sendable, load, refer

TOOLS = '''
from clovax_agents import tool
from .shared import Order, rate

@tool
def price(order: str, count: int) -> int:
    """Price an order.

    Args:
        order: which
        count: how many
    """
    return rate(order) * count

@tool
def find(order: str) -> Order:
    """Find an order.

    Args:
        order: which
    """
    return Order(order)
'''

SHARED = """
from dataclasses import dataclass

@dataclass
class Order:
    id: str

def rate(order):
    return len(order)
"""

SCRIPT = """
import json, sys
from clovax_agents import tool
from clovax_agents.execution.places.processes import ProcessPlace

@tool
def double(number: int) -> int:
    '''Double.

    Args:
        number: what
    '''
    return 2 * number

if __name__ == "__main__":
    print(json.dumps(ProcessPlace(1).run(double.func, {"number": 21})))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of tools whose files import one another."""
    made = tmp_path / "tools"
    made.mkdir()
    (made / "orders.py").write_text(TOOLS, "utf-8")
    (made / "shared.py").write_text(SHARED, "utf-8")
    return made


@pytest.mark.parametrize(
    "function",
    [placetools.add.func, placetools.aslow.coroutine, placetools.renamed.func, placetools.addition, math.sqrt],
)
def test_a_reference_leads_back_to_the_function(function: Any) -> None:
    """Whatever the name means in its module, what is found is the function itself."""
    assert load(refer(function)) is function


def test_tools_of_a_folder_run_in_a_worker(place: ProcessPlace, folder: Path) -> None:
    """The worker loads the folder under the same name, so that its classes come back as what they are here."""
    box = Toolbox.from_path(folder)
    price, find = (tool.func for tool in box.tools)  # type: ignore[attr-defined]
    assert place.run(price, {"order": "abc", "count": 2}) == 6
    found = place.run(find, {"order": "x"})
    assert found == find("x")


def test_a_method_of_a_folders_class_runs_in_a_worker(place: ProcessPlace, folder: Path) -> None:
    """What is pickled finds its class in the folder too."""
    order = Toolbox.from_path(folder)["find"].func("x")  # type: ignore[attr-defined]
    assert place.run(order.__eq__, {"other": order}) is True


def test_a_module_that_is_nowhere_on_the_path_is_loaded_from_its_file(place: ProcessPlace, tmp_path: Path) -> None:
    """So are graph files, which LangGraph loads under names of its own."""
    file = tmp_path / "graph.py"
    file.write_text("def plus(a):\n    return a + 1\n", "utf-8")
    module = types.ModuleType("graph_12ab")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    try:
        exec(compile(file.read_text("utf-8"), str(file), "exec"), vars(module))  # noqa: S102
        assert place.run(module.plus, {"a": 1}) == 2
    finally:
        del sys.modules[module.__name__]


@pytest.mark.parametrize("way", [["script.py"], ["-m", "script"]])
@pytest.mark.soak(every=2)
def test_tools_of_a_script_run_in_a_worker(tmp_path: Path, way: list[str]) -> None:
    """A decorated function of the main script is found, whichever way the script is run."""
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    root = Path(__file__).parents[4]
    ended = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, *way],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert json.loads(ended.stdout) == 42


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    """It would start itself again and again; the error says what is missing."""
    (tmp_path / "script.py").write_text(SCRIPT.replace('if __name__ == "__main__":', "if True:"), "utf-8")
    ended = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[4])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "if __name__ == '__main__':" in ended.stderr.splitlines()[-1]


def _closure() -> Any:
    held = 1
    return lambda: held


class _Locked:
    def __init__(self) -> None:
        import threading  # noqa: PLC0415

        self.lock = threading.Lock()

    def run(self) -> None:
        """Hold what cannot be sent."""


@pytest.mark.parametrize("function", [lambda: 1, _closure(), _Locked().run])
def test_what_cannot_be_sent_is_refused_with_the_way_out(function: Any) -> None:
    """Lambdas, closures and methods of what holds a lock: the error says what to do, when the agent is built."""
    with pytest.raises(ConfigurationError, match=r"top level of a module.*runs_in='thread'"):
        check_sendable(function)


def test_what_was_typed_in_is_refused() -> None:
    """A function of an interactive session has no file from which a worker could load it."""
    module = types.ModuleType("__main__")
    kept = sys.modules["__main__"]
    exec("def typed():\n    return 1\n", vars(module))  # noqa: S102
    sys.modules["__main__"] = module
    try:
        with pytest.raises(ConfigurationError, match="another process"):
            check_sendable(module.typed)
    finally:
        sys.modules["__main__"] = kept


def test_a_module_that_fails_to_load_is_told(place: ProcessPlace, tmp_path: Path) -> None:
    """The caller gets the reason and the worker goes on."""
    file = tmp_path / "fails.py"
    file.write_text("raise SystemExit('not today')\n", "utf-8")
    with pytest.raises(ConfigurationError, match=r"fails\.run: SystemExit: not today"):
        load(Reference("fails", "run", str(file)))
    with pytest.raises(ConfigurationError, match=r"finds no nothing in placetools"):
        load(Reference("placetools", "nothing", placetools.__file__))
    assert place.run(placetools.addition, {"a": 1, "b": 1}) == 2
