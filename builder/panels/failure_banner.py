"""Why a run failed or is worth little, above its curves, and the button for it where one click mends that."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from builder.panels.data_titles import made_titled
from builder.panels.figures import RunFigures
from builder.texts import tr
from builder.theme import GRID


class FailureBanner(QFrame):
    """Is there only while it has something to say.

    Attributes:
        label: what happened and what to do.
        batch_button: takes the batch that fits, and trains again.
        fit_button: makes the network fit the data, and trains again.

    Signals:
        batch_asked(int): the user wants to train with batches of this size.
        fit_asked(): the user wants the network to fit the data, and to train it.
    """

    batch_asked = Signal(int)
    fit_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self.batch_button = QPushButton()
        self.batch_button.clicked.connect(self._ask)
        self.fit_button = QPushButton(tr("Fit network to data"))
        self.fit_button.clicked.connect(self.fit_asked)
        self._batch: int | None = None
        self._offers_fit = False
        row = QHBoxLayout(self)
        row.setSpacing(2 * GRID)
        row.addWidget(self.label, 1)
        for button in (self.batch_button, self.fit_button):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_figures(RunFigures())

    def show_figures(self, figures: RunFigures) -> None:
        """Says why a run failed, or what makes one worth little that did not; hides if it is neither."""
        self._batch = batch = figures.fitting_batch
        role = "warning-card" if figures.warning else "error-card"
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
        text = figures.warning or (figures.reason if figures.state == "failed" else "")
        self.label.setText(made_titled(text))
        self.setVisible(bool(text))
        self.batch_button.setText(tr("Use batch {size:,}", size=batch or 0))
        self.batch_button.setVisible(batch is not None)
        self.offer_fit(self._offers_fit and figures.state == "failed")

    def offer_fit(self, does_help: bool) -> None:
        """Shows the button that makes the network fit the data, or hides it; another run hides it, too."""
        self._offers_fit = does_help
        self.fit_button.setVisible(does_help)

    def allow(self, reason_against: str) -> None:
        """Lets the buttons be pressed, unless something is against it."""
        batch = tr("Sets the batch size of the plan, which Ctrl+Z takes back, and trains again.")
        fit = tr(
            "Sets the Input, the size of the last layer and the loss, which Ctrl+Z takes back; trains again."
        )
        for button, text in ((self.batch_button, batch), (self.fit_button, fit)):
            button.setEnabled(not reason_against)
            button.setToolTip(reason_against or text)

    @Slot()
    def _ask(self) -> None:
        if self._batch is not None:
            self.batch_asked.emit(self._batch)
