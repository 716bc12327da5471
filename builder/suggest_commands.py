"""The command that suggests a plan for the data and the network at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from builder.run_commands import RunCommands
from builder.session import Session
from builder.suggest_dialog import SuggestDialog
from builder.texts import later, tr, tr_count
from graph import storage
from graph.document import Project
from graph.edits import SetTraining
from runtime.suggestion import Advice, applied


class SuggestCommands(QObject):
    """Opens the dialog and makes what is taken one edit.

    Attributes:
        dialog: the one that is open; None while there is none.
    """

    def __init__(self, session: Session, runs: RunCommands, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._runs, self._window = session, runs, window
        self.dialog: SuggestDialog | None = None

    def suggest_plan(self) -> None:
        """Looks at data, network and device, and lists what suits."""
        if self._runs.is_refused():
            return
        document = self._session.document
        # A copy: it is looked at in a thread.
        project = storage.from_bytes(storage.to_bytes(document.project))
        folder = document.path.parent if document.path else None
        work = _work(project, folder)
        self.dialog = SuggestDialog(project.training, lambda _control: work, self._window)
        self.dialog.adopted.connect(self._adopt)
        self.dialog.finished.connect(self._close)
        self.dialog.open()

    def end(self) -> None:
        """Closes the dialog, if it is open, and waits for what it does."""
        if self.dialog is not None:
            self.dialog.reject()

    @Slot(object)
    def _adopt(self, taken: Sequence[Advice]) -> None:
        training = applied(self._session.project.training, taken)
        self._session.apply(SetTraining(training, later("Suggest a plan")))
        settings = tr_count("{count} setting", "{count} settings", len(taken))
        text = tr("The plan has {settings} as suggested. Ctrl+Z takes it back.", settings=settings)
        self._session.message.emit(text)

    @Slot()
    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _work(project: Project, folder: Path | None) -> Iterator[Any]:
    """Tells how far reading is, and gives the suggestion last."""
    from runtime.suggesting import suggest_plan  # torch comes with it, in the trial's thread

    yield (yield from suggest_plan(project, folder))
