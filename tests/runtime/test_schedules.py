"""Learning-rate schedules: what torch does step by step is what the closed forms say before."""

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from runtime.optim import build_optimizer
from runtime.plan import PlanError, TrainingPlan, lr_at, lr_curve
from runtime.schedule_choices import NOT_OFFERED, SCHEDULERS
from runtime.schedules import BUILDERS, build_plateau, build_scheduler

CASES: list[dict[str, Any]] = [
    {"type": "StepLR", "step_size": 1, "gamma": 0.5},
    {"type": "StepLR", "step_size": 3},
    {"type": "MultiStepLR", "milestones": [1, 3], "gamma": 0.5},
    {"type": "ExponentialLR", "gamma": 0.7},
    {"type": "CosineAnnealingLR"},
    {"type": "CosineAnnealingLR", "eta_min": 0.01},
    {"type": "CosineAnnealingLR", "T_max": 1, "eta_min": 0.02},
    {"type": "CosineAnnealingWarmRestarts", "T_0": 1, "T_mult": 2, "eta_min": 0.01},
    {"type": "CosineAnnealingWarmRestarts", "T_0": 1},
    {"type": "OneCycleLR"},
    {"type": "OneCycleLR", "pct_start": 0.4, "anneal_strategy": "linear", "cycle_momentum": False},
    {"type": "OneCycleLR", "pct_start": 0.3, "three_phase": True, "div_factor": 10},
    {"type": "LinearLR"},
    {"type": "LinearLR", "start_factor": 0.25, "end_factor": 1.0, "total_iters": 2},
    {"type": "PolynomialLR"},
    {"type": "PolynomialLR", "power": 2.0, "total_iters": 3},
    {"type": "ConstantLR", "factor": 0.5, "total_iters": 2},
]


def plan(**mapping: object) -> TrainingPlan:
    return TrainingPlan.from_mapping(mapping)


@pytest.fixture
def model() -> nn.Module:
    return nn.Linear(3, 2)


def taken(training: TrainingPlan, model: nn.Module, steps_per_epoch: int) -> list[float]:
    """The rate of every step as torch sets it."""
    optimizer = build_optimizer(training, model)
    schedule, lrs = build_scheduler(training, optimizer, steps_per_epoch), []
    for _ in range(training.span(steps_per_epoch).total_steps):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return lrs


def test_every_schedule_of_pytorch_is_offered_or_told_why_not():
    base = (lr_scheduler.LRScheduler, lr_scheduler.ReduceLROnPlateau)
    found = {name for name in lr_scheduler.__all__ if issubclass(getattr(lr_scheduler, name), base)}
    assert found - {"LRScheduler"} == set(SCHEDULERS) | set(NOT_OFFERED)
    with pytest.raises(PlanError, match="It takes a function, which a plan cannot hold"):
        plan(scheduler="LambdaLR")


def test_every_schedule_has_a_builder_and_a_case():
    by_step = {name for name, spec in SCHEDULERS.items() if not spec.by_result}
    assert by_step == set(BUILDERS) == {case["type"] for case in CASES}


@pytest.mark.parametrize("spec", SCHEDULERS.values(), ids=lambda spec: spec.type)
def test_a_warm_up_can_come_before_every_schedule(spec):
    assert spec.params[0].name == "warmup_epochs"


@pytest.mark.parametrize("warmup", [0, 0.2, 1, 2.5, 3.99])
@pytest.mark.parametrize("steps_per_epoch", [1, 7])
@pytest.mark.parametrize("scheduler", CASES, ids=str)
def test_the_preview_is_what_torch_does(scheduler, steps_per_epoch, warmup, model):
    training = plan(
        optimizer={"type": "SGD", "lr": 0.3, "momentum": 0.9},
        scheduler={**scheduler, "warmup_epochs": warmup},
        epochs=4,
    )
    lrs = taken(training, model, steps_per_epoch)
    preview = [lr_at(training, step, steps_per_epoch) for step in range(len(lrs))]
    assert preview == pytest.approx(lrs, rel=1e-9, abs=1e-12)
    assert steps_per_epoch == 1 or len(set(preview)) > 1


@pytest.mark.parametrize("scheduler", CASES, ids=str)
def test_the_preview_ends_where_a_budget_of_steps_ends_the_run(scheduler, model):
    training = plan(optimizer={"type": "SGD", "lr": 0.3}, scheduler=scheduler, epochs=4, max_steps=17)
    lrs = taken(training, model, 7)
    assert len(lrs) == 17
    assert [lr_at(training, step, 7) for step in range(17)] == pytest.approx(lrs, rel=1e-9, abs=1e-12)


def test_one_cycle_peaks_at_the_rate_of_the_optimizer_with_the_least_momentum(model):
    training = plan(optimizer={"type": "Adam", "lr": 0.3}, scheduler={"type": "OneCycleLR"}, epochs=10)
    optimizer = build_optimizer(training, model)
    schedule, seen = build_scheduler(training, optimizer, 10), []
    for _ in range(100):
        seen.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"][0]))
        optimizer.step()
        schedule.step()
    assert seen[0] == pytest.approx((0.3 / 25, 0.95))
    assert max(seen) == seen[29] == pytest.approx((0.3, 0.85))
    assert seen[-1] == pytest.approx((0.3 / 25 / 1e4, 0.95))


