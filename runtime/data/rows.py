"""Prepared inputs that do not lie in memory: rows of a file, or decoded anew in every epoch."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from runtime.data.raw import DataError

DTYPES = {"uint8": torch.uint8, "float32": torch.float32}


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
    """Rows of a file of plain numbers; the next batch is read while one is used.

    They are read and not mapped into memory: where a mapped file is cut off, or its disk fails, the system
    ends the whole process.

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
        """The rows of each batch.

        Raises:
            DataError: the file is not what was written.
        """
        if not len(self):
            return
        if not self.is_whole:
            raise self._fault("was deleted or cut off")
        with (
            self.path.open("rb", buffering=0) as file,
            ThreadPoolExecutor(1, "netloom-rows") as reader,
        ):
            if sys.platform == "linux":
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
            yield from self._read_ahead(file, reader, orders)

    def _read_ahead(
        self, file: FileIO, reader: ThreadPoolExecutor, orders: Iterable[Tensor]
    ) -> Iterator[Tensor]:
        waiting: Future[Tensor] | None = None
        for rows in orders:
            coming = reader.submit(self._taken, file, rows)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
        if waiting is not None:
            yield waiting.result()

    def _taken(self, file: FileIO, rows: Tensor) -> Tensor:
        table = np.empty((len(rows), *self.shape[1:]), self._dtype)
        content, size = table.reshape(-1).view(np.uint8).data, self._row_bytes
        try:
            for place, row in enumerate(rows.tolist()):
                file.seek(row * size)
                if file.readinto(content[place * size : (place + 1) * size]) != size:
                    raise self._fault("was cut off")
        except OSError as error:
            raise self._fault(f"cannot be read ({error.strerror or error})") from error
        return torch.from_numpy(table)

    def _fault(self, what: str) -> DataError:
        return DataError(
            f"{self.path}, the samples as they were prepared, {what}. Expected the file as it was written. "
            "Start or resume the run: it is made again."
        )
