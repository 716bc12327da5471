"""Work that was not saved, kept aside a moment after each change: a crash or a lost display loses nothing."""

from __future__ import annotations

import json
import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QLockFile, QObject, QThread, QTimer, Slot

from builder.handing_over import handing_over_soon
from builder.session import Session
from graph.collecting import HOLD
from graph.document import Project

if TYPE_CHECKING:
    from graph.file_text import Snapshot

QUIET = 1_000  # milliseconds without a change before a copy is written
LIMIT = 4_000  # milliseconds that a change waits at most while others keep coming
CHUNK = 100  # nodes and edges between two rests of the thread that writes
REST = 0.001  # seconds, in which the window need not ask for Python

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovered:
    """What an earlier session left unsaved.

    Attributes:
        path: the project's file; None if it never had one.
        when: local date and time of the last copy.
        file: where the copy is.
        identity: of the document, by which its runs are found again.
    """

    project: Project
    path: Path | None
    name: str
    when: str
    file: Path
    identity: str | None = None


class Recovery(QObject):
    """Keeps a copy of unsaved work in a folder of its own, and finds those of sessions that died.

    A session holds a lock beside its copy; the system drops it with the process, however that ends. A copy
    is written in a thread of its own, one after the other, each of what the session holds when it is begun.

    Args:
        folder: where the copies are.
        quiet: milliseconds without a change before a copy is written.
        limit: milliseconds that a change waits at most while others keep coming.
    """

    def __init__(
        self,
        session: Session,
        folder: Path,
        parent: QObject | None = None,
        *,
        quiet: int = QUIET,
        limit: int = LIMIT,
    ) -> None:
        super().__init__(parent)
        self._session, self._folder = session, folder
        self._file = folder / f"{uuid.uuid4().hex}.json"
        self._lock: QLockFile | None = None
        self._is_stale = False
        self._is_kept = False  # there is to be a copy, changed or not
        self._copied: int | None = None  # the state of the document that the last copy holds
        self._writing: _Writing | None = None
        self._quiet, self._limit = quiet, limit
        self._waiting = QElapsedTimer()  # since the first change that has no copy
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._copy)
        session.changed.connect(self._note_change)

    def set_interval(self, seconds: int) -> None:
        """Says how long a change waits for its copy at most."""
        self._limit = seconds * 1000
        self._quiet = min(QUIET, self._limit)

    def keep(self) -> None:
        """Has a copy of all unsaved work on the disk before it comes back."""
        self._end(is_wanted=not self._is_stale)
        self._copy()
        self._end()

    @Slot()
    def clear(self) -> None:
        """Removes this session's copy: everything is saved, or given up on purpose."""
        self._is_stale = self._is_kept = False
        self._copied = None
        self._timer.stop()
        self._end(is_wanted=False)
        with suppress(OSError):
            self._file.unlink()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    @Slot()
    def note_run(self) -> None:
        """Keeps a copy of a project that has no file, changed or not, so that its run can be found again."""
        if self._session.document.path is None:
            self._is_kept = self._is_stale = True
            self._copy()

    def is_any_larger(self, size: int) -> bool:
        """Whether a copy, of this session or another, has more than so many bytes."""
        return any(file.stat().st_size > size for file in self._folder.glob("*.json"))

    def find(self) -> list[Recovered]:
        """The copies that dead sessions left, newest first."""
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        return [found for file in files if (found := self._found(file)) is not None]

    def forget(self, recovered: Recovered) -> None:
        """Removes a copy that was brought back or is not wanted."""
        recovered.file.unlink(missing_ok=True)

    @Slot()
    def _note_change(self) -> None:
        if self._session.document.state == self._copied:
            return  # only something else is known of it
        if not self._is_stale:
            self._is_stale = True
            self._waiting.start()
        self._timer.start(min(self._quiet, max(self._limit - self._waiting.elapsed(), 0)))

    @Slot()
    def _copy(self) -> None:
        """Begins a copy if there is unsaved work that the last one does not have; the next waits its turn."""
        if not (self._session.document.is_dirty or self._is_kept):
            self.clear()
        elif self._is_stale and self._writing is None:
            self._is_stale = False
            try:
                self._begin()
            except OSError as error:
                _log.warning("No recovery copy was written: %s", error)

    def _begin(self) -> None:
        from graph.file_text import Snapshot

        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = _locked(self._file)
        self._copied = self._session.document.state
        path = self._session.document.path
        about = {
            "path": str(path) if path else None,
            "name": path.stem if path else self._session.project.name,
            "when": datetime.now().strftime("%Y-%m-%d %H:%M"),
            "identity": self._session.document.identity,
        }
        self._writing = _Writing(self._file, about, Snapshot(self._session.project), self)
        self._writing.finished.connect(self._go_on)
        self._writing.start()

    @Slot()
    def _go_on(self) -> None:
        """Takes note that a copy is written, and begins the next if that is due already."""
        if self._writing is not None and self._writing.isFinished():
            self._end()
            if self._is_stale and not self._timer.isActive():
                self._copy()

    def _end(self, *, is_wanted: bool = True) -> None:
        """Waits for the copy that is being written, if there is one.

        Args:
            is_wanted: whether it is to come to its end; else the earlier one stays.
        """
        from graph.file_text import StorageError

        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.end(is_wanted=is_wanted)
        except (OSError, ValueError, StorageError) as error:
            _log.warning("No recovery copy was written: %s", error)

    def _found(self, file: Path) -> Recovered | None:
        from graph.storage import StorageError, from_bytes

        lock = _locked(file)
        if lock is None:
            return None  # another window's, alive
        lock.unlock()
        try:
            about = json.loads(file.read_bytes())
            project = from_bytes(about["project"].encode())
            path = Path(about["path"]) if about.get("path") else None
            identity = str(about["identity"]) if about.get("identity") else None
        except (OSError, ValueError, LookupError, TypeError, AttributeError, StorageError) as error:
            _log.warning("The recovery copy %s cannot be read: %s", file, error)
            return None
        return Recovered(project, path, str(about.get("name")), str(about.get("when")), file, identity)


class _Writing(QThread):
    """Writes a copy, from `start` to `end`, in which time Python collects no garbage.

    Args:
        file: where the copy is to be.
        about: what the file says of the project.
        snapshot: the project.
    """

    def __init__(self, file: Path, about: dict[str, str | None], snapshot: Snapshot, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("recovery copy")
        self._file, self._about, self._snapshot = file, about, snapshot
        self._is_wanted = True
        self._is_awaited = Event()  # whether somebody waits for the end
        self._error: Exception | None = None
        HOLD.take()

    def run(self) -> None:
        """The thread's work; Qt calls it."""
        try:
            with handing_over_soon():
                self._write()
        except Exception as error:
            self._error = error

    def end(self, *, is_wanted: bool) -> None:
        """Waits for the end, or stops where it is; raises what stood in the way."""
        self._is_wanted = is_wanted
        self._is_awaited.set()
        self.wait()
        HOLD.release()
        self.deleteLater()
        if self._error is not None:
            raise self._error

    def _write(self) -> None:
        from graph.atomic import write_atomic

        parts = [json.dumps(self._about)[:-1], ', "project": "']
        for number, piece in enumerate(self._snapshot.pieces()):
            if not self._is_wanted:
                return
            if not number % CHUNK:
                self._is_awaited.wait(REST)
            parts.append(json.dumps(piece.decode())[1:-1])
        parts.append('"}')
        write_atomic(self._file, "".join(parts).encode())


def _locked(file: Path) -> QLockFile | None:
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # only the end of its process makes a lock stale
    return lock if lock.tryLock(0) else None
