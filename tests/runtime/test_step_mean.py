"""Batches of one step whose targets do not weigh alike make the step of one large batch all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.prepared import HeadData, TrainData
from runtime.events import EpochEnded, Event, StepsRecorded, StepsSkipped
from runtime.heads import heads_of
from runtime.plan import TrainingPlan
from runtime.scoring import Scoring
from runtime.step_mean import StepMeans
from tests.runtime.test_nonfinite import chained, run
from tests.runtime.training import (
    CPU,
    TickingClock,
    Trunk,
    events_of,
    make_data,
    make_mlp,
    make_plan,
    of_type,
)

SGD: dict[str, Any] = {"optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}}
WEIGHT = [0.2, 2.0, 7.0]
OUTPUTS: dict[str, Any] = {
    "kind": {"loss": {"type": "CrossEntropyLoss", "weight": WEIGHT, "label_smoothing": 0.1}, "weight": 0.5},
    "again": {"loss": "MSELoss", "target": "input", "weight": 2},
    "pair": {"loss": {"type": "CrossEntropyLoss", "weight": [1, 3], "ignore_index": -7}, "groups": [0, 1, 1]},
}
# Sums of as many numbers in another order: a few times the last place, on weights of about 1.
ULPS: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-6}


class Places(nn.Module):
    """Tells a class at each of six places."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.fc = nn.Linear(6, 18)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(x)
        return logits.reshape(-1, 3, 6)


def plain(plan: TrainingPlan) -> TrainData:
    return make_data()


def with_ignored(plan: TrainingPlan) -> TrainData:
    """Every second target does not count."""
    data = make_data()
    data.train_y[::2] = -100
    return data


def of_places(plan: TrainingPlan) -> TrainData:
    """A class at each place, of which some samples have few that count, and some none."""
    data = make_data()
    assert isinstance(data.train_x, Tensor)
    assert isinstance(data.val_x, Tensor)
    train_y, val_y = ((x > 0).long() + (x > 1).long() for x in (data.train_x, data.val_x))
    train_y[data.train_x < torch.linspace(-2, 2, len(train_y))[:, None]] = -100
    return replace(data, train_y=train_y, val_y=val_y)


def parted(plan: TrainingPlan) -> TrainData:
    data = make_data()
    kind, again, pair = heads_of(plan, [(name, name) for name in OUTPUTS])
    train_pair = data.train_y.clamp(max=1)
    train_pair[::3] = -7
    heads = (
        HeadData(kind, data.train_y, data.val_y, 3),
        HeadData(again, data.train_x, data.val_x, None, target="input"),  # type: ignore[arg-type]
        HeadData(pair, train_pair, data.val_y.clamp(max=1), 2),
    )
    return replace(data, heads=heads)


@dataclass
class Case:
    """A network, its data and what its plan is told."""

    make_model: Callable[[], nn.Module]
    make_data: Callable[[TrainingPlan], TrainData]
    settings: dict[str, Any]

    def train(
        self, model: nn.Module, *, batch_size: int, accumulate_steps: int = 1, **how: Any
    ) -> list[Event]:
        settings = SGD | self.settings | how.pop("settings", {})
        plan = make_plan(batch_size=batch_size, accumulate_steps=accumulate_steps, **settings)
        return list(events_of(model, plan, self.make_data(plan), **how))


def cross_entropy(**params: Any) -> dict[str, Any]:
    return {"loss": {"type": "CrossEntropyLoss", **params}}


CASES = {
    "weights": Case(make_mlp, plain, cross_entropy(weight=WEIGHT)),
    "balanced": Case(make_mlp, plain, cross_entropy(weight="balanced", label_smoothing=0.1)),
    "a class of no weight": Case(make_mlp, plain, cross_entropy(weight=[1.0, 5.0, 0.0])),
    "ignored": Case(make_mlp, with_ignored, cross_entropy()),
    "both": Case(make_mlp, with_ignored, cross_entropy(weight=WEIGHT)),
    "places": Case(Places, of_places, cross_entropy(weight=WEIGHT)),
    "outputs": Case(Trunk, parted, {"outputs": OUTPUTS}),
}
HOW: dict[str, dict[str, Any]] = {
    "clipped": {"clip_grad_norm": 0.3, "clip_grad_value": 0.1},
    "averaged": {"ema_decay": 0.9, "scheduler": {"type": "CosineAnnealingLR"}},
    "skipping": {"on_nonfinite": "skip"},
}


