"""A layout as an edit of the document."""

from __future__ import annotations

from graph.annotation_edits import SetFrame
from graph.annotations import Frame
from graph.document import Edit
from graph.edits import Batch, MoveNodes
from graph.layout.drawing import Arrangement, Rect
from graph.model import Graph

LABEL = "Arrange"


def as_edit(graph: Graph, arrangement: Arrangement) -> Edit | None:
    """One edit that puts everything where a layout has it; None if it all is there already."""
    notes, nodes = graph.notes, graph.nodes
    moved = {
        name: place
        for name, place in arrangement.positions.items()
        if place != (nodes[name] if name in nodes else notes[name]).position
    }
    frames = [
        SetFrame(name, position=rect.position, size=rect.size)
        for name, rect in arrangement.frames.items()
        if _is_other(graph.frames[name], rect)
    ]
    edits: list[Edit] = [*([MoveNodes(moved)] if moved else []), *frames]
    return Batch(LABEL, edits) if edits else None


def _is_other(frame: Frame, rect: Rect) -> bool:
    return (frame.position, frame.size) != (rect.position, rect.size)
