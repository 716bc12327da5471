"""Measures every optimizer step without making the device wait for the host.

A step leaves its loss, which of its answers were right, and its gradient norms on the device, the norms in a
preallocated row. A few times a second all of it is summed up and crosses to the host in one copy. Two blocks
take turns: while what one held travels, the steps write into the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

Clock = Callable[[], float]

INTERVAL = 0.08  # seconds between two drains
CUDA_INTERVAL = 0.02  # what a drain sends off arrives with the next one
LONG_STEP = (
    0.015  # seconds; after a longer one a drain costs little, and nobody need wait for what it measured
)


def gradient_norms(gradients: Sequence[Tensor]) -> list[Tensor]:
    """The 2-norm of each gradient, with one call for all of them where torch has it.

    `torch._foreach_norm` is what `torch.nn.utils.get_total_norm` calls; calling it here saves the
    grouping by device and dtype at every step (a fifth of a small model's step).
    """
    foreach = getattr(torch, "_foreach_norm", None)
    if foreach is None:
        return [torch.linalg.vector_norm(gradient) for gradient in gradients]
    norms: list[Tensor] = list(foreach(gradients))
    return norms


@dataclass(frozen=True, slots=True)
class Measured:
    """Consecutive optimizer steps as plain numbers.

    Attributes:
        samples: training samples each step saw.
        hits: right answers among them.
        broken: index of the first step whose loss or gradient is not finite, or None.
        culprit: index of the first parameter whose gradient is not finite in that step, or None.
        figures: what else was noted, a list for each figure.
    """

    losses: list[float]
    hits: list[float]
    grad_norms: list[float]
    lrs: list[float]
    times: list[float]
    samples: list[int]
    broken: int | None = None
    culprit: int | None = None
    figures: tuple[list[float], ...] = ()

    def finite(self, index: int) -> bool:
        """Whether the loss and the gradient of one step are numbers."""
        return math.isfinite(self.losses[index]) and math.isfinite(self.grad_norms[index])

    def upto(self, count: int) -> Measured:
        """The first `count` steps."""
        columns = (self.losses, self.hits, self.grad_norms, self.lrs, self.times)
        losses, hits, grad_norms, lrs, times = (column[:count] for column in columns)
        figures = tuple(column[:count] for column in self.figures)
        return Measured(losses, hits, grad_norms, lrs, times, self.samples[:count], figures=figures)


class _Block:
    """What steps measured: tensors on the device, and for each step the host's notes."""

    def __init__(self, capacity: int, device: torch.device) -> None:
        self.totals = torch.zeros(capacity, device=device)
        self.total_cells = self.totals.unbind()
        self.norms = torch.zeros(capacity, 0, device=device)
        self.norm_rows: Sequence[Tensor] = ()
        self.losses: list[Tensor] = []
        self.right: list[Tensor] = []
        self.figures: list[Tensor] = []
        self.notes: list[tuple[float, float, int]] = []  # (lr, time, samples)

    def widen(self, count: int) -> None:
        """Makes room for one norm per gradient; their number is known after the first backward pass."""
        self.norms = torch.zeros(len(self.totals), count, device=self.totals.device)
        self.norm_rows = self.norms.unbind()

    def take(self) -> tuple[Tensor, list[tuple[float, float, int]]]:
        """Losses, norms, right answers, figures as (3 + figures, steps), and the notes; empties the block."""
        losses = torch.stack(self.losses).float()
        norms = self.totals[: len(losses)]
        # Padded, because the last batch of an epoch may be short.
        hits = (
            pad_sequence(self.right, batch_first=True).sum(dim=1) if self.right else torch.zeros_like(norms)
        )
        rows = torch.stack([losses, norms, hits.float()])
        if self.figures:
            rows = torch.cat([rows, torch.stack(self.figures, dim=1)])
        notes, self.losses, self.right, self.figures, self.notes = self.notes, [], [], [], []
        return rows, notes


class _Shipment:
    """What a block held, on its way to the host."""

    def __init__(self, block: _Block) -> None:
        self._norms = block.norms
        values, self._notes = block.take()
        self._arrival: torch.cuda.Event | None = None
        if values.is_cuda:
            self._values = torch.empty(values.shape, pin_memory=True).copy_(values, non_blocking=True)
            self._arrival = torch.cuda.Event()
            self._arrival.record(torch.cuda.current_stream(values.device))
        else:
            self._values = values.cpu()

    @property
    def travels(self) -> bool:
        """Whether the copy may still be under way."""
        return self._arrival is not None

    def read(self) -> Measured:
        """The steps as numbers, once they have arrived."""
        if self._arrival is not None:
            self._arrival.synchronize()
        losses, grad_norms, hits, *figures = self._values.tolist()
        lrs, times, samples = map(list, zip(*self._notes, strict=True))
        finite = self._values.isfinite().all(dim=0)
        if finite.all():
            return Measured(losses, hits, grad_norms, lrs, times, samples, figures=tuple(figures))
        broken = int(finite.logical_not().nonzero()[0])
        culprits = self._norms[broken].isfinite().logical_not().nonzero()
        culprit = int(culprits[0]) if len(culprits) else None
        return Measured(
            losses, hits, grad_norms, lrs, times, samples, broken, culprit, figures=tuple(figures)
        )


class Meter:
    """Collects what each step measures and hands it out in batches.

    Args:
        clock: seconds, monotonic.
        started: reading of the clock that counts as time 0 of the run.
        interval: seconds between two drains; by the device if None.
        capacity: optimizer steps that fit between two drains.
    """

    def __init__(
        self,
        device: torch.device,
        clock: Clock,
        started: float,
        *,
        interval: float | None = None,
        capacity: int = 1024,
    ) -> None:
        self._blocks = (_Block(capacity, device), _Block(capacity, device))
        self._capacity = capacity
        self._interval = interval or (CUDA_INTERVAL if device.type == "cuda" else INTERVAL)
        self._clock, self._started = clock, started
        self._now = self._drained = clock()
        self._was_long = False
        self._block, self._row = self._blocks[0], 0
        self._sent: _Shipment | None = None

    def note(self, loss: Tensor, right: Tensor | None, figures: Tensor | None = None) -> None:
        """Keeps the current step's loss and which of its answers are right, to be summed up at the drain.

        Args:
            loss: a scalar.
            right: how right each sample is, (N,).
            figures: whatever else is to reach the host, (F,), as many at every step.
        """
        self._block.losses.append(loss)
        if right is not None:
            self._block.right.append(right)
        if figures is not None:
            self._block.figures.append(figures)

    def norm(self, gradients: Sequence[Tensor]) -> Tensor:
        """The 2-norm of the whole gradient, noted and left on the device."""
        norms = gradient_norms(gradients)
        if self._block.norms.shape[1] != len(norms):
            self._block.widen(len(norms))
        each = self._block.norm_rows[self._row]
        torch.stack(norms, out=each)
        total = self._block.total_cells[self._row]
        torch.linalg.vector_norm(each, out=total)
        return total

    def close_step(self, lr: float, samples: int) -> None:
        """Ends the current step, taken with this learning rate on so many samples."""
        before, self._now = self._now, self._clock()
        self._was_long = self._now - before >= LONG_STEP
        self._block.notes.append((lr, self._now - self._started, samples))
        self._row += 1

    def rest(self, seconds: float) -> None:
        """Leaves seconds in which nothing was done out of the time of the run."""
        self._started += seconds

    def newest_norms(self) -> list[float]:
        """The norm of each gradient of the step closed last; waits for the device."""
        assert self._row, "a step was closed since the last drain"
        norms: list[float] = self._block.norm_rows[self._row - 1].tolist()
        return norms

    def hurry(self) -> None:
        """Makes it time to drain: the current step went wrong."""
        self._drained = -math.inf

    @property
    def due(self) -> bool:
        """Whether it is time to drain."""
        return self._was_long or self._now - self._drained >= self._interval or self._row == self._capacity

    def drain(self, *, wait: bool = False) -> list[Measured]:
        """Steps that have reached the host; with `wait`, every step closed so far."""
        arrived = [self._sent] if self._sent is not None else []
        self._sent = self._ship() if self._row else None
        if self._sent is not None and (wait or not self._sent.travels):
            arrived.append(self._sent)
            self._sent = None
        self._drained = self._now
        return [shipment.read() for shipment in arrived]

    def _ship(self) -> _Shipment:
        shipment = _Shipment(self._block)
        first, second = self._blocks
        self._block, self._row = second if self._block is first else first, 0
        return shipment
