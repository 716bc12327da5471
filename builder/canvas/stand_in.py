"""A picture of a view that stands in for it where it shows more than a frame can draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap, QRegion, QTransform

SLICE = 0.005  # seconds of drawing before the window has its turn
BAND = 48  # pixels; a picture is drawn in bands of this height
PAUSE = 40  # milliseconds from a change to the beginning of a new picture
MOST_PARTS = 8  # that are drawn one by one; what lies between them is drawn as well if there are more
MOST_AREAS = 300  # that may look different, before all of the picture is made anew

Draw = Callable[[QPainter, QRect, QTransform], None]


def parts_of(region: QRegion) -> list[QRect]:
    """The rectangles to be drawn for a region."""
    parts = [QRect(part) for part in region]
    return parts if len(parts) <= MOST_PARTS else [region.boundingRect()]


class StandIn(QObject):
    """Keeps a picture of the viewport, made in slices while nothing else happens, and mended after a change.

    Signals:
        ready(): the picture shows the view as it is now.

    Args:
        draw: draws a part of the viewport, given in pixels, as a transform from scene coordinates shows it.
        wanted: whether the view shows so much that a picture is needed.
    """

    ready = Signal()

    def __init__(self, draw: Draw, wanted: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._draw, self._wanted = draw, wanted
        self._picture: QPixmap | None = None
        self._transform = QTransform()  # of the view when the picture was made
        self._is_true = False
        self._stale: list[QRectF] = []  # where the picture is to be mended, in scene coordinates
        self._next: QPixmap | None = None
        self._next_transform = QTransform()
        self._next_stale: list[QRectF] = []
        self._next_size = QSize()
        self._picture_size = QSize()
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
        self._mend()
        self.is_shown = self._picture is not None and self._wanted()

    def note_change(self, areas: Sequence[QRectF] | None = None) -> None:
        """Takes note that the view shows something else now.

        Args:
            areas: where, in scene coordinates; anywhere if None.
        """
        is_making = self._slices.isActive()
        if areas is not None and (self._is_true or is_making) and len(self._stale) < MOST_AREAS:
            self._stale += areas
            self._next_stale += areas if is_making else ()
            return
        self._is_true = False
        self._stale.clear()
        self._slices.stop()
        self._pause.start()

    def paint(self, painter: QPainter) -> bool:
        """Draws the picture in place of the view; False if the view has to draw itself."""
        self._mend()
        picture = self._picture
        if picture is None or not (self.is_shown or (self._is_true and self._is_of_view)):
            return False
        back, _ = self._transform.inverted()
        painter.save()
        painter.setTransform(back * self._view)
        painter.drawPixmap(QRectF(QPoint(), self._size_of(picture)), picture, QRectF(picture.rect()))
        painter.restore()
        return True

    @property
    def _is_of_view(self) -> bool:
        """Whether the picture is of where the view looks, all of it: its window may have grown since."""
        return self._transform == self._view and self._picture_size == self._size

    def _mend(self) -> None:
        """Draws anew what looks different in the picture, if it can be seen as it is."""
        if self._picture is None or not (self._stale and self._is_true and self._transform == self._view):
            return
        region = QRegion()
        for area in self._stale:
            region += self._transform.mapRect(area).toAlignedRect()
        self._stale.clear()
        with QPainter(self._picture) as painter:
            for part in parts_of(region & QRect(QPoint(), self._size_of(self._picture))):
                self._draw(painter, part, self._transform)

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
        self._next_transform, self._next_size, self._top = QTransform(self._view), QSize(self._size), 0
        self._next_stale.clear()
        self._slices.start()

    @Slot()
    def _go_on(self) -> None:
        if self._next is None:
            self._slices.stop()
            return
        until = perf_counter() + SLICE
        with QPainter(self._next) as painter:
            while self._top < self._next_size.height():
                part = QRect(0, self._top, self._next_size.width(), BAND)
                self._draw(painter, part, self._next_transform)
                self._top += BAND
                if perf_counter() > until:
                    break
        if self._top >= self._next_size.height():
            self._slices.stop()
            self._picture, self._transform, self._next = self._next, self._next_transform, None
            self._picture_size = self._next_size
            self._is_true, self._stale = True, [*self._next_stale]
            if self.is_shown:
                self._show(not self._is_of_view)
            if not self._is_of_view:
                self._pause.start()

    def _show(self, is_shown: bool) -> None:
        self.is_shown = is_shown
        self.ready.emit()
