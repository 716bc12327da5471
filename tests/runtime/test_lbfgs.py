"""L-BFGS, which evaluates a batch several times in a step, against a loop by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.engine import train
from runtime.events import EpochEnded, RunEnded, StepsRecorded
from runtime.failure import NonFiniteError
from runtime.optim import build_optimizer
from runtime.plan import PlanError, TrainingPlan

CPU = torch.device("cpu")
SEARCHES = ("none", "strong_wolfe")


def make_data(samples: int = 60) -> TrainData:
    """A plane with a bend, to be fitted."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(samples, 4, generator=generator)
    y = x[:, :1] * 2 - x[:, 1:2].abs() + 0.5
    return TrainData(x, y, x[:10], y[:10], (4,), None)


def make_model() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def make_plan(search: str = "none", **settings) -> TrainingPlan:
    return TrainingPlan.from_mapping({
        "loss": "MSELoss",
        "optimizer": {"type": "LBFGS", "lr": 0.5, "line_search_fn": search, "max_iter": 5},
        "sampler": "sequential", "batch_size": 60, "epochs": 4, "device": "cpu", **settings,
    })  # fmt: skip


def run(plan: TrainingPlan, model: nn.Module, data: TrainData, **more) -> list:
    feed = Feed(data, plan.batch_size, device=CPU, sampler=plan.sampler)
    return list(train(model, plan, feed, Control(), device=CPU, **more))


def by_hand(plan: TrainingPlan, model: nn.Module, data: TrainData) -> list[float]:
    """PyTorch's usual loop with a closure; gives the loss before each step."""
    params = plan.optimizer.params
    search = None if params.line_search_fn == "none" else params.line_search_fn
    optimizer = torch.optim.LBFGS(model.parameters(), lr=params.lr, max_iter=5, line_search_fn=search)
    losses = []
    for _ in range(plan.epochs):
        for x, y in zip(
            data.train_x.split(plan.batch_size), data.train_y.split(plan.batch_size), strict=True
        ):

            def closure(x=x, y=y):
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(model(x), y)
                loss.backward()
                if plan.clip_grad_norm is not None:
                    nn.utils.clip_grad_norm_(model.parameters(), plan.clip_grad_norm)
                return loss.detach()  # PyTorch warns of what it turns into a number itself

            losses.append(float(optimizer.step(closure)))
    return losses


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("settings", [{}, {"batch_size": 20}, {"clip_grad_norm": 0.1}])
def test_it_is_bit_equal_to_a_loop_by_hand(search, settings):
    plan, data, ours, theirs = make_plan(search, **settings), make_data(), make_model(), make_model()
    events = run(plan, ours, data)
    losses = by_hand(plan, theirs, data)
    recorded = [loss for event in events if isinstance(event, StepsRecorded) for loss in event.losses]
    assert recorded == losses
    for name, weights in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weights), name


def test_it_learns_what_gradient_descent_does_not_in_the_same_steps():
    data = make_data()
    reached = {}
    for optimizer in ("LBFGS", "SGD"):
        plan = make_plan(optimizer={"type": optimizer, "lr": 0.5 if optimizer == "LBFGS" else 0.05}, epochs=8)
        events = run(plan, make_model(), data)
        reached[optimizer] = [event.train_loss for event in events if isinstance(event, EpochEnded)][-1]
    assert reached["LBFGS"] < 0.1 * reached["SGD"]


def test_a_frozen_layer_stays_as_it_is():
    model = make_model()
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    events = run(make_plan(), model, make_data())
    assert torch.equal(model[0].weight, before)
    assert isinstance(events[-1], RunEnded)
    assert events[-1].state == "finished"


def test_a_loss_that_is_no_number_ends_the_run_before_the_weights_are_touched():
    data = make_data()
    data.train_x[5, 2] = float("nan")
    model = make_model()
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    with pytest.raises(NonFiniteError):
        run(make_plan(), model, data)
    for name, weights in before.items():
        assert torch.equal(model.state_dict()[name], weights), name


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"accumulate_steps": 2}, r"accumulate_steps is 2, but LBFGS evaluates .* Set accumulate_steps = 1"),
        ({"precision": "amp-float16"}, r'precision is "amp-float16", but LBFGS .* Set precision = "float32"'),
        ({"channels_last": True}, r"channels_last is true, but LBFGS .* Set channels_last = false"),
    ],
)
def test_what_does_not_go_with_it_is_refused(settings, text):
    with pytest.raises(PlanError, match=text):
        make_plan(**settings)


def test_layers_with_rates_of_their_own_are_refused():
    model = make_model()
    model[0].lr_factor = 0.1
    with pytest.raises(PlanError, match=r"LBFGS moves all .* lr_factor \[0\.1, 1\.0\].* Set lr_factor to 1"):
        build_optimizer(make_plan(), model)
