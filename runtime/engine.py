"""The training loop: a plain generator of frozen events; no Qt, no printing, no waiting for the device."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path

import torch
from torch import nn

from codegen.importers.weights import WeightsError
from codegen.source import GenerationError
from runtime.backends import backends_of
from runtime.carrying import Carried
from runtime.checkpoint import Checkpoint
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.raw import DataError
from runtime.device import DeviceError
from runtime.events import ChangeRefused, Event, StateChanged
from runtime.failure import TrainingFailure
from runtime.inspect import Inspector
from runtime.live_changes import Renew
from runtime.meter import Clock
from runtime.plan import PlanError, TrainingPlan
from runtime.trainer import Trainer
from runtime.training_state import load_state

# What keeps an edited project from being taken up, told in words already.
CHANGE_ERRORS = (PlanError, TrainingFailure, DeviceError, DataError, GenerationError, WeightsError)


def train(
    model: nn.Module,
    plan: TrainingPlan,
    feed: Feed,
    control: Control,
    *,
    device: torch.device,
    run_dir: Path | None = None,
    checkpoint: Checkpoint | None = None,
    inspector: Inspector | None = None,
    carried: Carried | None = None,
    renew: Renew | None = None,
    clock: Clock = time.perf_counter,
) -> Iterator[Event]:
    """Trains a model as planned and tells what happens, RunEnded last.

    Random numbers come from torch's default generators as they stand, so that the same seed gives the same
    numbers as the same loop written by hand. Checkpoints are saved as the plan says, at a pause and at a
    stop. Switches of the whole process that the plan asks for are put back at the end.

    Args:
        model: on `device` already; trained in place.
        plan: how to train and for how long.
        feed: the batches, on `device` too.
        control: stops and pauses the run between two steps.
        device: where to compute.
        run_dir: where checkpoints go; None saves none.
        checkpoint: goes on from there, to the same numbers as a run that was never stopped.
        inspector: looks at what the nodes do while `control` says that somebody watches.
        carried: where the model is not quite that of the checkpoint, what it takes over from there.
        renew: gives the trainer of an edited project that `control` has for the run.
        clock: seconds, monotonic.

    Raises:
        NonFiniteError: the loss, a gradient or a weight is not finite; no checkpoint is touched from then on.
    """
    with backends_of(plan, device):
        trainer = Trainer(model, plan, feed, device, run_dir, clock, inspector)
        if checkpoint is not None:
            load_state(trainer, checkpoint, carried)
        yield trainer.started()
        while (reason := trainer.end_reason()) is None:
            yield from _train_epoch(trainer, control)
            if control.has_change and not control.stopped:
                trainer = yield from _changed(trainer, control, renew)
                continue
            scores = trainer.evaluate(control)
            if control.stopped:
                yield StateChanged("stopping")
                yield from trainer.save("last")
                yield trainer.ended("stopped", "Stopped on request.")
                return
            yield from trainer.close_epoch(scores)
        yield trainer.finished(reason)


def _train_epoch(trainer: Trainer, control: Control) -> Iterator[Event]:
    """The steps of an epoch that are still to be taken, up to a stop or the end of what the plan gives."""
    for inputs, targets in trainer.batches():
        if not trainer.within_step:
            if control.paused:
                yield from _wait(trainer, control)
            if control.stopped or control.has_change or trainer.is_spent:
                break
        inspected = trainer.step(inputs, targets)
        if inspected is not None:
            yield inspected
        if trainer.meter.due and not trainer.within_step:
            yield from trainer.drain()
            yield from trainer.save_if_due()
            trainer.look_at_clock()
        if control.has_asker:  # before the next batch is there: tracing a step fetches its own
            if not trainer.within_step:
                yield from trainer.drain()
            control.make_way()
    yield from trainer.drain(wait=True)


def _changed(trainer: Trainer, control: Control, renew: Renew | None) -> Generator[Event, None, Trainer]:
    """Takes up the project that waits, if that can be done; gives the trainer that goes on."""
    project = control.take_change()
    if project is None:
        return trainer
    try:
        if renew is None:
            raise TrainingFailure("This run has no project. Expected one that was started from a project.")
        trainer, told = renew(trainer, project)
    except CHANGE_ERRORS as error:
        yield ChangeRefused(trainer.progress.step, str(error))
        return trainer
    if not told:
        yield ChangeRefused(trainer.progress.step, "The project is as it is trained already.")
    yield from told
    return trainer


def _wait(trainer: Trainer, control: Control) -> Iterator[Event]:
    yield from trainer.drain(wait=True)
    yield from trainer.save("last")
    yield StateChanged("paused")
    with trainer.clocks_stopped():
        control.wait_while_paused()
    if not control.stopped:
        yield StateChanged("running")
