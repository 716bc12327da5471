"""Offers to go on with a run that was cut off, stopped or finished, beside its figures."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from builder.icons import icon
from builder.panels.elided import ElidedLabel
from builder.texts import tr
from builder.theme import GRID, font

_TEXT_WIDTH = 300  # pixels at most; the figures need the rest


class ResumeOffer(QFrame):
    """Is there only while there is something to offer, and as low as the figures, so that it costs no height.

    Signals:
        offered(bool): there is something to offer now, or no more.
        resume_asked(): the run is to go on.
        closed(): the offer is not wanted.
        left(): it goes, and had the keyboard's focus, which should be where a user goes on.

    Attributes:
        label: what happened to the run.
        outlook: how it can go on.
        resume_button: goes on with it.
        close_button: takes the offer away.
    """

    offered = Signal(bool)
    resume_asked = Signal()
    closed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "info-card")
        self.label, self.outlook = ElidedLabel(), ElidedLabel()
        texts = QVBoxLayout()
        texts.setSpacing(0)
        for label in (self.label, self.outlook):
            label.cut = Qt.TextElideMode.ElideRight
            label.setFont(font("caption"))
            label.setMaximumWidth(_TEXT_WIDTH)
            texts.addWidget(label)
        self.resume_button = QPushButton(icon("play"), tr("Resume"))
        self.resume_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # as it goes, its focus would go on
        self.resume_button.clicked.connect(self._resume)
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("close"))
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.setToolTip(tr("Leaves the run as it is; the Runs tab has it."))
        self.close_button.setAccessibleName(tr("Close the offer"))
        self.close_button.clicked.connect(self._close)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, 2, GRID // 2, 2)
        row.setSpacing(GRID)
        row.addLayout(texts, 1)
        for button in (self.resume_button, self.close_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.allow("")
        self.offer("", "")

    def offer(self, text: str, outlook: str, *, goes_beyond: bool = False) -> None:
        """Says what is offered; hides for nothing.

        Args:
            text: what became of the run.
            outlook: how it can go on.
            goes_beyond: whether it is over, and would get more epochs than it was to have.
        """
        self.label.setText(text)
        self.outlook.setText(outlook)
        self.resume_button.setText(tr("Train on") if goes_beyond else tr("Resume"))
        self.resume_button.setAccessibleDescription(f"{text} {outlook}")
        self.setVisible(bool(text))
        self.offered.emit(bool(text))

    def allow(self, reason_against: str) -> None:
        """Lets the button be pressed, unless something is against it."""
        self.resume_button.setEnabled(not reason_against)
        self.resume_button.setToolTip(reason_against or tr("Goes on with the run from its last checkpoint."))

    @Slot()
    def _resume(self) -> None:
        self._leave()
        self.resume_asked.emit()

    @Slot()
    def _close(self) -> None:
        self._leave()
        self.closed.emit()

    def _leave(self) -> None:
        """Hands the focus on: Qt would give it to whatever was made next."""
        if self.isAncestorOf(self.window().focusWidget() or self.window()):
            self.left.emit()
