"""Dropping a loose node on an edge: which edge it is over, and whether it fits there."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF

from builder.canvas.boxes import box_of
from builder.canvas.scene import CanvasScene
from builder.texts import tr
from graph.document import Edge, Edit, Position
from graph.edits import MoveNodes
from graph.joining import PutIntoEdge, insertion_refusal, is_loose

INSET = 24.0  # canvas units; an edge that only touches the rim of a card is not meant


class Drop:
    """Follows a node that is moved, and marks the edge that it would be put into.

    Args:
        moved: ids of everything that is moved; only a single loose node can be put into an edge.
    """

    def __init__(self, scene: CanvasScene, moved: Mapping[str, Position]) -> None:
        self._scene = scene
        graph = scene.session.graph
        first = next(iter(moved), "")
        self._node_id = first if len(moved) == 1 and first in graph.nodes and is_loose(graph, first) else None
        self._refusals: dict[Edge, str | None] = {}
        self.edge: Edge | None = None

    def follow(self) -> str:
        """Looks where the node is shown now; returns what is to be said, and empty if it is over no edge."""
        if self._node_id is None:
            return ""
        over = self._under(self._node_id)
        reason = self._refusal(self._node_id, over) if over else None
        self.edge = None if reason else over
        self._scene.hover(None, self.edge)
        return reason or (tr("Release to put it into the edge.") if self.edge else "")

    def end(self) -> None:
        """Marks nothing any more."""
        if self._node_id is not None:
            self._scene.hover(None, None)

    def edit(self, move: MoveNodes) -> Edit:
        """What happens on release: the move, and with an edge under the node also that."""
        if self._node_id is None or self.edge is None:
            return move
        return PutIntoEdge(self._node_id, self.edge, move.positions[self._node_id])

    def _under(self, node_id: str) -> Edge | None:
        left, top, right, bottom = self._scene.geometry.card(node_id)
        inner = QRectF(QPointF(left + INSET, top + 8), QPointF(right - INSET, bottom - 8))
        items = (self._scene.edges[edge] for edge in self._scene.geometry.edges_in(box_of(inner)))
        over = [item for item in items if item.crosses(inner)]
        nearest = min(over, key=lambda item: (item.label_at - inner.center()).manhattanLength(), default=None)
        return nearest.edge if nearest else None

    def _refusal(self, node_id: str, edge: Edge) -> str | None:
        if edge not in self._refusals:
            self._refusals[edge] = insertion_refusal(self._scene.session.graph, node_id, edge)
        return self._refusals[edge]
