"""Batches at the speed of memory: the data lies on the device, each batch is gathered into one buffer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from runtime.data.load import TrainData
from runtime.data.transforms import Chain


class Batch(NamedTuple):
    """Inputs and targets of one step; valid until the next batch is asked for.

    Shape: x (N, *input_shape), y (N,) or (N, K).
    """

    x: Tensor
    y: Tensor


class Feed:
    """Gives shuffled training batches and ordered validation batches.

    The samples of an epoch come in the order of the next `torch.randperm` of an own generator, so the order
    depends on seed and epoch alone, and never on what else draws random numbers.

    Args:
        data: what to train on; moved to the device once, where it is not there yet.
        batch_size: samples a batch; the last of an epoch may be shorter.
        seed: of the generator that shuffles.
        device: where the batches are wanted.
        drop_last: leave a short last training batch out.
    """

    def __init__(
        self,
        data: TrainData,
        batch_size: int,
        *,
        seed: int = 0,
        device: torch.device | None = None,
        drop_last: bool = False,
    ) -> None:
        self.train_samples, self.val_samples = len(data.train_x), len(data.val_x)
        self.steps_per_epoch = steps_per_epoch(self.train_samples, batch_size, drop_last=drop_last)
        self.num_classes, self.class_names = data.num_classes, data.class_names
        self._batch_size, self._seed = batch_size, seed
        self._train = _Store.of(data.train_x, data.train_y, data.train_chain, device)
        self._val = _Store.of(data.val_x, data.val_y, data.val_chain, device)
        self._buffers = self._train.buffers(min(batch_size, self.train_samples))
        self._generator = torch.Generator()
        self._next_epoch = 0

    @property
    def train_targets(self) -> Tensor:
        """All targets of the training data, in the order they were read."""
        return self._train.y

    def holds_target(self, value: int | None) -> bool:
        """Whether any sample has this target, or part of a target."""
        return value is not None and any(bool((store.y == value).any()) for store in (self._train, self._val))

    def train(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The shuffled batches of an epoch, the first being 1, without those already trained on.

        Any epoch can be asked for at any time and is always the same: a run resumes from two numbers.
        """
        order = self._order(epoch).to(self._train.x.device)
        for number in range(skip, self.steps_per_epoch):
            yield self._gather(order[number * self._batch_size : (number + 1) * self._batch_size])

    def val(self) -> Iterator[Batch]:
        """All validation batches in order; none where nothing is held back."""
        for start in range(0, self.val_samples, self._batch_size):
            rows = slice(start, start + self._batch_size)
            yield Batch(self._val.ready(self._val.x[rows]), self._val.y[rows])

    def _order(self, epoch: int) -> Tensor:
        if not 1 <= self._next_epoch <= epoch:
            self._generator.manual_seed(self._seed)
            self._next_epoch = 1
        while True:
            order = torch.randperm(self.train_samples, generator=self._generator)
            self._next_epoch += 1
            if self._next_epoch > epoch:
                return order

    def _gather(self, rows: Tensor) -> Batch:
        x, y = self._buffers
        count = len(rows)
        torch.index_select(self._train.x, 0, rows, out=x[:count])
        torch.index_select(self._train.y, 0, rows, out=y[:count])
        return Batch(self._train.ready(x[:count]), y[:count])


def steps_per_epoch(samples: int, batch_size: int, *, drop_last: bool = False) -> int:
    """Optimizer steps in a pass over the training set, at least 1."""
    return max(samples // batch_size, 1) if drop_last else -(-samples // batch_size)


@dataclass(frozen=True)
class _Store:
    """Samples on the device and what their inputs still have to go through."""

    x: Tensor
    y: Tensor
    chain: Chain | None

    @classmethod
    def of(cls, x: Tensor, y: Tensor, chain: Chain | None, device: torch.device | None) -> _Store:
        return cls(x.to(device).contiguous(), y.to(device).contiguous(), chain)

    def ready(self, x: Tensor) -> Tensor:
        return x if self.chain is None else self.chain(x)

    def buffers(self, count: int) -> tuple[Tensor, Tensor]:
        return self.x.new_empty((count, *self.x.shape[1:])), self.y.new_empty((count, *self.y.shape[1:]))
