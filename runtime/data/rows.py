"""Prepared inputs that do not lie in memory: rows of a file, or decoded anew in every epoch."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from runtime.data.raw import DataError

DTYPES = {"uint8": torch.uint8, "float32": torch.float32}
RELEASE_BYTES = 8 << 20  # of a file read before the process gives its pages back


class Rows(Protocol):
    """Inputs of one shape that are fetched batch by batch."""

    shape: tuple[int, ...]
    dtype: torch.dtype

    def __len__(self) -> int: ...

    def batches(self, orders: Iterable[Tensor]) -> Iterator[Tensor]:
        """The rows of each batch; valid until the next one is asked for.

        Shape: int64 (B,) each -> (B, ...).
        """


class FileRows:
    """Rows of a file of plain numbers, mapped into memory; the next batch is read while one is used.

    What has been read counts as memory of the process only until it is given back, which happens every
    RELEASE_BYTES; the system keeps it as long as it has room.

    Args:
        path: the file.
        shape: of all rows.
        dtype: of a number, a name in DTYPES.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: str) -> None:
        self.path, self.shape, self.dtype = path, shape, DTYPES[dtype]
        self._dtype = np.dtype(dtype)
        self._row_bytes = math.prod(shape[1:]) * self._dtype.itemsize

    @property
    def is_whole(self) -> bool:
        """Whether the file is there with all its rows."""
        return self.path.is_file() and self.path.stat().st_size == len(self) * self._row_bytes

    def __len__(self) -> int:
        return self.shape[0]

    def batches(self, orders: Iterable[Tensor]) -> Iterator[Tensor]:
        """The rows of each batch."""
        if not len(self):
            return
        if not self.is_whole:
            raise DataError(
                f"{self.path}, the samples as they were prepared, was deleted or cut off. "
                "Expected the file as it was written. Start or resume the run: it is made again."
            )
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ThreadPoolExecutor(1, "netloom-rows") as reader,
        ):
            _advise(content, "MADV_RANDOM")
            yield from self._read_ahead(content, reader, orders)

    def _read_ahead(
        self, content: mmap.mmap, reader: ThreadPoolExecutor, orders: Iterable[Tensor]
    ) -> Iterator[Tensor]:
        waiting: Future[Tensor] | None = None
        read = 0
        for rows in orders:
            coming = reader.submit(self._taken, content, rows)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
            read += len(rows) * self._row_bytes
            if read > RELEASE_BYTES:
                _advise(content, "MADV_DONTNEED")
                read = 0
        if waiting is not None:
            yield waiting.result()

    def _taken(self, content: mmap.mmap, rows: Tensor) -> Tensor:
        table = np.frombuffer(content, self._dtype).reshape(self.shape)
        return torch.from_numpy(table.take(rows.numpy(), axis=0))


def _advise(content: mmap.mmap, name: str) -> None:
    """Tells the system how the file is read, where it can be told."""
    advice = getattr(mmap, name, None)
    if advice is not None:
        content.madvise(advice)
