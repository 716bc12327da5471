"""Offers to go on with a run that was cut off, stopped or finished, above the dashboard."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from builder.icons import icon
from builder.texts import tr
from builder.theme import GRID


class ResumeBanner(QFrame):
    """Is there only while there is something to offer.

    Signals:
        resume_asked(): the run is to go on.
        closed(): the offer is not wanted.

    Attributes:
        label: what happened to the run.
        resume_button: goes on with it.
        close_button: takes the offer away.
    """

    resume_asked = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "info-card")
        self.label = QLabel(wordWrap=True)
        self.resume_button = QPushButton(icon("play"), tr("Resume"))
        self.resume_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # as it goes, its focus would go on
        self.resume_button.clicked.connect(self.resume_asked)
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("close"))
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.setToolTip(tr("Leaves the run as it is; the Runs tab has it."))
        self.close_button.setAccessibleName(tr("Close the offer"))
        self.close_button.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)  # low, as charts stand below it
        row.setSpacing(2 * GRID)
        row.addWidget(self.label, 1)
        for button in (self.resume_button, self.close_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.allow("")
        self.offer("")

    def offer(self, text: str, *, goes_beyond: bool = False) -> None:
        """Says what is offered; hides for nothing.

        Args:
            text: what became of the run.
            goes_beyond: whether it is over, and would get more epochs than it was to have.
        """
        self.label.setText(text)
        self.resume_button.setText(tr("Train on") if goes_beyond else tr("Resume"))
        self.setVisible(bool(text))

    def allow(self, reason_against: str) -> None:
        """Lets the button be pressed, unless something is against it."""
        self.resume_button.setEnabled(not reason_against)
        self.resume_button.setToolTip(reason_against or tr("Goes on with the run from its last checkpoint."))
