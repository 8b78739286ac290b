"""Toolbox.from_path loads a folder of tools without making it importable."""

from __future__ import annotations

import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling import Toolbox, module_from_path

SHARED = '''
class Price:
    """What it costs."""
LOADED = []
'''
ORDERS = '''
from __future__ import annotations
from clovax_agents.tooling import tool
from ._shop import LOADED, Price
LOADED.append(__name__)

@tool
def get_order(order_id: str) -> str:
    """Get an order."""
    return f"{order_id} {Price.__module__}"

@tool
def _hidden() -> str:
    """Not for the model."""
    return ""
'''
CART = '''
from __future__ import annotations
from clovax_agents.tooling import tool
from ._shop import LOADED
from .orders import get_order
LOADED.append(__name__)

@tool
def cart() -> str:
    """Show the cart."""
    return get_order.invoke({"order_id": "1"})
'''

ALONE = ORDERS.replace("from ._shop import LOADED, Price\nLOADED.append(__name__)", "Price = int")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of tools that share code."""
    made = tmp_path / "tools"
    made.mkdir()
    for name, text in {"_shop.py": SHARED, "orders.py": ORDERS, "cart.py": CART}.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


def write(folder: Path, name: str, text: str) -> Path:
    """Write one more file."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_every_public_tool_is_collected_once(folder: Path) -> None:
    """Files are read in order of name; a tool that another file imports counts once; private ones do not."""
    assert sorted(Toolbox.from_path(folder).names) == ["cart", "get_order"]


def test_one_file_can_be_loaded(folder: Path) -> None:
    """A path to a file gives that file's tools, with its relative imports."""
    box = Toolbox.from_path(folder / "orders.py")

    assert box.names == ("get_order",)
    assert box["get_order"].invoke({"order_id": "7"}).startswith("7 clovax_loaded_tools_")


def test_loading_twice_gives_the_same_tools(folder: Path) -> None:
    """Modules run once however often, and through whichever spelling of the path, they are asked for."""
    link = folder.parent / "link"
    link.symlink_to(folder)

    boxes = [Toolbox.from_path(path) for path in (folder, str(folder), folder / ".." / "tools", link)]

    assert all(box["cart"] is boxes[0]["cart"] for box in boxes)
    shared = sys.modules[boxes[0]["cart"].__module__.rpartition(".")[0] + "._shop"]
    assert len(shared.LOADED) == 2


def test_threads_load_it_once(folder: Path) -> None:
    """Loading at the same time from several threads gives the same tools."""
    with ThreadPoolExecutor(8) as pool:
        boxes = list(pool.map(lambda _: Toolbox.from_path(folder), range(8)))

    assert len({id(box["get_order"]) for box in boxes}) == 1


def test_two_folders_of_one_name_stay_apart(folder: Path, tmp_path: Path) -> None:
    """A folder's package is named after its path, so equal folder names do not mix."""
    other = tmp_path / "other" / "tools"
    other.parent.mkdir()
    write(
        other, "orders.py", ORDERS.replace("from ._shop import LOADED, Price\nLOADED.append(__name__)", "Price = int")
    )

    assert Toolbox.from_path(other)["get_order"] is not Toolbox.from_path(folder)["get_order"]


def test_the_import_system_is_left_as_it_was(folder: Path) -> None:
    """sys.path is untouched, and nothing is importable as ``tools`` that was not before."""
    path, modules = list(sys.path), set(sys.modules)

    Toolbox.from_path(folder)

    assert sys.path == path
    assert {name.partition(".")[0] for name in set(sys.modules) - modules} == {
        next(name for name in set(sys.modules) - modules).partition(".")[0]
    }


def test_an_installed_package_called_tools_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dependency that ships a package ``tools`` cannot shadow the folder."""
    monkeypatch.setitem(sys.modules, "tools", ModuleType("tools"))
    monkeypatch.setitem(sys.modules, "tools.orders", ModuleType("tools.orders"))

    assert "get_order" in Toolbox.from_path(folder)


def test_a_relative_path_starts_at_the_callers_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """graphs/react.py finds ../tools, whatever the working directory is, and without asking for it."""
    graph = write(
        folder.parent / "graphs",
        "react.py",
        "from clovax_agents.tooling import Toolbox\nBOX = Toolbox.from_path('../tools')\n",
    )
    monkeypatch.chdir("/")

    def refused() -> str:
        raise AssertionError("the working directory was asked for")

    monkeypatch.setattr(os, "getcwd", refused)
    box = runpy.run_path(os.fspath(graph))["BOX"]

    assert "get_order" in box


def test_without_a_file_the_working_directory_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the prompt and in notebooks a relative path starts at the working directory."""
    monkeypatch.chdir(folder.parent)
    space: dict[str, object] = {"Toolbox": Toolbox}

    exec("box = Toolbox.from_path('tools')", space)  # noqa: S102

    box = space["box"]
    assert isinstance(box, Toolbox)
    assert "cart" in box


def test_the_pattern_chooses_files_and_may_descend(folder: Path) -> None:
    """A pattern narrows the choice; two asterisks reach files in subfolders."""
    write(folder / "more", "deep.py", ALONE.replace("get_order", "deep_order"))
    write(folder / "_off", "away.py", "raise RuntimeError('must not be loaded')")
    write(folder, "notes.txt", "no python")

    assert Toolbox.from_path(folder, "ord*.py").names == ("get_order",)
    assert "deep_order" in Toolbox.from_path(folder, "**/*")


