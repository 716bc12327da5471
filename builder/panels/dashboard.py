"""The dashboard: a run's figures and curves, live."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from builder.panels.classes_view import ClassesView
from builder.panels.curves_view import CurvesView, below_names
from builder.panels.dashboard_bar import DashboardBar
from builder.panels.dashboard_menu import DashboardMenu
from builder.panels.empty_page import EmptyPage
from builder.panels.failure_banner import FailureBanner
from builder.panels.figures import RunFigures
from builder.panels.headline import Headline
from builder.panels.layers_view import LayersView, layer_names, note_layers
from builder.panels.other_runs import OtherRun, RunLegend
from builder.pulse import Pulse
from builder.texts import tr
from builder.theme import GRID, Theme
from builder.turns import Turns
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
from runtime.free_memory import used_memory

if TYPE_CHECKING:
    from builder.node_watch import NodeWatch
    from builder.panels.chart_grid import ChartGrid
    from builder.panels.history import Array, History
    from builder.panels.plots import Chart

FRAME = 25  # milliseconds between two repaints of the curves at least; the run is looked at less often
FIGURES = 500  # milliseconds between two rewrites of the figures; nobody reads faster than that
SLACK = 100  # milliseconds; while a run goes on, events come sooner, and it is held for what they bring
LEAST_HEIGHT = 160  # pixels
MEGABYTE = 1e6
CURVES, CLASSES, LAYERS = range(3)  # the views
ASKER = "dashboard"
UPDATE_CHART = "update_ratio"  # is fed by looks at the layers


class Dashboard(QWidget):
    """Shows one run from the events it is fed.

    It repaints when it is fed, at most 40 times a second, and not while it is hidden: a chart or a few in a
    turn of the event loop, so that none takes long. Charts are built when it is first seen with a run, so
    that the window need not wait for numpy and pyqtgraph.

    Attributes:
        figures: the run's latest numbers.
        headline: the row that shows them.
        legend: names the runs that are drawn over this one.
        banner: why it failed.
        frames: repaints of the curves so far.
    """

    def __init__(
        self, theme: Theme, settings: QSettings | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.figures = RunFigures()
        self.headline = Headline(theme)
        self.menu = DashboardMenu(settings)
        self.classes = ClassesView(theme)
        self.layers = LayersView(theme)
        self.legend = RunLegend(theme)
        self.curves = CurvesView(self.legend)
        self.bar = DashboardBar(self.menu, self.legend)
        self.progress_bar, self.status_label = self.bar.progress_bar, self.bar.status_label
        self.fit_button, self.switch = self.bar.fit_button, self.bar.switch
        self.frames = 0
        self._theme = theme
        self._history: History | None = None
        self._others: tuple[OtherRun, ...] = ()
        self._is_live = True
        self._name = ""  # of the run
        self._grid: ChartGrid | None = None
        self._watch: NodeWatch | None = None
        self._turns = Turns(self)
        self._build()
        self.setMinimumHeight(LEAST_HEIGHT)  # two rows of charts must not push the canvas away
        self._curves_pulse = Pulse(FRAME, self)
        self._curves_pulse.fired.connect(self._draw)
        self._figures_pulse = Pulse(FIGURES, self, slack=SLACK)
        self._figures_pulse.fired.connect(self._figure)
        self.menu.charts_chosen.connect(self._choose_charts)
        self.menu.smoothing_chosen.connect(self._smooth)
        self.menu.picture_asked.connect(self._copy_picture)
        self.switch.chosen.connect(self._show_view)
        self.fit_button.clicked.connect(self._on_fit)
        self.layers.zoomed.connect(self._offer_fit)
        self.set_theme(theme)

    def follow(self, watch: NodeWatch) -> None:
        """Asks this watch for looks at the layers from now on, while something shows them."""
        self._watch = watch
        self._ask_for_looks()

    def work_in(self, turns: Turns) -> None:
        """Draws the charts in these turns from now on."""
        self._turns = turns

    # -- data --

    def feed(self, events: Iterable[Event]) -> None:
        """Takes a run's events in order and repaints soon. Call it from the main thread."""
        for event in events:
            self.figures.take(event)
            self._take(event)
        self._pages.setCurrentWidget(self._run_page)
        self._request()

    def _take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.classes.reset(event.class_names)
                for step in (*event.resumed_at, event.start_step):
                    if step:
                        self._open_history().mark(step, tr("resumed"))
            case PlanChanged():
                self._open_history().mark(event.step, tr("plan changed"))
            case GraphChanged():
                self._open_history().mark(event.step, tr("network changed"))
            case StepsRecorded():
                self._open_history().add_steps(event)
            case EpochEnded():
                self._open_history().add_epoch(event)
                self.classes.show_epoch(event)
            case NodesInspected():
                history = self._open_history()
                note_layers(history, event)
                self.layers.show_look(event, history, self.figures.total_steps)
            case RunEnded():
                self.layers.show_end()

    def show_others(self, others: Iterable[OtherRun]) -> None:
        """Draws the curves of other runs below those of this one, and names them; none takes them away."""
        self._others = tuple(others)
        self.legend.show_runs(self._others)
        self._place_legend()
        if self._grid is not None:
            self._grid.set_others(self._others)
        self._curves_pulse.request()

    @Slot()
    def draw_soon(self) -> None:
        """Repaints the curves, as those of another run have grown, or charts have come into sight."""
        self._curves_pulse.request()

    def name_run(self, name: str) -> None:
        """Says how the run is called that is shown from now on, or is by now; empty for none."""
        if name != self._name:
            self._name = name
            self._figures_pulse.request()

    def reset(self, project: Project | None = None, *, is_live: bool = True) -> None:
        """Clears everything for a new run, of this project; an earlier one is not live."""
        self.figures, self._is_live = RunFigures(), is_live
        self._history = None
        self.classes.reset()
        self.layers.reset(layer_names(project) if project else {})
        self._curves_pulse.cancel()
        if self._grid is not None:
            self._grid.set_history(None)
        self._show_figures()
        self._pages.setCurrentWidget(self._empty_page)

    def series(self, name: str) -> tuple[Array, Array]:
        """A curve's steps and values, copied, by its name in the history.

        Raises:
            KeyError: there is no such curve.
        """
        series = self._open_history().series[name]
        return series.x.copy(), series.y.copy()

    def prepare(self) -> None:
        """Builds the charts ahead of the first run."""
        self._open_grid()

    @property
    def history(self) -> History | None:
        """The curves of the run; None before its first step."""
        return self._history

    @property
    def is_idle(self) -> bool:
        """Whether everything fed is shown, and nothing will be repainted before the next event."""
        pulses = (self._curves_pulse, self._figures_pulse)
        return self._turns.is_idle and not any(pulse.is_pending for pulse in pulses)

    @property
    def charts(self) -> dict[str, Chart]:
        """The charts by name that were needed so far; built now if none was."""
        return self._open_grid().charts

    def _open_history(self) -> History:
        if self._history is None:
            from builder.panels.history import History  # numpy would hold up the window by 0.1 s

            self._history = History(self.menu.smoothing)
            if self._grid is not None:
                self._grid.set_history(self._history)
        return self._history

    def _open_grid(self) -> ChartGrid:
        if self._grid is None:
            from builder.panels.chart_grid import ChartGrid  # pyqtgraph would hold up the window by 0.35 s

            self._grid = ChartGrid(self._theme, self.menu.charts)
            self._grid.zoomed.connect(self._on_zoomed)
            self._grid.all_asked.connect(self._on_fit)
            self._grid.outdated_seen.connect(self.draw_soon)
            self._grid.set_history(self._open_history())
            self._grid.set_others(self._others)
            self.curves.hold_charts(self._grid)
        return self._grid

    # -- looks --

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.headline.set_theme(theme)
        self.classes.set_theme(theme)
        self.layers.set_theme(theme)
        self.legend.set_theme(theme)
        self._empty_page.set_theme(theme)
        self._show_figures()
        if self._grid is not None:
            self._grid.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._request()
        self._ask_for_looks()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ask_for_looks()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_legend()

    def _place_legend(self) -> None:
        """Names the other runs in the bar, or above the curves if they are many or have long names."""
        place = self.bar if self.bar.has_room_for_legend else self.curves
        place.hold_legend()
        self.legend.setVisible(self.legend.has_runs and self._views.currentIndex() == CURVES)

    def _request(self) -> None:
        self._curves_pulse.request()
        self._figures_pulse.request()

    @Slot()
    def _draw(self) -> None:
        """Brings the curves up to date, if anyone can see them."""
        if not self._turns.is_idle:
            self._curves_pulse.request()
        elif self._shows_curves:
            self._turns.add(self._drawing())

    @property
    def _shows_curves(self) -> bool:
        return self._history is not None and self.isVisible() and self._views.currentIndex() == CURVES

    def _drawing(self) -> Iterator[None]:
        """Draws a chart at each step, while the run is held."""
        yield from self._open_grid().draw(self.figures.expected_steps)
        self.frames += 1

    @Slot()
    def _figure(self) -> None:
        """Writes the figures in turns of their own, while the run is held."""
        self._turns.add(self._writing())

    def _show_figures(self) -> None:
        deque(self._writing(), maxlen=0)

    def _writing(self) -> Iterator[None]:
        figures = self.figures
        self.headline.show_figures(figures)
        yield
        self.progress_bar.setValue(round(figures.fraction * self.progress_bar.maximum()))
        is_earlier = not (self._is_live or figures.is_active)
        self.bar.show_run(self._name, figures.status, is_earlier=is_earlier)
        self.banner.show_figures(figures)
        self._offer_fit()
        if self._history is not None and self._is_live and figures.state == "running":
            self._history.note("samples_per_second", figures.step, figures.samples_per_second)
            used = used_memory(figures.device)
            self._history.note("memory", figures.step, None if used is None else used / MEGABYTE)

    @Slot()
    def _offer_fit(self) -> None:
        self.fit_button.setVisible(not self._view.follows)

    @property
    def _view(self) -> CurvesView | ClassesView | LayersView:
        return (self.curves, self.classes, self.layers)[self._views.currentIndex()]

    @Slot()
    def _on_zoomed(self) -> None:
        self._offer_fit()
        self._curves_pulse.request()

    @Slot()
    def _on_fit(self) -> None:
        if self._view is self.layers:
            self.layers.fit()
        else:
            self._open_grid().fit()
            self._draw()
        self._offer_fit()

    @Slot(int)
    def _show_view(self, index: int) -> None:
        self._views.setCurrentIndex(index)
        self._place_legend()
        self._ask_for_looks()
        self._offer_fit()
        self._draw()

    @Slot(object)
    def _choose_charts(self, names: list[str]) -> None:
        self._ask_for_looks()
        if self._grid is not None:
            self._grid.choose(names)

    @Slot(float)
    def _smooth(self, smoothing: float) -> None:
        if self._history is not None and self._grid is not None:
            for history in (self._history, *(other.history for other in self._others)):
                history.smooth(smoothing)
            self._grid.draw_all()

    @Slot()
    def _copy_picture(self) -> None:
        """Puts what is seen on the clipboard, and the names of the runs above it."""
        view = self._views.currentWidget()
        is_curves = view is self.curves
        picture = self.curves.picture() if is_curves else view.grab()
        named = below_names(picture, self.legend, self.bar.run_label.text(), with_others=is_curves)
        QGuiApplication.clipboard().setPixmap(named)

    def _ask_for_looks(self) -> None:
        view = self._views.currentIndex()
        is_needed = view == LAYERS or (view == CURVES and UPDATE_CHART in self.menu.charts)
        if self._watch is not None:
            self._watch.ask(ASKER, is_needed and self.isVisible())

    # -- parts --

    def _build(self) -> None:
        self._pages = QStackedWidget()
        self._empty_page = EmptyPage(
            "chart", tr("No run yet"), tr("Press Train (Ctrl+Enter) to see the curves fall.")
        )
        self._run_page = self._build_run()
        self._pages.addWidget(self._empty_page)
        self._pages.addWidget(self._run_page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)

    def _build_run(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(GRID, 0, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self.headline)
        column.addWidget(self.bar)
        self.banner = FailureBanner()
        column.addWidget(self.banner)
        column.addWidget(self._build_views(), 1)
        return page

    def _build_views(self) -> QStackedWidget:
        self._views = QStackedWidget()
        for view in (self.curves, self.classes, self.layers):
            self._views.addWidget(view)
        return self._views
