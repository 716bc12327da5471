"""The dialog of the measurement of steps: what each way takes, and the one worth taking."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from builder.texts import later, tr, tr_made
from builder.theme import GRID, Theme, font
from builder.trial import Work
from builder.trial_dialog import TrialDialog

WAY_NAMES = {
    (False, False): later("As PyTorch does it"),
    (False, True): later("Channels last"),
    (True, False): later("torch.compile"),
    (True, True): later("torch.compile and channels last"),
}


class SpeedDialog(TrialDialog):
    """Lists what a step takes in every way, and offers to take the fastest."""

    def __init__(self, work: Work, theme: Theme, parent: QWidget | None = None) -> None:
        self.started: Any = None
        self.timed: list[Any] = []
        super().__init__(
            tr("Measure the speed of steps"),
            tr(
                "A copy of the network trains for a few steps in every way that this device has. Compiling "
                "may take minutes; closing the window ends it at once."
            ),
            work, theme, parent, tr("Use this way"),
        )  # fmt: skip

    def make_picture(self, theme: Theme) -> QWidget:
        self.table = QWidget()
        self._grid = QGridLayout(self.table)
        self._grid.setContentsMargins(0, GRID, 0, GRID)
        self._grid.setHorizontalSpacing(3 * GRID)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnStretch(1, 1)
        return self.table

    def take(self, event: Any) -> None:
        if hasattr(event, "ways"):
            self.started = event
        else:
            self.timed.append(event)
        self.show_way(len(self.timed), len(self.started.ways))

    def show_way(self, done: int, total: int) -> None:
        """Moves the progress bar, and says what is measured now."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        if done < total:
            self.status.setText(tr("Measuring: {way}", way=_name(self.started.ways[done])))

    def redraw(self) -> None:
        self._clear()
        for each in self.timed:
            self._add_row(_name(each.way), tr_made(each.text))
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def conclude(self) -> str:
        from runtime.speed import judged  # torch comes with it

        if self.started is None:
            return tr("Nothing was measured.")
        found = judged(self.started, self.timed)
        if found.way is not None:
            self.suggest(found.way, tr("Use: {way}", way=_name(found.way)))
        return found.text

    def _add_row(self, name: str, text: str) -> None:
        row = self._grid.rowCount()
        title, figures = QLabel(name), QLabel(text, wordWrap=True)
        title.setFont(font("strong"))
        for column, label in enumerate((title, figures)):
            self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)


def _name(way: Any) -> str:
    return tr(WAY_NAMES[way.compile, way.channels_last])
