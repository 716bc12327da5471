"""A small still plot of a few lines: no curves that grow, no mouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from builder.panels.axes import AxesStyle, TickRule, draw_axes, step_ticks, value_ticks
from builder.theme import GRID, Theme, font, light

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Points that are joined, in axis units.

    Attributes:
        color: token of the theme.
        width: pixels.
    """

    points: Sequence[Point]
    color: str
    width: float = 1.5


@dataclass(frozen=True)
class Picture:
    """What a plot shows.

    Attributes:
        lines: later ones on top.
        x: from where to where, in axis units.
        y: from where to where, in axis units.
        x_ticks: where the axis has its ticks.
        marks: vertical lines at these x.
        x_name: written below the x-axis.
    """

    lines: Sequence[Line]
    x: Point
    y: Point
    x_ticks: TickRule = step_ticks
    y_ticks: TickRule = value_ticks
    marks: Sequence[float] = ()
    x_name: str = ""


class LinePlot(QWidget):
    """Draws a picture as large as there is room.

    Attributes:
        picture: what is drawn; None before anything is.
    """

    def __init__(self, theme: Theme | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme or light()
        self.picture: Picture | None = None

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """Shows another picture."""
        if picture != self.picture:
            self.picture = picture
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.picture is None:
            return
        painter = QPainter(self)
        self._paint(painter, self.picture)
        painter.end()

    def _paint(self, painter: QPainter, picture: Picture) -> None:
        theme, (low, high) = self._theme, picture.y
        style = AxesStyle(theme.color(theme.border_strong), theme.color(theme.text_muted), font("caption"))
        metrics = QFontMetricsF(style.font)
        lines = 1.6 + (1 if picture.x_name else 0)  # below the axis
        height = self.height() - lines * metrics.height() - GRID
        rows = picture.y_ticks(low, high, height)
        left = max((metrics.horizontalAdvance(text) for _, text in rows), default=0.0) + GRID + 2
        frame = QRectF(left, GRID, self.width() - left - GRID, height)
        place = _placing(frame, picture)
        left_ticks = [(round(place(picture.x[0], value).y()) + 0.5, text) for value, text in rows]
        columns = picture.x_ticks(*picture.x, frame.width())
        painter.setPen(QPen(theme.color(theme.plot_grid), 1))
        painter.drawLines([QLineF(frame.left(), y, frame.right(), y) for y, _ in left_ticks])
        bottom_ticks = [(place(x, low).x(), text) for x, text in columns]
        draw_axes(painter, frame, style, bottom_ticks, left_ticks, picture.x_name)
        painter.setClipRect(frame.adjusted(0, -1, 1, 1))
        painter.setPen(QPen(theme.color(theme.text_muted), 1, Qt.PenStyle.DashLine))
        painter.drawLines([QLineF(place(x, low), place(x, high)) for x in picture.marks])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in picture.lines:
            painter.setPen(QPen(theme.color(getattr(theme, line.color)), line.width))
            painter.drawPolyline(QPolygonF([place(*point) for point in line.points]))


def _placing(frame: QRectF, picture: Picture) -> Callable[[float, float], QPointF]:
    """Gives where a point stands in pixels."""
    (first, last), (low, high) = picture.x, picture.y
    across, up = frame.width() / ((last - first) or 1.0), frame.height() / ((high - low) or 1.0)
    return lambda x, y: QPointF(frame.left() + (x - first) * across, frame.bottom() - (y - low) * up)
