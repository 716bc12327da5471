"""Moves what is seen while something is dragged to the border of the canvas: a drag reaches anything."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QTimer, Slot

from builder.canvas.zoom_view import ZoomView

ZONE = 24  # pixels along the border, and all beyond it
SHARE = 0.5  # of the way into the zone that is moved each time
MOST = 32  # pixels each time
INTERVAL = 16  # milliseconds


class BorderPan(QObject):
    """Follows a drag over a view.

    Args:
        view: what is panned; also its parent.
        moved: told after each move where the mouse is on the view; says whether the drag still goes on.
    """

    def __init__(self, view: ZoomView, moved: Callable[[QPoint], bool]) -> None:
        super().__init__(view)
        self._view, self._moved = view, moved
        self._at = QPoint()
        self._has_been_inside = False
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.step)

    @property
    def is_on(self) -> bool:
        """Whether the view is being moved."""
        return self._timer.isActive()

    def begin(self, at: QPoint) -> None:
        """A drag begins; one that does so in the zone moves nothing until it has left it."""
        self.stop()
        self._has_been_inside = self._pull(at).isNull()

    def follow(self, at: QPoint) -> None:
        """The mouse is there now, with something in its hand."""
        self._at = at
        is_inside = self._pull(at).isNull()
        self._has_been_inside |= is_inside
        if is_inside or not self._has_been_inside:
            self._timer.stop()
        elif not self.is_on:
            self._timer.start()

    def stop(self) -> None:
        """The drag is over."""
        self._timer.stop()

    @Slot()
    def step(self) -> None:
        """Moves the view once, further the further out the mouse is."""
        self._view.pan_by(-self._pull(self._at))
        if not self._moved(self._at):
            self.stop()

    def _pull(self, at: QPoint) -> QPoint:
        """By how much a mouse there pulls."""
        size = self._view.viewport().size()
        return QPoint(_pull(at.x(), size.width()), _pull(at.y(), size.height()))


def _pull(at: int, length: int) -> int:
    depth = min(at - ZONE, 0) + max(at - (length - 1 - ZONE), 0)
    return max(-MOST, min(round(depth * SHARE), MOST))
