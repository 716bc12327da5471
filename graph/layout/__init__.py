"""Automatic layout of a graph on the canvas. Knows cards and edges, no layers, and no canvas."""

from graph.layout.arrange import Stopped, arrange
from graph.layout.drawing import Arrangement, Drawing, Rect, Wire, drawing_of
from graph.layout.metrics import Direction
from graph.model import Graph, Position

__all__ = ["Arrangement", "Direction", "Drawing", "Rect", "Stopped", "Wire", "arrange", "drawing_of", "is_piled_up", "layered"]


def layered(graph: Graph) -> dict[str, Position]:
    """A position for every node of a graph whose positions mean nothing."""
    return dict(arrange(drawing_of(graph), keeps_order=False).positions)


def is_piled_up(graph: Graph) -> bool:
    """Whether nodes lie on top of each other at one spot, as in a file without positions."""
    return len(graph.nodes) > 1 and len({node.position for node in graph.nodes.values()}) == 1
