"""Text files that are read in a thread of their own: it is seen how far that is, and it can be called off."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
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
    """Yields how much of a file is read, and returns what reading it gave.

    Closing the generator ends it at the next bytes that are read.

    Args:
        read: reads the open file; it is called in another thread.
        path: of the file.
        encoding: of its text.
    """
    file, size = _Counted(path), path.stat().st_size
    text = io.TextIOWrapper(io.BufferedReader(file, BUFFER), encoding=encoding, newline="")
    with text, ThreadPoolExecutor(1, "reading") as pool:
        future = pool.submit(read, text)
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

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self.is_called_off:
            raise DataCancelled("Reading was called off.")
        count = self._file.readinto(buffer) or 0
        self.done += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
