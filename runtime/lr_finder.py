"""Which learning rate suits a network: it grows at every step, and the loss tells when that is too much.

Source: https://arxiv.org/abs/1506.01186
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from graph.catalog.call import Params
from runtime.backends import backends_of
from runtime.control import Control
from runtime.data.feed import Batch, Feed
from runtime.meter import Clock, Meter
from runtime.optim import build_optimizer
from runtime.options import Option
from runtime.plan import TrainingPlan
from runtime.precision import Precision
from runtime.scoring import Scoring
from runtime.step import Clipping, Stepper

FIRST, LAST = 1e-7, 10.0
STEPS = 100
SMOOTHING = 0.8  # weight of the past in the loss that is judged
TOO_MUCH = 4.0  # times the lowest loss: from there on it only gets worse
LEAST_TRIED = 8  # rates that a suggestion needs
FALLEN = 0.75  # of the steps in which the loss fell come before the one whose rate is suggested


@dataclass(frozen=True, slots=True)
class LrTried:
    """One step of the search.

    Attributes:
        step: the first is 1.
        total: steps there may be; fewer where the loss grows too large.
        lr: the rate it was taken with.
        loss: of its batch.
        smoothed: the loss, averaged over the last steps.
    """

    step: int
    total: int
    lr: float
    loss: float
    smoothed: float


@dataclass(frozen=True, slots=True)
class LrSuggestion:
    """What the search has found.

    Attributes:
        lr: well within the fall of the loss; None where it did not fall.
        text: the same in words.
    """

    lr: float | None
    text: str


def find_lr(
    model: nn.Module,
    plan: TrainingPlan,
    feed: Feed,
    control: Control,
    *,
    device: torch.device,
    first: float = FIRST,
    last: float = LAST,
    steps: int = STEPS,
    clock: Clock = time.perf_counter,
) -> Iterator[LrTried]:
    """Trains with a rate that grows from `first` to `last`, until the loss does, or somebody asks for a stop.

    Args:
        model: on `device` already; it is trained, so give one that is thrown away.
        plan: its loss, optimizer, clipping and precision are used; its rate and its schedule are not.
        feed: the batches, on `device` too.
        control: stops the search between two steps.
        device: where to compute.
        first: the rate of the first step.
        last: the rate of the last step.
        steps: how many there are.
        clock: seconds, monotonic.
    """
    with backends_of(plan, device):
        stepper, meter = _stepper(
            model, plan, feed, device, clock, first, (last / first) ** (1 / (steps - 1))
        )
        model.train()
        smoothed, lowest = math.nan, math.inf
        for step, (inputs, targets) in zip(range(1, steps + 1), _batches(feed), strict=False):
            if control.stopped:
                return
            stepper(inputs, targets)
            (measured,) = meter.drain(wait=True)
            loss, lr = measured.losses[0], measured.lrs[0]
            smoothed = loss if math.isnan(smoothed) else SMOOTHING * smoothed + (1 - SMOOTHING) * loss
            yield LrTried(step, steps, lr, loss, smoothed)
            lowest = min(lowest, smoothed)
            if not math.isfinite(loss) or smoothed > TOO_MUCH * lowest > 0:
                return


def _stepper(
    model: nn.Module,
    plan: TrainingPlan,
    feed: Feed,
    device: torch.device,
    clock: Clock,
    first: float,
    growth: float,
) -> tuple[Stepper, Meter]:
    at_first = Option(plan.optimizer.spec, Params(plan.optimizer.params | {"lr": first}))
    optimizer = build_optimizer(replace(plan, optimizer=at_first), model)
    meter = Meter(device, clock, clock())
    stepper = Stepper(
        model,
        Scoring(plan, feed, device).loss,
        optimizer,
        meter,
        Precision(plan.precision, device),
        scheduler=LambdaLR(optimizer, lambda step: growth**step),
        clipping=Clipping(plan.clip_grad_norm, plan.clip_grad_value),
    )
    return stepper, meter


def _batches(feed: Feed) -> Iterator[Batch]:
    """One epoch after the other."""
    epoch = 1
    while True:
        yield from feed.train(epoch)
        epoch += 1


def suggested(tried: Sequence[LrTried]) -> LrSuggestion:
    """A rate well within the longest fall of the smoothed loss.

    With small batches the steepest step is a matter of chance. A fall is many steps: the longest series of
    ever lower losses, whatever noise lifts in between. Where rates are too low to matter, chance alone makes
    it, which is why the rate at `FALLEN` of its steps is taken. The first tenth of all steps, in which the
    average settles, is passed over.

    Source: https://docs.fast.ai/callback.schedule.html (its "valley" goes two thirds through the longest one)
    """
    finite = [each for each in tried if math.isfinite(each.smoothed)]
    if len(finite) < LEAST_TRIED:
        return LrSuggestion(
            None,
            f"The loss was finite for only {len(finite)} steps. Expected at least {LEAST_TRIED}. "
            "Check the data for huge or missing numbers, or start at a lower rate.",
        )
    settled = finite[max(len(finite) // 10, 1) :]
    fall = _longest_fall([each.smoothed for each in settled])
    if len(fall) < 2 or settled[fall[-1]].smoothed >= settled[0].smoothed:
        return LrSuggestion(
            None,
            "The loss did not fall at any rate that was tried. Check that layers learn, that the loss suits "
            "the output, and that the targets belong to the inputs.",
        )
    lr = _rounded(settled[fall[int(FALLEN * (len(fall) - 1))]].lr)
    return LrSuggestion(
        lr,
        f"A good start is lr = {lr:g}, well within the fall of the loss. "
        f"The fall ends at {settled[fall[-1]].lr:.2g}; from there on the steps are too long.",
    )


def _longest_fall(losses: Sequence[float]) -> list[int]:
    """The places of the longest series of ever lower losses; the first that is found of several."""
    lengths, before = [1] * len(losses), [-1] * len(losses)
    for place, loss in enumerate(losses):
        for earlier in range(place):
            if losses[earlier] > loss and lengths[earlier] >= lengths[place]:
                lengths[place], before[place] = lengths[earlier] + 1, earlier
    place, fall = max(range(len(losses)), key=lambda index: lengths[index]), []
    while place >= 0:
        fall.append(place)
        place = before[place]
    return fall[::-1]


def _rounded(lr: float) -> float:
    """To two digits, as people write it."""
    return float(f"{lr:.1e}")
