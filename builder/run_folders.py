"""Where runs go: beside the project's file, or in the user's folder while it has none."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

from PySide6.QtCore import QStandardPaths

MAX_STEM = 60  # characters of a project's name in a folder's name


def new_run_folder(name: str, path: Path | None) -> Path:
    """A new, empty folder for a run: `<project>.runs/0001`; the user's folder where that cannot be written.

    Raises:
        OSError: neither place can be written.
    """
    *preferred, own = _places(name, path)
    for place in preferred:
        try:
            return _numbered(place)
        except OSError:
            continue  # a read-only place, such as a CD: the run still has somewhere to go
    return _numbered(own)


def latest_weights(name: str, path: Path | None) -> Path | None:
    """The newest run folder of a project that holds weights."""
    folders = [folder for place in _places(name, path) for folder in place.glob("*/checkpoints")]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime, default=None)
    return newest.parent if newest is not None else None


def user_folder() -> Path:
    """Where Netloom keeps what belongs to the user and to no project."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))


def _places(name: str, path: Path | None) -> list[Path]:
    own = user_folder() / "runs" / _plain(name)
    return [own] if path is None else [path.with_suffix(".runs"), own]


def _numbered(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    taken = [int(entry.name) for entry in place.iterdir() if entry.name.isdecimal()]
    for number in count(max(taken, default=0) + 1):
        folder = place / f"{number:04}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue  # another window was faster
        return folder
    raise AssertionError("count never ends")


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:MAX_STEM] or "Untitled"
