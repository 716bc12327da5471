"""Where runs go: beside the project's file, or in the user's folder while it has none.

A run belongs to its project and to no other of the same name. Beside a file it stands in the folder that is
called after the file. In the user's folder each project has a place of its own, called after its name and
what tells it from others: the path of its file, or the document's identity while it has none. Once such a
document is saved, a note in its place says where, so that its runs are found when the file is opened again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from graph.document import Document

MAX_STEM = 60  # characters of a project's name in a folder's name
OWNER_FILE = "owner.txt"  # in a place of the user's folder: the path of the project that it belongs to


def new_run_folder(document: Document) -> Path:
    """A new, empty folder for a run: `<project>.runs/0001`; the user's folder where that cannot be written.

    Raises:
        OSError: neither place can be written.
    """
    if document.path is not None:
        with suppress(OSError):  # a read-only place, such as a CD: the run still has somewhere to go
            return _numbered(_beside(document.path))
    place = _own_place(document)
    folder = _numbered(place)
    _note_owner(place, document.path)
    return folder


def run_places(document: Document) -> list[Path]:
    """The folders in which runs of a project may be; not all of them need be there."""
    if document.path is None:
        return [_own_place(document)]
    return [_beside(document.path), *_noted_places(document.path)]


def note_saved(document: Document) -> None:
    """Lets runs that were made before a project had a file be found by that file.

    Raises:
        OSError: it cannot be written down.
    """
    place = _place_of(document.identity, document.project.name)
    if place is not None and document.path is not None:
        _note_owner(place, document.path)


def latest_weights(document: Document) -> Path | None:
    """The newest run folder of a project that holds weights."""
    folders = [folder for place in run_places(document) for folder in place.glob("*/checkpoints")]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime, default=None)
    return newest.parent if newest is not None else None


def user_folder() -> Path:
    """Where Netloom keeps what belongs to the user and to no project."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))


def _beside(path: Path) -> Path:
    return path.with_suffix(".runs")


def _own_place(document: Document) -> Path:
    """The place of a project in the user's folder; another name that it had does not matter."""
    path, name = document.path, document.project.name
    key = document.identity if path is None else sha256(str(path.resolve()).encode()).hexdigest()[:16]
    return _place_of(key, name) or user_folder() / "runs" / f"{_plain(name)}-{key}"


def _place_of(key: str, name: str) -> Path | None:
    """The place in the user's folder with a key, whatever the project was called when it was made."""
    places = sorted((user_folder() / "runs").glob(f"*-{key}"))
    named = [place for place in places if place.name == f"{_plain(name)}-{key}"]
    return next(iter(named or places), None)


def _noted_places(path: Path) -> list[Path]:
    """Places in the user's folder that belong to a project's file."""
    wanted = str(path.resolve())
    found = []
    for file in sorted((user_folder() / "runs").glob(f"*/{OWNER_FILE}")):
        with suppress(OSError, ValueError):
            if file.read_text(encoding="utf-8") == wanted:
                found.append(file.parent)
    return found


def _note_owner(place: Path, path: Path | None) -> None:
    if path is not None:
        (place / OWNER_FILE).write_text(str(path.resolve()), encoding="utf-8")


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
