"""Everything a training run is made of, and its steps, epochs and checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from codegen.importers.weights import with_versions
from runtime.accumulation import StepPlan
from runtime.averaging import WeightAverage
from runtime.carrying import Carried
from runtime.checkpoint import Checkpoint
from runtime.control import Control
from runtime.data.feed import Batch, Feed, Targets
from runtime.ending import end_reason, is_out_of_steps, is_out_of_time, is_stale, with_remarks
from runtime.events import (
    CheckpointKind,
    CheckpointSaved,
    EndState,
    EpochEnded,
    NodesInspected,
    RunEnded,
    RunStarted,
    StepsRecorded,
    StepsSkipped,
)
from runtime.goals import goals_of
from runtime.guard import guard_of
from runtime.inspect import Inspector
from runtime.keeper import Keeper, check_weights
from runtime.meter import Clock, Meter
from runtime.metrics import Scores, evaluate
from runtime.nonfinite import Origin, undone
from runtime.optim import build_optimizer
from runtime.out_of_memory import MEMORY_ERRORS, failure_of, is_out_of_memory
from runtime.plan import TrainingPlan
from runtime.precision import Precision
from runtime.prepare import prepared
from runtime.progress import Progress
from runtime.schedule_choices import warmup_steps
from runtime.schedules import build_plateau, build_scheduler
from runtime.scoring import Scoring
from runtime.step import Clipping, Stepper
from runtime.step_mean import StepAhead, StepMeans
from runtime.step_watch import StepWatch
from runtime.training_state import load_state, state_of

_log = logging.getLogger(__name__)


class Trainer:
    """One run's model, optimizer, data and progress.

    Attributes:
        progress: how far it is.
        within_step: whether further batches belong to the step under way.
        is_spent: whether the steps or the minutes that the plan gives are used up.
    """

    def __init__(
        self,
        model: nn.Module,
        plan: TrainingPlan,
        feed: Feed,
        device: torch.device,
        run_dir: Path | None,
        clock: Clock,
        inspector: Inspector | None = None,
    ) -> None:
        self.progress, self.within_step, self.is_spent = Progress(), False, False
        self.model, self.plan, self.device = model, plan, device
        self._feed, self._clock, self._inspector = feed, clock, inspector
        self._scoring = Scoring(plan, feed, device)
        self._goals = goals_of(plan, self._scoring.metric_names(has_val=feed.val_samples > 0))
        self._steps = StepPlan(
            plan.batch_size, feed.train_samples, feed.steps_per_epoch, plan.accumulate_steps
        )
        is_uneven = plan.accumulate_steps > 1 and self._scoring.weighs_targets
        self._means = StepMeans(self._scoring, plan.accumulate_steps) if is_uneven else None
        self._ahead: StepAhead | None = None
        self._forward = prepared(model, plan, device)
        self.precision = Precision(plan.precision, device)
        self._build_optimizer()
        self._keeper = Keeper(run_dir, plan, clock())
        self._start_clocks()
        self.model.train()

    def _build_optimizer(self) -> None:
        self.optimizer = build_optimizer(self.plan, self.model)
        self.scheduler = build_scheduler(self.plan, self.optimizer, self.steps_per_epoch)
        self.plateau = build_plateau(self.plan, self.optimizer, self._goals.best.mode)
        decay = self.plan.ema_decay
        self.average = None if decay is None else WeightAverage(self.model, decay)
        if self.precision.scaler is not None:
            # Changes nothing without gradients, but the schedule warns unless a step came first, and the
            # scaler may skip the first real one.
            self.optimizer.step()

    def _start_clocks(self) -> None:
        now = self._clock()
        self._started = now - self.progress.elapsed
        self._epoch_started = now - self.progress.seconds
        self.meter = Meter(self.device, self._clock, self._started)
        is_scaled = self.precision.scaler is not None
        scoring = self._means or self._scoring
        self._stepper = Stepper(
            self.model,
            scoring.loss,
            self.optimizer,
            self.meter,
            self.precision,
            forward=self._forward,
            scheduler=self.scheduler,
            clipping=Clipping(self.plan.clip_grad_norm, self.plan.clip_grad_value),
            judge=scoring.judge,
            guard=guard_of(self.plan, self.model, self.optimizer, self.device, is_scaled=is_scaled),
            average=self.average,
        )
        self._watch = StepWatch(self.plan, is_scaled=is_scaled, find_origin=self._origin)

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in an epoch."""
        return self._steps.steps

    @property
    def total_steps(self) -> int:
        """Optimizer steps in the whole run."""
        return self.plan.span(self.steps_per_epoch).total_steps

    def started(self) -> RunStarted:
        """The run's size and place."""
        feed, plan = self._feed, self.plan
        return RunStarted(
            run_dir=str(self._keeper.run_dir or ""),
            device=str(self.device),
            precision=plan.precision,
            epochs=plan.epochs,
            steps_per_epoch=self.steps_per_epoch,
            total_steps=self.total_steps,
            train_samples=feed.train_samples,
            val_samples=feed.val_samples,
            parameters=sum(parameter.numel() for parameter in self.model.parameters()),
            start_step=self.progress.step,
            class_names=self._scoring.class_names,
        )

    def batches(self) -> Iterator[Batch]:
        """The batches of this epoch that are still to be trained on."""
        batches = self._batches(self.progress.batch)
        self._ahead = batches if isinstance(batches, StepAhead) else None
        return iter(batches)

    def _batches(self, first: int) -> Iterable[Batch]:
        batches = self._feed.train(self.progress.epoch, skip=first)
        return batches if self._means is None else self._means.ahead(batches)

    def step(self, inputs: Tensor, targets: Targets) -> NodesInspected | None:
        """Trains on a batch, with the last of a step's batches taking the step.

        Gives what the nodes did in it, if it was time to look.

        Raises:
            OutOfMemoryFailure: it does not fit into the memory.
        """
        try:
            return self._step(inputs, targets)
        except MEMORY_ERRORS as error:
            if is_out_of_memory(error):
                raise failure_of(error, f"in step {self.progress.step + 1:,}") from error
            raise

    def _step(self, inputs: Tensor, targets: Targets) -> NodesInspected | None:
        progress, share = self.progress, 1.0
        if self._steps.batches_per_step > 1:
            if self._means is None:
                share = self._steps.share(progress.batch)
            elif not self.within_step:
                assert self._ahead is not None
                self._ahead.begin()  # a look back at an earlier step may have come in between
            self.within_step = not self._steps.is_last(progress.batch)
        progress.batch += 1
        if self.within_step:
            self._stepper(inputs, targets, share, is_last=False)
            return None
        inspected = None
        if self._inspector is not None and self._inspector.is_due():
            inspected = self._inspected_step(self._inspector, inputs, targets, share)
        else:
            self._stepper(inputs, targets, share)
        progress.step += 1
        self.is_spent = self.plan.max_steps is not None and is_out_of_steps(self.plan, progress)
        return inspected

    def _inspected_step(
        self, inspector: Inspector, inputs: Tensor, targets: Targets, share: float
    ) -> NodesInspected:
        with inspector.look() as probe, self._stepper.uncompiled():
            self._stepper(inputs, targets, share)
            norms = dict(zip(self._stepper.parameter_names, self.meter.newest_norms(), strict=True))
            return inspector.figures(probe, self.progress.step + 1, norms)

    def drain(self, *, wait: bool = False) -> Iterator[StepsRecorded | StepsSkipped]:
        """What the steps measured, as far as it has reached the host; with `wait`, all of it.

        Raises:
            NonFiniteError: a step's loss or gradient is not finite, and such steps are not left out.
        """
        for measured in self.meter.drain(wait=wait):
            last = self._watch.last(measured, self.progress)
            told = measured if last is None else measured.upto(last + 1)
            yield self.progress.record(told, self._scoring.names)
            names = self._stepper.parameter_names
            if last is not None:
                raise self._watch.error(measured, last, self.progress.recorded, names)
            skipped = self._watch.told(measured, self.progress, names)
            if skipped is not None:
                yield skipped

    def _origin(self, step: int) -> Origin | None:
        """The node in which the numbers of a step stopped being finite, if that can still be seen."""
        if self._inspector is None or not self._stepper.spares_weights:
            return None
        first = self._steps.first_batch(step - 1 - self.progress.first_step)
        batches = self._batches(first)
        with undone(self.model), self._stepper.uncompiled():
            for inputs, targets in islice(batches, self._steps.batches_per_step):
                origin = self._inspector.origin(partial(self._stepper.compute, inputs, targets))
                if origin is not None:
                    return origin
        return None

    def look_at_clock(self) -> None:
        """Notes whether the plan's minutes are used up."""
        self.is_spent = self.is_spent or is_out_of_time(self.plan, self._clock() - self._started)

    def evaluate(self, control: Control) -> Scores | None:
        """Scores the model on the validation data; None if there is none or a stop came in between.

        Raises:
            OutOfMemoryFailure: a batch does not fit into the memory.
        """
        try:
            with self.average.applied() if self.average is not None else nullcontext():
                return evaluate(
                    self.model,
                    self._scoring,
                    self._feed.val(),
                    precision=self.precision,
                    tally=self._scoring.tally(),
                    control=control,
                )
        except MEMORY_ERRORS as error:
            if is_out_of_memory(error):
                raise failure_of(error, f"in the validation of epoch {self.progress.epoch:,}") from error
            raise

    def end_epoch(self, scores: Scores | None) -> EpochEnded:
        """Sums up the epoch and moves on to the next, unless it was cut short."""
        now = self._clock()
        seconds, self._epoch_started = now - self._epoch_started, now
        progress, scoring = self.progress, self._scoring
        if progress.best_epoch is not None and not self._keeper.has_best:
            _log.warning(
                "The weights of epoch %s, the best so far, were deleted or moved. "
                "The best epoch from now on is kept in their place.",
                progress.best_epoch,
            )
            progress.forget_best()
        is_whole = progress.batch >= self._feed.steps_per_epoch
        parts = scoring.train_figures(progress.part_sums, progress.samples)
        accuracy = scoring.train_accuracy(progress.hits, progress.samples, parts)
        ended = progress.end_epoch(
            scores, seconds, self._goals, accuracy=accuracy, is_whole=is_whole, parts=parts
        )
        if self.plateau is not None and is_whole and self._is_warm():
            self.plateau.step(self._goals.best.value(ended.figures))
        return ended

    def _is_warm(self) -> bool:
        """Whether the warm-up is over."""
        scheduler = self.plan.scheduler
        return scheduler is None or self.progress.taken >= warmup_steps(
            scheduler.params, self.plan.span(self.steps_per_epoch)
        )

    def close_epoch(self, scores: Scores | None) -> Iterator[EpochEnded | CheckpointSaved]:
        """Ends an epoch, tells of it, and saves what is to be kept of it."""
        ended = self.end_epoch(scores)
        yield ended
        if ended.is_best:  # first: from an older last one this epoch is trained again, and saved as the best
            yield from self.save("best")
        if self.end_reason() is not None or self._keeper.is_due_after(ended.epoch):
            yield from self.save("last")

    @contextmanager
    def clocks_stopped(self) -> Iterator[None]:
        """Lets no time pass for the run, as while it is paused."""
        began = self._clock()
        try:
            yield
        finally:
            rest = self._clock() - began
            self._started, self._epoch_started = self._started + rest, self._epoch_started + rest
            self.meter.rest(rest)

    def end_reason(self) -> str | None:
        """Why the run is over, in words; empty after its last epoch, None while it goes on."""
        return end_reason(self.plan, self.progress, self._goals, self._clock() - self._started)

    def finished(self, reason: str) -> RunEnded:
        """The last event of a run that came to its end; after an early stop, the best weights are back.

        Raises:
            CheckpointError: they are not there any more.
        """
        restored = self.progress.best_epoch if is_stale(self.progress, self._goals) else None
        weights = self._keeper.best_weights() if restored is not None else None
        if weights is not None:
            self.model.load_state_dict(with_versions(self.model, weights))
        text = with_remarks(reason, self.plan, self.progress, restored if weights is not None else None)
        return self.ended("finished", text)

    def ended(self, state: EndState, reason: str = "") -> RunEnded:
        """The run's last event."""
        return RunEnded(state, reason, step=self.progress.step, best_epoch=self.progress.best_epoch)

    def save_if_due(self) -> Iterator[CheckpointSaved | StepsRecorded | StepsSkipped]:
        """Writes a checkpoint within the epoch, where the plan asks for one every so many minutes."""
        if self._keeper.is_due(self._clock()):
            yield from self.drain(wait=True)
            yield from self.save("last")

    def save(self, kind: CheckpointKind) -> Iterator[CheckpointSaved]:
        """Writes a checkpoint, if the run has a folder.

        The best one has the averaged weights where the plan averages them.

        Raises:
            NonFiniteError: a weight is not finite; the earlier checkpoint stays.
            OSError: the disk is full or not writable; the earlier checkpoint stays.
        """
        check_weights(self.model, self.progress.step)
        state = self.state()
        weights = self.model.state_dict()
        if kind == "best" and self.average is not None:
            weights = {**weights, **self.average.state_dict()}
        yield from self._keeper.save(kind, weights, state, self.progress.step, self._clock())

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps beside the weights, the time up to now included."""
        now = self._clock()
        self.progress.elapsed, self.progress.seconds = now - self._started, now - self._epoch_started
        return state_of(self)

    def renewed(
        self,
        plan: TrainingPlan,
        model: nn.Module | None = None,
        inspector: Inspector | None = None,
        carried: Carried | None = None,
    ) -> Trainer:
        """A trainer that goes on from here with another plan, and if given another network.

        Args:
            plan: changed in nothing that data and device hang on.
            model: on the device already; None for the same.
            inspector: of that model.
            carried: what that takes over from the model so far.

        Raises:
            PlanError: the plan does not suit; this trainer can go on as it is.
        """
        trainer = Trainer(
            model or self.model,
            plan,
            self._feed,
            self.device,
            None,
            self._clock,
            inspector or self._inspector,
        )
        load_state(trainer, Checkpoint(dict(self.model.state_dict()), self.state()), carried)
        trainer._keeper = self._keeper
        self._keeper.plan = plan
        return trainer

    def go_on_from(self, progress: Progress) -> None:
        """Goes on from what a checkpoint tells, with its clocks where they were."""
        self.progress, self.is_spent = progress, is_out_of_steps(self.plan, progress)
        self._start_clocks()
