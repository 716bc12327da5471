"""A plot whose curves can change twenty times a second beside a training run.

pyqtgraph lays out the axes and handles the mouse. What it draws is kept as a picture until a range, the
size or the theme changes; the curves are painted over it with one call each, and while they grow, only
where they grew. Asking its scene to repaint instead runs some hundred short Python functions for every frame
(1 ms a plot against 0.1 ms), and each of them contends with the training thread for the interpreter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QTransform

from builder.panels.history import Array

MARKER_SIZE = 6.0  # pixels
_PEN_ROOM = 2  # pixels that a line and its ends may be wider than its points
_FAR = 1e12  # steps; beyond any run


class Pens:
    """What a curve is drawn with: a line through its points, and a dot on each where wanted."""

    def __init__(self, *, antialias: bool = False) -> None:
        self._antialias = antialias
        self._pen = self._dot_pen = QPen()

    def set_color(self, color: QColor) -> None:
        """Draws line and dots in another colour."""
        self._pen = pg.mkPen(color, width=1)
        self._dot_pen = QPen(color, MARKER_SIZE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        self._dot_pen.setCosmetic(True)

    def paint(
        self, painter: QPainter, x: Array, y: Array, connect: str = "finite", *, dots: bool = False
    ) -> None:
        """Draws points given in axis units, with a painter that is set to these."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._antialias)
        painter.setPen(self._pen)
        painter.drawPath(pg.arrayToQPath(x, y, connect=connect))
        if dots and len(x):
            painter.setPen(self._dot_pen)
            painter.drawPoints(pg.functions.arrayToQPolygonF(x, y))


class Paintable(Protocol):
    """A curve that a plot can draw."""

    def paint(self, painter: QPainter, since: float = -math.inf) -> None:
        """Draws itself from an x on, with a painter that is set to axis units."""


class LivePlot(pg.PlotWidget):
    """A plot that repaints only when asked to, and then only where something changed.

    Args:
        axes: by side, as pyqtgraph takes them.
        curves: what it shows, later ones on top.

    Attributes:
        cursor: x of the vertical line under the mouse, in axis units; NaN for none.
    """

    def __init__(self, axes: dict[str, pg.AxisItem], curves: Sequence[Paintable]) -> None:
        self._backdrop: QPixmap | None = None  # background, axes and grid
        self._picture: QPixmap | None = None  # with the curves
        self._to_pixels = QTransform()
        self._frame = QRectF()
        self._curves = curves
        self._cursor_pen = QPen()
        self._grid_pens = Pens()
        self._grid_values: Array = np.empty(0)
        self.cursor = math.nan
        super().__init__(axisItems=axes)
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.disableAutoRange()
        self.getViewBox().sigRangeChanged.connect(self.refresh)
        self.getViewBox().sigResized.connect(self.refresh)

    def set_colors(self, *, grid: QColor, cursor: QColor) -> None:
        """Draws the grid and the line under the mouse in other colours."""
        self._grid_pens.set_color(grid)
        self._cursor_pen = pg.mkPen(cursor, width=1, style=Qt.PenStyle.DashLine)
        self.refresh()

    def set_grid(self, values: Array) -> None:
        """Draws horizontal lines at these y, below the curves."""
        self._grid_values = values
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Draws axes and grid anew at the next repaint, and asks for one."""
        self._backdrop = None
        self.redraw()

    def redraw(self) -> None:
        """Draws the curves anew at the next repaint, and asks for one."""
        self._picture = None
        self.viewport().update()

    def extend(self, x: float) -> None:
        """Puts on the screen what the curves show from an x on, before it returns."""
        if self._picture is None or not math.isfinite(x) or not self.devicePixelRatioF().is_integer():
            self._picture = None
            self.viewport().repaint()
            return
        left = math.floor(self._to_pixels.map(QPointF(x, 0)).x()) - _PEN_ROOM
        strip = self._frame.intersected(QRectF(left, self._frame.top(), self.width(), self._frame.height()))
        since = self._to_pixels.inverted()[0].map(QPointF(left - _PEN_ROOM, 0)).x()
        painter = QPainter(self._picture)
        painter.setClipRect(strip)
        painter.drawPixmap(0, 0, self._backdrop)
        painter.setTransform(self._to_pixels)
        for curve in self._curves:
            curve.paint(painter, since)
        painter.end()
        self.viewport().repaint(strip.toAlignedRect())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.viewport().size().isEmpty():
            return  # a panel that is folded away
        if self._picture is None or self._picture.devicePixelRatio() != self.devicePixelRatioF():
            self._picture = self._draw_picture()
        painter = QPainter(self.viewport())
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self._picture)
        if math.isfinite(self.cursor):
            x = self._to_pixels.map(QPointF(self.cursor, 0)).x()
            painter.setPen(self._cursor_pen)
            painter.drawLine(QPointF(x, self._frame.top()), QPointF(x, self._frame.bottom()))
        painter.end()

    def _draw_picture(self) -> QPixmap:
        """Everything but the cursor."""
        if self._backdrop is None or self._backdrop.devicePixelRatio() != self.devicePixelRatioF():
            self._backdrop = self._draw_backdrop()
        picture = QPixmap(self._backdrop)
        painter = self._plot_painter(picture)
        for curve in self._curves:
            curve.paint(painter)
        painter.end()
        return picture

    def _draw_backdrop(self) -> QPixmap:
        """Background, axes and grid."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.backgroundBrush().color())
        painter = QPainter(picture)
        self.render(painter, QRectF(self.viewport().rect()), self.viewport().rect())
        painter.end()
        view = self.getViewBox()
        self._to_pixels = view.childGroup.sceneTransform() * self.viewportTransform()
        self._frame = self.viewportTransform().mapRect(view.sceneBoundingRect())
        painter = self._plot_painter(picture)
        x = np.tile((-_FAR, _FAR), len(self._grid_values))
        self._grid_pens.paint(painter, x, np.repeat(self._grid_values, 2), connect="pairs")
        painter.end()
        return picture

    def _plot_painter(self, picture: QPixmap) -> QPainter:
        """A painter for what stands inside the axes, in axis units."""
        painter = QPainter(picture)
        painter.setClipRect(self._frame)
        painter.setTransform(self._to_pixels)
        return painter
