"""New, Open, Save: the project's file, and the question before unsaved work is lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from PySide6.QtCore import QObject, Signal

from builder.dialogs import Dialogs
from builder.first_look import FirstLook, first_look
from builder.recent import RecentProjects
from builder.recovery import Recovered, Recovery
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.waiting import give_turn
from graph.document import Document, Project
from graph.edits import RenameProject, SetTraining

if TYPE_CHECKING:
    from graph.storage import Snapshot

SUFFIX = ".netloom"
LARGE = 2**20  # bytes, about 7,000 layers, which take half a second to read and look at
MANY = 5_000  # layers, which take 0.1 s to write, and more to look at


class Elsewhere(Protocol):
    """The other windows, as one of them sees them."""

    def holds(self, path: Path) -> bool:
        """Whether a file is open in another window."""

    def show(self, path: Path) -> bool:
        """Brings the window forward that a file is open in; False if it is in no other."""

    def open(self, document: Document, look: FirstLook | None = None, *, is_unsaved: bool = False) -> None:
        """Opens a document in a new window, or in the one that shows its file as it was saved."""


class ProjectFiles(QObject):
    """Brings projects into the session and back to disk.

    Args:
        elsewhere: the other windows; None where there can be no other.

    Signals:
        opening(is_large): another project is about to be opened, which takes a while if it is large.
        opened(): another project is open.
        saved(): the file now holds what the session holds.
    """

    opening = Signal(bool)
    opened = Signal()
    saved = Signal()

    def __init__(
        self,
        session: Session,
        dialogs: Dialogs,
        recent: RecentProjects,
        recovery: Recovery,
        parent: QObject,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._dialogs = session, dialogs
        self._recovery, self._elsewhere = recovery, elsewhere
        self._is_saving = False
        self.recent = recent

    @property
    def name(self) -> str:
        """What the title bar calls the project."""
        path = self._session.document.path
        return path.stem if path else self._session.project.name

    @property
    def is_blank(self) -> bool:
        """Whether nothing is open that anybody could miss."""
        document = self._session.document
        return document.path is None and not document.is_dirty and not document.graph.nodes

    def new_project(self, project: Project | None = None) -> bool:
        """Opens an empty project, or one made from a template; False if the user thought better of it."""
        return self._open(Document(project), reason=tr("Save them before starting another project?"))

    def open_project(self, path: Path | None = None) -> bool:
        """Opens a file, after asking which; False if nothing was opened, which has been explained."""
        path = path or self._dialogs.open_path(self._folder())
        if path is None:
            return False
        if self._elsewhere is not None and self._elsewhere.show(path):
            return True
        read = self._read(path)
        if read is None or not self._open(*read, reason=tr("Save them before opening another project?")):
            return False
        self.recent.add(path)
        return True

    def open_elsewhere(self, path: Path | None = None) -> bool:
        """Opens a file in a window of its own, after asking which; False if none was opened.

        A window in which nothing is open takes it itself.
        """
        path = path or self._dialogs.open_path(self._folder())
        if path is None:
            return False
        if self.is_blank or self._elsewhere is None or self._is_open(path):
            return self.open_project(path)
        read = self._read(path)
        if read is None:
            return False
        self._elsewhere.open(*read)
        self.recent.add(path)
        return True

    def save_project(self) -> bool:
        """Writes the project to its file, after asking for one if it has none."""
        path = self._session.document.path
        return self.save_project_as() if path is None else self._write(path)

    def save_project_as(self) -> bool:
        """Writes the project to another file and goes on with that one."""
        suggestion = self._session.document.path or self._folder() / f"{self._session.project.name}{SUFFIX}"
        path = self._dialogs.save_path(tr("Save project"), suggestion)
        if path is not None and self._elsewhere is not None and self._elsewhere.holds(path):
            text = tr(
                "{path}: that project is open in another window. Close it there, or choose another name.",
                path=path,
            )
            self._dialogs.error(tr("Cannot save the project"), text)
            return False
        return path is not None and self._write_named(path)

    def may_leave(self, reason: str) -> bool:
        """Whether the present project can be left: nothing to lose, saved now, or given up on purpose."""
        return self._way_out(reason, can_stay=False) == "leave"

    def recover(self) -> bool:
        """Offers what earlier sessions could not save; whether any of it is open now."""
        is_any = False
        for found in self._left_unsaved():
            if self._dialogs.recover(found.name, found.when):
                document = Document(found.project, found.path, found.identity)
                if self.is_blank or self._elsewhere is None or self._is_here(found.path):
                    self.show(document, is_unsaved=True)
                else:
                    self._elsewhere.open(document, is_unsaved=True)
                is_any = True
            self._recovery.forget(found)
        return is_any

    def show(self, document: Document, look: FirstLook | None = None, *, is_unsaved: bool = False) -> None:
        """Opens a document in place of the present one, about which nobody is asked.

        Args:
            document: what to open.
            look: what is known of its project already.
            is_unsaved: no file holds it as it is.
        """
        look = look or self._look_at(document.project)
        is_large = look is not None
        self.opening.emit(is_large)
        self._session.load(document, look)
        self._recovery.clear()
        if is_large:
            give_turn()
        self.opened.emit()
        if is_unsaved:
            self._session.apply_to_project(
                SetTraining(document.project.training, later("Recover unsaved work"))
            )

    def _open(self, document: Document, look: FirstLook | None = None, *, reason: str) -> bool:
        way = self._way_out(reason, can_stay=self._elsewhere is not None)
        if way == "leave":
            self.show(document, look)
        elif way == "stay" and self._elsewhere is not None:
            self._elsewhere.open(document, look)
        return way is not None

    def _way_out(self, reason: str, *, can_stay: bool) -> Literal["leave", "stay"] | None:
        """Whether the present project is left, or stays beside another; None if all is to be as it is."""
        if self._is_saving:
            self._session.message.emit(tr("The project is still being saved."))
            return None
        if not self._session.document.is_dirty:
            return "leave"
        match self._dialogs.keep_changes(self.name, reason, can_stay=can_stay):
            case "save":
                return "leave" if self.save_project() else None
            case "discard":
                return "leave"
            case "stay":
                return "stay"
        return None

    def _is_open(self, path: Path) -> bool:
        """Whether a file is open in this window or in another."""
        return self._is_here(path) or (self._elsewhere is not None and self._elsewhere.holds(path))

    def _is_here(self, path: Path | None) -> bool:
        """Whether a file is open in this window."""
        own = self._session.document.path
        return own is not None and path is not None and own.resolve() == path.resolve()

    def _read(self, path: Path) -> tuple[Document, FirstLook | None] | None:
        """The project of a file; of a large one also what takes long to find out, with the window alive."""
        from graph.storage import StorageError, load  # its schema library costs the start of the window 0.1 s

        def read_and_look() -> tuple[Document, FirstLook]:
            project = load(path)
            return Document(project, path), first_look(project)

        try:
            if not _is_large(path):
                return Document(load(path), path), None
            return self._dialogs.wait_for(read_and_look, tr("Opening {name}...", name=path.name))
        except StorageError as error:
            self._dialogs.error(tr("Cannot open the project"), tr_made(str(error)))
            return None

    def _look_at(self, project: Project) -> FirstLook | None:
        """What takes long to find out about a large project, with the window alive."""
        if len(project.graph.nodes) <= MANY:
            return None
        text = tr("Opening {name}...", name=project.name)
        return self._dialogs.wait_for(lambda: first_look(project), text, can_leave=False)

    def _left_unsaved(self) -> list[Recovered]:
        """The copies of sessions that died; where one is large, with the window alive."""
        if not self._recovery.is_any_larger(LARGE):
            return self._recovery.find()
        return (
            self._dialogs.wait_for(self._recovery.find, tr("Looking for unsaved work..."), can_leave=False)
            or []
        )

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
        from graph.storage import Snapshot, StorageError

        document, state = self._session.document, self._session.document.state
        try:
            self._save(Snapshot(document.project), path)
        except StorageError as error:
            self._dialogs.error(tr("Cannot save the project"), tr_made(str(error)))
            return False
        document.mark_saved(path, state)
        if not document.is_dirty:
            self._recovery.clear()
        self.recent.add(path)
        self.saved.emit()
        return True

    def _save(self, snapshot: Snapshot, path: Path) -> None:
        """Writes what there is to a file, with the window alive if that takes long; raises as `save`."""
        from graph.storage import save

        if snapshot.num_nodes <= MANY:
            save(snapshot, path)
            return
        self._is_saving = True
        try:
            text = tr("Saving {name}...", name=path.name)
            self._dialogs.wait_for(lambda: save(snapshot, path), text, can_leave=False)
        finally:
            self._is_saving = False

    def _folder(self) -> Path:
        path = self._session.document.path
        latest = self.recent.paths
        return path.parent if path else latest[0].parent if latest else Path.home()


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > LARGE
    except OSError:
        return False  # whoever reads it says why it cannot be
