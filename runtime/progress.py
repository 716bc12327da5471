"""How far a run is: what its events are made from and its checkpoints keep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from runtime.events import EpochEnded, StepsRecorded
from runtime.goals import Goals, loss_of
from runtime.meter import Measured
from runtime.metrics import Scores

NO_PARTS: Mapping[str, float] = MappingProxyType({})


@dataclass(slots=True)
class Progress:
    """How far a run is, in plain numbers.

    Attributes:
        epoch: the epoch under way; the first is 1.
        batch: its batches trained on so far.
        step: optimizer steps taken in the whole run.
        first_step: of these, those before this epoch.
        judged: of these, those that the last summary of an epoch looked back on.
        recorded: of these, how many have reached the host.
        loss_sum: losses times samples of this epoch, as far as recorded.
        hits: right answers of this epoch, as far as recorded.
        samples: samples of this epoch, as far as recorded.
        part_sums: where each Output has a loss of its own, what each adds up to as `loss_sum` does, then the
            right answers of those that have any.
        seconds: length of this epoch so far.
        elapsed: length of the whole run so far, in seconds.
        skipped: steps left out one after another up to now, as their gradient was not finite.
        skipped_in_epoch: those of this epoch.
        skipped_in_all: those of the whole run.
        best_value: of the metric that tells the best epoch.
        best_epoch: that epoch.
        best_loss: its validation loss, which decides a tie; infinite where it has none, None if not known.
        stop_value: the best of the metric that ends the run early.
        stale_epochs: epochs since that improved.
    """

    epoch: int = 1
    batch: int = 0
    step: int = 0
    first_step: int = 0
    judged: int = 0
    recorded: int = 0
    loss_sum: float = 0.0
    hits: float = 0.0
    samples: int = 0
    part_sums: list[float] = field(default_factory=list)
    seconds: float = 0.0
    elapsed: float = 0.0
    skipped: int = 0
    skipped_in_epoch: int = 0
    skipped_in_all: int = 0
    best_value: float | None = None
    best_epoch: int | None = None
    best_loss: float | None = None
    stop_value: float | None = None
    stale_epochs: int = 0

    @property
    def taken(self) -> int:
        """Optimizer steps that changed the weights, as far as recorded: where a schedule is."""
        return self.step - self.skipped_in_all

    def record(self, measured: Measured, names: Sequence[str] = ()) -> StepsRecorded:
        """Counts steps that have reached the host, and tells of them.

        Args:
            measured: by consecutive steps.
            names: of the Outputs that have a loss of their own; their losses are the first figures.
        """
        first = self.recorded + 1
        self.recorded += len(measured.losses)
        for loss, hits, samples in zip(measured.losses, measured.hits, measured.samples, strict=True):
            if math.isfinite(loss):
                self.loss_sum += loss * samples
                self.hits += hits
                self.samples += samples
        self._add_parts(measured, len(names))
        columns = (measured.losses, measured.lrs, measured.grad_norms, measured.times)
        parts = dict(zip(names, map(tuple, measured.figures), strict=False))
        losses, lrs, norms, times = map(tuple, columns)
        return StepsRecorded(first, self.epoch, losses, lrs, norms, times, parts)

    def _add_parts(self, measured: Measured, num_losses: int) -> None:
        """Adds up the figures of the Outputs: losses by their samples, right answers as they are."""
        self.part_sums = self.part_sums or [0.0] * len(measured.figures)
        finite = [step for step, loss in enumerate(measured.losses) if math.isfinite(loss)]
        for index, column in enumerate(measured.figures):
            weights = measured.samples if index < num_losses else [1] * len(column)
            self.part_sums[index] += sum(column[step] * weights[step] for step in finite)

    def count_skipped(self, is_finite: bool) -> None:
        """Notes whether the next step recorded was left out."""
        self.skipped = 0 if is_finite else self.skipped + 1
        self.skipped_in_epoch += not is_finite
        self.skipped_in_all += not is_finite

    def end_epoch(
        self,
        scores: Scores | None,
        seconds: float,
        goals: Goals,
        *,
        accuracy: float | None,
        is_whole: bool = True,
        parts: Mapping[str, float] = NO_PARTS,
    ) -> EpochEnded:
        """Sums up the epoch and moves on to the next, unless it was cut short.

        Args:
            scores: of the validation samples, if there are any.
            seconds: how long it took.
            goals: tell the best epoch.
            accuracy: share of the right answers to training samples, where answers can be right.
            is_whole: whether all its batches were trained on.
            parts: figures of training of each Output that has a loss of its own.
        """
        samples = max(self.samples, 1)
        ended = EpochEnded(
            epoch=self.epoch,
            step=self.step,
            train_loss=self.loss_sum / samples,
            train_accuracy=accuracy,
            val_loss=None if scores is None else scores.loss,
            metrics={} if scores is None else scores.metrics,
            seconds=seconds,
            is_best=False,
            confusion=() if scores is None else scores.confusion,
            skipped_steps=self.skipped_in_epoch,
            parts=parts,
        )
        ended = replace(ended, is_best=self._judge(ended, goals))
        self.judged = self.step
        if is_whole:
            self.epoch += 1
            self.begin_epoch()
        return ended

    def begin_epoch(self) -> None:
        """Goes to the start of the epoch."""
        self.batch, self.first_step = 0, self.step
        self.loss_sum, self.hits, self.samples, self.skipped_in_epoch = 0.0, 0.0, 0, 0
        self.part_sums = []

    def forget_best(self) -> None:
        """Lets the next epoch be the best so far: the weights of the one that was are lost, or its figure."""
        self.best_value = self.best_epoch = self.best_loss = None

    def forget_stopping(self) -> None:
        """Counts epochs without a better one anew."""
        self.stop_value, self.stale_epochs = None, 0

    def _judge(self, ended: EpochEnded, goals: Goals) -> bool:
        """Whether this epoch is the best; also counts those that are not."""
        figures = ended.figures
        value = goals.stopping.value(figures)
        if goals.stopping.is_better(value, self.stop_value):
            self.stop_value, self.stale_epochs = value, 0
        else:
            self.stale_epochs += 1
        is_best = goals.is_best(figures, self.best_value, self.best_loss)
        if is_best:
            self.best_value, self.best_epoch = goals.best.value(figures), ended.epoch
            self.best_loss = loss_of(figures)
        return is_best
