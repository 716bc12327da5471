"""Inputs that still have to be decoded, and how their preparation is divided."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from runtime.data.measure import spread
from runtime.data.raw import DataError, Items
from runtime.data.stream import StreamRows, different_shapes
from runtime.data.transforms import Chain

FEW_TO_COMPARE = 16  # samples whose shapes are compared before all are decoded


@dataclass(frozen=True)
class TensorItems:
    """Inputs in memory, read as if they lay in files."""

    x: Tensor

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Tensor) -> TensorItems:
        return TensorItems(self.x[rows])

    def read(self, index: int) -> Tensor:
        """One of them."""
        return self.x[index]

    def identity(self) -> str:
        """A hash of all numbers."""
        content = self.x.contiguous().numpy()
        return hashlib.sha256(content.data).hexdigest() if len(self.x) else "empty"


@dataclass(frozen=True)
class Pending:
    """Inputs that still have to be decoded, and the two halves of their preparation.

    Args:
        shape: of a sample after the first half.
        dtype: of a sample after the first half.
        output: shape of a sample as the model gets it.
    """

    items: Items
    first: Chain
    rest: Chain
    shape: tuple[int, ...]
    dtype: torch.dtype
    output: tuple[int, ...]

    @classmethod
    def of(cls, items: Items, chain: Chain, like: Items | None = None) -> Pending:
        """The inputs with their preparation; where there are none, they are taken to be like others.

        Raises:
            DataError: one of some that are tried cannot be prepared, or has another shape than the rest.
        """
        sample = (items if len(items) else like or items).read(0)
        first, rest = chain.halves(sample.dtype == torch.uint8)
        ready = first(sample.unsqueeze(0))
        output = tuple(rest(ready, torch.zeros(1, dtype=torch.int64)).shape[1:])
        pending = cls(items, first, rest, tuple(ready.shape[1:]), ready.dtype, output)
        pending._compare_shapes()
        return pending

    @property
    def still_to_do(self) -> Chain | None:
        """What every batch has to go through; None if nothing is left."""
        return None if not self.rest.transforms and self.dtype == torch.float32 else self.rest

    @property
    def size(self) -> int:
        """Bytes of all of them after the first half."""
        return len(self.items) * math.prod(self.shape) * self.dtype.itemsize

    def rows(self, workers: int) -> StreamRows:
        """They, decoded whenever they are asked for."""
        return StreamRows(self.items, self.first, (len(self.items), *self.shape), self.dtype, workers)

    def _compare_shapes(self) -> None:
        for row in spread(len(self.items), FEW_TO_COMPARE):
            shape = tuple(self.first(self.items.read(row).unsqueeze(0)).shape[1:])
            if shape != self.shape:
                raise DataError(different_shapes(self.items, 0, self.shape, row, shape))
