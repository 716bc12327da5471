"""Dropping loose nodes on an edge: which edge they are over, and whether they fit there."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF

from builder.canvas.boxes import box_of
from builder.canvas.scene import CanvasScene
from builder.texts import tr
from graph.document import Edge, Edit, Position
from graph.edits import MoveNodes
from graph.putting_in import Piece, PutIntoEdge, loose_piece

MOST = 64  # nodes that are put into an edge together; more are hardly meant for it
INSET = 24.0  # canvas units; an edge that only touches the rim of a card is not meant


class Drop:
    """Follows what is moved, and marks the edge that it would be put into.

    Args:
        moved: everything that is moved; only a loose node, or loose ones in a row, can be put into an edge.
    """

    def __init__(self, scene: CanvasScene, moved: Mapping[str, Position]) -> None:
        self._scene = scene
        graph = scene.session.graph
        is_small = len(moved) <= MOST and all(each in graph.nodes for each in moved)
        self._piece = loose_piece(graph, moved) if moved and is_small else None
        self._ids = tuple(moved)
        self._refusals: dict[Edge, str | None] = {}
        self.edge: Edge | None = None

    def follow(self) -> str:
        """Looks where the node is shown now; returns what is to be said, and empty if it is over no edge."""
        if self._piece is None:
            return ""
        over = next(filter(None, map(self._under, self._ids)), None)
        reason = self._refusal(self._piece, over) if over else None
        self.edge = None if reason else over
        self._scene.hover(None, self.edge)
        if reason or not self.edge:
            return reason or ""
        is_one = len(self._ids) == 1
        return tr("Release to put it into the edge.") if is_one else tr("Release to put them into the edge.")

    def end(self) -> None:
        """Marks nothing any more."""
        if self._piece is not None:
            self._scene.hover(None, None)

    def edit(self, move: MoveNodes) -> Edit:
        """What happens on release: the move, and with an edge under a node also that."""
        return move if self.edge is None else PutIntoEdge(move.positions, self.edge)

    def _under(self, node_id: str) -> Edge | None:
        left, top, right, bottom = self._scene.geometry.card(node_id)
        inner = QRectF(QPointF(left + INSET, top + 8), QPointF(right - INSET, bottom - 8))
        items = (self._scene.edges[edge] for edge in self._scene.geometry.edges_in(box_of(inner)))
        over = [item for item in items if item.crosses(inner) and not self._is_own(item.edge)]
        nearest = min(over, key=lambda item: (item.label_at - inner.center()).manhattanLength(), default=None)
        return nearest.edge if nearest else None

    def _is_own(self, edge: Edge) -> bool:
        return edge.source.node in self._ids or edge.target.node in self._ids

    def _refusal(self, piece: Piece, edge: Edge) -> str | None:
        if edge not in self._refusals:
            self._refusals[edge] = piece.refusal(self._scene.session.graph, edge)
        return self._refusals[edge]
