"""What a plan may ask for, though nobody is likely to want it: told before a run, never refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runtime.options import shown
from runtime.plan import TrainingPlan, lr_curve

SMALLEST = 1e-38  # about the least number of float32 that is not rounded to 0 on the way
TOO_SMALL = 1e-12  # a gradient this short is below the eps that optimizers divide by

Rule = Callable[[TrainingPlan], Iterator[str]]


def plan_warnings(plan: TrainingPlan, steps_per_epoch: int) -> list[str]:
    """What keeps a run from learning or most likely breaks it, each with what to set instead.

    Args:
        plan: can be used.
        steps_per_epoch: of the optimizer.
    """
    idle = lr_curve(plan, steps_per_epoch).warning
    return [*([idle] if idle else []), *(text for rule in RULES for text in rule(plan))]


def _no_epsilon(plan: TrainingPlan) -> Iterator[str]:
    eps = plan.optimizer.params.get("eps")
    if isinstance(eps, float) and eps < SMALLEST:
        yield (
            f"optimizer.eps is {eps:g}, so a weight whose gradients were all 0 up to then, as behind a ReLU "
            "that is never active, becomes NaN. Expected a small number above 0. "
            f"Set optimizer.eps = {shown(plan.optimizer.spec.default('eps'))}."
        )


def _endless_momentum(plan: TrainingPlan) -> Iterator[str]:
    momentum = plan.optimizer.params.get("momentum")
    if isinstance(momentum, float) and momentum >= 1:
        yield (
            f"optimizer.momentum is {momentum:g}, so no gradient is ever forgotten and the steps grow "
            "without end. Expected a number below 1. Set optimizer.momentum = 0.9."
        )


def _clipped_to_nothing(plan: TrainingPlan) -> Iterator[str]:
    for name in ("clip_grad_norm", "clip_grad_value"):
        limit = getattr(plan, name)
        if limit is not None and limit < TOO_SMALL:
            yield (
                f"{name} is {limit:g}, which leaves nothing of a gradient to learn from. "
                f"Expected about the size that gradients have, often 1. Set {name} = 1."
            )


def _idle_average(plan: TrainingPlan) -> Iterator[str]:
    if plan.ema_decay == 1:
        yield (
            "ema_decay is 1, so the averaged weights, which are validated and kept, stay as they began. "
            "Expected a number below 1. Set ema_decay = 0.999."
        )


RULES: tuple[Rule, ...] = (_no_epsilon, _endless_momentum, _clipped_to_nothing, _idle_average)
