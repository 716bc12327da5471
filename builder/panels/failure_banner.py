"""Why a run failed or is worth little, above its curves; where memory ran out, the batch to go on with."""

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

    Signals:
        batch_asked(int): the user wants to train with batches of this size.
    """

    batch_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self.batch_button = QPushButton()
        self.batch_button.clicked.connect(self._ask)
        self._batch: int | None = None
        row = QHBoxLayout(self)
        row.setSpacing(2 * GRID)
        row.addWidget(self.label, 1)
        row.addWidget(self.batch_button, 0, Qt.AlignmentFlag.AlignVCenter)
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

    def allow(self, reason_against: str) -> None:
        """Lets the button be pressed, unless something is against it."""
        self.batch_button.setEnabled(not reason_against)
        text = tr("Sets the batch size of the plan, which Ctrl+Z takes back, and trains again.")
        self.batch_button.setToolTip(reason_against or text)

    @Slot()
    def _ask(self) -> None:
        if self._batch is not None:
            self.batch_asked.emit(self._batch)
