"""The projects opened last, kept between sessions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import time

from PySide6.QtCore import QObject, QSettings, Signal

from builder.texts import tr, tr_count

KEY = "recent"
MAX_RECENT = 10
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds


@dataclass(frozen=True)
class Recent:
    """A project that was opened or saved.

    Attributes:
        changed: when its file was written last, in seconds since 1970; None if the file is gone.
    """

    path: Path
    changed: float | None

    @property
    def is_missing(self) -> bool:
        return self.changed is None


class RecentProjects(QObject):
    """A short list of paths, the latest first.

    Signals:
        changed(): the list is another.
    """

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    @property
    def paths(self) -> list[Path]:
        """Existing project files, latest first."""
        return [each.path for each in self.entries if not each.is_missing]

    @property
    def entries(self) -> list[Recent]:
        """All of them, also those whose file is gone, latest first."""
        return [Recent(path, _changed(path)) for path in self._stored()]

    def add(self, path: Path) -> None:
        """Puts a project on top."""
        path = path.resolve()
        others = [other for other in self._stored() if other != path]
        self._store([path, *others][:MAX_RECENT])

    def remove(self, path: Path) -> None:
        """Takes a project off the list; its file stays."""
        self._store([other for other in self._stored() if other != path])

    def clear(self) -> None:
        """Forgets all."""
        self._store([])

    def _stored(self) -> list[Path]:
        value = self._settings.value(KEY, [])
        return [Path(text) for text in ([value] if isinstance(value, str) else value or [])]

    def _store(self, paths: list[Path]) -> None:
        self._settings.setValue(KEY, [str(path) for path in paths])
        self.changed.emit()


def ago(then: float, now: float | None = None) -> str:
    """How long ago something was, as people say it: `just now`, `3 hours ago`, `12 days ago`."""
    seconds = max((time() if now is None else now) - then, 0)
    if seconds < MINUTE:
        return tr("just now")
    if seconds < HOUR:
        return tr_count("{count} minute ago", "{count} minutes ago", int(seconds / MINUTE))
    if seconds < DAY:
        return tr_count("{count} hour ago", "{count} hours ago", int(seconds / HOUR))
    if seconds < 2 * DAY:
        return tr("yesterday")
    if seconds < 60 * DAY:
        return tr_count("{count} day ago", "{count} days ago", int(seconds / DAY))
    return tr_count("{count} month ago", "{count} months ago", int(seconds / (30 * DAY)))


def short_folder(path: Path) -> str:
    """The folder of a file, with the user's own written as ~."""
    folder = path.parent
    return (
        f"~/{folder.relative_to(Path.home())}".removesuffix("/.")
        if folder.is_relative_to(Path.home())
        else str(folder)
    )


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
