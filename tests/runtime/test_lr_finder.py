"""The LR finder raises the rate step by step and suggests one at which a network learns fast."""

from __future__ import annotations

import math
import random

import pytest
import torch

from runtime.control import Control
from runtime.data.feed import Feed
from runtime.lr_finder import FIRST, LAST, SMOOTHING, STEPS, LrTried, find_lr, suggested
from runtime.plan import TrainingPlan
from tests.runtime.training import CPU, make_data, make_mlp, make_plan

SGD = {"optimizer": {"type": "SGD", "lr": 0.123}, "scheduler": {"type": "StepLR", "step_size": 1}}


def tried(plan: TrainingPlan, control: Control | None = None) -> list[LrTried]:
    torch.manual_seed(0)
    feed = Feed(make_data(), plan.batch_size, seed=plan.seed)
    return list(find_lr(make_mlp(), plan, feed, control or Control(), device=CPU))


def curve(losses: list[float], first: float = 1e-4) -> list[LrTried]:
    return [LrTried(step + 1, len(losses), first * 2**step, loss, loss) for step, loss in enumerate(losses)]


def test_the_rate_grows_by_the_same_factor_whatever_the_plan_has() -> None:
    found = tried(make_plan(**SGD))
    growth = (LAST / FIRST) ** (1 / (STEPS - 1))
    assert [each.lr for each in found] == pytest.approx(
        [FIRST * growth**index for index in range(len(found))]
    )
    assert [each.step for each in found] == list(range(1, len(found) + 1))


def test_it_ends_once_the_loss_grows_too_large() -> None:
    found = tried(make_plan(optimizer={"type": "SGD", "lr": 0.1, "momentum": 0.9}))
    assert len(found) < STEPS
    lowest = min(each.smoothed for each in found)
    assert not math.isfinite(found[-1].loss) or found[-1].smoothed > 4 * lowest
    assert all(each.smoothed <= 4 * lowest for each in found[:-1])


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW"])
def test_with_the_suggested_rate_a_network_learns_faster_than_far_below_it(optimizer: str) -> None:
    suggestion = suggested(tried(make_plan(optimizer={"type": optimizer, "lr": 0.1})))
    assert suggestion.lr is not None

    def loss_after(lr: float) -> float:
        from runtime.events import EpochEnded
        from tests.runtime.training import events_of, of_type

        plan = make_plan(epochs=3, optimizer={"type": optimizer, "lr": lr})
        return of_type(list(events_of(make_mlp(), plan, make_data())), EpochEnded)[-1].train_loss

    assert loss_after(suggestion.lr) < loss_after(suggestion.lr / 100)


def test_a_stop_ends_it() -> None:
    control = Control()
    control.request_stop()
    assert tried(make_plan(), control) == []


def test_a_rate_at_three_quarters_of_the_fall_is_suggested() -> None:
    losses = [2.0, 2.0, 1.99, 1.97, 1.9, 1.5, 0.9, 0.6, 0.55, 0.7, 3.0]
    suggestion = suggested(curve(losses))  # of the steps 1 to 8, step 6
    assert suggestion.lr == pytest.approx(1e-4 * 2**6, rel=0.05)
    assert f"lr = {suggestion.lr:g}, " in suggestion.text
    assert f"The fall ends at {1e-4 * 2**8:.2g}; " in suggestion.text


def test_a_steep_step_before_the_fall_decides_nothing() -> None:
    fall = [2.0, 1.9, 1.75, 1.6, 1.45, 1.3, 1.15, 1.0, 0.9, 2.0]
    by_chance = [2.1, 2.1, 2.6, 2.05, 2.1, 2.08, 2.1, 2.05]
    suggestion = suggested(curve(by_chance + fall, first=1e-6))
    assert suggestion.lr is not None
    assert 1e-6 * 2 ** (len(by_chance) + 2) < suggestion.lr < 1e-6 * 2 ** (len(by_chance) + 8)


@pytest.mark.parametrize("noise", [0.05, 0.5, 1.0])
def test_noise_does_not_carry_the_suggestion_out_of_the_fall(noise: float) -> None:
    rates = [FIRST * (LAST / FIRST) ** (step / (STEPS - 1)) for step in range(STEPS)]
    found = []
    for seed in range(20):
        draw, smoothed, steps = random.Random(seed), math.nan, []
        for step, lr in enumerate(rates, 1):
            loss = 0.5 + 1.5 / (1 + (lr / 0.01) ** 1.5) + (lr / 0.5) ** 2 + draw.gauss(0, noise)
            smoothed = loss if math.isnan(smoothed) else SMOOTHING * smoothed + (1 - SMOOTHING) * loss
            steps.append(LrTried(step, STEPS, lr, loss, smoothed))
        found.append(suggested(steps).lr)
    assert all(lr is not None and 0.001 < lr < 0.1 for lr in found), found


@pytest.mark.parametrize("dip", [0.0, 0.15])
def test_a_loss_that_never_falls_has_no_suggestion(dip: float) -> None:
    losses = [1.0 + 0.1 * step for step in range(12)]
    losses[6] -= dip
    suggestion = suggested(curve(losses))
    assert suggestion.lr is None
    assert "did not fall" in suggestion.text


def test_too_few_finite_steps_have_no_suggestion() -> None:
    suggestion = suggested(curve([2.0, 1.0, math.inf, math.nan]))
    assert suggestion.lr is None
    assert "only 2 steps" in suggestion.text
