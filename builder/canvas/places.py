"""Where a view stood in each graph that it has shown, so that going back looks as it did."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QTransform

from builder.canvas.zoom_view import ZoomView
from graph.scopes import Path

Seen = tuple[Path, str | None]


class Places:
    """Remembers zoom and position by graph: the path to it, and the block at its end.

    Args:
        view: read, and moved back.
    """

    def __init__(self, view: ZoomView) -> None:
        self._view = view
        self._places: dict[Seen, tuple[float, QPointF]] = {}  # zoom, and the scene position of the corner

    def keep(self, graph: Seen) -> None:
        """Notes how a graph is seen now."""
        self._places[graph] = self._view.zoom, self._view.mapToScene(QPoint(0, 0))

    def restore(self, graph: Seen) -> bool:
        """Shows a graph as it was seen last; False if it was not seen yet."""
        if graph not in self._places:
            return False
        zoom, corner = self._places[graph]
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._view.pan_by(-self._view.mapFromScene(corner))
        return True

    def forget(self) -> None:
        """Drops everything: another document is open."""
        self._places.clear()
