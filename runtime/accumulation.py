"""Which batches of an epoch make one optimizer step, and what each counts in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepPlan:
    """An epoch's batches, some of them at a time.

    Args:
        batch_size: samples in a batch; the last of an epoch may have fewer.
        samples: of the training set.
        batches: in an epoch.
        batches_per_step: whose gradients make one step; the last step of an epoch may have fewer.
    """

    batch_size: int
    samples: int
    batches: int
    batches_per_step: int

    @property
    def steps(self) -> int:
        """Optimizer steps in an epoch."""
        return -(-self.batches // self.batches_per_step)

    def first_batch(self, step: int) -> int:
        """The first batch of a step of the epoch, both counted from 0."""
        return step * self.batches_per_step

    def share(self, batch: int) -> float:
        """How much a batch's mean counts in the mean over all samples of its step."""
        first, end = self._bounds(batch)
        size = min((batch + 1) * self.batch_size, self.samples) - batch * self.batch_size
        return size / (min(end * self.batch_size, self.samples) - first * self.batch_size)

    def is_last(self, batch: int) -> bool:
        """Whether a batch is the last of its step."""
        return batch + 1 == self._bounds(batch)[1]

    def _bounds(self, batch: int) -> tuple[int, int]:
        """The first batch of a step, and the first that is no longer part of it."""
        first = batch // self.batches_per_step * self.batches_per_step
        return first, min(first + self.batches_per_step, self.batches)
