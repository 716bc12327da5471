"""What a plan may ask for, though nobody is likely to want it: told before a run, never refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from runtime.options import shown
from runtime.plan import LrCurve, TrainingPlan

SMALLEST = 1e-38  # about the least number of float32 that is not rounded to 0 on the way
TOO_SMALL = 1e-12  # a gradient this short is below the eps that optimizers divide by
IDLE_SHARE = 0.1  # of a run; a schedule that ends in 0 is there for the last steps alone


@dataclass(frozen=True)
class PlanWarning:
    """A setting that most likely was not meant as it is.

    Args:
        path: of the setting, such as `optimizer.eps`.
        text: what comes of it, what is usual, and what to set instead.
    """

    path: str
    text: str


Rule = Callable[[TrainingPlan], Iterator[PlanWarning]]


def plan_warnings(plan: TrainingPlan, curve: LrCurve) -> list[PlanWarning]:
    """What keeps a run from learning or most likely breaks it.

    Args:
        plan: can be used.
        curve: of its learning rate.
    """
    return [*_idle_rate(plan, curve), *(warning for rule in RULES for warning in rule(plan))]


def _idle_rate(plan: TrainingPlan, curve: LrCurve) -> Iterator[PlanWarning]:
    share = sum(lr == 0 for _, lr in curve.points) / len(curve.points)
    if share < IDLE_SHARE:
        return
    if plan.scheduler is None or plan.optimizer.params.lr == 0:
        yield PlanWarning(
            "optimizer.lr",
            "optimizer.lr is 0, so the run learns nothing. Expected a learning rate above 0. "
            f"Set optimizer.lr = {shown(plan.optimizer.spec.default('lr'))}.",
        )
        return
    span = "all of the run" if share == 1 else f"{share:.0%} of the run"
    yield PlanWarning(
        "scheduler.type",
        f"{plan.scheduler.type} as set leaves a learning rate of 0 for {span}, which then learns nothing. "
        "Expected a learning rate above 0 almost to the end. Change the scheduler, or epochs.",
    )


def _no_epsilon(plan: TrainingPlan) -> Iterator[PlanWarning]:
    eps = plan.optimizer.params.get("eps")
    if isinstance(eps, float) and eps < SMALLEST:
        yield PlanWarning(
            "optimizer.eps",
            f"optimizer.eps is {eps:g}, so a weight whose gradients were all 0 up to then, as behind a ReLU "
            "that is never active, becomes NaN. Expected a small number above 0. "
            f"Set optimizer.eps = {shown(plan.optimizer.spec.default('eps'))}.",
        )


def _endless_momentum(plan: TrainingPlan) -> Iterator[PlanWarning]:
    momentum = plan.optimizer.params.get("momentum")
    if isinstance(momentum, float) and momentum >= 1:
        yield PlanWarning(
            "optimizer.momentum",
            f"optimizer.momentum is {momentum:g}, so no gradient is ever forgotten and the steps grow "
            "without end. Expected a number below 1. Set optimizer.momentum = 0.9.",
        )


def _clipped_to_nothing(plan: TrainingPlan) -> Iterator[PlanWarning]:
    for name in ("clip_grad_norm", "clip_grad_value"):
        limit = getattr(plan, name)
        if limit is not None and limit < TOO_SMALL:
            yield PlanWarning(
                name,
                f"{name} is {limit:g}, which leaves nothing of a gradient to learn from. "
                f"Expected about the size that gradients have, often 1. Set {name} = 1.",
            )


def _idle_average(plan: TrainingPlan) -> Iterator[PlanWarning]:
    if plan.ema_decay == 1:
        yield PlanWarning(
            "ema_decay",
            "ema_decay is 1, so the averaged weights, which are validated and kept, stay as they began. "
            "Expected a number below 1. Set ema_decay = 0.999.",
        )


RULES: tuple[Rule, ...] = (_no_epsilon, _endless_momentum, _clipped_to_nothing, _idle_average)
