"""The projects opened last, kept between sessions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

KEY = "recent"
MAX_RECENT = 10


class RecentProjects(QObject):
    """A short list of paths, the latest first; files that are gone are left out.

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
        return [path for path in self._stored() if path.is_file()]

    def add(self, path: Path) -> None:
        """Puts a project on top."""
        path = path.resolve()
        others = [other for other in self._stored() if other != path]
        self._store([path, *others][:MAX_RECENT])

    def clear(self) -> None:
        """Forgets all."""
        self._store([])

    def _stored(self) -> list[Path]:
        value = self._settings.value(KEY, [])
        return [Path(text) for text in ([value] if isinstance(value, str) else value or [])]

    def _store(self, paths: list[Path]) -> None:
        self._settings.setValue(KEY, [str(path) for path in paths])
        self.changed.emit()
