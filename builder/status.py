"""The status bar: whether the graph is valid, what it costs, and whether it is saved."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from builder.icons import icon
from builder.quantities import bytes_text
from builder.session import Session
from builder.texts import tr, tr_count
from builder.theme import GRID, Theme
from builder.totals import NONE, Totals

MESSAGE_TIME = 8000  # milliseconds
PARAMETERS_HINT = "Numbers that the network learns"
FLOPS_HINT = "Floating-point operations of a forward pass, for one sample"


class StatusBar(QStatusBar):
    """Follows the session; messages stand on the left for a while.

    Signals:
        problems_asked(): the user wants to see the problems.
    """

    problems_asked = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self.validity = QToolButton(self)
        self.validity.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.validity.clicked.connect(self.problems_asked)
        self.parameters, self.flops, self.memory = QLabel(self), QLabel(self), QLabel(self)
        self.saved = QLabel(self)
        self.memory.setToolTip(tr("Memory that a training step takes at its peak, for the plan's batch size"))
        self.setSizeGripEnabled(False)
        self.setContentsMargins(GRID // 2, 0, GRID, 0)
        for widget in (self.validity, self.parameters, self.flops, self.memory, self.saved):
            self.addPermanentWidget(widget)
        session.changed.connect(self.refresh)
        session.problems_changed.connect(self.refresh)
        session.checking.busy_changed.connect(self.refresh)
        session.forecast.ready.connect(self.refresh)
        session.message.connect(self.show_text)
        session.document_replaced.connect(self.clearMessage)  # it was about another project
        self.refresh()

    @Slot(str)
    def show_text(self, text: str) -> None:
        """Shows a message for a while, cut where there is no room; the Log tab has all of it."""
        room = (
            self.width()
            - self.validity.width()
            - self.parameters.width()
            - self.flops.width()
            - self.memory.width()
        )
        room -= 12 * GRID
        line = " ".join(text.split())
        self.showMessage(self.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room), MESSAGE_TIME)

    @Slot()
    def refresh(self) -> None:
        """Reads the session anew."""
        errors, count = self._session.num_open_problems
        self._show_totals(self._session.totals)
        self.memory.setText(self._memory_text(errors))
        self.saved.setText(tr("Not saved") if self._session.document.is_dirty else tr("Saved"))
        if self._session.document.path is None and not self._session.document.is_dirty:
            self.saved.setText(tr("New"))
        self._show_validity(count)
        name = "error" if errors else "warning" if count else "success"
        looks = (
            ("info", self._theme.text_muted) if self._session.is_blank else (name, getattr(self._theme, name))
        )
        self.validity.setIcon(icon(*looks))
        self.validity.setIconSize(QSize(2 * GRID, 2 * GRID))

    def _show_validity(self, count: int) -> None:
        """How many problems there are; as long as a large graph is looked at after an edit, that too."""
        fine = tr("Nothing drawn yet") if self._session.is_blank else tr("Valid")
        text = tr_count("{count} problem", "{count} problems", count) if count else fine
        is_busy = self._session.checking.is_busy
        if is_busy:
            text = tr("{text}, checking...", text=text) if count else tr("Checking...")
        self.validity.setText(text)
        self.validity.setToolTip(
            tr("The last change is still being checked. Show the problems known so far")
            if is_busy
            else tr("Show the problems")
        )

    def _show_totals(self, found: Totals) -> None:
        parameters = tr_count("{count} parameter", "{count} parameters", found.num_parameters)
        if found.why:
            parameters = tr("{amount} parameters", amount=found.parameters)
        self.parameters.setText(f"{parameters}   ")
        self.parameters.setToolTip(found.why or tr(PARAMETERS_HINT))
        self.flops.setText(f"{found.flops}   " if found.flops != NONE else "")
        self.flops.setToolTip(found.why or tr(FLOPS_HINT))

    def _memory_text(self, errors: int) -> str:
        cost = None if errors else self._session.forecast.network
        peak = cost.memory.peak(self._session.plan.batch_size) if cost else None
        return tr("{memory} to train", memory=bytes_text(peak)) + "   " if peak else ""

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.refresh()
