"""Automatic layout of a graph on the canvas. Knows cards and edges; no layers, and no canvas."""

from dataclasses import replace

from graph.annotations import Position
from graph.layout.arrange import Stopped, arrange
from graph.layout.drawing import Arrangement, Drawing, Rect, Wire, drawing_of
from graph.layout.edit import as_edit
from graph.layout.fitting import fit_in
from graph.layout.metrics import Direction
from graph.model import Graph

__all__ = [
    "Arrangement",
    "Direction",
    "Drawing",
    "Rect",
    "Stopped",
    "Wire",
    "arrange",
    "as_edit",
    "drawing_of",
    "fit_in",
    "is_piled_up",
    "layered",
]


def layered(graph: Graph) -> dict[str, Position]:
    """A position for every node of a graph whose positions mean nothing."""
    nowhere = replace(drawing_of(graph), pinned=frozenset(), frames={}, notes={}, homes={})
    return dict(arrange(nowhere, keeps_order=False).positions)


def is_piled_up(graph: Graph) -> bool:
    """Whether nodes lie on top of each other at one spot, as in a file without positions."""
    return len(graph.nodes) > 1 and len({node.position for node in graph.nodes.values()}) == 1
