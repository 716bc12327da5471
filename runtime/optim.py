"""Builds the optimizer that a plan names in torch, with a parameter group for all that learn alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer

from runtime.compat import skip_compiler_import, skip_sparse_warning
from runtime.joint_optimizer import JointOptimizer
from runtime.optimizer_choices import DECAY_ALL, MUON, OPTIMIZERS, SPARSE_ADAM
from runtime.options import PlanError, shown
from runtime.plan import TrainingPlan

SCALED_PRECISION = "amp-float16"
NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)
LR_FACTOR = "lr_factor"  # what the generated source calls it, too
MOMENTUM = "momentum_buffer"  # what SGD remembers of a weight
MOVED_BY = "moved_by"  # of a parameter group: what has to stay for its state to be of use

Group = dict[str, Any]


class _Kind(NamedTuple):
    """What the parameters of a group have in common.

    Args:
        factor: of their learning rate.
        decays: whether weight decay acts on them.
        mover: the type of the optimizer that moves them.
        is_sparse: whether their gradients have numbers for some rows only.
    """

    factor: float
    decays: bool
    mover: str
    is_sparse: bool


def build_optimizer(plan: TrainingPlan, model: nn.Module) -> Optimizer:
    """The optimizer of the parameters that are not frozen, fused where that is safe.

    It has a parameter group for each learning-rate factor, most often the one for 1, two of each where
    biases and norms do not decay, and again two where an optimizer leaves some to its companion, or where
    some gradients are sparse. The `lr` of all groups is that of the plan; schedules move it, and
    `FactoredRates` multiplies it for the time of a step.

    Raises:
        PlanError: there is nothing to train, the optimizer has one learning rate and the layers several, or
            it does not take the sparse gradients that an embedding has.
    """
    option, sparse = plan.optimizer, sparse_weights(model)
    if sparse:
        _require_sparse(plan, model)
        skip_sparse_warning()
    companion = option.spec.companion
    own = OWN[option.type](model) if companion is not None else set()
    spares = _without_decay(model) if option.params.get(DECAY_ALL) is False else set()
    groups: dict[_Kind, list[tuple[str, nn.Parameter]]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            factor = _own_factor(parameter) * _lr_factor(model, name)
            mover = option.type if companion is None or name in own else companion.type
            kind = _Kind(factor, name not in spares, mover, name in sparse and not option.spec.evaluates)
            groups.setdefault(kind, []).append((name, parameter))
    if not groups:
        raise _nothing_to_train(plan, sum(parameter.numel() for parameter in model.parameters()))
    if option.spec.evaluates and len(groups) > 1:
        raise _several_rates(plan, {kind.factor for kind in groups})
    skip_compiler_import()
    arguments: dict[str, Any] = option.spec.arguments(option.params)
    if companion is None:
        return _made(option.type, arguments, plan, groups)
    shared = {name: arguments[name] for name in companion.shares}
    parts = []
    for mover, given in ((option.type, arguments), (companion.type, shared)):
        its_own = {kind: named for kind, named in groups.items() if kind.mover == mover}
        if its_own:
            parts.append(_made(mover, given, plan, its_own))
    moved = ("lr", "momentum", "betas")
    return JointOptimizer(parts, {name: arguments[name] for name in moved if name in arguments})


def _made(
    mover: str,
    arguments: Mapping[str, Any],
    plan: TrainingPlan,
    groups: Mapping[_Kind, list[tuple[str, nn.Parameter]]],
) -> Optimizer:
    """PyTorch's optimizer of this type for some groups."""
    make: Callable[..., Optimizer] = getattr(torch.optim, mover)
    made = [_group(kind, named) for kind, named in groups.items()]
    if not OPTIMIZERS[mover].fused_on:
        return make(made, **arguments)
    dense = [each for kind, named in groups.items() if not kind.is_sparse for _, each in named]
    # The scaler tells an optimizer to unscale gradients itself if any of its groups is fused.
    is_mixed = plan.precision == SCALED_PRECISION and any(kind.is_sparse for kind in groups)
    fuses = bool(dense) and not is_mixed and _may_fuse(plan, dense, mover)
    for group, kind in zip(made, groups, strict=True):
        group["fused"] = fuses and not kind.is_sparse
    return make(made, fused=fuses, **arguments)


def _group(kind: _Kind, named: list[tuple[str, nn.Parameter]]) -> Group:
    mark = f"{kind.mover}, sparse" if kind.is_sparse else kind.mover
    group: Group = {"params": named, LR_FACTOR: kind.factor, MOVED_BY: mark}
    return group if kind.decays else group | {"weight_decay": 0.0}


def sparse_weights(model: nn.Module) -> set[str]:
    """Names of the weights that learn by gradients with numbers for those rows only that a batch reads."""
    return {f"{name}.weight".removeprefix(".") for name, _ in sparse_layers(model)}


def sparse_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The embeddings whose weights those are, with their names."""
    for name, module in model.named_modules():
        if isinstance(module, EMBEDDINGS) and module.sparse and module.weight.requires_grad:
            yield name, module


def muons_own(model: nn.Module) -> set[str]:
    """Names of what Muon moves: every weight with two dims, but those of embeddings.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html
    """
    found = set()
    for path, module in model.named_modules():
        if not isinstance(module, EMBEDDINGS):
            for name, parameter in module.named_parameters(recurse=False):
                if parameter.ndim == 2:
                    found.add(f"{path}.{name}".removeprefix("."))
    return found


# What an optimizer moves that leaves the rest to its companion.
OWN: Mapping[str, Callable[[nn.Module], set[str]]] = {MUON: muons_own, SPARSE_ADAM: sparse_weights}


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


def _require_sparse(plan: TrainingPlan, model: nn.Module) -> None:
    """Raises a PlanError for sparse gradients that PyTorch does not have or the optimizer does not take."""
    option = plan.optimizer
    decay = option.params.get("weight_decay")
    for layer, module in sparse_layers(model):
        if module.scale_grad_by_freq:
            raise PlanError(
                "optimizer",
                f"The layer {layer} has sparse gradients and scale_grad_by_freq, which PyTorch cannot join.",
                "one of the two",
                f"Set sparse or scale_grad_by_freq to false for {layer}.",
            )
        if not option.spec.takes_sparse:
            takers = [spec.type for spec in OPTIMIZERS.values() if spec.takes_sparse]
            raise PlanError(
                "optimizer",
                f"{option.type} does not take sparse gradients, which the layer {layer} has.",
                f"one of {', '.join(takers)}",
                f"Choose {SPARSE_ADAM}, or set sparse to false for {layer}.",
            )
        if decay:
            raise PlanError(
                "optimizer.weight_decay",
                f"optimizer.weight_decay is {shown(decay)}, but weights whose gradients are sparse cannot "
                f"decay, as those of the layer {layer}.",
                "0",
                f"Set weight_decay = 0, or set sparse to false for {layer}.",
            )


def _may_fuse(plan: TrainingPlan, parameters: list[nn.Parameter], mover: str) -> bool:
    spec = OPTIMIZERS[mover]
    if plan.precision == SCALED_PRECISION and not spec.fused_with_scaler:
        return False
    return all(each.device.type in spec.fused_on and each.is_floating_point() for each in parameters)
