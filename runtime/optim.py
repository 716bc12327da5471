"""Builds the optimizer that a plan names in torch, with a parameter group for all that learn alike."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
from torch import nn
from torch.optim import Optimizer

from runtime.compat import skip_compiler_import
from runtime.muon import BY_MUON, EMBEDDINGS, MuonWithAdamW, muons_own
from runtime.optimizer_choices import DECAY_ALL, MUON, OPTIMIZERS, OptimizerSpec
from runtime.options import PlanError, shown
from runtime.plan import TrainingPlan

SCALED_PRECISION = "amp-float16"
NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
LR_FACTOR = "lr_factor"  # what the generated source calls it, too


class _Kind(NamedTuple):
    """What the parameters of a group have in common."""

    factor: float
    decays: bool
    by_muon: bool


def build_optimizer(plan: TrainingPlan, model: nn.Module) -> Optimizer:
    """The optimizer of the parameters that are not frozen, fused where that is safe.

    It has a parameter group for each learning-rate factor, most often the one for 1, two of each where
    biases and norms do not decay, and with Muon again two, as matrices alone are its own. The `lr` of all
    groups is that of the plan; schedules move it, and `FactoredRates` multiplies it for the time of a step.

    Raises:
        PlanError: there is nothing to train, the optimizer has one learning rate and the layers several, or
            an embedding has sparse gradients, which have no norm.
    """
    for name, module in model.named_modules():
        if isinstance(module, EMBEDDINGS) and module.sparse and module.weight.requires_grad:
            raise _sparse(name)
    option = plan.optimizer
    own = muons_own(model) if option.type == MUON else set()
    spares = _without_decay(model) if option.params.get(DECAY_ALL) is False else set()
    groups: dict[_Kind, list[tuple[str, nn.Parameter]]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            factor = _own_factor(parameter) * _lr_factor(model, name)
            kind = _Kind(factor, name not in spares, name in own)
            groups.setdefault(kind, []).append((name, parameter))
    if not groups:
        raise _nothing_to_train(plan, sum(parameter.numel() for parameter in model.parameters()))
    if option.spec.evaluates and len(groups) > 1:
        raise _several_rates(plan, {kind.factor for kind in groups})
    skip_compiler_import()
    arguments: dict[str, Any] = option.spec.arguments(option.params)
    if option.spec.fused_on:
        parameters = [each for group in groups.values() for _, each in group]
        arguments["fused"] = _may_fuse(plan, parameters, option.spec)
    named = [_group(kind, parameters) for kind, parameters in groups.items()]
    if option.type == MUON:
        adams = [each for kind, group in groups.items() if not kind.by_muon for _, each in group]
        fused = _may_fuse(plan, adams, OPTIMIZERS["AdamW"])
        marked = [group | {BY_MUON: kind.by_muon} for group, kind in zip(named, groups, strict=True)]
        return MuonWithAdamW(marked, fused=fused, **arguments)
    return cast(Optimizer, getattr(torch.optim, option.type)(named, **arguments))


def _group(kind: _Kind, named: list[tuple[str, nn.Parameter]]) -> dict[str, Any]:
    group: dict[str, Any] = {"params": named, LR_FACTOR: kind.factor}
    return group if kind.decays else group | {"weight_decay": 0.0}


def _without_decay(model: nn.Module) -> set[str]:
    """Names of the biases, and of all that norms learn."""
    found = set()
    for path, module in model.named_modules():
        for name, _ in module.named_parameters(recurse=False):
            if isinstance(module, NORMS) or "bias" in name:
                found.add(f"{path}.{name}".removeprefix("."))
    return found


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


def _several_rates(plan: TrainingPlan, factors: set[float]) -> PlanError:
    kind = plan.optimizer.type
    return PlanError(
        "optimizer",
        f"{kind} moves all weights together, but layers have the lr_factor {shown(sorted(factors))}.",
        "one learning rate for all",
        "Set lr_factor to 1 for every layer, or choose another optimizer.",
    )


def _sparse(name: str) -> PlanError:
    return PlanError(
        "optimizer",
        f"The layer {name} has sparse gradients, which cannot be measured and trained here.",
        "gradients with a number for every weight",
        f"Set sparse to false for {name}.",
    )


def _may_fuse(plan: TrainingPlan, parameters: list[nn.Parameter], spec: OptimizerSpec) -> bool:
    if plan.precision == SCALED_PRECISION and not spec.fused_with_scaler:
        return False
    return all(each.device.type in spec.fused_on and each.is_floating_point() for each in parameters)
