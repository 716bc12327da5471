"""Batches at the speed of memory where the data fits there, else at that of the disk or the decoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

from runtime.data.draws import sample_keys
from runtime.data.prepared import TrainData
from runtime.data.rows import Rows
from runtime.data.sampler import order_by
from runtime.data.transforms import Chain
from runtime.output_choices import LABEL

Targets: TypeAlias = "Tensor | tuple[Tensor, ...]"  # of all Outputs, or one each


class Batch(NamedTuple):
    """Inputs and targets of one step; valid until the next batch is asked for.

    Shape: x (N, *input_shape), y (N,) or (N, K), a tuple of these where each Output has targets of its own.
    """

    x: Tensor
    y: Targets


class Feed:
    """Gives training batches in the sampler's order and validation batches in their own.

    The order of an epoch is the next draw of an own generator, `torch.randperm` for `shuffle`, so it
    depends on seed and epoch alone, and never on what else draws random numbers. Random transforms depend
    on seed, epoch and sample alone.

    Args:
        data: what to train on; moved to the device once, where it lies in memory.
        batch_size: samples a batch; the last of an epoch may be shorter.
        seed: of order and random transforms.
        device: where the batches are wanted.
        drop_last: leave a short last training batch out.
        sampler: `shuffle`, `weighted` or `sequential`.

    Attributes:
        smallest_batch: samples in the shortest training batch of an epoch.

    Raises:
        DataError: `weighted`, but the targets are no classes.
    """

    def __init__(
        self,
        data: TrainData,
        batch_size: int,
        *,
        seed: int = 0,
        device: torch.device | None = None,
        drop_last: bool = False,
        sampler: str = "shuffle",
    ) -> None:
        self.train_samples, self.val_samples = len(data.train_x), len(data.val_x)
        self.steps_per_epoch = steps_per_epoch(self.train_samples, batch_size, drop_last=drop_last)
        rest = self.train_samples - (self.steps_per_epoch - 1) * batch_size
        self.smallest_batch = min(rest, batch_size)
        self.num_classes, self.class_names, self.heads = data.num_classes, data.class_names, data.heads
        self._batch_size, self._seed = batch_size, seed
        self._draw_order = order_by(sampler, data.train_y)
        largest = min(batch_size, self.train_samples)
        train_y = [(head.target, head.train_y) for head in data.heads] or [(data.target, data.train_y)]
        val_y = [(head.target, head.val_y) for head in data.heads] or [(data.target, data.val_y)]
        self._train = _Part(data.train_x, train_y, data.train_chain, device, largest)
        self._val = _Part(data.val_x, val_y, data.val_chain, device, 0)
        self._generator = torch.Generator()
        self._next_epoch = 0

    @property
    def train_targets(self) -> Tensor:
        """All targets of the training data, in the order they were read; those of the first Output."""
        return self._train.y

    def holds_target(self, value: int | None) -> bool:
        """Whether any sample has this target, or part of a target, for the first Output."""
        return value is not None and any(bool((part.y == value).any()) for part in (self._train, self._val))

    def train(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, the first being 1, without those already trained on.

        Any epoch can be asked for at any time and is always the same: a run resumes from two numbers.
        """
        order = self._order(epoch).to(self._train.order_device)
        size = self._batch_size
        orders = [order[number * size : (number + 1) * size] for number in range(skip, self.steps_per_epoch)]
        yield from self._train.batches(orders, (self._seed, epoch))

    def val(self) -> Iterator[Batch]:
        """All validation batches in order; none where nothing is held back."""
        yield from self._val.in_order(self._batch_size)

    def _order(self, epoch: int) -> Tensor:
        if not 1 <= self._next_epoch <= epoch:
            self._generator.manual_seed(self._seed)
            self._next_epoch = 1
        while True:
            order = self._draw_order(self._generator)
            self._next_epoch += 1
            if self._next_epoch > epoch:
                return order


