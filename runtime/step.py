"""One optimizer step: forward, backward, norm, clip, update, all measured and nothing waited for."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from runtime.compat import plain_step
from runtime.losses import LossFunction
from runtime.meter import Meter
from runtime.metrics import Judge
from runtime.optim import FactoredRates
from runtime.precision import Precision


class Stepper:
    """Takes optimizer steps on a model and leaves what they measured in a meter.

    Args:
        scheduler: advanced after every step; None for a constant rate or one that moves by epoch.
        clip_norm: gradients longer than this are shortened to it, as `clip_grad_norm_` does.
        judge: tells which answers are right; None where the loss has none.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_function: LossFunction,
        optimizer: Optimizer,
        meter: Meter,
        precision: Precision,
        *,
        scheduler: LRScheduler | None = None,
        clip_norm: float | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._model, self._loss_function, self._optimizer = model, loss_function, optimizer
        self._meter, self._precision, self._scheduler = meter, precision, scheduler
        self._clip_norm, self._judge = clip_norm, judge
        self._named: list[tuple[str, nn.Parameter]] = []
        self._plain_step = plain_step(optimizer)
        self._rates = FactoredRates(optimizer)

    @property
    def parameter_names(self) -> list[str]:
        """The parameters whose gradients the meter has, in its order; known after the first step."""
        return [name for name, _ in self._named]

    def __call__(self, inputs: Tensor, targets: Tensor) -> None:
        """Takes one optimizer step on a batch."""
        with self._precision.autocast():
            outputs = self._model(inputs)
            loss = self._loss_function(outputs, targets)
        scaler = self._precision.scaler
        (loss if scaler is None else scaler.scale(loss)).backward()
        right = None if self._judge is None else self._judge(outputs.detach(), targets)
        self._meter.note(loss.detach(), right)
        self._update(len(targets))

    def _update(self, samples: int) -> None:
        if not self._named:  # which parameters take part shows after the first backward pass
            named = self._model.named_parameters()
            self._named = [(name, parameter) for name, parameter in named if parameter.grad is not None]
        scaler, optimizer = self._precision.scaler, self._optimizer
        if scaler is not None:
            scaler.unscale_(optimizer)
        gradients: list[Any] = [parameter.grad for _, parameter in self._named]
        norm = self._meter.norm(gradients)
        if self._clip_norm is not None:
            clip_grads_with_norm_([parameter for _, parameter in self._named], self._clip_norm, norm)
        lr = optimizer.param_groups[0]["lr"]
        self._rates.apply(lr)
        if scaler is None:
            self._plain_step()
        else:
            scaler.step(optimizer)
            scaler.update()
        self._rates.restore(lr)
        for _, parameter in self._named:
            parameter.grad = None
        self._meter.close_step(lr, samples)
        if self._scheduler is not None:
            self._scheduler.step()
