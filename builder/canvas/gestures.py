"""What a drag of the mouse does: select by a rectangle, move what is selected, resize a frame or a note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsRectItem

from builder.canvas.boxes import box_of
from builder.canvas.dropping import Drop
from builder.canvas.moving import move_edit, places_of_selection
from builder.canvas.scene import CanvasScene
from builder.session import Session
from builder.theme import GRID
from graph.annotation_edits import SetFrame, SetNote
from graph.annotations import MIN_SIDE
from graph.document import Edge, Frame, Position

MOST_EDGES = 1000  # that a rectangle selects; to look at more at each move of the mouse would take too long


class Gesture(Protocol):
    """A drag from press to release. Positions are scene coordinates."""

    def move(self, at: QPointF) -> None:
        """Shows what would happen on release here."""

    def finish(self, at: QPointF) -> None:
        """Does it."""

    def cancel(self) -> None:
        """Leaves everything as it was."""


class Marquee:
    """Selects the nodes and notes that a rectangle touches, and the frames that lie in it; else edges.

    Edges are what is meant where the rectangle crosses nothing but them.

    Args:
        modifiers: Ctrl toggles what is touched, Shift adds it, otherwise it replaces the selection.
    """

    def __init__(
        self, scene: CanvasScene, session: Session, start: QPointF, modifiers: Qt.KeyboardModifier
    ) -> None:
        self._scene, self._session, self._start = scene, session, start
        self._before, self._edges_before = session.all_selected, frozenset(scene.selected_edges)
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
        touched = [*self._scene.nodes_in(area), *self._scene.annotations.touched(area)]
        self._session.select(self._with(touched))
        self._scene.select_edges(self._with_edges(frozenset() if touched else self._crossed(area)))

    def finish(self, at: QPointF) -> None:
        self._scene.removeItem(self._frame)

    def cancel(self) -> None:
        self._scene.removeItem(self._frame)
        self._session.select(self._before)
        self._scene.select_edges(self._edges_before)

    def _crossed(self, area: QRectF) -> frozenset[Edge]:
        near = self._scene.geometry.edges_in(box_of(area))
        if len(near) > MOST_EDGES:
            return frozenset()
        return frozenset(edge for edge in near if self._scene.edges[edge].crosses(area))

    def _with_edges(self, crossed: frozenset[Edge]) -> frozenset[Edge]:
        if self._toggles:
            return self._edges_before ^ crossed
        return self._edges_before | crossed if self._adds else crossed

    def _with(self, touched: list[str]) -> list[str]:
        if self._toggles:
            kept = [node_id for node_id in self._before if node_id not in touched]
            return kept + [node_id for node_id in touched if node_id not in self._before]
        return [*self._before, *touched] if self._adds else touched


class Move:
    """Moves what is selected, in steps of the grid where the scene snaps to it, and what stands in frames.

    One edit on release; a single node without edges is put into the edge that it is dropped on.

    Args:
        origin: the corner of what was taken, which snaps to the grid.
        start: where it was taken.
        tell: shows a sentence beside the mouse; an empty one hides it.
    """

    def __init__(
        self,
        scene: CanvasScene,
        session: Session,
        origin: QPointF,
        start: QPointF,
        tell: Callable[[str], None],
    ) -> None:
        self._scene, self._session, self._start, self._origin = scene, session, start, origin
        self._before = places_of_selection(scene)
        self._positions: dict[str, Position] = {}
        self._shift = QPointF()
        self._tell, self._drop = tell, Drop(scene, self._before)

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
            self._tell(self._drop.follow())

    def finish(self, at: QPointF) -> None:
        if not self._shift.isNull():
            self._session.apply(self._drop.edit(move_edit(self._scene, self._positions)))
        self.cancel()

    def cancel(self) -> None:
        self._scene.show_at({})
        self._drop.end()
        self._tell("")


class Resize:
    """Pulls the corner of a frame or a note, in steps of the grid where the scene snaps to it."""

    def __init__(self, scene: CanvasScene, session: Session, item_id: str, start: QPointF) -> None:
        self._scene, self._session, self._start = scene, session, start
        self._before = self._now = scene.annotations.get(item_id)

    def move(self, at: QPointF) -> None:
        step = GRID if self._scene.snaps_to_grid else 1
        width, height = (
            max(round((before + by) / step) * step, MIN_SIDE)
            for before, by in zip(self._before.size, (at - self._start).toTuple(), strict=True)
        )
        if self._now.size != (width, height):
            self._now = replace(self._before, size=(width, height))
            self._scene.show_resized([self._now])

    def finish(self, at: QPointF) -> None:
        if self._now.size != self._before.size:
            kind = SetFrame if isinstance(self._now, Frame) else SetNote
            self._session.apply(kind(self._now.id, size=self._now.size))
        self._scene.show_resized([])

    def cancel(self) -> None:
        self._scene.show_resized([])
