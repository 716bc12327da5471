"""The axes of a plot: where ticks stand, what is written at them, and how both are drawn.

pyqtgraph's axes do all that too, in 3 ms of Python whenever a range changes; while a curve is young, that is
several times a second, and a training run beside it waits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

TICK = 4.0  # pixels that a tick is long
_GAP = 3.0  # pixels between a tick and its number
_LINE = 26.0  # pixels between two numbers above each other, at least
_COLUMN = 56.0  # pixels between two numbers beside each other, at least
_LARGE, _HUGE = 1e5, 1e10  # values from one to the other are written in thousands or millions
_FACTORS = (1.0, 2.0, 5.0, 10.0)

Ticks = Sequence[tuple[float, str]]  # in axis units, with what is written there


@dataclass(frozen=True)
class AxesStyle:
    """Looks of both axes."""

    line: QColor
    text: QColor
    font: QFont


def step_ticks(low: float, high: float, length: float) -> Ticks:
    """Ticks of an axis of training steps: 2000, 12k, 1.5M.

    Args:
        low: where the axis begins.
        high: where it ends.
        length: pixels in between.
    """
    values = _evenly(low, high, length / _COLUMN, whole=True)
    return [(value, _steps(value)) for value in values]


def value_ticks(low: float, high: float, length: float) -> Ticks:
    """Ticks of an axis of values, with no more digits than tell them apart."""
    values = _evenly(low, high, length / _LINE)
    largest = max(map(abs, values), default=0.0)
    spacing = values[1] - values[0] if len(values) > 1 else largest or 1.0
    if _LARGE <= largest < _HUGE and spacing >= 1:
        return [(value, _steps(value)) for value in values]
    whole = _magnitude(largest) if largest < _HUGE else 0  # what is huge is written as 5e+13
    digits = max(whole, _magnitude(largest / spacing), 0) + 1
    return [(value, f"{value if abs(value) > 1e-9 * largest else 0:.{digits}g}") for value in values]


def log_ticks(low: float, high: float, length: float) -> Ticks:
    """Ticks of a logarithmic axis, which is in powers of ten: at decades, or at 1, 2 and 5 of a few decades.

    Less than a decade has evenly spaced values, as a linear axis has.
    """
    room, span = length / _LINE, max(high - low, 1e-9)
    if span < 1:
        return [
            (math.log10(value), text) for value, text in value_ticks(10**low, 10**high, length) if value > 0
        ]
    apart = max(math.ceil(span / room), 1)
    mantissas = (1, 2, 5) if span < 2 and 3 * span < room else (1,)
    decades = range(math.floor(low / apart) * apart, math.ceil(high) + 1, apart)
    values = [math.log10(mantissa) + decade for decade in decades for mantissa in mantissas]
    return [(value, f"{10**value:.3g}") for value in values if low <= value <= high]


def draw_axes(
    painter: QPainter,
    frame: QRectF,
    style: AxesStyle,
    bottom: Sequence[tuple[float, str]],
    left: Sequence[tuple[float, str]],
    name: str = "",
) -> None:
    """Draws both axes around the frame that the curves stand in.

    Args:
        painter: in pixels.
        frame: in pixels.
        style: colours and font.
        bottom: x in pixels, and what is written there.
        left: y in pixels, and what is written there.
        name: written below the numbers of the bottom axis.
    """
    painter.setPen(QPen(style.line, 1))
    corner = frame.bottomLeft()
    lines = [QLineF(frame.topLeft(), corner), QLineF(corner, frame.bottomRight())]
    lines += (QLineF(x, frame.bottom(), x, frame.bottom() + TICK) for x, _ in bottom)
    lines += (QLineF(frame.left() - TICK, y, frame.left(), y) for y, _ in left)
    painter.drawLines(lines)
    painter.setPen(style.text)
    painter.setFont(style.font)
    metrics = QFontMetricsF(style.font)
    below = frame.bottom() + TICK + 1 + metrics.ascent()
    for x, text in bottom:
        width = metrics.horizontalAdvance(text)
        at = min(x - width / 2, painter.viewport().width() / painter.device().devicePixelRatioF() - width - 1)
        painter.drawText(QPointF(at, below), text)
    middle = (metrics.ascent() - metrics.descent()) / 2
    for y, text in left:
        _draw_before(painter, QPointF(frame.left() - TICK - _GAP, y + middle), text, metrics)
    if name:
        area = QRectF(frame.left(), below + metrics.descent(), frame.width(), metrics.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name)


def _draw_before(painter: QPainter, end: QPointF, text: str, metrics: QFontMetricsF) -> None:
    """Writes what ends at a point; narrower where it would else begin left of the picture."""
    width, room = metrics.horizontalAdvance(text), end.x() - 1
    if width <= room:
        painter.drawText(QPointF(end.x() - width, end.y()), text)
        return
    painter.save()
    painter.translate(1, end.y())
    painter.scale(room / width, 1)
    painter.drawText(QPointF(0, 0), text)
    painter.restore()


TickRule = Callable[[float, float, float], Ticks]


def _evenly(low: float, high: float, room: float, *, whole: bool = False) -> list[float]:
    """At most about `room` round numbers between two, evenly spaced."""
    rough = (high - low) / max(room, 1.0)
    if not (math.isfinite(rough) and rough > 0):
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    spacing = next(factor * power for factor in _FACTORS if factor * power >= rough * (1 - 1e-9))
    if whole:
        spacing = max(spacing, 1.0)
    first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
    return [index * spacing for index in range(first, last + 1)]


def _magnitude(value: float) -> int:
    return math.ceil(math.log10(value)) if value > 0 else 0


def _steps(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if abs(value) >= 1e4 else f"{value:g}"
