"""A picture of a view that stands in for it while somebody zooms through more than a frame can draw."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap, QTransform

SLICE = 0.005  # seconds of drawing before the window has its turn
BAND = 48  # pixels; a picture is drawn in bands of this height
PAUSE = 40  # milliseconds from a change to the beginning of a new picture

Draw = Callable[[QPainter, QRect], None]


class StandIn(QObject):
    """Keeps a picture of the viewport, made in slices while nothing else happens.

    Signals:
        ready(): the picture shows the view as it is now.

    Args:
        draw: draws a part of the viewport, given in pixels, with a painter that is set up for pixels.
        wanted: whether the view shows so much that a picture is needed.
    """

    ready = Signal()

    def __init__(self, draw: Draw, wanted: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._draw, self._wanted = draw, wanted
        self._picture: QPixmap | None = None
        self._transform = QTransform()  # of the view when the picture was made
        self._is_true = False
        self._next: QPixmap | None = None
        self._next_transform = QTransform()
        self._top = 0
        self._view = QTransform()
        self._size = QSize()
        self._pixel_ratio = 1.0
        self.is_shown = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._begin)
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._go_on)

    def look_at(self, view: QTransform, size: QSize, pixel_ratio: float) -> None:
        """Takes note of where the view now looks."""
        if (view, size, pixel_ratio) != (self._view, self._size, self._pixel_ratio):
            self._view, self._size, self._pixel_ratio = QTransform(view), QSize(size), pixel_ratio
            if not self._slices.isActive():  # one that is on its way is still better than the one before
                self._pause.start()

    def begin_zoom(self) -> None:
        """From now on the picture is shown, if there is one, until a new one is ready."""
        self.is_shown = self._picture is not None and self._wanted()

    @Slot()
    def note_change(self) -> None:
        """Takes note that the view shows something else now."""
        self._is_true = False
        self._slices.stop()
        self._pause.start()

    def paint(self, painter: QPainter) -> bool:
        """Draws the picture in place of the view; False if the view has to draw itself."""
        picture = self._picture
        if picture is None or not (self.is_shown or (self._is_true and self._transform == self._view)):
            return False
        back, _ = self._transform.inverted()
        painter.save()
        painter.setTransform(back * self._view)
        painter.drawPixmap(QRectF(QPoint(), self._size_of(picture)), picture, QRectF(picture.rect()))
        painter.restore()
        return True

    def _size_of(self, picture: QPixmap) -> QSize:
        return picture.deviceIndependentSize().toSize()

    @Slot()
    def _begin(self) -> None:
        if self._size.isEmpty() or not self._wanted():
            self._picture, self._is_true = None, False
            if self.is_shown:
                self._show(False)
            return
        self._next = QPixmap(self._size * self._pixel_ratio)
        self._next.setDevicePixelRatio(self._pixel_ratio)
        self._next_transform, self._top = QTransform(self._view), 0
        self._slices.start()

    @Slot()
    def _go_on(self) -> None:
        if self._next is None:
            self._slices.stop()
            return
        until = perf_counter() + SLICE
        with QPainter(self._next) as painter:
            while self._top < self._size.height():
                self._draw(painter, QRect(0, self._top, self._size.width(), BAND))
                self._top += BAND
                if perf_counter() > until:
                    break
        if self._top >= self._size.height():
            self._slices.stop()
            self._picture, self._transform, self._next = self._next, self._next_transform, None
            self._is_true = True
            is_it = self._transform == self._view
            if self.is_shown:
                self._show(not is_it)
            if not is_it:
                self._pause.start()

    def _show(self, is_shown: bool) -> None:
        self.is_shown = is_shown
        self.ready.emit()
