"""The learning-rate schedules a plan can name, with the rate of every step in closed form; needs no torch.

Parameters that count epochs in PyTorch count epochs here too, though every schedule but ReduceLROnPlateau
moves at each optimizer step: its lengths are turned into steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graph.catalog.call import Params
from graph.catalog.params import Choice, Flag, Float, Int
from graph.catalog.spec import DOCS
from runtime.options import Floats, Option, OptionSpec, table
from runtime.schedule_rules import (
    Span,
    at_milestones_lr,
    constant_lr,
    cosine_lr,
    cycle_lr,
    exponential_lr,
    held_lr,
    linear_lr,
    polynomial_lr,
    restarted_lr,
    stepped_lr,
)

LrRule = Callable[[Params, float, int, Span, int], float]


def _base(params: Params) -> float:
    return 1.0


@dataclass(frozen=True, kw_only=True)
class SchedulerSpec(OptionSpec):
    """A learning-rate schedule.

    Args:
        lr_at: gives a step's learning rate from parameters, base rate, step, span, and how many steps there
            are from the first one. The warm-up is over by then, and the first step is 0.
        first: the factor of the base rate that it begins with, and that the warm-up leads to.
        by_result: whether it follows what the run measures; `lr_at` then tells its start alone.
    """

    lr_at: LrRule
    first: Callable[[Params], float] = _base
    by_result: bool = False


def warmup_steps(params: Params, span: Span) -> int:
    """Optimizer steps of linear warm-up; at least one step is left for the schedule."""
    return min(round(float(params.warmup_epochs) * span.steps_per_epoch), span.total_steps - 1)


def scheduled_lr(scheduler: Option[SchedulerSpec], base: float, step: int, span: Span) -> float:
    """The learning rate of an optimizer step, the first being 0, warm-up included."""
    spec, params = scheduler.spec, scheduler.params
    warmup = warmup_steps(params, span)
    if step < warmup:
        return base * spec.first(params) * (step + 1) / (warmup + 1)
    return spec.lr_at(params, base, step - warmup, span, span.total_steps - warmup)


def _peak_leaves_room(params: Params) -> tuple[str, str] | None:
    if params.three_phase and params.pct_start > 0.5:
        return "pct_start", "at most 0.5 with three_phase, whose rise and fall take as long each"
    return None


WARMUP = Float(
    name="warmup_epochs", default=0.0, min=0, help="Epochs of linear warm-up before it, also fractions."
)
ETA_MIN = Float(name="eta_min", default=0.0, min=0, help="The lowest learning rate.")


def _gamma(default: float, text: str = "Factor of each drop.") -> Float:
    return Float(name="gamma", default=default, above=0, help=text)


SCHEDULERS: Mapping[str, SchedulerSpec] = table([
    SchedulerSpec(
        type="CosineAnnealingLR",
        help="Half a cosine down to eta_min at the end of the run.",
        source=f"{DOCS}torch.optim.lr_scheduler.CosineAnnealingLR.html",
        params=(
            WARMUP,
            Int(name="T_max", optional=True, help="Epochs down to eta_min; empty: all that are left."),
            ETA_MIN,
        ),
        lr_at=cosine_lr,
    ),
    SchedulerSpec(
        type="OneCycleLR",
        help="Up to the optimizer's lr and down again, far below where it began; momentum the other way.",
        source=f"{DOCS}torch.optim.lr_scheduler.OneCycleLR.html",
        params=(
            WARMUP,
            Float(name="pct_start", default=0.3, min=0, max=0.95, help="Share of the run that it rises."),
            Choice(
                name="anneal_strategy", default="cos", choices=("cos", "linear"),
                help="Along a cosine, or straight.",
            ),
            Flag(name="cycle_momentum", default=True, help="Move momentum, or the first beta, as well."),
            Float(name="base_momentum", default=0.85, min=0, max=1, help="Momentum at the peak."),
            Float(name="max_momentum", default=0.95, min=0, max=1, help="Momentum at both ends."),
            Float(name="div_factor", default=25.0, above=0, help="It begins at lr divided by this."),
            Float(name="final_div_factor", default=1e4, above=0, help="It ends at that divided by this."),
            Flag(name="three_phase", help="Back to the start first, then down to the end."),
        ),
        rule=_peak_leaves_room,
        lr_at=cycle_lr,
        first=lambda params: 1 / float(params.div_factor),
    ),
    SchedulerSpec(
        type="ReduceLROnPlateau",
        help="Multiplies the learning rate by factor when the watched metric no longer improves.",
        source=f"{DOCS}torch.optim.lr_scheduler.ReduceLROnPlateau.html",
        params=(
            WARMUP,
            Float(name="factor", default=0.1, above=0, max=0.999, help="Factor of each drop."),
            Int(name="patience", default=10, min=0, help="Epochs without improvement that are let pass."),
            Float(name="threshold", default=1e-4, min=0, help="The least change that counts."),
            Choice(
                name="threshold_mode", default="rel", choices=("rel", "abs"),
                help="Whether threshold is a share of the best value.",
            ),
            Int(name="cooldown", default=0, min=0, help="Epochs after a drop that do not count."),
            Float(name="min_lr", default=0.0, min=0, help="The lowest learning rate."),
            Float(name="eps", default=1e-8, min=0, help="Drops smaller than this are left out."),
        ),
        lr_at=constant_lr,
        by_result=True,
    ),
    SchedulerSpec(
        type="StepLR",
        help="Multiplies the learning rate by gamma every step_size epochs.",
        source=f"{DOCS}torch.optim.lr_scheduler.StepLR.html",
        params=(WARMUP, Int(name="step_size", default=10, help="Epochs between two drops."), _gamma(0.1)),
        lr_at=stepped_lr,
    ),
    SchedulerSpec(
        type="MultiStepLR",
        help="Multiplies the learning rate by gamma at each of the milestones.",
        source=f"{DOCS}torch.optim.lr_scheduler.MultiStepLR.html",
        params=(
            WARMUP,
            Floats(
                name="milestones", default=(30, 60, 90), min=1, whole=True, rising=True,
                help="Epochs after which it drops.",
            ),
            _gamma(0.1),
        ),
        lr_at=at_milestones_lr,
    ),
    SchedulerSpec(
        type="ExponentialLR",
        help="Multiplies the learning rate by gamma after every epoch.",
        source=f"{DOCS}torch.optim.lr_scheduler.ExponentialLR.html",
        params=(WARMUP, _gamma(0.95, "Factor of each epoch.")),
        lr_at=exponential_lr,
    ),
    SchedulerSpec(
        type="LinearLR",
        help="From start_factor to end_factor of the learning rate in a straight line.",
        source=f"{DOCS}torch.optim.lr_scheduler.LinearLR.html",
        params=(
            WARMUP,
            Float(name="start_factor", default=1.0, above=0, max=1, help="Factor at the start."),
            Float(name="end_factor", default=0.0, min=0, max=1, help="Factor at the end."),
            Int(name="total_iters", optional=True, help="Epochs that it takes; empty: all that are left."),
        ),
        lr_at=linear_lr,
    ),
    SchedulerSpec(
        type="PolynomialLR",
        help="Down to 0 along a power of what is left of the run.",
        source=f"{DOCS}torch.optim.lr_scheduler.PolynomialLR.html",
        params=(
            WARMUP,
            Int(name="total_iters", optional=True, help="Epochs that it takes; empty: all that are left."),
            Float(name="power", default=1.0, above=0, help="1 is a straight line."),
        ),
        lr_at=polynomial_lr,
    ),
    SchedulerSpec(
        type="CosineAnnealingWarmRestarts",
        help="Half cosines one after another, each T_mult times as long as the one before.",
        source=f"{DOCS}torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html",
        params=(
            WARMUP,
            Int(name="T_0", default=10, help="Epochs of the first."),
            Int(name="T_mult", default=1, help="How many times longer each next one is."),
            ETA_MIN,
        ),
        lr_at=restarted_lr,
    ),
    SchedulerSpec(
        type="ConstantLR",
        help="A fraction of the learning rate for a while, then all of it; with factor 1 a plain warm-up.",
        source=f"{DOCS}torch.optim.lr_scheduler.ConstantLR.html",
        params=(
            WARMUP,
            Float(name="factor", default=1.0, min=0, max=1, help="Factor at the start."),
            Int(name="total_iters", default=5, help="Epochs that it is held."),
        ),
        lr_at=held_lr,
    ),
])  # fmt: skip

# What PyTorch has beside these, and why it cannot be chosen.
NOT_OFFERED: Mapping[str, str] = {
    "LambdaLR": "It takes a function, which a plan cannot hold.",
    "MultiplicativeLR": "It takes a function, which a plan cannot hold.",
    "SequentialLR": "Set warmup_epochs of a schedule instead.",
    "ChainedScheduler": "Set warmup_epochs of a schedule instead.",
    "CyclicLR": "Use OneCycleLR, or CosineAnnealingWarmRestarts for several cycles.",
}