def test_one_cycle_leaves_momentum_alone_if_asked_to(model):
    scheduler = {"type": "OneCycleLR", "cycle_momentum": False}
    optimizer = build_optimizer(training := plan(optimizer="SGD", scheduler=scheduler), model)
    build_scheduler(training, optimizer, 10)
    assert optimizer.param_groups[0]["momentum"] == 0


def test_one_cycle_needs_a_momentum_to_move():
    with pytest.raises(PlanError, match=r"cycle_momentum is true, but Rprop has no momentum.* = false"):
        plan(optimizer="Rprop", scheduler="OneCycleLR")
    plan(optimizer="Rprop", scheduler={"type": "OneCycleLR", "cycle_momentum": False})


def test_one_cycle_needs_room_to_rise(model):
    training = plan(scheduler={"type": "OneCycleLR", "pct_start": 0.25}, epochs=4)
    with pytest.raises(PlanError, match=r"leaves no step of 4 to rise in.* Raise pct_start or epochs"):
        build_scheduler(training, build_optimizer(training, model), 1)
    assert lr_at(training, 0, 1) > 0
    with pytest.raises(PlanError, match=r"at most 0\.5 with three_phase"):
        plan(scheduler={"type": "OneCycleLR", "pct_start": 0.6, "three_phase": True})


def test_a_run_of_one_step_has_a_rate_with_every_schedule(model):
    for scheduler in CASES:
        training = plan(scheduler={**scheduler, "warmup_epochs": 0.5}, epochs=1)
        assert taken(training, model, 1) == pytest.approx([lr_at(training, 0, 1)])


def test_without_a_schedule_the_rate_is_constant(model):
    training = plan(optimizer={"type": "SGD", "lr": 0.3})
    assert build_scheduler(training, build_optimizer(training, model), 10) is None
    assert lr_at(training, 49, 10) == 0.3


def test_a_plateau_lowers_the_rate_when_the_metric_no_longer_improves(model):
    scheduler = {"type": "ReduceLROnPlateau", "factor": 0.5, "patience": 1}
    training = plan(optimizer={"type": "SGD", "lr": 0.8}, scheduler=scheduler, epochs=9)
    optimizer = build_optimizer(training, model)
    plateau = build_plateau(training, optimizer, "max")
    assert build_scheduler(training, optimizer, 5) is None
    rates = []
    for accuracy in (0.1, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3):
        plateau.step(accuracy)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    assert build_plateau(plan(), optimizer, "min") is None


def test_the_curve_has_both_ends_and_no_more_points_than_asked():
    curve = lr_curve(plan(epochs=10), 1000, max_points=50)
    assert (len(curve.points), curve.points[0], curve.points[-1]) == (50, (0, 0.001), (9999, 0.001))
    assert [step for step, _ in lr_curve(plan(epochs=2), 2).points] == [0, 1, 2, 3]
    assert lr_curve(plan(epochs=1), 1).points == ((0, 0.001),)
    assert curve.note == ""


def test_the_curve_of_countless_restarts_is_there_at_once():
    restarts = {"type": "CosineAnnealingWarmRestarts", "T_0": 1}
    curve = lr_curve(plan(epochs=10**12, scheduler=restarts), 10)
    assert len(curve.points) == 500


def test_the_curve_of_a_plateau_is_known_up_to_the_end_of_the_warm_up():
    scheduler = {"type": "ReduceLROnPlateau", "warmup_epochs": 1}
    sgd = {"type": "SGD", "lr": 1.0}
    curve = lr_curve(plan(scheduler=scheduler, optimizer=sgd, monitor="val_accuracy"), 3)
    assert [lr for _, lr in curve.points] == [0.25, 0.5, 0.75, 1.0]
    assert curve.note == (
        "From here on it depends on the run: it drops when val_accuracy no longer improves."
    )


def test_the_preview_warms_up_and_decays():
    cosine = plan(
        epochs=2,
        optimizer={"type": "SGD", "lr": 1.0},
        scheduler={"type": "CosineAnnealingLR", "warmup_epochs": 0.5, "eta_min": 0.2},
    )
    lrs = [lr_at(cosine, step, 8) for step in range(16)]
    assert lrs[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert lrs[10] == pytest.approx(0.2 + 0.8 * (1 + math.cos(math.pi * 6 / 12)) / 2)
    assert lrs[4:] == sorted(lrs[4:], reverse=True)


@pytest.mark.parametrize("scheduler", CASES, ids=str)
def test_a_schedule_goes_on_from_its_saved_state(scheduler, model):
    settings = {"type": "SGD", "lr": 0.3, "momentum": 0.9}
    training = plan(optimizer=settings, scheduler={**scheduler, "warmup_epochs": 1}, epochs=4)

    def fresh() -> tuple:
        optimizer = build_optimizer(training, model)
        return optimizer, build_scheduler(training, optimizer, 5)

    def advance(optimizer, schedule, count) -> list[float]:
        lrs = []
        for _ in range(count):
            optimizer.step()
            schedule.step()
            lrs.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        return lrs

    whole = advance(*fresh(), 19)
    optimizer, schedule = fresh()
    advance(optimizer, schedule, 7)
    saved = optimizer.state_dict(), schedule.state_dict()
    optimizer, schedule = fresh()
    optimizer.load_state_dict(saved[0])
    schedule.load_state_dict(saved[1])
    assert advance(optimizer, schedule, 12) == whole[7:]
    assert torch.get_default_dtype() == torch.float32
