"""What a training plan can name beside losses and data: optimizers, schedules and plain settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from graph.catalog.params import Choice, Flag, Float, Int, ParamSpec
from graph.catalog.spec import DOCS, Params
from runtime.options import Floats, OptionSpec, table


@dataclass(frozen=True, kw_only=True)
class OptimizerSpec(OptionSpec):
    """An optimizer.

    Args:
        fused_with_scaler: whether its fused kernel survives a step that the fp16 gradient scaler skips.
        states: how many numbers it remembers of each weight.
    """

    fused_with_scaler: bool
    states: Callable[[Params], int]


@dataclass(frozen=True)
class Span:
    """The length of a training run in optimizer steps."""

    epochs: int
    steps_per_epoch: int

    @property
    def total_steps(self) -> int:
        return self.epochs * self.steps_per_epoch


LrRule = Callable[[Params, float, int, Span], float]


@dataclass(frozen=True, kw_only=True)
class SchedulerSpec(OptionSpec):
    """A learning-rate schedule.

    Args:
        lr_at: gives a step's learning rate from parameters, base rate, step (the first is 0) and span.
    """

    lr_at: LrRule


def warmup_steps(params: Params, span: Span) -> int:
    """Optimizer steps of linear warm-up; at least one step is left for the decay."""
    return min(round(float(params.warmup_epochs) * span.steps_per_epoch), span.total_steps - 1)


def _stepped(params: Params, base: float, step: int, span: Span) -> float:
    decays = step // (int(params.step_size) * span.steps_per_epoch)
    try:
        return base * float(params.gamma) ** decays
    except OverflowError:
        return math.inf


def _cosine(params: Params, base: float, step: int, span: Span) -> float:
    warmup = warmup_steps(params, span)
    if step < warmup:
        return base * (step + 1) / (warmup + 1)
    progress = (step - warmup) / (span.total_steps - warmup)
    low = float(params.eta_min)
    return low + (base - low) * (1 + math.cos(math.pi * progress)) / 2


def _nesterov_needs_momentum(params: Params) -> tuple[str, str] | None:
    if params.nesterov and (params.momentum == 0 or params.dampening != 0):
        return "nesterov", "false, or a momentum above 0 with dampening 0"
    return None


def _moments(params: Params) -> int:
    """The running mean of the gradient, that of its square, and the largest of those if asked for."""
    return 3 if params.amsgrad else 2


def _velocity(params: Params) -> int:
    return 1 if params.momentum else 0


LEARNING_RATE = Float(name="lr", default=0.001, min=0, help="Learning rate.")
BETAS = Floats(
    name="betas", default=(0.9, 0.999), length=2, min=0, below=1,
    help="Decay of the running mean of the gradient and of its square.",
)  # fmt: skip
EPS = Float(name="eps", default=1e-8, min=0, help="Keeps the division by the running square away from 0.")
AMSGRAD = Flag(name="amsgrad", help="Divide by the largest running square so far.")


def _weight_decay(default: float, text: str) -> Float:
    return Float(name="weight_decay", default=default, min=0, help=text)


OPTIMIZERS = table([
    OptimizerSpec(
        type="AdamW",
        help="Adam with decoupled weight decay; a safe first choice.",
        source=f"{DOCS}torch.optim.AdamW.html",
        params=(LEARNING_RATE, BETAS, EPS, _weight_decay(0.01, "Decay of the weights themselves."), AMSGRAD),
        fused_with_scaler=True,
        states=_moments,
    ),
    OptimizerSpec(
        type="Adam",
        help="Steps scaled by running moments of the gradient.",
        source=f"{DOCS}torch.optim.Adam.html",
        params=(LEARNING_RATE, BETAS, EPS, _weight_decay(0.0, "L2 penalty."), AMSGRAD),
        fused_with_scaler=True,
        states=_moments,
    ),
    OptimizerSpec(
        type="SGD",
        help="Gradient descent, with momentum if wanted.",
        source=f"{DOCS}torch.optim.SGD.html",
        params=(
            LEARNING_RATE,
            Float(name="momentum", default=0.0, min=0, help="Share of the last step kept."),
            Float(name="dampening", default=0.0, help="Share of the gradient held back from the momentum."),
            _weight_decay(0.0, "L2 penalty."),
            Flag(name="nesterov", help="Look ahead along the momentum."),
        ),
        rule=_nesterov_needs_momentum,
        fused_with_scaler=False,  # a skipped first step leaves its momentum uninitialised
        states=_velocity,
    ),
])  # fmt: skip

SCHEDULERS = table([
    SchedulerSpec(
        type="StepLR",
        help="Multiplies the learning rate by gamma every step_size epochs.",
        source=f"{DOCS}torch.optim.lr_scheduler.StepLR.html",
        params=(
            Int(name="step_size", default=10, help="Epochs between two drops."),
            Float(name="gamma", default=0.1, above=0, help="Factor of each drop."),
        ),
        lr_at=_stepped,
    ),
    SchedulerSpec(
        type="CosineAnnealingLR",
        help="Linear warm-up, then half a cosine down to eta_min at the end of the run; moves every step.",
        source=f"{DOCS}torch.optim.lr_scheduler.CosineAnnealingLR.html",
        params=(
            Float(name="warmup_epochs", default=0.0, min=0, help="Epochs of linear warm-up, also fractions."),
            Float(name="eta_min", default=0.0, min=0, help="Learning rate at the end."),
        ),
        lr_at=_cosine,
    ),
])  # fmt: skip

SETTINGS: tuple[ParamSpec, ...] = (
    Int(name="epochs", default=5, help="Passes over the training set."),
    Int(name="batch_size", default=64, help="Samples per optimizer step."),
    Flag(name="drop_last", help="Leave out an epoch's last batch where it is short."),
    Choice(
        name="precision", default="float32", choices=("float32", "amp-bfloat16", "amp-float16"),
        help="Number format of the forward pass; amp keeps weights in float32.",
    ),
    Float(name="clip_grad_norm", default=None, above=0, optional=True, help="Largest gradient 2-norm."),
    Int(name="seed", default=0, min=0, help="Fixes initial weights, split and order of the samples."),
    Choice(
        name="device", default="auto", choices=("auto", "cpu", "cuda", "mps"),
        help="Where to train; auto takes the fastest there is.",
    ),
)  # fmt: skip
