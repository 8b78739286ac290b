"""A picture of a graph as SVG: laid out by grandalf, written here, without any service or program."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.runnables.graph import Edge, Graph

__all__ = ["depths", "picture"]

Point = tuple[float, float]
_COLUMN: Final = 8.0
"""Pixels of a narrow letter at the size of the labels; a Korean one takes two of them."""
_HEIGHT: Final = 36.0
_PADDING: Final = 28.0
_MARGIN: Final = 24.0
_BETWEEN: Final = 56.0
_LOOP: Final = 32.0
_STYLE: Final = (
    "text{font:14px 'Noto Sans KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif;text-anchor:middle;"
    "dominant-baseline:central;fill:#1f2937}rect{fill:#eef2ff;stroke:#6366f1;stroke-width:1.5}"
    ".end{fill:#f3f4f6;stroke:#9ca3af}path{fill:none;stroke:#6b7280;stroke-width:1.5}"
    ".maybe{stroke-dasharray:5 4}.label{font-size:12px;fill:#4b5563;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    "marker path{fill:#6b7280;stroke:none}"
)
_ARROW: Final = (
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z"/></marker></defs>'
)


@dataclass(slots=True)
class _Box:
    """A node as grandalf wants to see it: its size before, its middle after."""

    label: str
    is_end: bool
    w: float
    h: float = _HEIGHT
    xy: Point = (0.0, 0.0)

    @classmethod
    def of(cls, name: str) -> _Box:
        label = name.strip("_") if name in {"__start__", "__end__"} else name
        return cls(label, label != name, max(cell_len(label) * _COLUMN, 24.0) + _PADDING)


@dataclass(slots=True)
class _Line:
    """One or two edges between the same nodes: grandalf sets its way."""

    goes_down: bool = False
    goes_up: bool = False
    is_conditional: bool = False
    label: str = ""
    points: list[Point] = field(default_factory=list[Point])

    def setpath(self, points: Sequence[Point]) -> None:
        self.points = list(points)


def picture(graph: Graph) -> str:
    """Return the picture of a graph: dashed lines are ways that may be taken, others are always.

    Args:
        graph: as ``get_graph()`` returns it.
    """
    boxes = {name: _Box.of(name) for name in graph.nodes}
    lines = _lines(graph.edges)
    pieces = _placed(boxes, lines)
    loops = [boxes[edge.source] for edge in graph.edges if edge.source == edge.target]
    ends = [(box.xy[0] + box.w / 2, box.xy[1] + box.h / 2) for box in boxes.values()]
    ends += [(box.xy[0] + box.w / 2 + _LOOP, 0.0) for box in loops] + [one for line in pieces for one in line.points]
    width, height = (max(one[axis] for one in ends) + _MARGIN for axis in (0, 1))
    parts = [_path(line) for line in pieces] + [_loop(box) for box in loops] + [_drawn(box) for box in boxes.values()]
    parts += [_label(line) for line in pieces if line.label]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
    return f'{head}height="{height:.0f}"><style>{_STYLE}</style>{_ARROW}\n' + "\n".join(parts) + "\n</svg>\n"


def _lines(edges: Sequence[Edge]) -> dict[tuple[str, str], _Line]:
    """Return one line for every two nodes that are joined, in whichever direction."""
    lines: dict[tuple[str, str], _Line] = {}
    depth = depths(edges)
    for edge in edges:
        if edge.source == edge.target:
            continue
        label = "" if edge.data is None or str(edge.data) == edge.target else str(edge.data)
        upwards = (depth.get(edge.source, 0), edge.source) > (depth.get(edge.target, 0), edge.target)
        key = (edge.target, edge.source) if upwards else (edge.source, edge.target)
        line = lines.setdefault(key, _Line())
        line.is_conditional = line.is_conditional or edge.conditional
        line.label = line.label or label
        line.goes_down, line.goes_up = line.goes_down or not upwards, line.goes_up or upwards
    return lines


def depths(edges: Sequence[Edge]) -> dict[str, int]:
    """Return how far below the first node each one stands: below all that lead to it, but for ways back."""
    targets: dict[str, list[str]] = {}
    for edge in edges:
        targets.setdefault(edge.source, []).append(edge.target)
    order: list[str] = []
    forward: list[tuple[str, str]] = []
    state: dict[str, int] = {}

    def visit(name: str) -> None:
        state[name] = 1
        for target in targets.get(name, ()):
            if target not in state:
                visit(target)
            if state[target] != 1:  # else it leads back to where this way came from
                forward.append((name, target))
        state[name] = 2
        order.append(name)

    for name in sorted(targets, key=lambda name: name != "__start__"):
        if name not in state:
            visit(name)
    found = dict.fromkeys(state, 0)
    for source in reversed(order):
        for target in (target for name, target in forward if name == source):
            found[target] = max(found[target], found[source] + 1)
    return found


def _placed(boxes: dict[str, _Box], lines: dict[tuple[str, str], _Line]) -> list[_Line]:
    """Give every box its place and every line its way, component by component from left to right."""
    library, layouts, routing = (import_module(f"grandalf.{name}") for name in ("graphs", "layouts", "routing"))
    vertices = {name: library.Vertex(name) for name in boxes}
    for name, vertex in vertices.items():
        vertex.view = boxes[name]
    edges: list[Any] = []
    for (source, target), line in lines.items():
        edges.append(library.Edge(vertices[source], vertices[target]))
        edges[-1].view = line
    left = _MARGIN
    for part in library.Graph([*vertices.values()], edges).C:
        layout: Any = layouts.SugiyamaLayout(part)
        layout.route_edge = routing.route_with_lines
        layout.xspace, layout.yspace = _MARGIN * 2, _BETWEEN
        first = [vertex for vertex in part.sV if not vertex.e_in()] or [next(iter(part.sV))]
        layout.init_all(roots=first[:1], optimize=True)
        layout.draw()
        left = _moved([vertex.view for vertex in part.sV], [edge.view for edge in part.sE], left)
    return [*lines.values()]


def _moved(boxes: list[_Box], lines: list[_Line], left: float) -> float:
    """Move a component to where there is room, and return where the next one begins."""
    across = left - min(box.xy[0] - box.w / 2 for box in boxes)
    down = _MARGIN - min(box.xy[1] - box.h / 2 for box in boxes)
    for line in lines:
        across = max(across, left - min((x for x, _ in line.points), default=left))
    for box in boxes:
        box.xy = (box.xy[0] + across, box.xy[1] + down)
    for line in lines:
        line.points = [(x + across, y + down) for x, y in line.points]
    return max(box.xy[0] + box.w / 2 for box in boxes) + _MARGIN


def _path(line: _Line) -> str:
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in line.points)
    ends = ' marker-start="url(#arrow)"' if line.goes_up else ""
    ends += ' marker-end="url(#arrow)"' if line.goes_down else ""
    maybe = ' class="maybe"' if line.is_conditional else ""
    return f'<path{maybe} d="M{way}"{ends}/>'


def _loop(box: _Box) -> str:
    x, y = box.xy[0] + box.w / 2, box.xy[1]
    return f'<path class="maybe" d="M{x:.1f} {y - 8:.1f} c40 -18 40 34 0 16" marker-end="url(#arrow)"/>'


def _drawn(box: _Box) -> str:
    x, y = box.xy
    kind, round_ = (' class="end"', box.h / 2) if box.is_end else ("", 6)
    corner = f'x="{x - box.w / 2:.1f}" y="{y - box.h / 2:.1f}"'
    shape = f'<rect{kind} {corner} width="{box.w:.1f}" height="{box.h:.1f}" rx="{round_:.0f}"/>'
    return f'{shape}<text x="{x:.1f}" y="{y:.1f}">{escape(box.label)}</text>'


def _label(line: _Line) -> str:
    middle = len(line.points) // 2
    (x0, y0), (x1, y1) = line.points[middle - 1], line.points[middle]
    return f'<text class="label" x="{(x0 + x1) / 2:.1f}" y="{(y0 + y1) / 2:.1f}">{escape(line.label)}</text>'
