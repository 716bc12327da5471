"""What a run has told so far, and the views of it: its curves, its classes, its layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QStackedWidget, QWidget

from builder.panels.chart_menu import chart_menu
from builder.panels.classes_view import ClassesView
from builder.panels.curves_view import CurvesView, below_names
from builder.panels.dashboard_menu import DashboardMenu
from builder.panels.layers_view import LayersView, layer_names, note_layers
from builder.panels.other_runs import OtherRun, RunLegend
from builder.texts import tr
from builder.theme import Theme
from graph.project import Project
from runtime.events import (
    EpochEnded,
    Event,
    GraphChanged,
    NodesInspected,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)

if TYPE_CHECKING:
    from builder.panels.chart_grid import ChartGrid
    from builder.panels.history import Array, History
    from builder.panels.plots import Chart

CURVES, CLASSES, LAYERS = range(3)  # the views
UPDATE_CHART = "update_ratio"  # is fed by looks at the layers


class RunViews(QStackedWidget):
    """Remembers one run, and shows one of the views. Charts are built when they are first needed.

    Args:
        menu: chooses the charts, and how much the loss is smoothed; has what a chart's menu has.

    Signals:
        outdated(): the curves should be brought up to date.
        aimed(): all steps are shown, or not any more.

    Attributes:
        history: the curves of the run; None before its first step.
        legend: names the runs that are drawn over this one.
    """

    outdated = Signal()
    aimed = Signal()

    def __init__(self, theme: Theme, menu: DashboardMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._menu = theme, menu
        self.classes = ClassesView(theme)
        self.layers = LayersView(theme)
        self.legend = RunLegend(theme)
        self.curves = CurvesView(self.legend)
        self.history: History | None = None
        self._others: tuple[OtherRun, ...] = ()
        self._grid: ChartGrid | None = None
        for view in (self.curves, self.classes, self.layers):
            self.addWidget(view)
        self.layers.zoomed.connect(self.aimed)
        self.layers.menu_asked.connect(self._open_menu)
        menu.charts_chosen.connect(self._choose_charts)
        menu.smoothing_chosen.connect(self._smooth)

    # -- data --

    def take(self, event: Event, total_steps: int) -> None:
        """Takes what a run tells that will have so many steps in all."""
        match event:
            case RunStarted():
                self.classes.reset(event.class_names)
                for step in (*event.resumed_at, event.start_step):
                    if step:
                        self.open_history().mark(step, tr("resumed"))
            case PlanChanged():
                self.open_history().mark(event.step, tr("plan changed"))
            case GraphChanged():
                self.open_history().mark(event.step, tr("network changed"))
            case StepsRecorded():
                self.open_history().add_steps(event)
            case EpochEnded():
                self.open_history().add_epoch(event)
                self.classes.show_epoch(event)
            case NodesInspected():
                history = self.open_history()
                note_layers(history, event)
                self.layers.show_look(event, history, total_steps)
            case RunEnded():
                self.layers.show_end()

    def reset(self, project: Project | None) -> None:
        """Forgets the run, for one of this project."""
        self.history = None
        self.classes.reset()
        self.layers.reset(layer_names(project) if project else {})
        if self._grid is not None:
            self._grid.set_history(None)

    def show_others(self, others: Iterable[OtherRun]) -> None:
        """Draws the curves of other runs below those of this one, and names them; none takes them away."""
        self._others = tuple(others)
        self.legend.show_runs(self._others)
        if self._grid is not None:
            self._grid.set_others(self._others)
        self.outdated.emit()

    def open_history(self) -> History:
        """The curves of the run, which begins now at the latest."""
        if self.history is None:
            from builder.panels.history import History  # numpy would hold up the window by 0.1 s

            self.history = History(self._menu.smoothing)
            if self._grid is not None:
                self._grid.set_history(self.history)
        return self.history

    def series(self, name: str) -> tuple[Array, Array]:
        """A curve's steps and values, copied.

        Raises:
            KeyError: there is no such curve.
        """
        series = self.open_history().series[name]
        return series.x.copy(), series.y.copy()

    # -- looks --

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for view in (self.classes, self.layers, self.legend):
            view.set_theme(theme)
        if self._grid is not None:
            self._grid.set_theme(theme)

    @property
    def charts(self) -> dict[str, Chart]:
        """The charts by name that were needed so far; built now if none was."""
        return self._open_grid().charts

    def prepare(self) -> None:
        """Builds the charts ahead of the first run."""
        self._open_grid()

    def draw(self, total_steps: int) -> Iterator[None]:
        """Brings the curves up to date bit by bit: a step draws a chart."""
        return self._open_grid().draw(total_steps)

    @property
    def shows_curves(self) -> bool:
        """Whether there are curves that anyone can see."""
        return self.history is not None and self.isVisible() and self.currentIndex() == CURVES

    @property
    def needs_looks(self) -> bool:
        """Whether looks at the layers have something to tell in the view that is chosen."""
        view = self.currentIndex()
        return view == LAYERS or (view == CURVES and UPDATE_CHART in self._menu.charts)

    @property
    def follows(self) -> bool:
        """Whether all steps are shown as they come."""
        return (self.curves, self.classes, self.layers)[self.currentIndex()].follows

    @Slot()
    def fit(self) -> None:
        """Shows all steps again."""
        if self.currentIndex() == LAYERS:
            self.layers.fit()
        else:
            self._open_grid().fit()
            self.outdated.emit()
        self.aimed.emit()

    def picture(self, run: str) -> QPixmap:
        """What is seen, and above it the names of the runs.

        Args:
            run: what the run that is shown is called; empty for no name.
        """
        is_curves = self.currentIndex() == CURVES
        picture = self.curves.picture() if is_curves else self.currentWidget().grab()
        return below_names(picture, self.legend, run, with_others=is_curves)

    def _open_grid(self) -> ChartGrid:
        if self._grid is None:
            from builder.panels.chart_grid import ChartGrid  # pyqtgraph would hold up the window by 0.35 s

            self._grid = ChartGrid(self._theme, self._menu.charts)
            self._grid.zoomed.connect(self._on_zoomed)
            self._grid.all_asked.connect(self.fit)
            self._grid.outdated_seen.connect(self.outdated)
            self._grid.menu_asked.connect(self._open_menu)
            self._grid.set_history(self.open_history())
            self._grid.set_others(self._others)
            self.curves.hold_charts(self._grid)
        return self._grid

    @Slot()
    def _on_zoomed(self) -> None:
        self.aimed.emit()
        self.outdated.emit()

    @Slot(object, QPoint)
    def _open_menu(self, chart: Chart, at: QPoint) -> None:
        chart_menu(chart, self._menu, is_chosen=self.currentIndex() == CURVES).popup(at)

    @Slot(object)
    def _choose_charts(self, names: list[str]) -> None:
        if self._grid is not None:
            self._grid.choose(names)

    @Slot(float)
    def _smooth(self, smoothing: float) -> None:
        if self.history is not None and self._grid is not None:
            for history in (self.history, *(other.history for other in self._others)):
                history.smooth(smoothing)
            self._grid.draw_all()
