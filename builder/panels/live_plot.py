"""A plot whose curves can change twenty times a second beside a training run.

pyqtgraph handles ranges and the mouse. Axes and grid are kept as a picture until a range, the size or the
theme changes; the curves are painted over it with one call each, and while they grow, only where they grew.
Asking pyqtgraph's scene to repaint instead runs some hundred short Python functions for every frame (1 ms a
plot against 0.1 ms), and each of them contends with the training thread for the interpreter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QTransform,
    QWheelEvent,
)

from builder.panels.axes import AxesStyle, TickRule, Ticks, draw_axes, step_ticks, value_ticks
from builder.panels.history import Array, Mark
from builder.panels.step_view import StepView
from builder.scrolling import can_scroll

MARKER_SIZE = 6.0  # pixels
_PEN_ROOM = math.ceil(MARKER_SIZE / 2) + 2  # pixels that a line, its ends and dots reach beyond its points
_ANTIALIASING = QPainter.RenderHint.Antialiasing
_FAR = 10  # pixels or steps
_BAND_ALPHA = 48  # of 255
_VEIL_ALPHA = 160  # of 255; below a word, so that it is read and the curves are still seen
_MARK_GAP = 3  # pixels between the line of a mark and what is written beside it


class Pens:
    """What a curve is drawn with: a line through its points, and a dot on each where wanted."""

    def __init__(self, *, antialias: bool = False) -> None:
        self._antialias = antialias
        self._color, self._ratio = QColor(), 1.0
        self._pen = self._dot_pen = QPen()

    def set_color(self, color: QColor) -> None:
        """Draws line and dots in another colour."""
        self._color = color
        self._pen = pg.mkPen(color, width=max(round(self._ratio), 1))
        if self._antialias:
            self._pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # where two lines meet, ends would be seen twice
        self._dot_pen = QPen(color, MARKER_SIZE * self._ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        self._dot_pen.setCosmetic(True)  # so both are so many pixels of the device

    def set_ratio(self, ratio: float) -> None:
        """Draws on a picture with so many device pixels to a pixel."""
        if ratio != self._ratio:
            self._ratio = ratio
            self.set_color(self._color)

    def paint(self, painter: QPainter, x: Array, y: Array, *, dots: bool = False) -> None:
        """Draws points given in axis units, with a painter that is set to these."""
        if not len(x):
            return
        painter.setRenderHint(_ANTIALIASING, self._antialias)
        painter.setPen(self._pen)
        is_finite = np.isfinite(y)
        is_whole = is_finite.all()
        if self._pen.width() > 1:
            painter.drawLines(_segments(x, y))
        elif is_whole:
            painter.drawPolyline(pg.functions.arrayToQPolygonF(x, y))
        else:
            painter.drawPath(pg.arrayToQPath(x, y, connect="finite"))
        if dots:
            painter.setPen(self._dot_pen)
            if not is_whole:
                x, y = x[is_finite], y[is_finite]  # what is no number would be drawn somewhere
            if len(x):
                painter.drawPoints(pg.functions.arrayToQPolygonF(x, y))


def _segments(x: Array, y: Array) -> list[QLineF]:
    """The lines between points one by one; in one piece wide ones take a hundred times as long."""
    is_line = np.isfinite(y[:-1]) & np.isfinite(y[1:])
    ends = np.column_stack((x[:-1], y[:-1], x[1:], y[1:]))[is_line]
    return [QLineF(*each) for each in ends.tolist()]


class Paintable(Protocol):
    """A curve that a plot can draw."""

    def paint(self, painter: QPainter, since: float = -math.inf) -> None:
        """Draws itself from an x on, with a painter that is set to axis units."""

    def set_ratio(self, ratio: float) -> None:
        """Is drawn on a picture with so many device pixels to a pixel."""


class LivePlot(pg.PlotWidget):
    """A plot that repaints only when asked to, and then only where something changed.

    Args:
        curves: what it shows, later ones on top.

    Signals:
        outdated_seen(): it is painted, though `is_outdated` has said that its curves are not up to date.
        cursor_moved(float): a key asks for the line at another x; NaN for none, as the keyboard is elsewhere.
        menu_key_pressed(): a key asks for the menu.

    Attributes:
        cursor: x of the vertical line under the mouse, in axis units; NaN for none.
        name: of the x-axis; empty for none.
        value_ticks: where the y-axis has its ticks.
        is_outdated: whether its curves were not brought up to date, as nobody saw them.
    """

    outdated_seen = Signal()
    cursor_moved = Signal(float)
    menu_key_pressed = Signal()

    def __init__(self, curves: Sequence[Paintable]) -> None:
        self._backdrop: QPixmap | None = None  # background, axes and grid
        self._picture: QPixmap | None = None  # with the curves
        self._ratio = 1.0  # device pixels to a pixel, in both
        self._to_pixels = QTransform()
        self._across, self._offset = 1.0, 0.0  # of the x-axis in it
        self._frame = QRectF()
        self._inside = (0, 0, 0, 0)  # left, top, right and bottom of the pixels that curves may be drawn in
        self._curves = curves
        self._marks: tuple[Mark, ...] = ()
        self._cursor_pen = self._mark_pen = QPen()
        self._grid_pen = QPen()
        self._style = AxesStyle(QColor(), QColor(), QFont())
        self.cursor = math.nan
        self.name = ""
        self.value_ticks: TickRule = value_ticks
        self.is_outdated = False
        self._band = (math.nan, math.nan)  # the steps that are being marked
        super().__init__(viewBox=StepView())
        self._surface = self.viewport()
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)
        self._surface.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # by our picture
        self.hideButtons()
        self.setMenuEnabled(False)
        self.disableAutoRange()
        self.getViewBox().marked.connect(self._show_band)
        self.getViewBox().sigRangeChanged.connect(self.refresh)
        self.getViewBox().sigResized.connect(self.refresh)

    def set_looks(self, axes: AxesStyle, *, grid: QColor, cursor: QColor) -> None:
        """Draws the axes, the grid and the line under the mouse in another way."""
        self._style = axes
        self._grid_pen = QPen(grid, 1)
        self._cursor_pen = QPen(cursor, 1, Qt.PenStyle.DashLine)  # pyqtgraph's pens count device pixels
        self._mark_pen = QPen(cursor, 1, Qt.PenStyle.DotLine)
        self.refresh()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Shows what happened at some steps as lines with a word at the top."""
        if len(marks) != len(self._marks):
            self._marks = tuple(marks)
            self.redraw()

    @Slot()
    def refresh(self) -> None:
        """Draws axes and grid anew at the next repaint, and asks for one."""
        self._backdrop = None
        self.redraw()

    def redraw(self) -> None:
        """Draws the curves anew at the next repaint, and asks for one."""
        self._picture = None
        self.viewport().update()

    def extend(self, start: float, end: float) -> None:
        """Draws what the curves show between two x, and asks for a repaint of that part."""
        if self._picture is None or self._backdrop is None or start == -math.inf or self._ratio % 1:
            self.redraw()
            return
        across, offset = self._across, self._offset
        left, top, right, bottom = self._inside
        left = max(math.floor(start * across + offset) - _PEN_ROOM, left)
        right = min(math.ceil(end * across + offset) + _PEN_ROOM, right)
        if left >= right:
            return  # out of view
        width, height, ratio = right - left, bottom - top, int(self._ratio)
        painter = QPainter(self._picture)
        painter.setClipRect(left, top, width, height)
        painter.drawPixmap(
            left, top, self._backdrop, left * ratio, top * ratio, width * ratio, height * ratio
        )
        painter.setTransform(self._to_pixels)
        before = (left - _PEN_ROOM - offset) / across
        for curve in self._curves:
            curve.paint(painter, before)
        self._paint_marks(painter)
        painter.end()
        self._surface.update(left, top, width, height)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.is_outdated:
            self.is_outdated = False
            self.outdated_seen.emit()
        if self._picture is None or self._ratio != self.devicePixelRatioF():
            if self._surface.size().isEmpty():
                return  # a panel that is folded away
            self._picture = self._draw_picture()
        painter = QPainter(self._surface)
        painter.drawPixmap(0, 0, self._picture)
        if math.isfinite(self.cursor):
            x = self._to_pixels.map(QPointF(self.cursor, 0)).x()
            painter.setPen(self._cursor_pen)
            painter.drawLine(QPointF(x, self._frame.top()), QPointF(x, self._frame.bottom()))
        if math.isfinite(self._band[0]):
            self._paint_band(painter)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().accent(), 2))
            painter.drawRect(self._surface.rect().adjusted(1, 1, -1, -1))
        painter.end()

    @Slot(float, float)
    def _show_band(self, start: float, end: float) -> None:
        self._band = start, end
        self._surface.update()

    def _paint_band(self, painter: QPainter) -> None:
        """Shades the steps that are being marked with the mouse."""
        left, right = (self._to_pixels.map(QPointF(step, 0)).x() for step in self._band)
        shade = QColor(self._cursor_pen.color())
        shade.setAlpha(_BAND_ALPHA)
        painter.fillRect(QRectF(left, self._frame.top(), right - left, self._frame.height()), shade)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the line under the mouse, with Ctrl farther, Home and End as far as is seen."""
        first, last = self.viewRange()[0]
        far = _FAR if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
        stride = far * max(self.getViewBox().viewPixelSize()[0], 1.0)
        begin = self.cursor if math.isfinite(self.cursor) else (first + last) / 2
        places = {
            Qt.Key.Key_Left: begin - stride,
            Qt.Key.Key_Right: begin + stride,
            Qt.Key.Key_Home: first,
            Qt.Key.Key_End: last,
        }
        if event.key() not in places:
            event.ignore()
            return
        self.cursor_moved.emit(min(max(places[Qt.Key(event.key())], first), last))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Tells of the key alone: the mouse may be pressed for a drag, and the scene tells of clicks."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_key_pressed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._surface.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.cursor_moved.emit(math.nan)
        self._surface.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms; where there is something to scroll the wheel is for that, and zooms with Ctrl."""
        if can_scroll(self) and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        else:
            super().wheelEvent(event)

    def _draw_picture(self) -> QPixmap:
        """Everything but the cursor."""
        if self._backdrop is None or self._ratio != self.devicePixelRatioF():
            self._ratio = self.devicePixelRatioF()
            self._backdrop = self._draw_backdrop()
        picture = QPixmap(self._backdrop)
        painter = self._plot_painter(picture)
        for curve in self._curves:
            curve.set_ratio(self._ratio)
            curve.paint(painter)
        self._paint_marks(painter)
        painter.end()
        return picture

    def _paint_marks(self, painter: QPainter) -> None:
        """Draws a line for each mark, and its word on the side where there is room."""
        if not self._marks:
            return
        painter.resetTransform()
        places = [(round(self._to_pixels.map(QPointF(mark.step, 0)).x()) + 0.5, mark) for mark in self._marks]
        painter.setFont(self._style.font)
        written = self._frame.left()  # up to there is something already
        for index, (x, mark) in enumerate(places):
            painter.setPen(self._mark_pen)
            painter.drawLine(QPointF(x, self._frame.top()), QPointF(x, self._frame.bottom()))
            end = places[index + 1][0] if index + 1 < len(places) else self._frame.right()
            width = painter.fontMetrics().horizontalAdvance(mark.text) + 2 * _MARK_GAP
            if width <= end - x:
                self._write(painter, x, width, mark.text)
                written = x + width
            elif width <= x - written:
                self._write(painter, x - width, width, mark.text)
            written = max(written, x)

    def _write(self, painter: QPainter, left: float, width: float, text: str) -> None:
        """Writes a word at the top, over whatever curves are there."""
        metrics, top = painter.fontMetrics(), self._frame.top()
        veil = QColor(self.backgroundBrush().color())
        veil.setAlpha(_VEIL_ALPHA)
        painter.fillRect(QRectF(left + 1, top, width - 2, metrics.height()), veil)
        painter.setPen(self._style.text)
        painter.drawText(QPointF(left + _MARK_GAP, top + metrics.ascent()), text)

    def _draw_backdrop(self) -> QPixmap:
        """Background, axes and grid."""
        picture = QPixmap(self._surface.size() * self._ratio)
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(self.backgroundBrush().color())
        view = self.getViewBox()
        self._frame = frame = self.viewportTransform().mapRect(view.sceneBoundingRect())
        (first, last), (low, high) = view.viewRange()
        across, up = frame.width() / (last - first), frame.height() / (high - low)
        self._across, self._offset = across, frame.left() - first * across
        self._to_pixels = QTransform(across, 0, 0, -up, self._offset, frame.bottom() + low * up)
        inside = frame.toRect()
        self._inside = (
            inside.left(),
            inside.top(),
            inside.left() + inside.width(),
            inside.top() + inside.height(),
        )
        bottom = self._in_pixels(step_ticks(first, last, frame.width()), Qt.Orientation.Horizontal)
        left = self._in_pixels(self.value_ticks(low, high, frame.height()), Qt.Orientation.Vertical)
        painter = QPainter(picture)
        painter.setPen(self._grid_pen)
        painter.drawLines([QLineF(frame.left(), y, frame.right(), y) for y, _ in left])
        draw_axes(painter, frame, self._style, bottom, left, self.name)
        painter.end()
        return picture

    def _in_pixels(self, ticks: Ticks, side: Qt.Orientation) -> list[tuple[float, str]]:
        """Ticks with their places on the screen, in the middle of a pixel so that they are sharp."""
        if side is Qt.Orientation.Horizontal:
            return [(round(self._to_pixels.map(QPointF(x, 0)).x()) + 0.5, text) for x, text in ticks]
        return [(round(self._to_pixels.map(QPointF(0, y)).y()) + 0.5, text) for y, text in ticks]

    def _plot_painter(self, picture: QPixmap) -> QPainter:
        """A painter for what stands inside the axes, in axis units."""
        painter = QPainter(picture)
        painter.setClipRect(self._frame.toRect())
        painter.setTransform(self._to_pixels)
        return painter
