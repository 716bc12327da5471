"""A small picture of a whole graph, made in slices after a change and never while nothing happens."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, QRectF, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap, QTransform

from builder.canvas.boxes import box_of, rect_of
from builder.canvas.far import Tile
from builder.canvas.grid_index import united
from builder.canvas.scene import CanvasScene
from builder.theme import GRID

MARGIN = float(GRID)  # pixels around the graph
PAUSE = 200  # milliseconds at least between two pictures
SHARE = 10  # times as long as a picture took, none is begun after it
SMALL = 1000  # nodes up to which the rectangle around them all is found anew whenever it is asked for
SLICE = 0.004  # seconds of drawing before the window has its turn


class MapPicture(QObject):
    """Follows a scene from a little behind.

    Signals:
        ready(): there is a new picture.

    Args:
        size: of the picture, in pixels.

    Attributes:
        pixmap: the picture; None until the first is ready.
        area: what it shows, in scene coordinates.
    """

    ready = Signal()

    def __init__(self, scene: CanvasScene, size: QSize, parent: QObject) -> None:
        super().__init__(parent)
        self._scene, self._size = scene, size
        self.pixmap: QPixmap | None = None
        self.area = QRectF()
        self.pixel_ratio = 1.0
        self._bounds: QRectF | None = None  # of all, until something changes
        self._is_wanted, self._is_stale = False, True
        self._next = QPixmap()
        self._next_area = QRectF()
        self._left: list[Tile] | None = None  # still to be drawn; None while tiles are made
        self._spent = 0.0  # seconds on the last picture, or on this one so far
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._begin)
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._go_on)
        scene.content_changed.connect(self.note_change)

    @property
    def is_idle(self) -> bool:
        """Whether it does nothing, and has nothing before it."""
        return not self._pause.isActive() and not self._slices.isActive()

    @property
    def to_picture(self) -> QTransform:
        """From scene coordinates to pixels of the picture."""
        return _placed(self.area, self._size)

    @property
    def bounds(self) -> QRectF:
        """The rectangle around all there is; of a large graph to the tile, as it was drawn last."""
        if self._bounds is None:
            tiles = [tile.extent for tile in self._scene.far.tiles]
            extents = [extent for extent in tiles if extent is not None]
            if len(self._scene.session.graph.nodes) <= SMALL or len(extents) < len(tiles):
                self._bounds = self._scene.bounds()
            else:
                around = self._scene.annotations.bounds()
                box = united([*extents, *([around] if around else [])])
                self._bounds = rect_of(box) if box else QRectF()
        return self._bounds

    def want(self, is_wanted: bool) -> None:
        """Says whether somebody looks; otherwise nothing is drawn."""
        self._is_wanted = is_wanted
        if is_wanted and self._is_stale and self.is_idle:
            self._pause.start(0)

    def resize(self, size: QSize) -> None:
        """Draws itself in another size, from the beginning."""
        self._size = size
        self._slices.stop()
        self.note_change()

    @Slot()
    def note_change(self) -> None:
        """Takes note that the scene looks different now."""
        self._is_stale, self._bounds = True, None
        if self._is_wanted and self.is_idle:
            self._pause.start(max(PAUSE, round(self._spent * SHARE * 1000)))

    @Slot()
    def _begin(self) -> None:
        if not self._is_wanted or self.bounds.isEmpty():
            return
        if self._scene.is_loading:  # tiles that are not whole yet would be made again and again
            self._pause.start(PAUSE)
            return
        self._next = QPixmap(self._size * self.pixel_ratio)
        self._next.setDevicePixelRatio(self.pixel_ratio)
        self._next.fill(self._scene.style_.canvas)
        self._left, self._spent, self._is_stale = None, 0.0, False
        self._slices.start()

    @Slot()
    def _go_on(self) -> None:
        start = perf_counter()
        self._draw(start + SLICE)
        self._spent += perf_counter() - start
        if self._left is None or self._left:
            return
        self._slices.stop()
        self.pixmap, self.area = self._next, self._next_area
        if self._is_stale:
            self.note_change()
        self.ready.emit()

    def _draw(self, until: float) -> None:
        far = self._scene.far
        is_first = self._left is None
        if self._left is None:
            if not far.make(until):
                return
            self._left, self._bounds = list(far.tiles), None
            self._next_area = self.bounds
        transform = _placed(self._next_area, self._size)
        with QPainter(self._next) as painter:
            painter.setTransform(transform, True)
            if is_first:
                self._scene.annotations.paint_frames(painter, box_of(self._next_area), transform.m11())
            while self._left and perf_counter() < until:
                far.paint_blocks(painter, [self._left.pop()], is_small=True)


def _placed(area: QRectF, size: QSize) -> QTransform:
    """Puts an area into the middle of a picture."""
    width, height = size.width() - 2 * MARGIN, size.height() - 2 * MARGIN
    scale = min(width / max(area.width(), 1.0), height / max(area.height(), 1.0))
    middle = QTransform.fromTranslate(size.width() / 2, size.height() / 2)
    return QTransform.fromScale(scale, scale).translate(-area.center().x(), -area.center().y()) * middle
