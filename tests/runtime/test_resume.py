"""Runs of all kinds, stopped anywhere and resumed; `python -m tests.resume` stops many more."""

from __future__ import annotations

import copy

import pytest
import torch

from runtime.optimizer_choices import OPTIMIZERS
from tests.resume import MODELS, difference, points, random_plan, unequal
from tests.runtime.training import make_plan

POINTS = list(points(10, seed=7))
EVERYTHING = {
    "epochs": 3,
    "optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9},
    "scheduler": {"type": "ReduceLROnPlateau", "patience": 0, "warmup_epochs": 0.5},
    "accumulate_steps": 2,
    "ema_decay": 0.9,
    "early_stopping": {"patience": 2},
    "on_nonfinite": "skip",
    "clip_grad_value": 0.1,
}


@pytest.mark.parametrize("point", POINTS, ids=[f"{name}-{step}" for name, _, step in POINTS])
def test_a_run_stopped_anywhere_goes_on_as_if_never_stopped(point) -> None:
    assert difference(*point) == ""


@pytest.mark.parametrize("precision", ["float32", "amp-bfloat16", "amp-float16"])
@pytest.mark.parametrize("step", [1, 4, 5])
def test_with_everything_at_once(step: int, precision: str) -> None:
    assert difference("jitter", make_plan(precision=precision, **EVERYTHING), step) == ""


def test_a_run_stopped_at_its_last_step_is_still_scored() -> None:
    assert difference("MLP", make_plan(epochs=3, max_steps=9), 9) == ""


def test_the_points_are_of_all_kinds() -> None:
    plans = [plan for _, plan, _ in points(200, seed=0)]
    assert {plan.optimizer.type for plan in plans} == set(OPTIMIZERS)
    assert len({plan.scheduler and plan.scheduler.type for plan in plans}) == 11
    assert {name for name, *_ in points(200, seed=0)} == set(MODELS)


def test_a_difference_is_seen_wherever_it_is() -> None:
    state = {"a": [1.0, float("nan")], "b": {"c": torch.tensor([1.0, float("nan")])}}
    assert unequal(state, copy.deepcopy(state), "state") == ""
    other = copy.deepcopy(state)
    other["b"]["c"][0] = 2.0
    assert unequal(state, other, "state") == "state.b.c"
    assert unequal(state, {**state, "a": [1.0]}, "state") == "state.a: 2 and 1"
    assert unequal(state, {**state, "d": 1}, "state") == "state: ['d']"
    assert unequal(1, 2, "x") == "x: 1 and 2"


def test_the_same_seed_gives_the_same_points() -> None:
    import random

    assert random_plan(random.Random(3)) == random_plan(random.Random(3))
