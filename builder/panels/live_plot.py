"""A plot whose curves can change twenty times a second beside a training run.

pyqtgraph lays out the axes and handles the mouse. What it draws is kept as a picture until a range, the
size or the theme changes; the curves are painted over it with one call each. Asking its scene to repaint
instead runs some hundred short Python functions for every frame (1 ms a plot against 0.1 ms), and each of
them contends with the training thread for the interpreter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QPolygonF, QTransform

from builder.panels.history import Array

MARKER_SIZE = 6.0  # pixels


class Line:
    """A line through points in axis units, with a dot on each where wanted."""

    def __init__(self, *, antialias: bool = False) -> None:
        self._antialias = antialias
        self._path = QPainterPath()
        self._dots = QPolygonF()
        self._pen = self._dot_pen = QPen()

    def set_color(self, color: QColor) -> None:
        """Draws line and dots in another colour."""
        self._pen = pg.mkPen(color, width=1)
        self._dot_pen = QPen(color, MARKER_SIZE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        self._dot_pen.setCosmetic(True)

    def set_points(self, x: Array, y: Array, connect: str = "finite", *, dots: bool = False) -> None:
        """Draws other points; with `dots` each is marked."""
        self._path = pg.arrayToQPath(x, y, connect=connect)
        self._dots = pg.functions.arrayToQPolygonF(x, y) if dots and len(x) else QPolygonF()

    def paint(self, painter: QPainter) -> None:
        """Draws itself with a painter that is set to axis units."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._antialias)
        painter.setPen(self._pen)
        painter.drawPath(self._path)
        if self._dots:
            painter.setPen(self._dot_pen)
            painter.drawPoints(self._dots)


class LivePlot(pg.PlotWidget):
    """A plot that repaints only when asked to.

    Args:
        axes: by side, as pyqtgraph takes them.
        lines: the curves, later ones on top.

    Attributes:
        grid: drawn below the curves.
        cursor: x of the vertical line under the mouse, in axis units; NaN for none.
    """

    def __init__(self, axes: dict[str, pg.AxisItem], lines: Sequence[Line]) -> None:
        self._backdrop: QPixmap | None = None
        self._to_pixels = QTransform()
        self._frame = QRectF()
        self._lines = lines
        self._cursor_pen = QPen()
        self.grid = Line()
        self.cursor = math.nan
        super().__init__(axisItems=axes)
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.disableAutoRange()
        self.getViewBox().sigRangeChanged.connect(self.refresh)
        self.getViewBox().sigResized.connect(self.refresh)

    def set_cursor_color(self, color: QColor) -> None:
        """Draws the line under the mouse in another colour."""
        self._cursor_pen = pg.mkPen(color, width=1, style=Qt.PenStyle.DashLine)

    @Slot()
    def refresh(self) -> None:
        """Draws axes and grid anew at the next repaint, and asks for one."""
        self._backdrop = None
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.viewport().size().isEmpty():
            return  # a panel that is folded away
        if self._backdrop is None or self._backdrop.devicePixelRatio() != self.devicePixelRatioF():
            self._backdrop = self._draw_backdrop()
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._backdrop)
        self._paint_curves(painter, self._lines)
        if math.isfinite(self.cursor):
            x = self._to_pixels.map(QPointF(self.cursor, 0)).x()
            painter.resetTransform()
            painter.setPen(self._cursor_pen)
            painter.drawLine(QPointF(x, self._frame.top()), QPointF(x, self._frame.bottom()))
        painter.end()

    def _draw_backdrop(self) -> QPixmap:
        """Background, axes and grid."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.backgroundBrush().color())
        painter = QPainter(picture)
        self.render(painter, QRectF(self.viewport().rect()), self.viewport().rect())
        view = self.getViewBox()
        self._to_pixels = view.childGroup.sceneTransform() * self.viewportTransform()
        self._frame = self.viewportTransform().mapRect(view.sceneBoundingRect())
        self._paint_curves(painter, [self.grid])
        painter.end()
        return picture

    def _paint_curves(self, painter: QPainter, lines: Sequence[Line]) -> None:
        painter.setClipRect(self._frame)
        painter.setTransform(self._to_pixels)
        for line in lines:
            line.paint(painter)
