"""Who trains: PyTorch has one random generator for the whole process, so one window at a time does."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class RunTurn(QObject):
    """Is held by at most one run.

    Signals:
        changed(): a run took it or gave it back.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._holder: object | None = None
        self._name = ""

    def take(self, holder: object, name: str) -> None:
        """Takes the turn for a run of the project called `name`."""
        assert self._holder is None, "one run at a time"
        self._holder, self._name = holder, name
        self.changed.emit()

    def give_back(self, holder: object) -> None:
        """Lets another window train; does nothing for one that does not hold the turn."""
        if self._holder is holder:
            self._holder = None
            self.changed.emit()

    def other_name(self, holder: object) -> str:
        """The project that another window trains; empty if none does."""
        return self._name if self._holder not in (None, holder) else ""
