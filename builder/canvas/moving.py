"""What moves when something is moved, and as which edit."""

from __future__ import annotations

from collections.abc import Mapping

from builder.canvas.scene import CanvasScene
from graph.annotations import Size
from graph.document import Position
from graph.edits import MoveNodes
from graph.frame_contents import with_contents


def places_of_selection(scene: CanvasScene) -> dict[str, Position]:
    """Where everything stands that is selected, or stands in a frame that is."""
    graph = scene.session.graph

    def size_of(node_id: str) -> Size:
        left, top, right, bottom = scene.geometry.card(node_id)
        return (right - left, bottom - top)

    ids = with_contents(graph, scene.session.all_selected, size_of)
    kinds = (graph.nodes, graph.frames, graph.notes)
    return {each: kind[each].position for each in ids for kind in kinds if each in kind}


def move_edit(scene: CanvasScene, positions: Mapping[str, Position]) -> MoveNodes:
    """The edit that moves things, called after what they are."""
    kinds = {scene.session.graph.kind_of(each) for each in positions}
    kind = kinds.pop() if len(kinds) == 1 else None
    return MoveNodes(positions, kind or "item")
