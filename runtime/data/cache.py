"""Prepared inputs in a file, so that they are decoded once and need no memory.

A file bears the hash of what it was made from. It is written under another name with a note of how far it
is, so that an interrupted run goes on where it stopped, and the finished file is whole.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import psutil
import torch

from graph.atomic import way_out, write_atomic
from runtime.data.raw import DataError, Loading
from runtime.data.rows import FileRows
from runtime.data.stream import StreamRows
from runtime.events import DataProgress

CACHE_VARIABLE = "NETLOOM_CACHE"
VERSION = 2  # goes up when the same preparation gives other numbers
CHUNK_BYTES = 8 << 20
SYNC_BYTES = 256 << 20
SPARE_BYTES = 1 << 30  # of the disk, left to others


def cache_root() -> Path:
    """The folder of prepared inputs: `$NETLOOM_CACHE`, else `netloom/decoded` in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(CACHE_VARIABLE) or cache / "netloom" / "decoded")


def cache_path(*parts: object) -> Path:
    """Where inputs lie that are made from these parts."""
    digest = hashlib.sha256(repr((VERSION, parts)).encode()).hexdigest()
    return cache_root() / f"{digest[:32]}.bin"


def has_room(paths: Sequence[Path], size: int) -> bool:
    """Whether files of that many bytes in all can be written; older ones make room where that helps."""
    if all(path.exists() for path in paths):
        return True
    folder = paths[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    needed = size + SPARE_BYTES
    others = [other for other in folder.glob("*.bin") if other not in paths]
    others.sort(key=lambda other: other.stat().st_mtime)
    if shutil.disk_usage(folder).free + sum(other.stat().st_size for other in others) < needed:
        return False
    for other in others:
        if shutil.disk_usage(folder).free >= needed:
            break
        other.unlink(missing_ok=True)
    return shutil.disk_usage(folder).free >= needed


def cached(path: Path, rows: StreamRows, text: str) -> Loading[FileRows]:
    """The rows from their file, which is written first or written on, where it is not complete.

    Args:
        path: of the file.
        rows: where they come from.
        text: what progress says.

    Raises:
        DataError: a sample cannot be read, or the file not be written.
    """
    dtype = str(rows.dtype).removeprefix("torch.")
    result = FileRows(path, rows.shape, dtype)
    if len(rows) and not result.is_whole:
        with _owned(path):
            yield from _write(path, rows, text)
    elif len(rows):
        path.touch()  # the time of its last use says which file has to go first
    return result


def _write(path: Path, rows: StreamRows, text: str) -> Loading[None]:
    part, note = path.with_suffix(".part"), path.with_suffix(".json")
    row_bytes = math.prod(rows.shape[1:]) * rows.dtype.itemsize
    done = min(_noted(note), part.stat().st_size // row_bytes) if part.exists() else 0
    size = max(CHUNK_BYTES // row_bytes, 1)
    orders = [torch.arange(start, min(start + size, len(rows))) for start in range(done, len(rows), size)]
    yield DataProgress(text, done, len(rows))
    with _explained(path), part.open("r+b" if part.exists() else "w+b") as file:
        file.truncate(done * row_bytes)
        file.seek(done * row_bytes)
        noted = done
        try:
            for order, batch in zip(orders, rows.batches(orders), strict=True):
                file.write(batch.contiguous().numpy().data)
                done += len(order)
                if (done - noted) * row_bytes >= SYNC_BYTES:
                    noted = _note(note, file, done)
                yield DataProgress(text, done, len(rows))
        finally:
            _note(note, file, done)
    with _explained(path):
        part.replace(path)
        note.unlink(missing_ok=True)


def _note(note: Path, file: BinaryIO, done: int) -> int:
    """Notes how many rows are safely on disk, and gives that number."""
    file.flush()
    os.fsync(file.fileno())
    write_atomic(note, json.dumps({"done": done}).encode())
    return done


def _noted(note: Path) -> int:
    try:
        return int(json.loads(note.read_bytes())["done"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


@contextmanager
def _owned(path: Path) -> Iterator[None]:
    """Keeps other processes from writing the same file.

    Raises:
        DataError: another one writes it already.
    """
    lock = path.with_suffix(".lock")
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if _is_held(lock):
            raise DataError(
                f"{path} is being written by another run. Expected one run to prepare the data at a time. "
                "Wait until it trains, or set data.feed = stream."
            )
        write_atomic(lock, str(os.getpid()).encode())
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _is_held(lock: Path) -> bool:
    try:
        owner = int(lock.read_bytes())
    except (OSError, ValueError):
        return False
    return owner != os.getpid() and bool(psutil.pid_exists(owner))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} could not be written: {error.strerror or error}. {way_out(error)} "
            f"with the environment variable {CACHE_VARIABLE}, or set data.feed = stream."
        ) from error