def steps_per_epoch(samples: int, batch_size: int, *, drop_last: bool = False) -> int:
    """Optimizer steps in a pass over the training set, at least 1."""
    return max(samples // batch_size, 1) if drop_last else -(-samples // batch_size)


def _sent(tensor: Tensor, device: torch.device | None) -> Tensor:
    """A tensor on a device; a GPU takes it from pinned memory, and the host need not wait until it is there.

    PyTorch gives that memory to nobody else before the copy is done.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#use-pinned-memory-buffers
    """
    if device is None or device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def _first(buffer: Tensor, count: int) -> Tensor:
    """The first samples of a buffer; nearly always all."""
    return buffer if count == len(buffer) else buffer[:count]


class _Store(Protocol):
    """Where inputs are fetched from, and where it wants their numbers."""

    order_device: torch.device

    def batches(self, orders: Iterable[Tensor]) -> Iterator[Tensor]: ...

    def in_order(self, size: int) -> Iterator[Tensor]: ...


class _Held:
    """Inputs that lie on the device; each batch is gathered into one buffer."""

    def __init__(self, x: Tensor, device: torch.device | None, largest: int) -> None:
        self._x = x.to(device).contiguous()
        self.order_device = self._x.device
        self._buffer = self._x.new_empty((largest, *x.shape[1:]))

    def batches(self, orders: Iterable[Tensor]) -> Iterator[Tensor]:
        for rows in orders:
            yield torch.index_select(self._x, 0, rows, out=_first(self._buffer, len(rows)))

    def in_order(self, size: int) -> Iterator[Tensor]:
        return (self._x[start : start + size] for start in range(0, len(self._x), size))


class _Fetched:
    """Inputs that come from elsewhere and are moved to the device batch by batch."""

    def __init__(self, rows: Rows, device: torch.device | None) -> None:
        self._rows, self._device = rows, device
        self.order_device = torch.device("cpu")

    def batches(self, orders: Iterable[Tensor]) -> Iterator[Tensor]:
        return (_sent(batch, self._device) for batch in self._rows.batches(orders))

    def in_order(self, size: int) -> Iterator[Tensor]:
        return self.batches(torch.arange(len(self._rows)).split(size) if len(self._rows) else ())


class _Labels:
    """The targets of one Output: labels that lie on the device, or the inputs themselves.

    Args:
        target: what they are, one of `runtime.data.choices.TARGETS`.
        y: all of them; where they are inputs, only their shape and number.
    """

    def __init__(self, target: str, y: Tensor, device: torch.device | None, largest: int) -> None:
        self._target, self._is_labelled = target, target == LABEL
        self.y = y.to(device).contiguous() if self._is_labelled else y
        self._buffer = self.y.new_empty((largest if self._is_labelled else 0, *y.shape[1:]))

    def gather(self, rows: Tensor, x: Tensor, ready: Tensor, chain: Chain | None) -> Tensor:
        """Those of some samples, given also their inputs before and behind the chain."""
        if self._is_labelled:
            places = rows if rows.device == self.y.device else _sent(rows, self.y.device)
            return torch.index_select(self.y, 0, places, out=_first(self._buffer, len(rows)))
        return chain.without_chance()(x) if self._target == "clean input" and chain is not None else ready

    def at(self, start: int, ready: Tensor) -> Tensor:
        """Those of the samples from one on, given also their inputs."""
        return self.y[start : start + len(ready)] if self._is_labelled else ready


class _Part:
    """The training or the validation samples, and what their inputs still have to go through.

    Args:
        targets: what they are and all of them, for each Output that has targets of its own.
    """

    def __init__(
        self,
        x: Tensor | Rows,
        targets: Sequence[tuple[str, Tensor]],
        chain: Chain | None,
        device: torch.device | None,
        largest: int,
    ) -> None:
        self._store: _Store = _Held(x, device, largest) if isinstance(x, Tensor) else _Fetched(x, device)
        self._chain = chain
        self.order_device = self._store.order_device
        self._labels = [_Labels(target, y, device, largest) for target, y in targets]

    @property
    def y(self) -> Tensor:
        """All targets of the first Output."""
        return self._labels[0].y

    def batches(self, orders: list[Tensor], epoch: tuple[int, int]) -> Iterator[Batch]:
        """The batches of an epoch, which is given by seed and number."""
        is_random = self._chain is not None and self._chain.is_random
        for rows, x in zip(orders, self._store.batches(orders), strict=True):
            keys = _sent(sample_keys(*epoch, rows), x.device) if is_random else None
            ready = x if self._chain is None else self._chain(x, keys)
            yield Batch(ready, _joined([each.gather(rows, x, ready, self._chain) for each in self._labels]))

    def in_order(self, size: int) -> Iterator[Batch]:
        """All batches as they lie there, without a copy where they lie in memory."""
        start = 0
        for x in self._store.in_order(size):
            ready = x if self._chain is None else self._chain(x)
            yield Batch(ready, _joined([each.at(start, ready) for each in self._labels]))
            start += len(x)


def _joined(targets: list[Tensor]) -> Targets:
    """The targets as a loss takes them."""
    return targets[0] if len(targets) == 1 else tuple(targets)
