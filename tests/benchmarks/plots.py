"""Twelve curves of a million steps that go on growing: a frame, a look at another part, another smoothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import quantiles
from time import perf_counter
from typing import Any

POINTS = 1_000_000
CHARTS, CURVES = 4, 3  # of each chart
GROWTH = 250  # steps between two frames: 5,000 a second at 20 Hz
FRAMES = 200
PEER_FRAMES = 20
LOOKS = 40
SMOOTHINGS = (0.5, 0.9, 0.95, 0.98, 0.99)
COLORS = ("plot_train", "plot_val", "plot_grad")
SIZE = (1280, 330)  # pixels, of all charts


def run() -> dict[str, Any]:
    """Milliseconds: median, 99th percentile and longest; and the same curves in plain pyqtgraph plots."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from builder.app import make_application

    application = make_application()
    ours, theirs = _Ours(application).figures(), _Plain(application).figures()
    ratio = theirs["frame"]["median"] / ours["frame"]["median"]
    return {
        "figures": {"points a curve": POINTS, "curves": CHARTS * CURVES, **ours},
        "peers": {"pyqtgraph, peak downsampling and clip to view": theirs},
        "ratios": {"pyqtgraph / ours, a frame": round(ratio, 1)},
    }


class _Ours:
    """The dashboard's charts."""

    def __init__(self, application: Any) -> None:
        from PySide6.QtWidgets import QGridLayout, QWidget

        from builder.panels.chart_specs import ChartSpec, CurveSpec
        from builder.panels.history import History
        from builder.panels.plots import Chart
        from builder.theme import light

        self.application, self.history, self.window = application, History(), QWidget()
        self.names = [f"curve {index}" for index in range(CHARTS * CURVES)]
        self.charts, self.size = [], 0
        grid = QGridLayout(self.window)
        for number in range(CHARTS):
            own = self.names[number * CURVES : (number + 1) * CURVES]
            curves = tuple(CurveSpec(name, name, color) for name, color in zip(own, COLORS, strict=True))
            chart = Chart(ChartSpec(f"chart {number}", f"Chart {number}", curves, can_log=True), light())
            chart.set_history(self.history)
            grid.addWidget(chart, 0, number)
            self.charts.append(chart)
        self.window.resize(*SIZE)
        self.window.show()
        application.processEvents()

    def figures(self) -> dict[str, Any]:
        self.grow([_values(seed) for seed in range(len(self.names))])
        for chart in self.charts:
            chart.set_range(0, 2 * POINTS)
        found = {
            "first picture": _timed(self.frame, 1),
            "frame": _timed(self.frame, FRAMES, before=lambda: self.grow([[0.2] * GROWTH] * len(self.names))),
        }
        parts = iter([(index * 0.37) % 0.5 * POINTS for index in range(LOOKS)])
        found["another part"] = _timed(lambda: self.look(next(parts)), LOOKS)
        self.history.series["loss"] = self.history.series[self.names[0]]
        smoothings = iter(SMOOTHINGS)
        found["another smoothing"] = _timed(lambda: self.history.smooth(next(smoothings)), len(SMOOTHINGS))
        self.window.close()
        return found

    def grow(self, columns: Any) -> None:
        from builder.panels.history import Series

        for name, values in zip(self.names, columns, strict=True):
            steps = range(self.size, self.size + len(values))
            self.history.series.setdefault(name, Series()).extend(steps, values)
        self.size += len(columns[0])

    def frame(self) -> None:
        from PySide6.QtCore import QEvent

        for chart in self.charts:
            chart.draw()
        for chart in self.charts:
            chart.repaint_soon()
        self.application.sendPostedEvents(self.window, QEvent.Type.UpdateRequest.value)

    def look(self, start: float) -> None:
        for chart in self.charts:
            chart.set_range(start, start + POINTS / 3)
        self.frame()


class _Plain:
    """pyqtgraph as its documentation advises for long curves."""

    def __init__(self, application: Any) -> None:
        import numpy as np
        import pyqtgraph as pg
        from PySide6.QtWidgets import QGridLayout, QWidget

        self.application, self.window, self.size = application, QWidget(), POINTS
        more = np.full(GROWTH * PEER_FRAMES, 0.2)
        self.data = [np.concatenate([_values(seed), more]) for seed in range(CHARTS * CURVES)]
        grid, self.items = QGridLayout(self.window), []
        for number in range(CHARTS):
            plot = pg.PlotWidget()
            plot.setXRange(0, 2 * POINTS)
            for color in ("#1f5fd6", "#c25a00", "#1d7f6d"):
                item = plot.plot(pen=pg.mkPen(color, width=1))
                item.setDownsampling(auto=True, method="peak")
                item.setClipToView(True)
                self.items.append(item)
            grid.addWidget(plot, 0, number)
        self.window.resize(*SIZE)
        self.window.show()

    def figures(self) -> dict[str, Any]:
        return {
            "first picture": _timed(self.frame, 1),
            "frame": _timed(self.frame, PEER_FRAMES, before=self.grow),
        }

    def grow(self) -> None:
        self.size += GROWTH

    def frame(self) -> None:
        for item, values in zip(self.items, self.data, strict=True):
            item.setData(values[: self.size])
        self.application.processEvents()


def _values(seed: int) -> Any:
    import numpy as np

    noise = np.random.default_rng(seed).normal(0, 0.05, POINTS)
    return 2 / (1 + np.arange(POINTS) / 50_000) + noise


def _timed(
    step: Callable[[], object], rounds: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """How long a step takes, each time after `before`, which is not timed."""
    times = []
    for _ in range(rounds):
        before()
        start = perf_counter()
        step()
        times.append(1e3 * (perf_counter() - start))
    if rounds == 1:
        return {"once": round(times[0], 2)}
    cuts = quantiles(times, n=100, method="inclusive")
    return {
        name: round(value, 2)
        for name, value in (("median", cuts[49]), ("p99", cuts[98]), ("longest", max(times)))
    }
