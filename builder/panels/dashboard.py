"""The dashboard: a run's figures and curves, live."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from builder.panels.dashboard_bar import DashboardBar
from builder.panels.dashboard_menu import DashboardMenu
from builder.panels.empty_page import EmptyPage
from builder.panels.failure_banner import FailureBanner
from builder.panels.figures import RunFigures
from builder.panels.headline import Headline
from builder.panels.other_runs import OtherRun
from builder.panels.resume_offer import ResumeOffer
from builder.panels.run_views import CURVES, RunViews
from builder.pulse import Pulse
from builder.texts import tr
from builder.theme import GRID, Theme
from builder.turns import Turns
from graph.project import Project
from runtime.events import Event
from runtime.free_memory import used_memory

if TYPE_CHECKING:
    from builder.node_watch import NodeWatch
    from builder.panels.history import Array, History
    from builder.panels.plots import Chart

FRAME = 25  # milliseconds between two repaints of the curves at least; the run is looked at less often
FIGURES = 500  # milliseconds between two rewrites of the figures; nobody reads faster than that
SLACK = 100  # milliseconds; while a run goes on, events come sooner, and it is held for what they bring
LEAST_HEIGHT = 160  # pixels
MEGABYTE = 1e6
ASKER = "dashboard"


class Dashboard(QWidget):
    """Shows one run from the events it is fed.

    It repaints when it is fed, at most 40 times a second, and not while it is hidden: a chart or a few in a
    turn of the event loop, so that none takes long. Charts are built when it is first seen with a run, so
    that the window need not wait for numpy and pyqtgraph.

    Attributes:
        figures: the run's latest numbers.
        headline: the row that shows them.
        offer: to go on with the run, in that row.
        views: its curves, classes and layers.
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
        self.offer = ResumeOffer()
        self.menu = DashboardMenu(settings)
        self.views = RunViews(theme, self.menu)
        self.classes, self.layers = self.views.classes, self.views.layers
        self.legend, self.curves = self.views.legend, self.views.curves
        self.bar = DashboardBar(self.menu, self.legend)
        self.progress_bar, self.status_label = self.bar.progress_bar, self.bar.status_label
        self.fit_button, self.switch = self.bar.fit_button, self.bar.switch
        self.frames = 0
        self._is_live = True
        self._name = ""  # of the run
        self._watch: NodeWatch | None = None
        self._turns = Turns(self)
        self._build()
        self.setMinimumHeight(LEAST_HEIGHT)  # two rows of charts must not push the canvas away
        self._curves_pulse = Pulse(FRAME, self)
        self._curves_pulse.fired.connect(self._draw)
        self._figures_pulse = Pulse(FIGURES, self, slack=SLACK)
        self._figures_pulse.fired.connect(self._figure)
        self.menu.charts_chosen.connect(self._ask_for_looks)
        self.menu.picture_asked.connect(self._copy_picture)
        self.switch.chosen.connect(self._show_view)
        self.offer.offered.connect(self.headline.make_room)
        self.offer.left.connect(self.take_focus)
        self.menu.fit_action.triggered.connect(self.views.fit)
        self.views.aimed.connect(self._offer_fit)
        self.views.outdated.connect(self.draw_soon)
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
            self.views.take(event, self.figures.total_steps)
        self._pages.setCurrentWidget(self._run_page)
        self._request()

    def show_others(self, others: Iterable[OtherRun]) -> None:
        """Draws the curves of other runs below those of this one, and names them; none takes them away."""
        self.views.show_others(others)
        self._place_legend()

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
        self.views.reset(project)
        self._curves_pulse.cancel()
        self._show_figures()
        self._pages.setCurrentWidget(self._empty_page)

    def series(self, name: str) -> tuple[Array, Array]:
        """A curve's steps and values, copied, by its name in the history.

        Raises:
            KeyError: there is no such curve.
        """
        return self.views.series(name)

    def prepare(self) -> None:
        """Builds the charts ahead of the first run."""
        self.views.prepare()

    @property
    def history(self) -> History | None:
        """The curves of the run; None before its first step."""
        return self.views.history

    @property
    def is_idle(self) -> bool:
        """Whether everything fed is shown, and nothing will be repainted before the next event."""
        pulses = (self._curves_pulse, self._figures_pulse)
        return self._turns.is_idle and not any(pulse.is_pending for pulse in pulses)

    @property
    def charts(self) -> dict[str, Chart]:
        """The charts by name that were needed so far; built now if none was."""
        return self.views.charts

    # -- looks --

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.headline.set_theme(theme)
        self.views.set_theme(theme)
        self._empty_page.set_theme(theme)
        self._show_figures()

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
        self.legend.setVisible(self.legend.has_runs and self.views.currentWidget() is self.curves)

    def _request(self) -> None:
        self._curves_pulse.request()
        self._figures_pulse.request()

    @Slot()
    def _draw(self) -> None:
        """Brings the curves up to date, if anyone can see them."""
        if not self._turns.is_idle:
            self._curves_pulse.request()
        elif self.views.shows_curves:
            self._turns.add(self._drawing())

    def _drawing(self) -> Iterator[None]:
        """Draws a chart at each step, while the run is held."""
        yield from self.views.draw(self.figures.expected_steps)
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
        history = self.history
        if history is not None and self._is_live and figures.state == "running":
            history.note("samples_per_second", figures.step, figures.samples_per_second)
            used = used_memory(figures.device)
            history.note("memory", figures.step, None if used is None else used / MEGABYTE)

    @Slot()
    def _offer_fit(self) -> None:
        self.menu.allow_fit(not self.views.follows)
        self.fit_button.setVisible(not self.views.follows)

    @Slot(int)
    def _show_view(self, index: int) -> None:
        self.views.setCurrentIndex(index)
        self._place_legend()
        self._ask_for_looks()
        self._offer_fit()
        self._draw()

    @Slot()
    def show_curves(self) -> None:
        """Shows the curves, whatever was shown of the run, with the keyboard's focus before them."""
        self.switch.choose(CURVES)
        self.take_focus()

    @Slot()
    def take_focus(self) -> None:
        """Is where a user of the keyboard goes on: before what is seen of the run."""
        self.switch.take_focus()

    @Slot()
    def _copy_picture(self) -> None:
        """Puts what is seen on the clipboard, and the names of the runs above it."""
        QGuiApplication.clipboard().setPixmap(self.views.picture(self.bar.run_label.text()))

    @Slot()
    def _ask_for_looks(self) -> None:
        if self._watch is not None:
            self._watch.ask(ASKER, self.views.needs_looks and self.isVisible())

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
        head = QHBoxLayout()
        head.addWidget(self.headline, 1)
        head.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(head)
        column.addWidget(self.bar)
        self.banner = FailureBanner()
        column.addWidget(self.banner)
        column.addWidget(self.views, 1)
        return page
