"""What a drag of the mouse does: select by a rectangle, or move nodes."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsRectItem

from builder.canvas.node_item import NodeItem
from builder.canvas.scene import CanvasScene
from builder.session import Session
from builder.theme import GRID
from graph.document import Position
from graph.edits import MoveNodes


class Gesture(Protocol):
    """A drag from press to release. Positions are scene coordinates."""

    def move(self, at: QPointF) -> None:
        """Shows what would happen on release here."""

    def finish(self, at: QPointF) -> None:
        """Does it."""

    def cancel(self) -> None:
        """Leaves everything as it was."""


class Marquee:
    """Selects the nodes that a rectangle touches.

    Args:
        modifiers: Ctrl toggles what is touched, Shift adds it, otherwise it replaces the selection.
    """

    def __init__(
        self, scene: CanvasScene, session: Session, start: QPointF, modifiers: Qt.KeyboardModifier
    ) -> None:
        self._scene, self._session, self._start = scene, session, start
        self._before = session.selection
        self._toggles = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._adds = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        pen, brush = scene.style_.marquee
        self._frame = QGraphicsRectItem()
        self._frame.setPen(pen)
        self._frame.setBrush(brush)
        self._frame.setZValue(10)
        scene.addItem(self._frame)
        if not (self._toggles or self._adds):
            session.select(())
            scene.select_edges(())

    def move(self, at: QPointF) -> None:
        area = QRectF(self._start, at).normalized()
        self._frame.setRect(area)
        self._session.select(self._with(self._scene.nodes_in(area)))

    def finish(self, at: QPointF) -> None:
        self._scene.removeItem(self._frame)

    def cancel(self) -> None:
        self._scene.removeItem(self._frame)
        self._session.select(self._before)

    def _with(self, touched: list[str]) -> list[str]:
        if self._toggles:
            kept = [node_id for node_id in self._before if node_id not in touched]
            return kept + [node_id for node_id in touched if node_id not in self._before]
        return [*self._before, *touched] if self._adds else touched


class Move:
    """Moves the selected nodes, in steps of the grid where the scene snaps to it; one edit on release."""

    def __init__(self, scene: CanvasScene, session: Session, grabbed: NodeItem, start: QPointF) -> None:
        self._scene, self._session, self._start = scene, session, start
        self._origin = grabbed.pos()
        nodes = session.graph.nodes
        self._before = {node_id: nodes[node_id].position for node_id in session.selection}
        self._positions: dict[str, Position] = {}
        self._shift = QPointF()

    def move(self, at: QPointF) -> None:
        wanted = self._origin + at - self._start
        step = GRID if self._scene.snaps_to_grid else 1
        snapped = QPointF(round(wanted.x() / step) * step, round(wanted.y() / step) * step)
        shift = snapped - self._origin
        if shift != self._shift:
            self._shift = shift
            dx, dy = shift.x(), shift.y()
            self._positions = {i: (x + dx, y + dy) for i, (x, y) in self._before.items()}
            self._scene.show_at(self._positions)

    def finish(self, at: QPointF) -> None:
        if not self._shift.isNull():
            self._session.apply(MoveNodes(self._positions))
        self._scene.show_at({})

    def cancel(self) -> None:
        self._scene.show_at({})
