"""The learning rate of each optimizer step in closed form, schedule by schedule; needs no torch.

A rule takes a schedule's parameters, the base rate, the step, the span of the run, and how many steps there
are from the first one. The warm-up is over by then, and the first step is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from graph.catalog.call import Params


@dataclass(frozen=True)
class Span:
    """The length of a training run in optimizer steps.

    Args:
        epochs: passes over the training set.
        steps_per_epoch: optimizer steps in each.
        max_steps: where the run ends before that.
    """

    epochs: int
    steps_per_epoch: int
    max_steps: int | None = None

    @property
    def total_steps(self) -> int:
        planned = self.epochs * self.steps_per_epoch
        return planned if self.max_steps is None else min(planned, self.max_steps)

    def steps(self, epochs: float) -> int:
        """Optimizer steps in so many epochs, at least one."""
        return max(round(epochs * self.steps_per_epoch), 1)


def length(params: Params, name: str, span: Span, rest: int) -> int:
    """The steps of a length in epochs; empty, it is all that is left."""
    return rest if params[name] is None else span.steps(params[name])


def _power(base: float, gamma: float, exponent: float) -> float:
    try:
        return float(base * gamma**exponent)
    except OverflowError:
        return math.inf


def stepped_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """A drop every so many epochs."""
    return _power(base, params.gamma, step // span.steps(params.step_size))


def at_milestones_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """A drop after each of some epochs."""
    return _power(base, params.gamma, sum(step >= span.steps(epoch) for epoch in params.milestones))


def exponential_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """A drop after every epoch."""
    return _power(base, params.gamma, step // span.steps_per_epoch)


def _between(high: float, low: float, progress: float) -> float:
    """Half a cosine from `high` to `low`."""
    return low + (high - low) * (1 + math.cos(math.pi * progress)) / 2


def cosine_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """Half a cosine."""
    return _between(base, params.eta_min, step / length(params, "T_max", span, rest))


def restarted_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """Half cosines one after another."""
    period = span.steps(params.T_0)
    if params.T_mult == 1:
        step %= period
    while step >= period:
        step -= period
        period *= params.T_mult
    return _between(base, params.eta_min, step / period)


def held_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """A part of the rate for a while, then all of it."""
    return base * (float(params.factor) if step < span.steps(params.total_iters) else 1.0)


def linear_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """A straight line, then level."""
    progress = min(step / length(params, "total_iters", span, rest), 1.0)
    start, end = float(params.start_factor), float(params.end_factor)
    return base * (start + (end - start) * progress)


def polynomial_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """A power of what is left."""
    left = 1 - min(step / length(params, "total_iters", span, rest), 1.0)
    return _power(base, left, params.power)


def one_cycle_steps(rest: int) -> int:
    """The steps of a cycle, which has a rise and a fall at least."""
    return max(rest, 2)


def cycle_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """Up and down again, straight or along cosines.

    Source: torch/optim/lr_scheduler.py, OneCycleLR.get_lr
    """
    total = one_cycle_steps(rest)
    start, last = base / float(params.div_factor), total - 1
    low = start / float(params.final_div_factor)
    peak = float(params.pct_start) * total - 1
    ends = [(peak, start, base), (last, base, low)]
    if params.three_phase:
        ends = [(peak, start, base), (2 * peak, base, start), (last, start, low)]
    before = 0.0
    for end, high, lowest in ends:
        if step <= end or end == last:
            progress = (step - before) / (end - before) if end > before else 1.0
            if params.anneal_strategy == "cos":
                return _between(high, lowest, progress)
            return high + (lowest - high) * progress
        before = end
    raise AssertionError("the last phase ends with the cycle")


def constant_lr(params: Params, base: float, step: int, span: Span, rest: int) -> float:
    """The rate as it is."""
    return base
