"""What can be set about the dashboard's charts, and taken out of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSettings, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from builder.panels.chart_specs import CHARTS, SMOOTHING
from builder.panels.smoothing_action import SmoothingAction
from builder.texts import tr

_CHARTS_KEY, _SMOOTHING_KEY = "dashboard/charts", "dashboard/smoothing"


class DashboardMenu(QToolButton):
    """Which charts are shown, how much the loss is smoothed; copies and saves what they show.

    Attributes:
        chart_actions: choose the charts.
        smoothing_action: chooses how much the loss is smoothed.
        take_actions: copy and save what the charts show.
        fit_action: shows all steps again; the menu of a chart and a button have it.

    Signals:
        charts_chosen(list[str]): other charts are wanted.
        smoothing_chosen(float): another weight of the past, from 0 to below 1.
        picture_asked(): the charts should go to the clipboard.
        table_asked(): their values should go there.
        values_asked(): their values should be saved.
    """

    charts_chosen = Signal(object)
    smoothing_chosen = Signal(float)
    picture_asked = Signal()
    table_asked = Signal()
    values_asked = Signal()

    def __init__(self, settings: QSettings | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setText(tr("Charts"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(tr("Which charts are shown, smoothing, copy and save"))
        self._actions = {spec.name: QAction(tr(spec.title), self) for spec in CHARTS}
        self.chart_actions = list(self._actions.values())
        chosen = self._remembered_charts()
        for name, action in self._actions.items():
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.toggled.connect(self._choose_charts)
        self.smoothing_action = SmoothingAction(self._remembered_smoothing(), self)
        self.smoothing_action.chosen.connect(self._choose_smoothing)
        self.take_actions = [
            self._action(tr("Copy as picture"), self.picture_asked),
            self._action(tr("Copy values as CSV"), self.table_asked),
            self._action(tr("Save values as CSV..."), self.values_asked),
        ]
        self.fit_action = QAction(tr("Show all steps"), self)
        self.allow_fit(False)
        self.setMenu(self._make_menu())

    @property
    def charts(self) -> list[str]:
        """The names of the charts that are wanted."""
        return [name for name, action in self._actions.items() if action.isChecked()]

    @property
    def smoothing(self) -> float:
        """The weight of the past in the smoothed loss."""
        return self.smoothing_action.value

    def allow_fit(self, is_allowed: bool) -> None:
        """Lets all steps be shown again, or says that they are shown."""
        self.fit_action.setEnabled(is_allowed)
        why_not = tr("All steps are shown, and new ones as they come.")
        self.fit_action.setToolTip(tr("A double click on a chart does that too.") if is_allowed else why_not)

    def _action(self, text: str, asked: SignalInstance) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(asked)
        return action

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addActions(self.chart_actions)
        menu.addSeparator()
        menu.addAction(self.smoothing_action)
        menu.addSeparator()
        menu.addActions(self.take_actions)
        return menu

    def _remembered_smoothing(self) -> float:
        kept = self._settings.value(_SMOOTHING_KEY, SMOOTHING, float) if self._settings else SMOOTHING
        return float(kept)

    def _remembered_charts(self) -> Iterable[str]:
        usual = [spec.name for spec in CHARTS if spec.is_usual]
        kept = self._settings.value(_CHARTS_KEY) if self._settings else None
        return kept.split(",") if isinstance(kept, str) else usual

    @Slot()
    def _choose_charts(self) -> None:
        if self._settings is not None:
            self._settings.setValue(_CHARTS_KEY, ",".join(self.charts))
        self.charts_chosen.emit(self.charts)

    @Slot()
    def _choose_smoothing(self) -> None:
        if self._settings is not None:
            self._settings.setValue(_SMOOTHING_KEY, self.smoothing)
        self.smoothing_chosen.emit(self.smoothing)
