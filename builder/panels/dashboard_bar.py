"""The bar above the curves: how far the run is, which runs are seen, and which view of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from builder.icons import icon
from builder.panels.action_button import ActionButton
from builder.panels.dashboard_menu import DashboardMenu
from builder.panels.elided import ElidedLabel
from builder.panels.other_runs import RunLegend
from builder.panels.view_switch import ViewSwitch
from builder.texts import tr
from builder.theme import GRID, font

_NAME_WIDTH = 200  # pixels at most
_LEGEND_SHARE = 0.45  # of the width; more would leave nothing of what runs where


class DashboardBar(QWidget):
    """A row that names the runs too, where their names are short.

    Attributes:
        progress_bar: how much of the run is done.
        run_label: names the run that is shown.
        status_label: what runs where, and why it ended.
        fit_button: shows all steps again.
        switch: chooses the view.
    """

    def __init__(self, menu: DashboardMenu, legend: RunLegend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legend = legend
        self.progress_bar = QProgressBar(maximum=10_000, textVisible=False)
        self.progress_bar.setAccessibleName(tr("Progress of the run"))
        self.run_label = ElidedLabel()
        self.run_label.setMaximumWidth(_NAME_WIDTH)
        self.status_label = ElidedLabel()
        self.status_label.cut = Qt.TextElideMode.ElideRight
        self.status_label.setProperty("role", "muted")
        for label in (self.run_label, self.status_label):
            label.setFont(font("caption"))
        self.fit_button = ActionButton(menu.fit_action)
        self.fit_button.setIcon(icon("fit"))
        self.fit_button.setProperty("role", "flat")
        self.fit_button.hide()
        self.switch = ViewSwitch([tr("Curves"), tr("Classes"), tr("Layers")], tr("What is shown of the run"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2 * GRID)
        self._row.addWidget(self.progress_bar, 1)
        for each in (self.run_label, self.status_label, self.fit_button, self.switch, menu):
            self._row.addWidget(each)

    @property
    def has_room_for_legend(self) -> bool:
        """Whether all runs can be named beside everything else."""
        return self._legend.row_width() <= _LEGEND_SHARE * self.width()

    def hold_legend(self) -> None:
        """Puts the names of the runs before what runs where."""
        self._legend.stay_in_a_row()
        if self._legend.parentWidget() is not self:
            self._row.insertWidget(self._row.indexOf(self.status_label), self._legend)

    def show_run(self, name: str, status: str, *, is_earlier: bool) -> None:
        """Says which run is shown, and what runs where; an earlier one neither goes on nor was begun here."""
        called = tr("Earlier run {name}", name=name) if is_earlier else tr("Run {name}", name=name)
        for label, text in ((self.run_label, called if name else ""), (self.status_label, status)):
            if text != label.text():
                label.setText(text)
                label.setVisible(bool(text))
        whole = self.run_label.sizeHint().width()
        self.run_label.setMinimumWidth(min(whole, _NAME_WIDTH))  # what runs where is cut before the name
