"""Builds the learning-rate schedule that a plan names in torch, to be advanced once an optimizer step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from torch.optim import Optimizer
from torch.optim import lr_scheduler as torch_schedules
from torch.optim.lr_scheduler import LinearLR, LRScheduler, ReduceLROnPlateau, SequentialLR

from graph.catalog.call import Params
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.schedule_choices import warmup_steps
from runtime.schedule_rules import Span, length, one_cycle_steps

Builder: TypeAlias = Callable[[Optimizer, Params, Span, int], LRScheduler]


def build_scheduler(plan: TrainingPlan, optimizer: Optimizer, steps_per_epoch: int) -> LRScheduler | None:
    """The schedule, to be stepped once after every optimizer step; None where the rate does not move by step.

    Schedules that count epochs, such as StepLR, are given their length in steps, so that every schedule moves
    the same way and a run can be resumed in the middle of an epoch.

    Raises:
        PlanError: the run is too short for the schedule.
    """
    if plan.scheduler is None:
        return None
    params, span = plan.scheduler.params, plan.span(steps_per_epoch)
    warmup = warmup_steps(params, span)
    build = BUILDERS.get(plan.scheduler.type)
    schedule = build(optimizer, params, span, span.total_steps - warmup) if build else None
    if not warmup:
        return schedule
    rise = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return rise if schedule is None else SequentialLR(optimizer, [rise, schedule], milestones=[warmup])


def build_plateau(plan: TrainingPlan, optimizer: Optimizer, mode: str) -> ReduceLROnPlateau | None:
    """The schedule that follows a metric, to be stepped with it after every epoch; None for any other.

    Args:
        plan: names it.
        optimizer: whose rates it lowers.
        mode: `min` for a metric that falls when the model gets better, `max` for one that rises.
    """
    if plan.scheduler is None or not plan.scheduler.spec.by_result:
        return None
    own = {name: value for name, value in plan.scheduler.params.items() if name != "warmup_epochs"}
    return ReduceLROnPlateau(optimizer, mode, **own)  # type: ignore[arg-type]


def _stepped(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    return torch_schedules.StepLR(optimizer, span.steps(params.step_size), params.gamma)


def _at_milestones(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    milestones = [span.steps(epoch) for epoch in params.milestones]
    return torch_schedules.MultiStepLR(optimizer, milestones, params.gamma)


def _exponential(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    return torch_schedules.StepLR(optimizer, span.steps_per_epoch, params.gamma)


def _cosine(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    period = length(params, "T_max", span, rest)
    return torch_schedules.CosineAnnealingLR(optimizer, period, params.eta_min)


def _restarted(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    return torch_schedules.CosineAnnealingWarmRestarts(
        optimizer, span.steps(params.T_0), params.T_mult, params.eta_min
    )


def _held(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    return torch_schedules.ConstantLR(optimizer, params.factor, span.steps(params.total_iters))


def _linear(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    total = length(params, "total_iters", span, rest)
    return LinearLR(optimizer, params.start_factor, params.end_factor, total)


def _polynomial(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    total = length(params, "total_iters", span, rest)
    return torch_schedules.PolynomialLR(optimizer, total, params.power)


def _cycle(optimizer: Optimizer, params: Params, span: Span, rest: int) -> LRScheduler:
    own = {name: value for name, value in params.items() if name != "warmup_epochs"}
    peak = float(optimizer.param_groups[0]["lr"])
    try:
        return torch_schedules.OneCycleLR(optimizer, peak, total_steps=one_cycle_steps(rest), **own)
    except ZeroDivisionError:  # PyTorch divides by the length of the rise, which is one step too short
        raise PlanError(
            "scheduler.pct_start",
            f"scheduler.pct_start is {params.pct_start:g}, which leaves no step of {rest} to rise in.",
            "a rise of more than one step",
            "Raise pct_start or epochs.",
        ) from None


BUILDERS: Mapping[str, Builder] = {
    "CosineAnnealingLR": _cosine,
    "OneCycleLR": _cycle,
    "StepLR": _stepped,
    "MultiStepLR": _at_milestones,
    "ExponentialLR": _exponential,
    "LinearLR": _linear,
    "PolynomialLR": _polynomial,
    "CosineAnnealingWarmRestarts": _restarted,
    "ConstantLR": _held,
}
