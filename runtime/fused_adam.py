"""Adam's fused step on a CPU without what PyTorch looks up anew each time: 4 % of a small network's step.

Source: torch/optim/adam.py, Adam.step and _fused_adam
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from runtime.compat import plain_step


def quick_step(optimizer: Optimizer) -> Callable[[], None]:
    """What takes an optimizer's steps the quickest way there is; does what its own `step` does in eager mode.

    Step hooks are not called.
    """
    if type(optimizer) in (Adam, AdamW) and all(map(_is_simple, optimizer.param_groups)):
        return _FusedAdam(optimizer)
    return plain_step(optimizer)


def _is_simple(group: dict[str, Any]) -> bool:
    """Whether all that a group learns goes into one call of the fused kernel, on the CPU."""
    kinds = {(parameter.device.type, parameter.dtype) for parameter in group["params"]}
    is_plain = not (group["amsgrad"] or group["differentiable"] or torch.is_tensor(group["lr"]))
    return bool(group["fused"]) and is_plain and len(kinds) == 1 and kinds.pop()[0] == "cpu"


class _Group:
    """A parameter group with what Adam remembers of those of its parameters that learn."""

    def __init__(self, group: dict[str, Any], state: Mapping[Tensor, Any]) -> None:
        self._group = group
        self._learning: list[Tensor] = [each for each in group["params"] if each in state]
        self._idle: list[Tensor] = [each for each in group["params"] if each not in state]
        remembered = [state[each] for each in self._learning]
        self._means = [each["exp_avg"] for each in remembered]
        self._squares = [each["exp_avg_sq"] for each in remembered]
        self._counts = [each["step"] for each in remembered]

    def gradients(self) -> list[Tensor] | None:
        """Those of the parameters that learn; None where now one more or one less has a gradient."""
        found = [each.grad for each in self._learning if each.grad is not None]
        is_as_before = len(found) == len(self._learning) and all(each.grad is None for each in self._idle)
        return found if is_as_before else None

    def step(self, gradients: list[Tensor]) -> None:
        """Takes the step."""
        if not gradients:
            return
        group = self._group
        torch._foreach_add_(self._counts, 1)
        take = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
        beta1, beta2 = group["betas"]
        take(
            self._learning, gradients, self._means, self._squares, [], self._counts,
            lr=group["lr"], beta1=beta1, beta2=beta2, weight_decay=group["weight_decay"], eps=group["eps"],
            amsgrad=False, maximize=group["maximize"], grad_scale=None, found_inf=None,
        )  # fmt: skip


class _FusedAdam:
    """Takes the steps of an Adam; where anything is not as in the last one, as Adam itself does."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer, self._plain_step = optimizer, plain_step(optimizer)
        self._state: object = None  # that the groups are of
        self._groups: list[_Group] = []

    @torch.no_grad()
    def __call__(self) -> None:
        optimizer = self._optimizer
        found = [group.gradients() for group in self._groups]
        gradients = [each for each in found if each is not None]
        if self._state is not optimizer.state or len(gradients) < len(found):
            self._plain_step()
            self._state = optimizer.state
            self._groups = [_Group(group, optimizer.state) for group in optimizer.param_groups]
            return
        for group, each in zip(self._groups, gradients, strict=True):
            group.step(each)
