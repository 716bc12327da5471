"""The charts of a run side by side: which are shown, how they are arranged, and what they follow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from builder.panels.chart_specs import CHARTS, ChartSpec, with_margin, x_range
from builder.panels.headline import arrange
from builder.panels.history import History
from builder.panels.other_runs import OtherRun
from builder.panels.plots import Chart
from builder.theme import GRID, Theme

ROOM_FOR_TWO_ROWS = 360  # pixels of height
LEAST_CHART_WIDTH = 170  # pixels
LEAST_CHART_HEIGHT = 110  # pixels with title and axis; less shows no curve


class ChartGrid(QWidget):
    """Shows the curves of one history.

    Signals:
        zoomed(): the user looks at a part of the run, which no longer follows it.
        all_asked(): the user wants to see all steps again.
        outdated_seen(): a chart came into sight that `draw` had left out.
        menu_asked(Chart, QPoint): the user wants to see what can be done with a chart, there on the screen.

    Attributes:
        charts: those that were needed so far, by name.
        follows: whether the charts show all steps as they come.
    """

    zoomed = Signal()
    all_asked = Signal()
    outdated_seen = Signal()
    menu_asked = Signal(object, QPoint)

    def __init__(self, theme: Theme, chosen: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: History | None = None
        self._chosen = set(chosen)
        self._range: tuple[float, float] | None = None  # of the x-axis, of all charts
        self._theme = theme
        self._others: tuple[OtherRun, ...] = ()
        self._outputs: tuple[str, ...] = ()
        self._specs = list(CHARTS)  # of these Outputs
        self._visible: list[ChartSpec] = []
        self._columns = 0
        self.follows = True
        self.charts: dict[str, Chart] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID)
        self.arrange()

    @property
    def shown(self) -> list[Chart]:
        """The charts that are shown, in their order."""
        return [self.charts[spec.name] for spec in self._visible]

    def _is_made(self, spec: ChartSpec) -> bool:
        """Whether there is such a chart, and of the Outputs of this run."""
        return spec.name in self.charts and self.charts[spec.name].spec == spec

    def _put(self, spec: ChartSpec) -> None:
        """Makes a chart, in place of one that was of other Outputs."""
        old = self.charts.pop(spec.name, None)
        self.charts[spec.name] = self._make(spec)
        if old is not None:
            old.hide()
            old.deleteLater()

    def _make(self, spec: ChartSpec) -> Chart:
        chart = Chart(spec, self._theme, self)
        chart.setMinimumHeight(LEAST_CHART_HEIGHT)
        chart.hovered.connect(self._on_hovered)
        chart.ranged.connect(self._on_ranged)
        chart.all_asked.connect(self.all_asked)
        chart.menu_asked.connect(self.menu_asked)
        chart.plot.outdated_seen.connect(self.outdated_seen)
        chart.set_others(self._others)
        chart.set_history(self._history)
        return chart

    def set_history(self, history: History | None) -> None:
        """Shows another run; None clears the charts."""
        self._history = history
        self.follows, self._range = True, None
        for chart in self.charts.values():
            chart.set_history(history)
        self.arrange()

    def set_others(self, others: Iterable[OtherRun]) -> None:
        """Draws the curves of other runs below those of this one."""
        self._others = tuple(others)
        for chart in self.charts.values():
            chart.set_others(self._others)
        self.arrange()

    def choose(self, names: Iterable[str]) -> None:
        """Shows these charts, as far as there is something in them."""
        self._chosen = set(names)
        self.arrange()
        self.draw_all()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for chart in self.charts.values():
            chart.set_theme(theme)

    def draw(self, total_steps: int) -> Iterator[None]:
        """Brings the charts in sight up to date bit by bit: a step makes one, or draws one."""
        while not self.arrange(most_new=1):
            yield
        if self.follows:
            self._follow(total_steps)
        sight = self.visibleRegion().boundingRect()
        for name in [spec.name for spec in self._visible]:
            chart = self.charts[name]  # as it is by now
            if chart.isVisible() and not sight.intersects(chart.plot.geometry().translated(chart.pos())):
                chart.plot.is_outdated = True  # it is scrolled out of sight, and the training waits
                continue
            self._aim(chart)
            chart.draw()
            chart.repaint_soon()
            yield

    def _follow(self, total_steps: int) -> None:
        """Has the charts show all steps, of the other runs too."""
        steps = None if self._history is None else self._history.steps
        if steps is not None:
            ends = [each.history.steps for each in self._others]
            last = max(end[1] for end in (steps, *ends) if end is not None)
            self._range = with_margin(*x_range(steps[0] - 1, last, total_steps))

    def draw_all(self) -> None:
        """Draws every chart anew, after something about all of it has changed."""
        for chart in self.shown:
            self._aim(chart)
            chart.draw()
            chart.plot.redraw()

    def picture(self) -> QPixmap:
        """All charts as they are now, those out of sight too, without what is under the mouse."""
        self._on_hovered(math.nan)
        self.draw_all()
        return self.grab()

    def _aim(self, chart: Chart) -> None:
        """Has a chart show the steps that all show."""
        if self._range is not None:
            chart.set_range(*self._range)

    def fit(self) -> None:
        """Follows the run again."""
        self.follows, self._range = True, None

    def arrange(self, *, most_new: int = len(CHARTS)) -> bool:
        """All charts in a row; in two where they stay high enough, or a row would be too narrow.

        Args:
            most_new: so many are made at most, which takes some 0.02 s each; the others stay away for now.

        Returns:
            whether no chart is left to be made.
        """
        wanted = [spec for spec in self._possible() if self._is_wanted(spec)]
        later = [spec for spec in wanted if not self._is_made(spec)][most_new:]
        if later:
            wanted = [spec for spec in wanted if spec not in later]
        columns = self._room_for(len(wanted))
        if (wanted, columns) == (self._visible, self._columns):
            return not later
        for spec in wanted:
            if not self._is_made(spec):
                self._put(spec)
        self._visible, self._columns = wanted, columns
        for chart in self.charts.values():
            chart.setVisible(chart.spec in wanted)
        arrange(self._grid, self.shown, columns)
        return not later

    def _possible(self) -> list[ChartSpec]:
        """The chosen charts of the Outputs of this run; the same objects as long as neither changes."""
        outputs = () if self._history is None else self._history.outputs
        if outputs != self._outputs:
            self._outputs = outputs
            self._specs = [chart.for_outputs(outputs) for chart in CHARTS]
        return [spec for spec in self._specs if spec.name in self._chosen]

    def _is_wanted(self, spec: ChartSpec) -> bool:
        if self._history is None:
            return spec.is_expected
        is_open = spec.is_expected and not self._history.has_points("train_loss")
        histories = [self._history, *(other.history for other in self._others)]
        return is_open or any(each.has_points(curve.series) for each in histories for curve in spec.curves)

    def _room_for(self, count: int) -> int:
        """How many charts stand beside each other."""
        fit = max(self.width() // LEAST_CHART_WIDTH, 1)
        rows = max(-(-count // fit), 2 if self.height() >= ROOM_FOR_TWO_ROWS else 1)
        return max(-(-count // rows), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    @Slot(float)
    def _on_hovered(self, step: float) -> None:
        for chart in self.shown:
            chart.show_values(math.nan if math.isnan(step) else round(step))

    @Slot(float, float)
    def _on_ranged(self, start: float, end: float) -> None:
        """Shows the same steps in all charts; the others follow at the next `draw`."""
        self.follows, self._range = False, (start, end)
        self.zoomed.emit()
