"""Decoding sample by sample, in this process or in others; they import no Qt and are never forked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from runtime.data.raw import DataError, Items
from runtime.data.transforms import Chain

FEW_ITEMS = 2000  # starting other processes takes longer than decoding these
MOST_WORKERS = 8

Part = tuple[Tensor | None, str]  # a batch, or what is wrong with one of its samples


class Decoder(Dataset[Part]):
    """Gives whole batches of decoded and prepared inputs by their numbers.

    Args:
        items: what is decoded.
        chain: applied to each of them; the same for all, so it holds nothing random.
    """

    def __init__(self, items: Items, chain: Chain) -> None:
        self._items, self._chain = items, chain

    def __getitem__(self, rows: list[int]) -> Part:
        try:
            return torch.cat([self._one(row) for row in rows]), ""
        except DataError as error:  # told as text: an exception from another process comes back garbled
            return None, str(error)
        except RuntimeError as error:
            return None, self._different(rows, error)

    def _one(self, row: int) -> Tensor:
        return self._chain(self._items.read(row).unsqueeze(0))

    def _different(self, rows: list[int], error: RuntimeError) -> str:
        shapes: dict[tuple[int, ...], int] = {}
        for row in rows:
            shapes.setdefault(tuple(self._one(row).shape[1:]), row)
        if len(shapes) < 2:
            return f"A batch of samples cannot be made ({error}). Expected samples of one shape and kind."
        (one, first), (other, second) = list(shapes.items())[:2]
        return different_shapes(self._items, first, one, second, other)


def different_shapes(
    items: Items, first: int, one: tuple[int, ...], second: int, other: tuple[int, ...]
) -> str:
    """The message for two samples that cannot stand in one batch."""
    name = getattr(items, "name", lambda row: f"sample {row}")
    return (
        f"{name(first)} is {one} and {name(second)} is {other} once prepared. "
        "Expected all samples to have one shape. Add a Resize to a fixed [height, width], such as [64, 64], "
        "or a Resize and a CenterCrop, to data.transforms."
    )


class StreamRows:
    """Inputs decoded anew whenever they are asked for.

    Args:
        items: what is decoded.
        chain: the fixed beginning of the preparation.
        shape: of all of them, prepared.
        dtype: after the preparation.
        workers: processes that decode; 0 decodes in this one.
    """

    def __init__(
        self, items: Items, chain: Chain, shape: tuple[int, ...], dtype: torch.dtype, workers: int
    ) -> None:
        self.shape, self.dtype = shape, dtype
        self._orders = _Orders()
        # By itself a loader draws from the generator that dropout uses, anew for every epoch that it begins.
        options: dict[str, Any] = {"generator": torch.Generator()}
        if workers:
            options |= {"multiprocessing_context": "spawn", "persistent_workers": True}
        self._loader = DataLoader(
            Decoder(items, chain), sampler=self._orders, batch_size=None, num_workers=workers, **options
        )

    def __len__(self) -> int:
        return self.shape[0]

    def batches(self, orders: Iterable[Tensor]) -> Iterator[Tensor]:
        """The inputs of each batch.

        Raises:
            DataError: one cannot be read, or has another shape than the rest.
        """
        self._orders.begin(orders)
        parts = iter(self._loader)
        for batch, problem in parts:
            if batch is None:
                self._orders.end()
                for _ in parts:  # a process that has to end while it hands a batch over aborts
                    pass
                raise DataError(problem)
            yield batch


class _Orders:
    """The batches of the epoch under way, as lists of sample numbers."""

    def __init__(self) -> None:
        self._current: Iterable[Tensor] = ()
        self._is_over = False

    def begin(self, orders: Iterable[Tensor]) -> None:
        """Takes up the batches of an epoch."""
        self._current, self._is_over = orders, False

    def end(self) -> None:
        """Asks for no further batch of it."""
        self._is_over = True

    def __iter__(self) -> Iterator[list[int]]:
        for rows in self._current:
            if self._is_over:
                return
            yield rows.tolist()


def suited_workers(count: int, wanted: int | None) -> int:
    """How many processes should decode that many samples, one of the machine's left for training."""
    if wanted is not None:
        return wanted
    return 0 if count < FEW_ITEMS else max(min((os.cpu_count() or 1) - 1, MOST_WORKERS), 0)
