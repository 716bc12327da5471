"""How far a run is: what its events are made from and its checkpoints keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.events import EpochEnded, StepsRecorded
from runtime.meter import Measured
from runtime.metrics import Scores


@dataclass(slots=True)
class Progress:
    """How far a run is, in plain numbers.

    Attributes:
        epoch: the epoch under way; the first is 1.
        batch: its batches trained on so far.
        step: optimizer steps taken in the whole run.
        recorded: of these, how many have reached the host.
        loss_sum: losses times samples of this epoch, as far as recorded.
        hits: right answers of this epoch, as far as recorded.
        samples: samples of this epoch, as far as recorded.
        seconds: length of this epoch so far.
        elapsed: length of the whole run so far, in seconds.
        skipped: steps in a row that the fp16 scaler skipped.
    """

    epoch: int = 1
    batch: int = 0
    step: int = 0
    recorded: int = 0
    loss_sum: float = 0.0
    hits: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    skipped: int = 0
    best_loss: float = math.inf
    best_epoch: int | None = None

    def record(self, measured: Measured) -> StepsRecorded:
        """Counts steps that have reached the host, and tells of them."""
        first = self.recorded + 1
        self.recorded += len(measured.losses)
        for loss, hits, samples in zip(measured.losses, measured.hits, measured.samples, strict=True):
            if math.isfinite(loss):
                self.loss_sum += loss * samples
                self.hits += hits
                self.samples += samples
        columns = (measured.losses, measured.lrs, measured.grad_norms, measured.times)
        return StepsRecorded(first, self.epoch, *map(tuple, columns))

    def end_epoch(self, scores: Scores | None, seconds: float, *, has_accuracy: bool) -> EpochEnded:
        """Sums up the epoch and moves on to the next.

        The best epoch is the one of the lowest validation loss, or training loss where nothing is held back:
        every task has it, and it tells two epochs of equal accuracy apart.
        """
        samples = max(self.samples, 1)
        train_loss = self.loss_sum / samples
        judged = train_loss if scores is None else scores.loss
        is_best = judged < self.best_loss
        if is_best:
            self.best_loss, self.best_epoch = judged, self.epoch
        ended = EpochEnded(
            epoch=self.epoch,
            step=self.step,
            train_loss=train_loss,
            train_accuracy=self.hits / samples if has_accuracy else None,
            val_loss=None if scores is None else scores.loss,
            metrics={} if scores is None else scores.metrics,
            seconds=seconds,
            is_best=is_best,
            confusion=() if scores is None else scores.confusion,
        )
        self.epoch, self.batch = self.epoch + 1, 0
        self.loss_sum, self.hits, self.samples = 0.0, 0.0, 0
        return ended
