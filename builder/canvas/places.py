"""Where a view stood in each graph that it has shown, so that going back looks as it did."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QTransform

from builder.canvas.zoom_view import ZoomView
from graph.scopes import Path


class Places:
    """Remembers zoom and position by path.

    Args:
        view: read, and moved back.
    """

    def __init__(self, view: ZoomView) -> None:
        self._view = view
        self._places: dict[Path, tuple[float, QPointF]] = {}  # zoom, and the scene position of the corner

    def keep(self, path: Path) -> None:
        """Notes how the graph at a path is seen now."""
        self._places[path] = self._view.zoom, self._view.mapToScene(QPoint(0, 0))

    def restore(self, path: Path) -> bool:
        """Shows a graph as it was seen last; False if it was not seen yet."""
        if path not in self._places:
            return False
        zoom, corner = self._places[path]
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._view.pan_by(-self._view.mapFromScene(corner))
        return True

    def forget(self) -> None:
        """Drops everything: another document is open."""
        self._places.clear()
