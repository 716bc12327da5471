"""One curve in a chart: what it shows, and from where on the picture of it is outdated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QPainter

from builder.panels.chart_specs import CurveSpec
from builder.panels.figures import widest_number
from builder.panels.history import Array, Series
from builder.panels.live_plot import Pens
from builder.theme import Theme

MAX_MARKERS = 60  # points closer than that would hide the line
SMOOTH_THINNING = (
    6  # a curve without noise looks the same with a few points, and antialiasing costs by the point
)
Span = tuple[float, float]  # from a step to a step
NOTHING: Span = (math.inf, -math.inf)
ALL: Span = (-math.inf, math.inf)


@dataclass(frozen=True)
class View:
    """What a chart shows: the steps from `start` to `end` in so many `buckets`, on a `log` axis or not.

    Another one, even with the same content, has every curve drawn anew.
    """

    start: float
    end: float
    buckets: int
    log: bool


class Curve:
    """A curve as a plot paints it.

    Attributes:
        bounds: smallest and largest value in view, in axis units; NOTHING while there is none.
        size: points so far, in view or not.
    """

    def __init__(self, spec: CurveSpec, scale: float) -> None:
        self.spec = spec
        self.bounds = NOTHING
        self.size = 0
        self._scale = scale
        self._pens = Pens(antialias=spec.smooth or spec.markers)
        self._series: Series | None = None
        self._view = View(0, 0, 1, False)
        self._width = 1  # points in a bucket
        self._is_dotted = False  # points are marked, as there are few
        self._most_dotted = 0  # up to this size they are
        self._room = 0  # up to this size the buckets stay as they are

    def set_theme(self, theme: Theme) -> None:
        """Takes another theme's colour."""
        self._pens.set_color(theme.color(self.spec.color))

    def set_ratio(self, ratio: float) -> None:
        """Is drawn on a picture with so many device pixels to a pixel."""
        self._pens.set_ratio(ratio)

    def show(self, series: Series | None, view: View) -> Span:
        """Shows a series, or nothing for None, and whatever it has grown by.

        Returns:
            the steps between which the last picture is outdated: NOTHING, ALL or a part.
        """
        size = len(series) if series is not None else 0
        before, self.size = self.size, size
        is_same = series is self._series and view is self._view
        if is_same and size == before:
            return NOTHING
        if series is None or not (is_same and size):
            is_empty = is_same or (self.bounds == NOTHING and not size)
            self._show_all(series, view)
            return NOTHING if is_empty else ALL
        if size > self._room or not before or (self._is_dotted and size > self._most_dotted):
            self._show_all(series, view)
            return ALL
        return self._grow(series, before)

    def _show_all(self, series: Series | None, view: View) -> None:
        self._series, self._view = series, view
        self.bounds, self._is_dotted = NOTHING, False
        if series is not None:
            buckets = max(view.buckets // SMOOTH_THINNING, 16) if self.spec.smooth else view.buckets
            self._width, self._room = series.buckets(view.start, view.end, buckets)
            shown = self._points(series, view.start)[1]
            self._is_dotted = self.spec.markers and len(shown) <= MAX_MARKERS
            self._most_dotted = len(series) + MAX_MARKERS - len(shown)
            self._widen(shown)

    def _grow(self, series: Series, before: int) -> Span:
        """Takes the points behind the first `before` in; they can change the two buckets before them."""
        x, width = series.x, self._width
        if x[before - 1] > self._view.end:
            return NOTHING
        self._widen(self._in_axis_units(series.y[before:]))
        return float(x[max((before - 1) // width * width - width, 0)]), float(x[-1])

    @property
    def widest(self) -> str:
        """A text that takes as much room as that of any value in view; empty while there is none."""
        low, high = (10.0**end for end in self.bounds) if self._view.log else self.bounds
        return widest_number(low, high)

    def paint(self, painter: QPainter, since: float = -math.inf) -> None:
        """Draws itself from a step on, if it goes so far, with a painter that is set to axis units."""
        if self._series is not None and self.size and self._series.x[-1] >= since:
            x, y = self._points(self._series, max(self._view.start, since))
            self._pens.paint(painter, x, y, dots=self._is_dotted or self.size == 1)

    def _points(self, series: Series, start: float) -> tuple[Array, Array]:
        x, y = series.window(start, self._view.end, self._width, smooth=self.spec.smooth)
        return x, self._in_axis_units(y)

    def _in_axis_units(self, y: Array) -> Array:
        scaled = y if self._scale == 1 else y * self._scale
        return np.log10(np.where(scaled > 0, scaled, np.nan)) if self._view.log else scaled

    def _widen(self, y: Array) -> None:
        if not len(y):
            return
        low, high = float(y.min()), float(y.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            finite = y[np.isfinite(y)]
            low, high = (float(finite.min()), float(finite.max())) if len(finite) else NOTHING
        self.bounds = (min(self.bounds[0], low), max(self.bounds[1], high))
