"""Files that are read in a thread of their own: it is seen how far that is, and it can be called off."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from runtime.data.raw import DataCancelled, Loading
from runtime.events import DataProgress

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

T = TypeVar("T")
TURN = 0.1  # seconds between two looks at how far it is
BUFFER = 1 << 18  # bytes that are taken from the file at a time


def followed(read: Callable[[TextIO], T], path: Path, encoding: str) -> Loading[T]:
    """Yields how much of a text is read, and returns what reading it gave.

    Closing the generator ends it at the next bytes that are read.

    Args:
        read: reads the open file; it is called in another thread.
        path: of the file.
        encoding: of its text.
    """
    file = _Counted(path)
    with io.TextIOWrapper(io.BufferedReader(file, BUFFER), encoding=encoding, newline="") as text:
        return (yield from _following(partial(read, text), file, path))


def followed_bytes(read: Callable[[io.RawIOBase], T], path: Path) -> Loading[T]:
    """As `followed`, for a file that is no text, and may be read in any order."""
    with _Counted(path) as file:
        return (yield from _following(partial(read, file), file, path))


def _following(read: Callable[[], T], file: _Counted, path: Path) -> Loading[T]:
    size = path.stat().st_size
    with ThreadPoolExecutor(1, "reading") as pool:
        future = pool.submit(read)
        try:
            while not wait((future,), TURN).done:
                yield _progress(path, file.done, size)
            return future.result()
        finally:
            file.is_called_off = True


def _progress(path: Path, done: int, size: int) -> DataProgress:
    if done < size:
        return DataProgress(f"Reading {path.name}", done, size)
    return DataProgress(f"Making numbers of {path.name}", 0, None)


class _Counted(io.RawIOBase):
    """A file that knows how much of it was read, and that can be told to give nothing more."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self.done = 0  # bytes
        self.is_called_off = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self.is_called_off:
            raise DataCancelled("Reading was called off.")
        count = self._file.readinto(buffer) or 0
        self.done += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
