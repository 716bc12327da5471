"""One optimizer step: forward, backward, norm, clip, update, all measured and nothing waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import LBFGS, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from runtime.averaging import WeightAverage
from runtime.compat import plain_step
from runtime.data.feed import Targets
from runtime.failure import TrainingFailure
from runtime.fused_adam import quick_step
from runtime.guard import Guard
from runtime.joint_optimizer import JointOptimizer
from runtime.losses import LossFunction
from runtime.meter import Meter
from runtime.metrics import Judge
from runtime.optim import MOMENTUM, FactoredRates, sparse_weights
from runtime.parted_loss import PartedLoss
from runtime.precision import Precision

EPS = 1e-6  # keeps the division by a norm from 0, as PyTorch does

Forward = Callable[[Tensor], Any]


class _Result(NamedTuple):
    """What a batch adds to its step.

    Args:
        loss: its part of the step's loss.
        right: how right each of its answers is, if any can be.
        figures: of the parts of the loss, if it has any.
    """

    loss: Tensor
    right: Tensor | None
    figures: Tensor | None


class _Known(NamedTuple):
    """A step's batch, kept for an optimizer that evaluates it several times.

    Args:
        loss: at the weights before the step, whose gradient is there; None once that was asked for.
    """

    inputs: Tensor
    targets: Targets
    loss: Tensor | None


@dataclass(slots=True)
class Clipping:
    """Limits on a gradient; None for none.

    Args:
        norm: of its 2-norm, as `clip_grad_norm_` does.
        value: of each of its entries, as `clip_grad_value_` does; comes first.
    """

    norm: float | None = None
    value: float | None = None

    @property
    def is_on(self) -> bool:
        """Whether there is a limit."""
        return self.norm is not None or self.value is not None

    def __call__(self, gradients: list[Tensor], norm: Tensor) -> None:
        """Clips gradients in place.

        Args:
            gradients: the numbers of all of them.
            norm: of the whole gradient as it is.
        """
        if self.value is not None:
            torch._foreach_clamp_min_(gradients, -self.value)
            torch._foreach_clamp_max_(gradients, self.value)
            if self.norm is not None:
                norm = get_total_norm(gradients)
        if self.norm is not None:
            torch._foreach_mul_(gradients, (self.norm / (norm + EPS)).clamp(max=1.0))


class Stepper:
    """Takes optimizer steps on a model and leaves what they measured in a meter.

    Args:
        forward: what computes the model's answers, if not the model itself.
        scheduler: advanced after every step that was taken; None for a constant rate or one that moves by
            epoch.
        clipping: of the gradient.
        judge: tells which answers are right; None where the loss has none.
        guard: keeps a gradient that is not finite from the weights; None takes every step.
        average: of the weights, moved along.

    Where a scheduler or an average moves with the steps and some may be left out, the host waits to learn
    which were taken.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_function: LossFunction,
        optimizer: Optimizer,
        meter: Meter,
        precision: Precision,
        *,
        forward: Forward | None = None,
        scheduler: LRScheduler | None = None,
        clipping: Clipping | None = None,
        judge: Judge | None = None,
        guard: Guard | None = None,
        average: WeightAverage | None = None,
    ) -> None:
        self._model, self._loss_function, self._optimizer = model, loss_function, optimizer
        self._meter, self._precision, self._judge = meter, precision, judge
        self._forward: Forward = forward or model
        self.scheduler, self.clipping = scheduler, clipping or Clipping()
        self._guard, self._average = guard, average
        self._must_know = scheduler is not None or average is not None
        if guard is not None:
            guard.must_tell = self._must_know
        self._named: list[tuple[str, nn.Parameter]] = []
        self._sparse = [model.get_parameter(name) for name in sorted(sparse_weights(model))]
        self._rates = FactoredRates(optimizer)
        self._take = self._taker()
        self._parts: list[_Result] = []
        self._batch: _Known | None = None
        self._samples = 0

    @property
    def parameter_names(self) -> list[str]:
        """The parameters whose gradients the meter has, in its order; known after the first step."""
        return [name for name, _ in self._named]

    @property
    def spares_weights(self) -> bool:
        """Whether a step whose gradient is not finite leaves the weights as they were."""
        return self._guard is not None or self._precision.scaler is not None

    @contextmanager
    def uncompiled(self) -> Iterator[None]:
        """Has the model itself compute its answers for a while, for who looks into it."""
        forward, self._forward = self._forward, self._model
        try:
            yield
        finally:
            self._forward = forward

    def __call__(self, inputs: Tensor, targets: Targets, share: float = 1.0, *, is_last: bool = True) -> None:
        """Works out the gradient of a batch; with the last one of a step, takes the step.

        Args:
            inputs: of the batch.
            targets: of the batch.
            share: of the step's samples that are in this batch.
            is_last: whether the step has no further batch.
        """
        if self._guard is not None and self._guard.keeps_buffers and not self._samples:
            self._guard.begin()
        result = self._backward(inputs, targets, share)
        self._samples += len(inputs)
        if not is_last or self._parts:
            self._parts.append(result)
        if is_last:
            if self._parts:
                result, self._parts = _joined(self._parts), []
            self._meter.note(*result)
            if isinstance(self._optimizer, LBFGS):
                self._batch = _Known(inputs, targets, result.loss)
            self._update(result.loss)

    def compute(self, inputs: Tensor, targets: Targets) -> None:
        """Works out the gradient of a batch and nothing else, as at the weights that there are."""
        self._backward(inputs, targets, 1.0)

    def _backward(self, inputs: Tensor, targets: Targets, share: float) -> _Result:
        """What the batch adds to its step."""
        figures = None
        with self._precision.autocast():
            outputs = self._forward(inputs)
            if isinstance(self._loss_function, PartedLoss):
                parts = self._loss_function.parts(outputs, targets)
                loss = self._loss_function.total(parts)
                figures = self._loss_function.figures(parts, outputs, targets, share)
            else:
                loss = self._loss_function(outputs, targets)
        if share != 1:
            loss = loss * share
        scaler = self._precision.scaler
        (loss if scaler is None else scaler.scale(loss)).backward()
        if self._sparse:
            self._coalesce()
        right = None
        if self._judge is not None and isinstance(targets, Tensor):
            right = self._judge(outputs.detach(), targets)
        return _Result(loss.detach(), right, figures)

    def _update(self, loss: Tensor) -> None:
        if not self._named:  # which parameters take part shows after the first backward pass
            named = self._model.named_parameters()
            self._named = [(name, parameter) for name, parameter in named if parameter.grad is not None]
            self._require_declared()
        scaler, optimizer = self._precision.scaler, self._optimizer
        gradients = self._gradients()
        if scaler is not None:
            if self._guard is not None and self._guard.looks_at_loss:
                # The scaler looks at gradients alone; a sparse one has no numbers for a batch of padding.
                max(gradients, key=Tensor.numel).mul_(1 + 0 * loss)
            scaler.unscale_(optimizer)
        norm = self._meter.norm(gradients)
        if self.clipping.is_on:
            self.clipping(gradients, norm)
        lr = optimizer.param_groups[0]["lr"]
        self._rates.apply(lr)
        if self._guard is None:
            is_left_out = bool(self._take())
        else:
            # Infinity times 0 is no number; a finite loss adds nothing.
            signal = norm + 0 * loss if self._guard.looks_at_loss else norm
            is_left_out = self._guard.take(self._take, signal)
        self._rates.restore(lr)
        if self._sparse:
            self._merge_momentum()
        for _, parameter in self._named:
            parameter.grad = None
        if is_left_out:
            self._meter.hurry()
        elif self._average is not None:
            self._average.update()
        self._meter.close_step(lr, self._samples)
        self._samples = 0
        if self.scheduler is not None and not is_left_out:
            self.scheduler.step()

    def _evaluate(self) -> Tensor:
        """The loss of the step's batch, with its gradient, at the weights as they are in the search.

        It asks first for those before the step, where both are known.
        """
        assert self._batch is not None
        inputs, targets, loss = self._batch
        if loss is not None:
            self._batch = _Known(inputs, targets, None)
            return loss
        for _, parameter in self._named:
            parameter.grad = None
        result = self._backward(inputs, targets, 1.0)
        if self.clipping.is_on:
            gradients = self._gradients()
            self.clipping(gradients, get_total_norm(gradients))
        return result.loss

    def _gradients(self) -> list[Any]:
        """The numbers of all gradients; of a sparse one those of its rows."""
        gradients: list[Any] = [parameter.grad for _, parameter in self._named]
        if not self._sparse:
            return gradients
        return [each.values() if each is not None and each.is_sparse else each for each in gradients]

    def _coalesce(self) -> None:
        """Lets sparse gradients have each row once, and indices of their own.

        Before, the indices lie in the memory of the batch, where the feed puts the next one.
        """
        for parameter in self._sparse:
            if parameter.grad is not None and parameter.grad.is_sparse:
                parameter.grad = parameter.grad.coalesce()

    def _merge_momentum(self) -> None:
        """Lets what SGD remembers of sparse gradients have each row once: on a GPU, PyTorch appends all rows.

        Source: aten/src/ATen/native/sparse/cuda/SparseCUDATensorMath.cu, s_add_out_sparse_cuda
        """
        for parameter in self._sparse:
            momentum = self._optimizer.state.get(parameter, {}).get(MOMENTUM)
            if momentum is not None and momentum.is_sparse:
                self._optimizer.state[parameter][MOMENTUM] = momentum.coalesce()

    def _require_declared(self) -> None:
        """Raises a TrainingFailure where own code has other gradients than its layers declare."""
        declared = set(self._sparse)
        for name, parameter in self._named:
            is_sparse = parameter.grad is not None and parameter.grad.is_sparse
            if is_sparse and parameter not in declared:
                raise TrainingFailure(
                    f"The gradient of {name} is sparse, but belongs to no embedding layer. Expected "
                    "nn.Embedding or nn.EmbeddingBag for it. Make it one, or do not set sparse."
                )
            if not is_sparse and parameter in declared and isinstance(self._optimizer, JointOptimizer):
                raise TrainingFailure(
                    f"The layer of {name} is sparse, but something else uses the weight too, which makes its "
                    "gradient dense. Expected one use. Set sparse to false there, or choose SGD."
                )

    def _taker(self) -> Callable[[], object]:
        """What updates the weights; gives true where it is known to have left the step out."""
        scaler, optimizer = self._precision.scaler, self._optimizer
        if isinstance(optimizer, LBFGS):
            return plain_step(optimizer, self._evaluate)
        if scaler is None:
            return quick_step(optimizer)

        def take() -> bool:
            before = scaler.get_scale() if self._must_know else 0.0
            scaler.step(optimizer)
            scaler.update()
            return self._must_know and scaler.get_scale() < before

        return take


def _joined(parts: list[_Result]) -> _Result:
    """What all batches of a step come to."""
    right = [part.right for part in parts if part.right is not None]
    figures = [part.figures for part in parts if part.figures is not None]
    return _Result(
        torch.stack([part.loss for part in parts]).sum(),
        torch.cat(right) if right else None,
        torch.stack(figures).sum(dim=0) if figures else None,
    )
