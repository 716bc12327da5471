"""Run by itself: times steps of a project's network in several ways, and prints a line of JSON for each."""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from torch import nn

from graph import custom_shapes
from graph.storage import load
from runtime.backends import backends_of
from runtime.control import Control
from runtime.custom_probe import ShapeProbe
from runtime.data.feed import Batch, Feed
from runtime.events import DataProgress
from runtime.failure import TrainingFailure
from runtime.launch import USER_ERRORS
from runtime.material import Material
from runtime.plan import TrainingPlan
from runtime.speed import PLAIN, SpeedStarted, Way, WayTimed
from runtime.step_mean import kept
from runtime.trainer import Trainer
from runtime.trials import trial

BATCHES = 4  # that are trained on again and again
ROUNDS = 8  # in which the plain way and another take turns
ROUND = 0.25  # seconds of a turn
MOST_STEPS = 20  # of a turn
NAMES = {DataProgress: "data", SpeedStarted: "started", WayTimed: "timed"}


def measured(material: Material, model: nn.Module, feed: Feed) -> Iterator[SpeedStarted | WayTimed]:
    """What there is to measure, and what was measured of each way.

    Args:
        material: plan, device and data.
        model: on the device; left as it is.
        feed: of the data.
    """
    plan, device = material.plan, material.device
    total = plan.span(-(-feed.steps_per_epoch // plan.accumulate_steps)).total_steps
    ways = ways_of(plan, model)
    yield SpeedStarted(str(device), total, Way(plan.compile, plan.channels_last), ways)
    batches = [kept(batch) for batch in islice(feed.train(1), min(BATCHES, feed.steps_per_epoch))]
    whole = [batch for batch in batches if len(batch.x) == len(batches[0].x)]  # a short one is compiled anew
    with backends_of(plan, device):
        for way in ways:
            yield _timed(way, material, model, feed, whole)


def ways_of(plan: TrainingPlan, model: nn.Module) -> tuple[Way, ...]:
    """The ways that could change anything: channels are laid out for two-dimensional convolutions alone."""
    if not plan.optimizer.spec.evaluates and any(parameter.ndim == 4 for parameter in model.parameters()):
        return Way(channels_last=True), Way(compile=True), Way(compile=True, channels_last=True)
    return (Way(compile=True),)


def _timed(way: Way, material: Material, model: nn.Module, feed: Feed, batches: Sequence[Batch]) -> WayTimed:
    try:
        plain, other = (_Steps(each, material, model, feed, batches) for each in (PLAIN, way))
        first_seconds = other(1)
    except TrainingFailure as error:
        return WayTimed(way, fault=str(error))
    plain(1)
    step = max(plain(2), other(2)) / 2
    count = min(max(round(ROUND / max(step, 1e-6)), 1), MOST_STEPS)
    rounds = [(plain(count) / count, other(count) / count) for _ in range(ROUNDS)]
    low, _, high = quantiles((mine / theirs for theirs, mine in rounds), n=4)
    return WayTimed(
        way,
        plain_ms=1e3 * median(theirs for theirs, _ in rounds),
        step_ms=1e3 * median(mine for _, mine in rounds),
        low=low,
        high=high,
        first_seconds=max(first_seconds - step, 0.0),
    )


class _Steps:
    """Takes steps of a copy of the network in one way; a call gives the seconds that so many take."""

    def __init__(
        self, way: Way, material: Material, model: nn.Module, feed: Feed, batches: Sequence[Batch]
    ) -> None:
        plan = replace(
            material.plan, compile=way.compile, channels_last=way.channels_last, scheduler=None,
            accumulate_steps=1, max_steps=None,
        )  # fmt: skip
        self._batches = cycle(batches)
        self._trainer = Trainer(copy.deepcopy(model), plan, feed, material.device, None, time.perf_counter)

    def __call__(self, count: int) -> float:
        start = time.perf_counter()
        for inputs, targets in islice(self._batches, count):
            self._trainer.step(inputs, targets)
        list(self._trainer.drain(wait=True))  # once the device is through
        return time.perf_counter() - start


def main(arguments: Sequence[str]) -> int:
    """Measures the project in a file; 1 where it cannot be trained."""
    path, data_folder = map(Path, arguments)
    custom_shapes.ask_from_now_on(ShapeProbe())
    try:
        for event in trial(load(path), Control(), data_folder, measured):
            _say(NAMES[type(event)], asdict(event))
    except USER_ERRORS as error:
        _say("failed", {"text": str(error)})
        return 1
    return 0


def _say(name: str, values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"event": name, **values}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
