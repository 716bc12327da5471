"""Cutting edges: a line drawn across them takes them all away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from builder.canvas.scene import CanvasScene
from builder.canvas.style import NAME_SCALE
from builder.session import Session
from builder.texts import later, tr, tr_count
from graph.document import Edge
from graph.edits import Batch, Disconnect

CROSSES = QLineF.IntersectionType.BoundedIntersection


class Cut:
    """A line in the making; on release the edges that it crosses are gone, as one edit.

    Args:
        start: where it begins.
        zoom: pixels on screen for one canvas unit; far out an edge is crossed where its straight line is.
        tell: shows a sentence beside the mouse; an empty one hides it.
    """

    def __init__(
        self, scene: CanvasScene, session: Session, start: QPointF, zoom: float, tell: Callable[[str], None]
    ) -> None:
        self._scene, self._session, self._tell = scene, session, tell
        self._is_far = zoom < NAME_SCALE
        self._last, self._path = start, QPainterPath(start)
        self._crossed: dict[Edge, None] = {}
        self._line = QGraphicsPathItem()
        self._line.setPen(scene.style_.knife)
        self._line.setZValue(10)
        scene.addItem(self._line)

    def move(self, at: QPointF) -> None:
        if at == self._last:
            return
        self._crossed |= dict.fromkeys(self._crossed_by(QLineF(self._last, at)))
        self._last = at
        self._path.lineTo(at)
        self._line.setPath(self._path)
        self._scene.mark_cut(self._crossed)
        count = len(self._crossed)
        self._tell(tr_count("Cuts {count} edge", "Cuts {count} edges", count) if count else "")

    def finish(self, at: QPointF) -> None:
        self.move(at)
        self.cancel()
        if self._crossed:
            label = later("Cut edge") if len(self._crossed) == 1 else later("Cut edges")
            self._session.apply(Batch(label, (Disconnect(tuple(self._crossed)),)))
        else:
            self._session.message.emit(tr("The line crosses no edge."))

    def cancel(self) -> None:
        self._tell("")
        self._scene.removeItem(self._line)
        self._scene.mark_cut(())

    def _crossed_by(self, stroke: QLineF) -> Iterator[Edge]:
        left, right = sorted((stroke.x1(), stroke.x2()))
        top, bottom = sorted((stroke.y1(), stroke.y2()))
        for edge in self._scene.geometry.edges_in((left, top, right, bottom)):
            if edge not in self._crossed and any(
                stroke.intersects(part)[0] == CROSSES for part in self._parts(edge)
            ):
                yield edge

    def _parts(self, edge: Edge) -> Iterator[QLineF]:
        """The straight pieces that an edge is drawn as."""
        if self._is_far:
            geometry = self._scene.geometry
            yield QLineF(*geometry.port(edge.source, True), *geometry.port(edge.target, False))
            return
        for polygon in self._scene.edges[edge].path.toSubpathPolygons():
            yield from (QLineF(one, other) for one, other in pairwise(polygon))
