"""One curve in a chart: redrawn only when it, the view or its scale changed."""

from __future__ import annotations

import math

import numpy as np

from builder.panels.chart_specs import CurveSpec
from builder.panels.history import Series
from builder.panels.live_plot import Line
from builder.theme import Theme

MAX_MARKERS = 60  # points closer than that would hide the line
SMOOTH_THINNING = (
    6  # a curve without noise looks the same with a few points, and antialiasing costs by the point
)


class Curve:
    """A curve's picture.

    Attributes:
        line: what the plot paints.
        bounds: smallest and largest value drawn, in axis units; (inf, -inf) while nothing is.
    """

    def __init__(self, spec: CurveSpec, scale: float) -> None:
        self.spec = spec
        self.line = Line(antialias=spec.smooth or spec.markers)
        self.bounds = (math.inf, -math.inf)
        self._scale = scale
        self._drawn: tuple[object, ...] = ()

    def set_theme(self, theme: Theme) -> None:
        """Takes another theme's colour."""
        self.line.set_color(theme.color(self.spec.color))

    def draw(self, series: Series | None, start: float, end: float, buckets: int, log: bool) -> bool:
        """Draws what is between two steps, in at most 4 * `buckets` points; None clears the curve.

        Returns:
            whether there was anything new to draw.
        """
        wanted = (series, len(series) if series is not None else 0, start, end, buckets, log)
        if wanted == self._drawn:
            return False
        self._drawn = wanted
        if self.spec.smooth:
            buckets = max(buckets // SMOOTH_THINNING, 16)
        x, y = np.empty(0), np.empty(0)
        if series is not None:
            x, y = series.window(start, end, buckets, smooth=self.spec.smooth)
        y = y * self._scale
        if log:
            y = np.log10(np.where(y > 0, y, np.nan))
        self.line.set_points(x, y, dots=self.spec.markers and len(x) <= MAX_MARKERS)
        finite = y[np.isfinite(y)]
        self.bounds = (float(finite.min()), float(finite.max())) if len(finite) else (math.inf, -math.inf)
        return True
