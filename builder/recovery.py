"""Work that was not saved, kept aside a moment after each change: a crash or a lost display loses nothing."""

from __future__ import annotations

import json
import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QLockFile, QObject, QTimer, Slot

from builder.session import Session
from graph.document import Project

QUIET = 1_000  # milliseconds without a change before a copy is written
LIMIT = 4_000  # milliseconds that a change waits at most while others keep coming

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovered:
    """What an earlier session left unsaved.

    Attributes:
        path: the project's file; None if it never had one.
        when: local date and time of the last copy.
        file: where the copy is.
    """

    project: Project
    path: Path | None
    name: str
    when: str
    file: Path


class Recovery(QObject):
    """Keeps a copy of unsaved work in a folder of its own, and finds those of sessions that died.

    A session holds a lock beside its copy; the system drops it with the process, however that ends.

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
        self._quiet, self._limit = quiet, limit
        self._waiting = QElapsedTimer()  # since the first change that has no copy
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.keep)
        session.changed.connect(self._note_change)

    def set_interval(self, seconds: int) -> None:
        """Says how long a change waits for its copy at most."""
        self._limit = seconds * 1000
        self._quiet = min(QUIET, self._limit)

    @Slot()
    def keep(self) -> None:
        """Writes a copy if there is unsaved work that the last copy does not have."""
        if not self._session.document.is_dirty:
            self.clear()
        if not self._is_stale:
            return
        try:
            self._write()
        except (OSError, ValueError) as error:
            _log.warning("No recovery copy was written: %s", error)
        self._is_stale = False

    @Slot()
    def clear(self) -> None:
        """Removes this session's copy: everything is saved, or given up on purpose."""
        self._is_stale = False
        self._timer.stop()
        with suppress(OSError):
            self._file.unlink()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def find(self) -> list[Recovered]:
        """The copies that dead sessions left, newest first."""
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        return [found for file in files if (found := self._found(file)) is not None]

    def forget(self, recovered: Recovered) -> None:
        """Removes a copy that was brought back or is not wanted."""
        recovered.file.unlink(missing_ok=True)

    @Slot()
    def _note_change(self) -> None:
        if not self._is_stale:
            self._is_stale = True
            self._waiting.start()
        self._timer.start(min(self._quiet, max(self._limit - self._waiting.elapsed(), 0)))

    def _write(self) -> None:
        from graph.atomic import write_atomic
        from graph.storage import to_bytes

        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = _locked(self._file)
        path = self._session.document.path
        about = {
            "path": str(path) if path else None,
            "name": path.stem if path else self._session.project.name,
            "when": datetime.now().strftime("%Y-%m-%d %H:%M"),
            "project": to_bytes(self._session.project).decode(),
        }
        write_atomic(self._file, json.dumps(about).encode())

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
        except (OSError, ValueError, LookupError, TypeError, AttributeError, StorageError) as error:
            _log.warning("The recovery copy %s cannot be read: %s", file, error)
            return None
        return Recovered(project, path, str(about.get("name")), str(about.get("when")), file)


def _locked(file: Path) -> QLockFile | None:
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # only the end of its process makes a lock stale
    return lock if lock.tryLock(0) else None
