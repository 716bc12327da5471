"""Builds what a plan names in torch: its optimizer and its learning-rate schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR, StepLR

from graph.catalog.spec import Params
from runtime.compat import skip_compiler_import
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.plan_choices import Span, warmup_steps

FUSED_DEVICES = ("cpu", "cuda")
SCALED_PRECISION = "amp-float16"
LR_FACTOR = "lr_factor"  # what the generated source calls it, too


def build_optimizer(plan: TrainingPlan, model: nn.Module) -> Optimizer:
    """The optimizer of the parameters that are not frozen, fused where that is safe.

    It has a parameter group for each learning-rate factor, most often the one for 1. The `lr` of all groups
    is that of the plan; schedules move it, and `FactoredRates` multiplies it for the time of a step.

    Raises:
        PlanError: there is nothing to train.
    """
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            factor = _own_factor(parameter) * _lr_factor(model, name)
            groups.setdefault(factor, []).append(parameter)
    if not groups:
        raise _nothing_to_train(plan, sum(parameter.numel() for parameter in model.parameters()))
    skip_compiler_import()
    optimizer_class = getattr(torch.optim, plan.optimizer.type)
    fused = _may_fuse(plan, [parameter for group in groups.values() for parameter in group])
    named = [{"params": group, LR_FACTOR: factor} for factor, group in groups.items()]
    return cast(Optimizer, optimizer_class(named, **plan.optimizer.params, fused=fused))


class FactoredRates:
    """Multiplies the learning rates of an optimizer's groups by their factors while a step is taken."""

    def __init__(self, optimizer: Optimizer) -> None:
        factors = ((group, group.get(LR_FACTOR, 1.0)) for group in optimizer.param_groups)
        self._factored = [(group, factor) for group, factor in factors if factor != 1]

    def apply(self, lr: float) -> None:
        """Sets what the step is taken with."""
        for group, factor in self._factored:
            group["lr"] = lr * factor

    def restore(self, lr: float) -> None:
        """Sets what schedules go on from."""
        for group, _ in self._factored:
            group["lr"] = lr


def _lr_factor(model: nn.Module, name: str) -> float:
    """The product of the factors that the layers around a parameter were given."""
    factor, owner = 1.0, model
    for part in name.split(".")[:-1]:
        owner = getattr(owner, part)
        factor *= _own_factor(owner)
    return factor


def _own_factor(learner: nn.Module | nn.Parameter) -> float:
    factor = getattr(learner, LR_FACTOR, 1.0)
    return factor if isinstance(factor, int | float) else 1.0


def _nothing_to_train(plan: TrainingPlan, frozen: int) -> PlanError:
    kind = plan.optimizer.type
    if frozen:
        return PlanError(
            "optimizer",
            f"{kind} has nothing to train: all {frozen:,} parameters of the model are frozen.",
            "at least one layer that learns",
            "Set frozen to false for one of the layers.",
        )
    return PlanError(
        "optimizer",
        f"{kind} has nothing to train: the model has no trainable parameters.",
        "at least one layer with weights",
        "Add one, such as Linear.",
    )


def _may_fuse(plan: TrainingPlan, parameters: list[nn.Parameter]) -> bool:
    if plan.precision == SCALED_PRECISION and not plan.optimizer.spec.fused_with_scaler:
        return False
    return all(each.device.type in FUSED_DEVICES and each.is_floating_point() for each in parameters)


def build_scheduler(plan: TrainingPlan, optimizer: Optimizer, steps_per_epoch: int) -> LRScheduler | None:
    """The schedule, to be stepped once after every optimizer step; None where the rate stays constant.

    Schedules that count epochs, such as StepLR, are given their length in steps, so that every schedule moves
    the same way and a run can be resumed in the middle of an epoch.
    """
    if plan.scheduler is None:
        return None
    span = Span(plan.epochs, steps_per_epoch)
    return SCHEDULER_BUILDERS[plan.scheduler.type](optimizer, plan.scheduler.params, span)


def _step_lr(optimizer: Optimizer, params: Params, span: Span) -> LRScheduler:
    return StepLR(optimizer, step_size=params.step_size * span.steps_per_epoch, gamma=params.gamma)


def _cosine(optimizer: Optimizer, params: Params, span: Span) -> LRScheduler:
    warmup = warmup_steps(params, span)
    decay = CosineAnnealingLR(optimizer, T_max=span.total_steps - warmup, eta_min=params.eta_min)
    if not warmup:
        return decay
    rise = LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
    return SequentialLR(optimizer, [rise, decay], milestones=[warmup])


SCHEDULER_BUILDERS: Mapping[str, Callable[[Optimizer, Params, Span], LRScheduler]] = {
    "StepLR": _step_lr,
    "CosineAnnealingLR": _cosine,
}
