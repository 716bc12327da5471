"""Everything a training run is made of and what must be saved to go on with it later."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from codegen.importers.weights import with_versions
from runtime.checkpoint import Checkpoint, CheckpointError, checkpoint_folder, save_checkpoint
from runtime.control import Control
from runtime.data.feed import Batch, Feed
from runtime.events import (
    CheckpointKind,
    CheckpointSaved,
    EndState,
    EpochEnded,
    NodesInspected,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from runtime.failure import NonFiniteError
from runtime.inspect import Inspector
from runtime.loss_spec import needs_of
from runtime.losses import build_loss
from runtime.meter import Clock, Measured, Meter
from runtime.metrics import Scores, evaluate, judge_of
from runtime.optim import build_optimizer
from runtime.plan import TrainingPlan
from runtime.precision import Precision
from runtime.progress import Progress
from runtime.schedules import build_scheduler
from runtime.step import Stepper
from runtime.tallies import tally_of

# The fp16 scaler starts at 2**16 and halves at every skipped step: after this many in a row its factor is
# below 1/1000 and the overflow is not the scaler's doing.
MAX_SKIPPED_STEPS = 26


class Trainer:
    """One run's model, optimizer, data and progress."""

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
        self.progress = Progress()
        self._model, self._plan, self._feed, self._device = model, plan, feed, device
        self._run_dir, self._clock, self._inspector = run_dir, clock, inspector
        self._precision = Precision(plan.precision, device)
        self._loss_function = build_loss(plan, feed.train_targets, feed.num_classes).to(device)
        self._optimizer = build_optimizer(plan, model)
        self._scheduler = build_scheduler(plan, self._optimizer, feed.steps_per_epoch)
        if self._precision.scaler is not None:
            # Changes nothing without gradients, but the schedule warns unless a step came first, and the
            # scaler may skip the first real one.
            self._optimizer.step()
        ignored = plan.loss.params.get("ignore_index")
        self._ignored = ignored if feed.holds_target(ignored) else None
        self._judge = judge_of(needs_of(plan.loss), self._ignored)
        self._start_clocks()
        self._model.train()

    def _start_clocks(self) -> None:
        now = self._clock()
        self._started = now - self.progress.elapsed
        self._epoch_started = now - self.progress.seconds
        self.meter = Meter(self._device, self._clock, self._started)
        self._stepper = Stepper(
            self._model,
            self._loss_function,
            self._optimizer,
            self.meter,
            self._precision,
            scheduler=self._scheduler,
            clip_norm=self._plan.clip_grad_norm,
            judge=self._judge,
        )

    def started(self) -> RunStarted:
        """The run's size and place."""
        feed, plan = self._feed, self._plan
        return RunStarted(
            run_dir=str(self._run_dir or ""),
            device=str(self._device),
            precision=plan.precision,
            epochs=plan.epochs,
            steps_per_epoch=feed.steps_per_epoch,
            total_steps=feed.steps_per_epoch * plan.epochs,
            train_samples=feed.train_samples,
            val_samples=feed.val_samples,
            parameters=sum(parameter.numel() for parameter in self._model.parameters()),
            start_step=self.progress.step,
            class_names=feed.class_names,
        )

    def batches(self) -> Iterator[Batch]:
        """The batches of this epoch that are still to be trained on."""
        return self._feed.train(self.progress.epoch, skip=self.progress.batch)

    def step(self, inputs: Tensor, targets: Tensor) -> NodesInspected | None:
        """Takes one optimizer step; gives what the nodes did in it, if it was time to look."""
        inspected = None
        if self._inspector is not None and self._inspector.is_due():
            inspected = self._inspected_step(self._inspector, inputs, targets)
        else:
            self._stepper(inputs, targets)
        self.progress.step += 1
        self.progress.batch += 1
        return inspected

    def _inspected_step(self, inspector: Inspector, inputs: Tensor, targets: Tensor) -> NodesInspected:
        with inspector.look() as probe:
            self._stepper(inputs, targets)
            norms = dict(zip(self._stepper.parameter_names, self.meter.newest_norms(), strict=True))
            return inspector.figures(probe, self.progress.step + 1, norms)

    def drain(self, *, wait: bool = False) -> Iterator[StepsRecorded]:
        """What the steps measured, as far as it has reached the host; with `wait`, all of it.

        Raises:
            NonFiniteError: a step's loss or gradient is not finite.
        """
        for measured in self.meter.drain(wait=wait):
            broken = self._first_failure(measured)
            yield self.progress.record(measured if broken is None else measured.upto(broken + 1))
            if broken is not None:
                raise self._failure(measured, broken)

    def evaluate(self, control: Control) -> Scores | None:
        """Scores the model on the validation data; None if there is none or a stop came in between."""
        return evaluate(
            self._model,
            self._loss_function,
            self._feed.val(),
            precision=self._precision,
            tally=tally_of(needs_of(self._plan.loss), self._ignored),
            control=control,
        )

    def end_epoch(self, scores: Scores | None) -> EpochEnded:
        """Sums up the epoch and moves on to the next."""
        now = self._clock()
        seconds, self._epoch_started = now - self._epoch_started, now
        return self.progress.end_epoch(scores, seconds, has_accuracy=self._judge is not None)

    def ended(self, state: EndState, reason: str = "") -> RunEnded:
        """The run's last event."""
        return RunEnded(state, reason, step=self.progress.step, best_epoch=self.progress.best_epoch)

    def save(self, kind: CheckpointKind) -> Iterator[CheckpointSaved]:
        """Writes a checkpoint, if the run has a folder.

        Raises:
            NonFiniteError: a weight is not finite; the earlier checkpoint stays.
            OSError: the disk is full or not writable; the earlier checkpoint stays.
        """
        if self._run_dir is None:
            return
        self._check_weights()
        folder = checkpoint_folder(self._run_dir, kind)
        save_checkpoint(folder, self._model.state_dict(), self._state())
        yield CheckpointSaved(kind, str(folder), self.progress.step)

    def load(self, checkpoint: Checkpoint) -> None:
        """Goes back to where a checkpoint was saved, random numbers included.

        Raises:
            CheckpointError: it was saved by another model or optimizer.
        """
        state = checkpoint.trainer
        try:
            self._model.load_state_dict(with_versions(self._model, checkpoint.weights))
            self._optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"The checkpoint has other layers or sizes than the project ({error}). "
                "Expected the project that the run was started with. "
                "Open project.netloom of the run folder, or start a new run."
            ) from error
        # Each is missing on one side if the plan was changed in between.
        if self._scheduler is not None and state["scheduler"] is not None:
            self._scheduler.load_state_dict(state["scheduler"])
        if self._precision.scaler is not None and state["scaler"] is not None:
            self._precision.scaler.load_state_dict(state["scaler"])
        self.progress = Progress(**state["progress"])
        self._start_clocks()
        torch.set_rng_state(state["rng"])
        if self._device.type == "cuda" and state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"], self._device)

    def _state(self) -> dict[str, Any]:
        now = self._clock()
        self.progress.elapsed, self.progress.seconds = now - self._started, now - self._epoch_started
        scheduler, scaler = self._scheduler, self._precision.scaler
        is_cuda = self._device.type == "cuda"
        return {
            "progress": asdict(self.progress),
            "optimizer": self._optimizer.state_dict(),
            "scheduler": None if scheduler is None else scheduler.state_dict(),
            "scaler": None if scaler is None else scaler.state_dict(),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(self._device) if is_cuda else None,
        }

    def _first_failure(self, measured: Measured) -> int | None:
        """Index of the step that breaks the run; the fp16 scaler may skip some, but not one after another."""
        if self._precision.scaler is None or (measured.broken is None and not self.progress.skipped):
            return measured.broken
        for index in range(len(measured.losses)):
            self.progress.skipped = 0 if measured.finite(index) else self.progress.skipped + 1
            if self.progress.skipped > MAX_SKIPPED_STEPS:
                return index
        return None

    def _failure(self, measured: Measured, broken: int) -> NonFiniteError:
        culprit = None if measured.culprit is None else self._stepper.parameter_names[measured.culprit]
        is_loss = not math.isfinite(measured.losses[broken])
        return NonFiniteError("loss" if is_loss else "gradient", self.progress.recorded, culprit)

    def _check_weights(self) -> None:
        """Keeps a broken model out of the checkpoints: its last step may have broken it unseen."""
        named = list(self._model.named_parameters())
        finite = torch.stack([parameter.detach().isfinite().all() for _, parameter in named]).tolist()
        if not all(finite):
            raise NonFiniteError("weight", self.progress.step, named[finite.index(False)][0])
