"""A line that says whether the code of the data may run, with a button that shows it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from builder.data_code import DataCode, DataFile
from builder.texts import tr
from builder.theme import GRID
from graph.document import Change


class TrustRow(QWidget):
    """Is there only while the plan takes its data from a Python file.

    Args:
        says_state: whether the line is there; else there is only the button, while there is something to do.
    """

    def __init__(self, parent: QWidget | None = None, *, says_state: bool = True) -> None:
        super().__init__(parent)
        self._code: DataCode | None = None
        self.state = QLabel(self)
        self.state.setProperty("role", "muted")
        self.state.setWordWrap(True)
        self.button = QPushButton(tr("Review and trust..."), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.state, 1)
        row.addWidget(self.button)
        self.state.setVisible(says_state)
        self.hide()

    def follow(self, code: DataCode) -> None:
        """Speaks of this code from now on."""
        self._code = code
        self.button.clicked.connect(code.review)
        code.changed.connect(self.refresh)
        code.session.changed.connect(self._follow)
        code.session.document_replaced.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Looks at the file anew."""
        file = self._code.file() if self._code is not None else None
        self.setVisible(file is not None)
        if file is None:
            return
        self.state.setText(_state_text(file))
        self.button.setVisible(not file.is_trusted)
        self.button.setEnabled(file.source is not None)
        self.button.setToolTip(
            tr("There is no code to show.") if file.source is None
            else tr("Shows the code and asks whether it may run")
        )  # fmt: skip

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        if "training" in change.fields:
            self.refresh()


def _state_text(file: DataFile) -> str:
    if file.source is None:
        return tr("{file} cannot be read: {reason}.", file=file.path.name, reason=file.fault)
    name = file.path.name
    if file.is_trusted:
        return tr("{file} is trusted: it may run until it changes.", file=name)
    return tr("{file} is not trusted: it is never run.", file=name)
