"""Short trainings from the Run menu: a search for a learning rate, one batch by heart, the speed of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from builder.panels.plan_edits import with_part_value, with_setting
from builder.run_commands import RunCommands
from builder.run_turn import RunTurn
from builder.session import Session
from builder.speed_dialog import SpeedDialog
from builder.texts import later, tr
from builder.theme import Theme
from builder.trial import Work
from builder.trial_dialog import LrFinderDialog, OverfitDialog, TrialDialog
from graph import storage
from graph.document import Project
from graph.edits import SetTraining
from runtime.control import Control

Start = Callable[[Project, Control, Path | None], Iterator[Any]]


def _find_lr(project: Project, control: Control, folder: Path | None) -> Iterator[Any]:
    from runtime.trials import find_lr_of  # torch comes with it, in the trial's thread

    return find_lr_of(project, control, folder)


def _overfit(project: Project, control: Control, folder: Path | None) -> Iterator[Any]:
    from runtime.trials import overfit_of

    return overfit_of(project, control, folder)


def _measure_speed(project: Project, control: Control, folder: Path | None) -> Iterator[Any]:
    from runtime.speed import measure_speed

    return measure_speed(project, control, folder)


class TrialCommands(QObject):
    """Opens the dialogs; while one is open its trial has the turn to train.

    Attributes:
        dialog: the one that is open, or was last.
    """

    def __init__(
        self, session: Session, runs: RunCommands, turn: RunTurn, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._runs, self._turn = session, runs, turn
        self._theme, self._window = theme, window
        self.dialog: TrialDialog | None = None

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Opens dialogs in another theme."""
        self._theme = theme

    def find_learning_rate(self) -> None:
        """Tries rates on a copy of the network, and offers the best."""
        if not self._runs.is_refused():
            dialog = LrFinderDialog(self._work(_find_lr), self._theme, self._window)
            dialog.adopted.connect(self._adopt)
            self._open(dialog)

    def overfit_batch(self) -> None:
        """Has a copy of the network learn one batch by heart."""
        if not self._runs.is_refused():
            self._open(OverfitDialog(self._work(_overfit), self._theme, self._window))

    def measure_speed(self) -> None:
        """Times steps with and without PyTorch's compiler and channels last, and offers what is faster."""
        if not self._runs.is_refused():
            dialog = SpeedDialog(self._work(_measure_speed), self._theme, self._window)
            dialog.adopted.connect(self._adopt_way)
            self._open(dialog)

    def end(self) -> None:
        """Closes the dialog that is open, and waits for its trial."""
        if self.dialog is not None:
            self.dialog.reject()

    def _work(self, start: Start) -> Work:
        document = self._session.document
        # A copy: the same file may be open in another window.
        project = storage.from_bytes(storage.to_bytes(document.project))
        folder = document.path.parent if document.path else None
        return lambda control: start(project, control, folder)

    def _open(self, dialog: TrialDialog) -> None:
        self._turn.take(self, self._session.project.name)
        self.dialog = dialog
        dialog.finished.connect(self._close)
        dialog.open()

    @Slot()
    def _close(self) -> None:
        self._turn.give_back(self)
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    @Slot(object)
    def _adopt(self, lr: float) -> None:
        training = with_part_value(self._session.project.training, "optimizer", "lr", lr)
        self._session.apply(SetTraining(training, later("Set optimizer lr")))
        self._session.message.emit(tr("The optimizer's lr is {lr:g} now. Ctrl+Z takes it back.", lr=lr))

    @Slot(object)
    def _adopt_way(self, way: Any) -> None:
        training = with_setting(self._session.project.training, "compile", way.compile)
        training = with_setting(training, "channels_last", way.channels_last)
        self._session.apply(SetTraining(training, later("Set how steps are computed")))
        self._session.message.emit(
            tr("The plan computes steps in the fastest way now. Ctrl+Z takes it back.")
        )
