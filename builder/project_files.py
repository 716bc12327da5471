"""New, Open, Save: the project's file, and the question before unsaved work is lost."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from builder.dialogs import Dialogs
from builder.recent import RecentProjects
from builder.recovery import Recovery
from builder.session import Session
from graph.document import Document, Project
from graph.edits import RenameProject, SetTraining

SUFFIX = ".netloom"


class ProjectFiles(QObject):
    """Brings projects into the session and back to disk.

    Signals:
        opened(): another project is open.
        saved(): the file now holds what the session holds.
    """

    opened = Signal()
    saved = Signal()

    def __init__(
        self, session: Session, dialogs: Dialogs, recent: RecentProjects, recovery: Recovery, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._dialogs = session, dialogs
        self._recovery = recovery
        self.recent = recent

    @property
    def name(self) -> str:
        """What the title bar calls the project."""
        path = self._session.document.path
        return path.stem if path else self._session.project.name

    def new_project(self, project: Project | None = None) -> bool:
        """Opens an empty project, or one made from a template; False if the user thought better of it."""
        if not self.may_leave("Save them before starting another project?"):
            return False
        self._show(Document(project))
        return True

    def open_project(self, path: Path | None = None) -> bool:
        """Opens a file, after asking which; False if nothing was opened, which has been explained."""
        path = path or self._dialogs.open_path(self._folder())
        if path is None:
            return False
        project = self._read(path)
        if project is None or not self.may_leave("Save them before opening another project?"):
            return False
        self._show(Document(project, path))
        self.recent.add(path)
        return True

    def save_project(self) -> bool:
        """Writes the project to its file, after asking for one if it has none."""
        path = self._session.document.path
        return self.save_project_as() if path is None else self._write(path)

    def save_project_as(self) -> bool:
        """Writes the project to another file and goes on with that one."""
        suggestion = self._session.document.path or self._folder() / f"{self._session.project.name}{SUFFIX}"
        path = self._dialogs.save_path("Save project", suggestion)
        return path is not None and self._write_named(path)

    def may_leave(self, reason: str) -> bool:
        """Whether the present project can be left: nothing to lose, saved now, or given up on purpose."""
        if not self._session.document.is_dirty:
            return True
        answer = self._dialogs.keep_changes(self.name, reason)
        if answer == "save":
            return self.save_project()
        return answer == "discard"

    def recover(self) -> bool:
        """Offers what an earlier session could not save; whether it is open now."""
        found = self._recovery.find()
        if found is None:
            return False
        if not self._dialogs.recover(found.name, found.when):
            self._recovery.forget(found)
            return False
        document = Document(found.project, found.path)
        self._show(document)
        self._session.apply(SetTraining(found.project.training, "Recover unsaved work"))  # no file has it yet
        self._recovery.forget(found)
        return True

    def _show(self, document: Document) -> None:
        self._session.load(document)
        self._recovery.clear()
        self.opened.emit()

    def _read(self, path: Path) -> Project | None:
        from graph.storage import StorageError, load  # its schema library costs the start of the window 0.1 s

        try:
            return load(path)
        except StorageError as error:
            self._dialogs.error("Cannot open the project", str(error))
            return None

    def _write_named(self, path: Path) -> bool:
        """Writes the project; one that was never named is called after its file, and so is its class."""
        document = self._session.document
        if self._session.project.name != Project().name or not self._session.apply(RenameProject(path.stem)):
            return self._write(path)
        is_written = self._write(path)
        if not is_written:
            document.undo()
        return is_written

    def _write(self, path: Path) -> bool:
        from graph.storage import StorageError, save

        try:
            save(self._session.project, path)
        except StorageError as error:
            self._dialogs.error("Cannot save the project", str(error))
            return False
        self._session.document.mark_saved(path)
        self._recovery.clear()
        self.recent.add(path)
        self.saved.emit()
        return True

    def _folder(self) -> Path:
        path = self._session.document.path
        latest = self.recent.paths
        return path.parent if path else latest[0].parent if latest else Path.home()