def assert_like(events: list[Event], expected: list[Event], **off: Any) -> None:
    """Every figure of the steps and epochs is as expected."""
    assert of_type(events, StepsRecorded), "no step was taken"
    for ours, theirs in zip(of_type(events, StepsRecorded), of_type(expected, StepsRecorded), strict=True):
        assert ours.losses == pytest.approx(theirs.losses, **off)
        assert ours.grad_norms == pytest.approx(theirs.grad_norms, **off)
        assert ours.parts.keys() == theirs.parts.keys()
        for name, losses in theirs.parts.items():
            assert ours.parts[name] == pytest.approx(losses, **off), name
    for one, other in zip(of_type(events, EpochEnded), of_type(expected, EpochEnded), strict=True):
        assert (one.step, one.skipped_steps) == (other.step, other.skipped_steps)
        assert one.figures == pytest.approx(other.figures, **off)


def assert_makes_the_step_of_a_large_one(
    case: Case, small: int, count: int, how: dict[str, Any] | None = None
) -> None:
    whole, parts = case.make_model(), case.make_model()
    expected = case.train(whole, batch_size=small * count, settings=how or {})
    events = case.train(parts, batch_size=small, accumulate_steps=count, settings=how or {})
    assert_like(events, expected, rel=1e-4)
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], weight, **ULPS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize(("small", "count"), [(4, 2), (8, 3), (1, 16)])
def test_small_batches_make_the_step_of_a_large_one(case: Case, small: int, count: int) -> None:
    assert_makes_the_step_of_a_large_one(case, small, count)


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
@pytest.mark.parametrize("name", ["both", "outputs"])
def test_whatever_else_is_done_with_the_gradient(name: str, how: dict[str, Any]) -> None:
    assert_makes_the_step_of_a_large_one(CASES[name], 4, 3, how)


def test_a_step_without_any_target_that_counts_is_left_out_as_that_of_a_large_batch() -> None:
    def data(plan: TrainingPlan) -> TrainData:
        given = make_data()
        given.train_y[:] = -100
        given.train_y[0] = 1
        return given

    case = Case(make_mlp, data, cross_entropy() | {"on_nonfinite": "skip"})
    whole, parts = make_mlp(), make_mlp()
    expected = case.train(whole, batch_size=16)
    events = case.train(parts, batch_size=4, accumulate_steps=4)
    skipped = [of_type(each, EpochEnded)[-1].skipped_steps for each in (expected, events)]
    assert skipped == [3, 3]
    assert_like(events, expected, rel=1e-4, nan_ok=True)
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], weight, **ULPS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_scaled_gradients_of_small_batches_are_those_of_a_large_one(case: Case) -> None:
    fp16 = {"precision": "amp-float16", "epochs": 2}
    whole, parts = case.make_model(), case.make_model()
    expected = case.train(whole, batch_size=8, settings=fp16)
    events = case.train(parts, batch_size=2, accumulate_steps=4, settings=fp16)
    assert of_type(events, StepsSkipped) == of_type(expected, StepsSkipped)
    assert_like(events, expected, rel=1e-2)
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], weight, rtol=1e-2, atol=2e-3)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_stopped_and_resumed_is_as_never_stopped(case: Case, tmp_path: Path) -> None:
    how: dict[str, Any] = {"batch_size": 4, "accumulate_steps": 3, "settings": {"epochs": 2}}
    whole, resumed = case.make_model(), case.make_model()
    case.train(whole, **how)
    control = Control()
    plan = make_plan(batch_size=4, accumulate_steps=3, **SGD | case.settings)
    data = case.make_data(plan)
    for event in events_of(case.make_model(), plan, data, control, clock=TickingClock(), run_dir=tmp_path):
        if isinstance(event, StepsRecorded) and event.first_step == 3:
            control.request_stop()
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    list(events_of(resumed, plan, data, checkpoint=checkpoint))
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight), name


def test_a_node_with_a_gradient_that_is_not_finite_is_named(tmp_path: Path) -> None:
    # The root of 0 is 0, and its slope is infinite.
    zeros = {"out_features": 8, "bias": False, "weight_init": "zeros"}
    loss = {"type": "CrossEntropyLoss", "weight": WEIGHT}
    project = chained(
        ("Linear", "fc1", zeros), ("Sqrt", "sqrt1", {}), ("Linear", "fc2", {"out_features": 3}),
        loss=loss, accumulate_steps=2, on_nonfinite="skip",
    )  # fmt: skip
    events, _ = run(project, tmp_path)
    assert {event.node for event in of_type(events, StepsSkipped)[:3]} == {"n1"}


def test_a_look_at_another_step_does_not_count_in_the_one_under_way() -> None:
    plan = make_plan(**cross_entropy(weight=WEIGHT), accumulate_steps=2)
    feed = Feed(make_data(), plan.batch_size, seed=plan.seed)
    means = StepMeans(Scoring(plan, feed, CPU), plan.accumulate_steps)
    (first, later) = (means.ahead(feed.train(1, skip=skip)) for skip in (0, 2))
    next(iter(first))
    total = means.loss.total
    next(iter(later))
    assert means.loss.total != total
    first.begin()
    assert means.loss.total == total
