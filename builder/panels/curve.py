"""One curve in a chart: redrawn only when it, the view or its scale changed."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QBrush

from builder.panels.chart_specs import CurveSpec
from builder.panels.history import Series
from builder.theme import Theme


class Curve:
    """A curve's picture.

    Attributes:
        item: the graphics item to add to a plot.
        bounds: smallest and largest value drawn, in axis units; (inf, -inf) while nothing is.
    """

    def __init__(self, spec: CurveSpec, scale: float) -> None:
        self.spec = spec
        if spec.markers:
            self.item = pg.PlotDataItem(antialias=True)
        else:
            self.item = pg.PlotCurveItem(connect="finite", antialias=spec.smooth)
        self.bounds = (math.inf, -math.inf)
        self._scale = scale
        self._drawn: tuple[object, ...] = ()

    def set_theme(self, theme: Theme) -> None:
        """Takes another theme's colour."""
        color = theme.color(self.spec.color)
        self.item.setPen(pg.mkPen(color, width=1))
        if self.spec.markers:
            self.item.setSymbol("o")
            self.item.setSymbolSize(6)
            self.item.setSymbolPen(None)
            self.item.setSymbolBrush(QBrush(color))

    def draw(self, series: Series | None, start: float, end: float, buckets: int, log: bool) -> None:
        """Draws what is between two steps, in at most 4 * `buckets` points; None clears the curve."""
        wanted = (series, len(series) if series is not None else 0, start, end, buckets, log)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        x, y = series.window(start, end, buckets) if series is not None else (np.empty(0), np.empty(0))
        y = y * self._scale
        if log:
            y = np.log10(np.where(y > 0, y, np.nan))
        self.item.setData(x, y)
        finite = y[np.isfinite(y)]
        self.bounds = (float(finite.min()), float(finite.max())) if len(finite) else (math.inf, -math.inf)
