"""Keeps a step whose gradient is not finite from reaching the weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from runtime.optim import sparse_weights
from runtime.plan import TrainingPlan

TakeStep = Callable[[], object]


class Guard:
    """Takes an optimizer's steps as they come.

    Args:
        buffers: what a forward pass changes and a step that is left out must put back, such as the running
            mean of a batch norm.

    Attributes:
        looks_at_loss: whether a loss that is not finite is a reason too, as where a run would not end by it.
        must_tell: whether the host has to know of every step left out, even if it must wait for the device.
    """

    looks_at_loss = False
    must_tell = False

    def __init__(self, buffers: list[Tensor] | None = None) -> None:
        self._buffers = buffers or []
        self._kept: list[Tensor] = []

    @property
    def keeps_buffers(self) -> bool:
        """Whether `begin` has anything to note."""
        return bool(self._buffers)

    def begin(self) -> None:
        """Notes what the step's first forward pass will change."""
        self._kept = [buffer.clone() for buffer in self._buffers]

    def take(self, step: TakeStep, norm: Tensor) -> bool:
        """Takes the step unless the gradient's norm is not finite; whether the host knows of a step left out.

        Args:
            step: updates the weights; gives true where it left itself out.
            norm: 2-norm of the whole gradient, on the device.
        """
        is_left_out = bool(step())
        if self._kept:
            _put_back(self._buffers, self._kept, norm.isfinite())
        return is_left_out

    def _told(self, norm: Tensor) -> bool:
        """What `take` gives where only the device knows."""
        return self.must_tell and not math.isfinite(norm.item())


class HostGuard(Guard):
    """For a device that the host waits for anyway."""

    @torch.no_grad()
    def take(self, step: TakeStep, norm: Tensor) -> bool:
        if math.isfinite(norm.item()):
            step()
            return False
        for buffer, kept in zip(self._buffers, self._kept, strict=True):
            buffer.copy_(kept)
        return True


class FusedGuard(Guard):
    """Tells the fused kernels, which then change nothing; the host waits for nobody."""

    def __init__(self, optimizer: Optimizer, buffers: list[Tensor]) -> None:
        super().__init__(buffers)
        self._optimizer: Any = optimizer

    def take(self, step: TakeStep, norm: Tensor) -> bool:
        # What the gradient scaler sets for a kernel that supports it: torch/amp/grad_scaler.py
        self._optimizer.grad_scale = None
        self._optimizer.found_inf = norm.isfinite().logical_not().float()
        super().take(step, norm)
        return self._told(norm)


class CopyGuard(HostGuard):
    """Takes the step and puts back what was there before, on the device; for optimizers that are not fused.

    The host waits for the first step, which makes what the optimizer remembers. A counter of steps that the
    optimizer keeps on the host also counts those that are left out.
    """

    def __init__(self, optimizer: Optimizer, buffers: list[Tensor]) -> None:
        super().__init__(buffers)
        self._optimizer = optimizer

    @torch.no_grad()
    def take(self, step: TakeStep, norm: Tensor) -> bool:
        if not self._optimizer.state:
            return super().take(step, norm)
        changed = list(self._changed())
        before = [tensor.clone() for tensor in changed]
        step()
        _put_back(changed + self._buffers, before + self._kept, norm.isfinite())
        return self._told(norm)

    def _changed(self) -> Iterator[Tensor]:
        """Weights and what is remembered of them."""
        for weight in (each for group in self._optimizer.param_groups for each in group["params"]):
            yield weight
            remembered = self._optimizer.state[weight].values() if weight in self._optimizer.state else ()
            yield from (each for each in remembered if torch.is_tensor(each) and each.device == weight.device)


@torch.no_grad()
def _put_back(tensors: list[Tensor], earlier: list[Tensor], is_finite: Tensor) -> None:
    for tensor, before in zip(tensors, earlier, strict=True):
        tensor.copy_(torch.where(is_finite, tensor, before))


def guard_of(
    plan: TrainingPlan, model: nn.Module, optimizer: Optimizer, device: torch.device, *, is_scaled: bool
) -> Guard | None:
    """What keeps a plan's weights from harm; None where a run ends soon after it.

    Args:
        plan: whether such a step ends the run or is left out.
        model: the network.
        optimizer: of its weights.
        device: where it computes.
        is_scaled: whether a gradient scaler leaves such steps out itself.
    """
    skips = plan.on_nonfinite == "skip"
    buffers = [each for each in model.buffers() if each.is_floating_point()] if skips else []
    if not skips and (is_scaled or device.type != "cpu"):
        return None
    # The host waits for the losses of an evaluating optimizer and for the rows of sparse gradients anyway.
    waits = device.type == "cpu" or plan.optimizer.spec.evaluates or bool(sparse_weights(model))
    if is_scaled:
        guard = Guard(buffers)
    else:
        guard = HostGuard(buffers) if waits else _device_guard(plan, optimizer, buffers)
    guard.looks_at_loss = skips
    return guard


def _device_guard(plan: TrainingPlan, optimizer: Optimizer, buffers: list[Tensor]) -> Guard:
    """What the host does not wait for."""
    is_told = getattr(optimizer, "_step_supports_amp_scaling", False)
    is_fused = is_told and plan.optimizer.spec.fused_with_scaler
    return (FusedGuard if is_fused else CopyGuard)(optimizer, buffers)
