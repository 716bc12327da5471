"""The Training tab: the plan on the left, the run on the right."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSettings, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from builder.panels.action_button import ActionButton
from builder.panels.dashboard import Dashboard
from builder.panels.edits_banner import EditsBanner
from builder.panels.flow import FlowLayout
from builder.panels.plan_form import PlanForm
from builder.session import Session
from builder.texts import tr
from builder.theme import GRID, Theme
from runtime.events import Event

FORM_WIDTH = 340  # pixels


class TrainingPanel(QWidget):
    """Shows and edits the training plan beside the dashboard of the current run."""

    def __init__(
        self, session: Session, theme: Theme, settings: QSettings | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        scroll = QScrollArea(self.splitter, accessibleName=tr("Training plan"))
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(FORM_WIDTH - 60)
        form = QWidget(scroll.viewport())
        self.plan = PlanForm(session, form)
        self.plan.lr_preview.set_theme(theme)
        right = QWidget(self.splitter)
        self.edits_banner = EditsBanner(right)
        self.dashboard = Dashboard(theme, settings, right)
        self._fill(right)
        self._checks = FlowLayout()
        top = QVBoxLayout()
        top.setContentsMargins(GRID, GRID, GRID, 0)
        top.addLayout(self._checks)
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.plan, 1)
        scroll.setWidget(form)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([FORM_WIDTH, 3 * FORM_WIDTH])
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    def _fill(self, right: QWidget) -> None:
        """With the dashboard, and above it what the run does not know of."""
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        banner = QVBoxLayout()  # takes no room while it is hidden
        banner.setContentsMargins(GRID, 0, GRID, 0)
        banner.addWidget(self.edits_banner)
        column.addLayout(banner)
        column.addWidget(self.dashboard, 1)

    def show_checks(self, actions: Iterable[QAction]) -> None:
        """Puts buttons above the plan for what can be tried before a run."""
        for action in actions:
            self._checks.addWidget(ActionButton(action, self))

    @Slot()
    def prepare(self) -> None:
        """Builds the charts ahead of the first run: a quarter of a second that no training should lose."""
        self.dashboard.prepare()

    @Slot(object)
    def feed(self, events: Iterable[Event]) -> None:
        """Takes a run's events."""
        self.dashboard.feed(events)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.plan.lr_preview.set_theme(theme)
        self.dashboard.set_theme(theme)
