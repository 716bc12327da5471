"""The dashboard: a run's figures and curves, live."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from builder.icons import icon
from builder.panels.chart_specs import CHARTS, x_range
from builder.panels.figures import RunFigures
from builder.panels.headline import Headline, arrange
from builder.pulse import Pulse
from builder.texts import tr, tr_made
from builder.theme import GRID, Theme, font
from runtime.events import EpochEnded, Event, StepsRecorded

if TYPE_CHECKING:
    from builder.panels.history import Array, History
    from builder.panels.plots import Chart

FRAME = 40  # milliseconds between two repaints of the curves at least
FIGURES = 400  # milliseconds between two rewrites of the figures; nobody reads faster than that
ROOM_FOR_TWO_ROWS = 440  # pixels of height
LEAST_HEIGHT = 160  # pixels
LEAST_CHART_WIDTH = 170  # pixels
_ICON = 6 * GRID


class Dashboard(QWidget):
    """Shows one run from the events it is fed.

    It repaints when it is fed, at most 25 times a second, and not while it is hidden. Charts are
    built when it is first seen with a run, so that the window need not wait for numpy and pyqtgraph.

    Attributes:
        figures: the run's latest numbers.
        headline: the row that shows them.
        frames: repaints of the curves so far.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figures = RunFigures()
        self.headline = Headline(theme)
        self.frames = 0
        self._theme = theme
        self._history: History | None = None
        self._charts: dict[str, Chart] = {}
        self._follows = True
        self._shown: tuple[float, float] | None = None  # the steps that the charts were last made to show
        self._has_accuracy = True
        self._build()
        self.setMinimumHeight(LEAST_HEIGHT)  # charts two by two must not push the canvas away
        self._curves_pulse = Pulse(FRAME, self)
        self._curves_pulse.fired.connect(self._draw)
        self._figures_pulse = Pulse(FIGURES, self)
        self._figures_pulse.fired.connect(self._show_figures)
        self.set_theme(theme)

    # -- data --

    def feed(self, events: Iterable[Event]) -> None:
        """Takes a run's events in order and repaints soon. Call it from the main thread."""
        for event in events:
            self.figures.take(event)
            if isinstance(event, StepsRecorded):
                self._open_history().add_steps(event)
            elif isinstance(event, EpochEnded):
                self._open_history().add_epoch(event)
            self._pages.setCurrentWidget(self._run_page)
        self._request()

    def reset(self) -> None:
        """Clears everything for a new run."""
        self.figures = RunFigures()
        self._history = None
        self._follows = True
        self._shown = None
        self._has_accuracy = True
        self._arrange_charts()
        self._curves_pulse.cancel()
        for chart in self._charts.values():
            chart.set_series({})
        self._show_figures()
        self._pages.setCurrentWidget(self._empty_page)

    def series(self, name: str) -> tuple[Array, Array]:
        """A curve's steps and values, copied: one of STEP_CURVES or EPOCH_CURVES in `history`.

        Raises:
            KeyError: there is no such curve.
        """
        series = self._open_history().series[name]
        return series.x.copy(), series.y.copy()

    @property
    def is_idle(self) -> bool:
        """Whether everything fed is shown, and nothing will be repainted before the next event."""
        return not (self._curves_pulse.is_pending or self._figures_pulse.is_pending)

    @property
    def charts(self) -> dict[str, Chart]:
        """The charts by name; built now if they were not needed before."""
        self._open_charts()
        return self._charts

    def _open_history(self) -> History:
        if self._history is None:
            from builder.panels.history import History  # numpy would hold up the window by 0.1 s

            self._history = History()
            for chart in self._charts.values():
                chart.set_series(self._history.series)
        return self._history

    def _open_charts(self) -> None:
        if self._charts:
            return
        from builder.panels.plots import Chart  # pyqtgraph would hold up the window by 0.35 s

        for spec in CHARTS:
            chart = Chart(spec, self._theme, self)
            chart.hovered.connect(self._on_hovered)
            chart.ranged.connect(self._on_ranged)
            chart.set_series(self._open_history().series)
            self._charts[spec.name] = chart
        first, *others = self._charts.values()
        for chart in others:
            chart.plot.setXLink(first.plot)
        self._arrange_charts()

    # -- looks --

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.headline.set_theme(theme)
        self._empty_icon.setPixmap(icon("chart", theme.text_muted).pixmap(_ICON))
        self._show_figures()
        for chart in self._charts.values():
            chart.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._request()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange_charts()

    def _request(self) -> None:
        self._curves_pulse.request()
        self._figures_pulse.request()

    @Slot()
    def _draw(self) -> None:
        """Brings the curves up to date, if anyone can see them."""
        if self._history is None or not self.isVisible():
            return
        self._open_charts()
        self._draw_charts(self._history)
        for chart in self._charts.values():
            chart.repaint_soon()
        # At once, while the run is held, and all charts in one go.
        QCoreApplication.sendPostedEvents(self.window(), QEvent.Type.UpdateRequest.value)
        self.frames += 1

    def _draw_charts(self, history: History) -> None:
        steps = history.steps
        if self._follows and steps is not None:
            shown = x_range(steps[0] - 1, steps[1], self.figures.total_steps)
            if shown != self._shown:
                self._shown = shown
                next(iter(self._charts.values())).set_steps(*shown)
        for chart in self._charts.values():
            chart.draw()

    @Slot()
    def _show_figures(self) -> None:
        figures = self.figures
        self.headline.show_figures(figures)
        self.progress_bar.setValue(round(figures.fraction * self.progress_bar.maximum()))
        self.status_label.setText(figures.status)
        self.status_label.setToolTip(figures.status)
        failure = tr_made(figures.reason) if figures.state == "failed" else ""
        self.reason_label.setText(failure)
        self.banner.setVisible(bool(failure))
        self.fit_button.setVisible(not self._follows)
        if "accuracy" in self._charts and self._history is not None:
            self._show_accuracy(self._history)

    def _show_accuracy(self, history: History) -> None:
        """Takes the accuracy chart away once an epoch ended without one: a regression."""
        has_accuracy = not len(history.series["epoch_loss"]) or len(history.series["train_accuracy"]) > 0
        if has_accuracy != self._has_accuracy:
            self._has_accuracy = has_accuracy
            self._arrange_charts()

    def _arrange_charts(self) -> None:
        """All charts in a row; two by two where they stay high enough, or a row would be too narrow."""
        if not self._charts:
            return
        self._charts["accuracy"].setVisible(self._has_accuracy)
        shown = [chart for name, chart in self._charts.items() if name != "accuracy" or self._has_accuracy]
        is_row = self.height() < ROOM_FOR_TWO_ROWS and self.width() >= len(shown) * LEAST_CHART_WIDTH
        arrange(self._grid, shown, len(shown) if is_row else 2 if self.width() > 2 * LEAST_CHART_WIDTH else 1)

    @Slot(float)
    def _on_hovered(self, step: float) -> None:
        for chart in self._charts.values():
            chart.show_values(math.nan if math.isnan(step) else round(step))

    @Slot()
    def _on_ranged(self) -> None:
        self._follows = False
        self.fit_button.setVisible(True)

    @Slot()
    def _on_fit(self) -> None:
        self._follows = True
        self._shown = None
        self.fit_button.setVisible(False)
        self._draw()

    # -- parts --

    def _build(self) -> None:
        self._pages = QStackedWidget()
        self._empty_page = self._build_empty()
        self._run_page = self._build_run()
        self._pages.addWidget(self._empty_page)
        self._pages.addWidget(self._run_page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)

    def _build_empty(self) -> QWidget:
        page = QWidget()
        self._empty_icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title = QLabel(tr("No run yet"), alignment=Qt.AlignmentFlag.AlignCenter)
        title.setFont(font("title"))
        hint = QLabel(
            tr("Press Train (Ctrl+Enter) to see the curves fall."), alignment=Qt.AlignmentFlag.AlignCenter
        )
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        column = QVBoxLayout(page)
        column.setSpacing(GRID)
        column.addStretch()
        for label in (self._empty_icon, title, hint):
            column.addWidget(label)
        column.addStretch()
        return page

    def _build_run(self) -> QWidget:
        page = QWidget()
        self.progress_bar = QProgressBar(maximum=10_000, textVisible=False)
        self.progress_bar.setAccessibleName(tr("Progress of the run"))
        self.status_label = QLabel()
        self.status_label.setFont(font("caption"))
        self.status_label.setProperty("role", "muted")
        self.status_label.setMinimumWidth(1)  # a long text is cut; it must not widen the window
        self.fit_button = QPushButton(icon("fit"), tr("Show all steps"))
        self.fit_button.setProperty("role", "flat")
        self.fit_button.clicked.connect(self._on_fit)
        policy = self.fit_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.fit_button.setSizePolicy(policy)
        self.banner = QFrame()
        self.banner.setProperty("role", "error-card")
        self.reason_label = QLabel(
            wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse
        )
        QVBoxLayout(self.banner).addWidget(self.reason_label)
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID)
        column = QVBoxLayout(page)
        column.setContentsMargins(GRID, 0, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self.headline)
        column.addLayout(_row(self.progress_bar, self.status_label, self.fit_button))
        column.addWidget(self.banner)
        column.addLayout(self._grid, 1)
        return page


def _row(stretched: QWidget, *others: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(2 * GRID)
    row.addWidget(stretched, 1)
    for other in others:
        row.addWidget(other)
    return row
