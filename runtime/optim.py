"""Builds what a plan names in torch: its optimizer and its learning-rate schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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


def build_optimizer(plan: TrainingPlan, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The optimizer of those parameters that are trainable, fused where that is safe.

    Raises:
        PlanError: there is nothing to train.
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    if not trainable:
        raise PlanError(
            "optimizer",
            f"{plan.optimizer.type} has nothing to train: the model has no trainable parameters.",
            "at least one layer with weights",
            "Add one, such as Linear, or unfreeze one.",
        )
    skip_compiler_import()
    optimizer_class = getattr(torch.optim, plan.optimizer.type)
    fused = _may_fuse(plan, trainable)
    return cast(Optimizer, optimizer_class(trainable, **plan.optimizer.params, fused=fused))


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
