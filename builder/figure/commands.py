"""File > Export figure: asks how it is to look and where it goes, and writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QMainWindow

from builder.dialogs import Dialogs
from builder.figure.choices import store_choices, stored_choices
from builder.figure.dialog import FigureDialog
from builder.figure.files import FigureError, write_figure
from builder.figure.options import FIGURE_FORMATS
from builder.session import Session
from builder.texts import tr, tr_made
from builder.theme import Theme


class FigureCommands(QObject):
    """Handler of the figure action.

    Args:
        session: its graph that is shown is drawn.
        dialogs: asks for the file and tells what went wrong.
        settings: keeps what was chosen.
        window: which the dialog belongs to.
    """

    def __init__(
        self, session: Session, dialogs: Dialogs, settings: QSettings, theme: Theme, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._session, self._dialogs, self._settings = session, dialogs, settings
        self._theme, self._window = theme, window
        self.dialog: FigureDialog | None = None

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows the next preview in another theme."""
        self._theme = theme

    def export_figure(self) -> None:
        """Asks how and where, and writes a figure of the graph shown."""
        dialog = FigureDialog(self._session, stored_choices(self._settings), self._theme, self._window)
        dialog.exporting.connect(self._write)
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    @Slot(object)
    def _write(self, dialog: FigureDialog) -> None:
        """Asks for the file and writes it; the dialog stays where that fails or is called off."""
        choices = dialog.choices
        kind = FIGURE_FORMATS[choices.kind]
        suggestion = self._suggestion(choices.folder, kind.suffix)
        path = self._dialogs.save_path(tr("Export figure"), suggestion, f"{kind.label} (*{kind.suffix})")
        if path is None:
            return
        try:
            write_figure(dialog.figure, path, kind.name, self._name)
        except FigureError as error:
            self._dialogs.error(tr("Cannot export the figure"), tr_made(str(error)))
            return
        store_choices(self._settings, replace(choices, folder=str(path.parent)))
        self._session.message.emit(tr("Exported the figure to {path}.", path=path))
        dialog.accept()

    @property
    def _name(self) -> str:
        return self._session.block or self._session.project.name

    def _suggestion(self, folder: str, suffix: str) -> Path:
        own = self._session.document.path
        if folder and Path(folder).is_dir():
            return Path(folder) / f"{self._name}{suffix}"
        return (own.parent if own else Path.home()) / f"{self._name}{suffix}"
