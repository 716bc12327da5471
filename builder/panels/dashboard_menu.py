"""What can be set about the dashboard's charts, and taken out of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QToolButton, QWidget, QWidgetAction

from builder.panels.chart_specs import CHARTS, SMOOTHING
from builder.texts import tr
from builder.theme import GRID

_CHARTS_KEY, _SMOOTHING_KEY = "dashboard/charts", "dashboard/smoothing"
_MOST = 0.99  # weight of the past


class DashboardMenu(QToolButton):
    """Which charts are shown, how much the loss is smoothed; copies and saves what they show.

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
        menu = QMenu(self)
        self._actions = {spec.name: menu.addAction(tr(spec.title)) for spec in CHARTS}
        chosen = self._remembered_charts()
        for name, action in self._actions.items():
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.toggled.connect(self._choose_charts)
        menu.addSeparator()
        self.slider = self._make_slider()
        self._smoothing_text = QLabel(f"{self.smoothing:.2f}")
        menu.addAction(self._slider_action(menu))
        menu.addSeparator()
        menu.addAction(tr("Copy as picture"), self.picture_asked.emit)
        self.copy_action = menu.addAction(tr("Copy values as CSV"), self.table_asked.emit)
        self.save_action = menu.addAction(tr("Save values as CSV..."), self.values_asked.emit)
        self.setMenu(menu)

    @property
    def charts(self) -> list[str]:
        """The names of the charts that are wanted."""
        return [name for name, action in self._actions.items() if action.isChecked()]

    @property
    def smoothing(self) -> float:
        """The weight of the past in the smoothed loss."""
        return self.slider.value() / 100

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, round(100 * _MOST))
        slider.setAccessibleName(tr("Smoothing of the loss"))
        kept = self._settings.value(_SMOOTHING_KEY, SMOOTHING, float) if self._settings else SMOOTHING
        slider.setValue(round(100 * float(kept)))
        slider.valueChanged.connect(self._choose_smoothing)
        return slider

    def _slider_action(self, menu: QMenu) -> QWidgetAction:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        row.addWidget(QLabel(tr("Smoothing")))
        row.addWidget(self.slider, 1)
        row.addWidget(self._smoothing_text)
        action = QWidgetAction(menu)
        action.setDefaultWidget(holder)
        return action

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
        self._smoothing_text.setText(f"{self.smoothing:.2f}")
        if self._settings is not None:
            self._settings.setValue(_SMOOTHING_KEY, self.smoothing)
        self.smoothing_chosen.emit(self.smoothing)