def test_a_file_written_later_is_found(folder: Path) -> None:
    """A second load sees a file that did not exist at the first."""
    Toolbox.from_path(folder)
    write(folder, "zone.py", CART.replace("def cart", "def zone"))

    assert "zone" in Toolbox.from_path(folder)


def test_a_package_init_runs_first(folder: Path) -> None:
    """A folder may have an __init__.py, which its files can import from."""
    write(folder, "__init__.py", "GREETING = '안녕'\n")
    write(
        folder,
        "hello.py",
        CART.replace("def cart", "def hello").replace(
            "return get", "from . import GREETING\n    return GREETING + get"
        ),
    )

    assert Toolbox.from_path(folder)["hello"].invoke({}).startswith("안녕")


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    """The error names the absolute path and, if that differs, what was asked for."""
    with pytest.raises(ConfigurationError, match=f"no file or folder {tmp_path}/nowhere to load"):
        Toolbox.from_path(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match=rf"{Path(__file__).parent}/nowhere \(asked for as 'nowhere'\)"):
        Toolbox.from_path("nowhere")


def test_a_folder_without_tools_is_an_error(folder: Path) -> None:
    """No matching file, and files without tools, are said to be so."""
    with pytest.raises(ConfigurationError, match=r"matches 'x\*\.py'"):
        Toolbox.from_path(folder, "x*.py")
    with pytest.raises(ConfigurationError, match=r"none of empty\.py has a function decorated with @tool"):
        Toolbox.from_path(write(folder, "empty.py", "X = 1\n"))


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("X = 1\n\nimport no_such_module\n", 3, "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:\n    pass\n", 1, "SyntaxError"),
        ("import sys\nsys.exit('bye')\n", 2, "SystemExit: bye"),
        ("from clovax_agents.tooling import tool\n\n@tool\ndef f(x) -> str:\n    'D.'\n", 3, "no type hint"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError"),
        ("from ..other import x\n", 1, "import what lies outside by its full name"),
    ],
    ids=["import", "syntax", "exit", "definition", "elsewhere", "beyond"],
)
def test_a_file_that_fails_names_file_and_line(folder: Path, text: str, line: int, problem: str) -> None:
    """The error says which line of the user's file failed and why, and keeps the cause; a corrected file loads."""
    file = write(folder, "failing.py", text)

    with pytest.raises(ConfigurationError, match=problem) as caught:
        Toolbox.from_path(folder)

    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert caught.value.__cause__ is not None
    file.unlink()
    assert "cart" in Toolbox.from_path(folder)


def test_a_failing_init_can_be_repaired(folder: Path) -> None:
    """An __init__.py that fails leaves nothing half-loaded behind."""
    init = write(folder, "__init__.py", "raise OSError('later')\n")
    with pytest.raises(ConfigurationError, match=r"__init__\.py:1: .*OSError: later"):
        Toolbox.from_path(folder)

    init.write_text("", encoding="utf-8")
    os.utime(init, (1, 1))

    assert "cart" in Toolbox.from_path(folder)


def test_a_file_with_a_dotted_name_is_refused(folder: Path) -> None:
    """Python cannot import ``a.b.py``, and the error says so."""
    write(folder, "a.b.py", "")

    with pytest.raises(ConfigurationError, match="a dot besides"):
        Toolbox.from_path(folder)


def test_two_files_with_one_tool_name_are_refused(folder: Path) -> None:
    """The error names both files."""
    write(folder, "again.py", CART)

    with pytest.raises(ConfigurationError, match=r"(?s)named 'cart'.*again\.py:\d+.*cart\.py:\d+"):
        Toolbox.from_path(folder)


BOXED = """
from clovax_agents.tooling import Toolbox, ToolPolicy, tool

@tool
def get_order(order_id: str) -> str:
    '''Get an order.'''
    return order_id

def cancel_order(order_id: str) -> str:
    '''Cancel an order.'''
    return order_id

box = Toolbox(get_order).add(cancel_order, policy=ToolPolicy(approval=True))
reading = box.without("cancel_order")
_copies = box.prefix("copy_")
"""


def test_boxes_of_a_file_are_loaded(folder: Path) -> None:
    """With their policies, each tool once; those under a name with an underscore are not."""
    box = Toolbox.from_path(write(folder, "boxed.py", BOXED))
    assert box.names == ("get_order", "cancel_order")
    assert box.policy("cancel_order").approval is True
    assert box.policy("get_order").approval is False


def test_boxes_that_disagree_about_a_tool_are_an_error(folder: Path) -> None:
    """The looser one of two policies must not win by its place in a file."""
    other = "\nother = Toolbox().add(box['cancel_order'], policy=ToolPolicy(effect='read'))\n"
    with pytest.raises(ConfigurationError, match="'cancel_order' different policies"):
        Toolbox.from_path(write(folder, "boxed.py", BOXED + other))


def test_a_file_for_shared_code_is_the_module_that_the_tools_import(tmp_path: Path) -> None:
    """Whoever needs more of it than its tools has the same objects; a folder is not one file."""
    for name, text in {"_shop": SHARED, "orders": ORDERS}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    box = Toolbox.from_path(tmp_path)
    shop = module_from_path(tmp_path / "_shop.py")
    assert shop.LOADED
    assert box["get_order"].invoke({"order_id": "A-1001"}) == f"A-1001 {shop.__name__}"
    with pytest.raises(ConfigurationError, match="is a folder: name the file"):
        module_from_path(tmp_path)
