"""The questions the window asks, in one place, so that a test can answer them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog, QMessageBox, QWidget

from builder.texts import tr
from builder.theme import Theme
from builder.waiting import wait_for

if TYPE_CHECKING:
    from builder.fix_planning import FixPlanning
    from runtime.comparing import Comparison
    from runtime.run_summary import RunSummary

Result = TypeVar("Result")
Answer = Literal["save", "discard", "stay", "cancel"]
Weights = Literal["trained", "untrained", "cancel"]
Version = Literal["theirs", "mine", "cancel"]
PROJECTS = "Netloom projects (*.netloom)"


class Dialogs:
    """Asks with the system's dialogs, modal to a window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def open_path(self, folder: Path) -> Path | None:
        """The project file to open; None if the user thought better of it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            tr("Open project"),
            str(folder),
            f"{tr(PROJECTS)};;{tr('All files (*)')}",
        )
        return Path(name) if name else None

    def save_path(self, title: str, suggestion: Path, kinds: str = PROJECTS) -> Path | None:
        """Where to write; with the suggestion's suffix if none was typed."""
        name, _ = QFileDialog.getSaveFileName(self._window, title, str(suggestion), kinds)
        if not name:
            return None
        path = Path(name)
        return path if path.suffix else path.with_suffix(suggestion.suffix)

    def keep_changes(self, name: str, reason: str, *, can_stay: bool = False) -> Answer:
        """Whether unsaved changes are saved, given up, or the whole thing called off.

        Args:
            name: of the project.
            reason: asks for the decision.
            can_stay: whether it may stay open as it is, with what comes next in another window.
        """
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            tr("Unsaved changes"),
            tr("{name} has changes that are not saved.", name=name),
            QMessageBox.StandardButton.Save
            | QMessageBox.StandardButton.Discard
            | QMessageBox.StandardButton.Cancel,
            self._window,
        )
        box.setInformativeText(reason)
        box.setDefaultButton(QMessageBox.StandardButton.Save)
        stay = (
            box.addButton(tr("Use another window"), QMessageBox.ButtonRole.ActionRole) if can_stay else None
        )
        answers: dict[QAbstractButton | None, Answer] = {
            box.button(QMessageBox.StandardButton.Save): "save",
            box.button(QMessageBox.StandardButton.Discard): "discard",
        }
        if stay is not None:
            answers[stay] = "stay"
        box.exec()
        return answers.get(box.clickedButton(), "cancel")

    def choose_weights(self, run: str) -> Weights:
        """Which weights an exported file gets: the trained ones of a run, or fresh ones."""
        box = QMessageBox(
            QMessageBox.Icon.Question,
            tr("Which weights?"),
            tr("Run {run} has trained weights. Put them into the file?", run=run),
            QMessageBox.StandardButton.Cancel,
            self._window,
        )
        trained = box.addButton(tr("Trained weights"), QMessageBox.ButtonRole.AcceptRole)
        untrained = box.addButton(tr("Untrained"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(trained)
        box.exec()
        if box.clickedButton() is trained:
            return "trained"
        return "untrained" if box.clickedButton() is untrained else "cancel"

    def review_code(self, names: Sequence[str], source: str, theme: Theme) -> bool:
        """Whether the user, shown the code of custom layers, trusts it.

        Args:
            names: what the layers are called.
            source: their code.
            theme: for its colours.
        """
        from builder.review_dialog import ReviewDialog

        return ReviewDialog(names, source, theme, self._window).exec() == QDialog.DialogCode.Accepted

    def choose_fixes(self, planning: FixPlanning) -> frozenset[str] | None:
        """Which remedies to leave out, after showing what each would change; None to apply none.

        Args:
            planning: works out what would happen with some of them left out.
        """
        from builder.fix_all_dialog import FixAllDialog

        dialog = FixAllDialog(planning, self._window)
        return dialog.skipped if dialog.exec() == QDialog.DialogCode.Accepted else None

    def choose_version(self, run: str, changes: Sequence[str]) -> Version:
        """With what to go on with a run whose project has changed.

        Args:
            run: what it is called.
            changes: each in words.
        """
        from builder.changes_dialog import ChangesDialog

        return ChangesDialog(run, changes, self._window).ask()

    def show_comparison(self, comparison: Comparison) -> RunSummary | None:
        """Shows two runs side by side; the one whose network and plan are wanted back, if any."""
        from builder.compare_dialog import CompareDialog

        return CompareDialog(comparison, self._window).ask()

    def recover(self, name: str, when: str) -> bool:
        """Whether to bring back what was not saved when Netloom last ended without a goodbye."""
        button = QMessageBox.question(
            self._window,
            tr("Recover unsaved work"),
            tr(
                "Netloom ended unexpectedly with unsaved changes to {name} ({when}). Bring them back?",
                name=name,
                when=when,
            ),
        )
        return button == QMessageBox.StandardButton.Yes

    def confirm(self, title: str, text: str, verb: str) -> bool:
        """Whether to do what cannot be taken back.

        Args:
            title: the question.
            text: what will happen.
            verb: what the button says that does it.
        """
        box = QMessageBox(
            QMessageBox.Icon.Question, title, title, QMessageBox.StandardButton.Cancel, self._window
        )
        box.setInformativeText(text)
        button = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        return box.clickedButton() is button

    def wait_for(self, work: Callable[[], Result], text: str, *, can_leave: bool = True) -> Result | None:
        """What work of some seconds gives, with a way out; see `builder.waiting.wait_for`."""
        return wait_for(work, text, self._window, can_leave=can_leave)

    def error(self, title: str, text: str, details: str = "") -> None:
        """Tells what went wrong and waits for the user."""
        box = QMessageBox(QMessageBox.Icon.Critical, title, text, QMessageBox.StandardButton.Ok, self._window)
        box.setDetailedText(details)
        box.exec()

    def inform(self, title: str, text: str) -> None:
        """Tells a result and waits for the user."""
        box = QMessageBox(
            QMessageBox.Icon.Information, title, text, QMessageBox.StandardButton.Ok, self._window
        )
        box.exec()
