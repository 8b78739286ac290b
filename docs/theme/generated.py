"""Write what the guide takes from the code: ``python docs/theme/generated.py``. A test compares."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
_PLACE: Final = re.compile(r"<!-- picture of (\w+) -->\n(.*?)<!-- end of \1 -->", re.DOTALL)
_STYLE: Final = (
    "rect{fill:#f0fdfa;stroke:#0d9488}text{font:13px 'Noto Sans KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif;"
    "fill:#134e4a;text-anchor:middle;dominant-baseline:central}"
)
_WIDTH, _ROW, _BOX, _GAP = 900.0, 40.0, 30.0, 8.0


def layers() -> list[list[str]]:
    """Return the layers of the import contract, from the top, each with its modules."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (found,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[name.strip().removeprefix("clovax_agents.") for name in layer.split("|")] for layer in found]


def layer_picture() -> str:
    """Return the picture of the layers as SVG: a row for each, in which modules do not know each other."""
    rows = layers()
    height = _ROW * len(rows) + _GAP
    boxes = [box for number, row in enumerate(rows) for box in _row(row, _GAP + _ROW * number)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}" '
    return f'{head}height="{height:.0f}"><style>{_STYLE}</style>\n' + "\n".join(boxes) + "\n</svg>\n"


def _row(names: list[str], top: float) -> list[str]:
    wide = (_WIDTH - _GAP * (len(names) + 1)) / len(names)
    return [_box(name, _GAP + (wide + _GAP) * number, top, wide) for number, name in enumerate(names)]


def _box(name: str, left: float, top: float, wide: float) -> str:
    shape = f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{_BOX:.0f}" rx="5"/>'
    return f'{shape}<text x="{left + wide / 2:.1f}" y="{top + _BOX / 2:.1f}">{escape(name)}</text>'


def with_pictures(page: str) -> str:
    """Return a page with the picture of each prebuilt graph that it has a place for."""
    return _PLACE.sub(lambda found: _pictured(found[1]), page)


def _pictured(name: str) -> str:
    graph: Any = import_module(f"clovax_agents.prebuilt.{name}").graph()
    drawn = graph.compile().get_graph().draw_mermaid(with_styles=False)
    return f"<!-- picture of {name} -->\n```mermaid\n{drawn}```\n<!-- end of {name} -->"


def main() -> None:
    """Write the pictures into the pages and files that show them."""
    (DOCS / "layers.svg").write_text(layer_picture(), encoding="utf-8")
    for page in (DOCS / "graphs.md", DOCS / "graphs.ko.md"):
        page.write_text(with_pictures(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
