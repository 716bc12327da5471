"""Learning-rate factors and frozen layers, from the drawn network to the weights that a run leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from codegen.live import build
from graph.document import Project
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights
from runtime.control import Control
from runtime.events import EpochEnded, RunEnded, StepsRecorded
from runtime.optim import FactoredRates, build_optimizer
from runtime.plan import TrainingPlan, lr_at
from tests.runtime.training import (
    SAMPLES,
    events_of,
    make_data,
    make_mlp,
    make_plan,
    of_type,
    spiral_project,
)

FACTOR = 0.25
ADAM: dict[str, Any] = {"optimizer": {"type": "Adam", "lr": 0.01}}
SGD: dict[str, Any] = {"optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}}
SCHEDULES: list[dict[str, Any]] = [
    {},
    {"scheduler": {"type": "StepLR", "step_size": 1, "gamma": 0.5}},
    {"scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 0.5, "eta_min": 0.001}},
]
MAKE: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": lambda groups: torch.optim.Adam(groups, lr=0.01, fused=True),
    "SGD": lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9, fused=True),
}


def factored_mlp() -> nn.Module:
    """Three layers: as planned, a quarter as fast, frozen."""
    torch.manual_seed(11)
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))
    model[2].lr_factor = FACTOR  # type: ignore[assignment]
    model[4].requires_grad_(False)
    return model


def train_by_hand(model: nn.Module, plan: TrainingPlan) -> None:
    """The loop of any tutorial, with a group for each rate."""
    data, order = make_data(), torch.Generator().manual_seed(plan.seed)
    groups = [{"params": list(model[0].parameters())}, {"params": list(model[2].parameters())}]  # type: ignore[index]
    optimizer = MAKE[plan.optimizer.type](groups)
    step = 0
    for _ in range(plan.epochs):
        for rows in torch.randperm(SAMPLES, generator=order).split(plan.batch_size):
            base = lr_at(plan, step, -(-SAMPLES // plan.batch_size))
            for group, factor in zip(optimizer.param_groups, (1, FACTOR), strict=True):
                group["lr"] = base * factor
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(data.train_x[rows]), data.train_y[rows]).backward()
            optimizer.step()
            step += 1


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda each: str(each.get("scheduler", "constant")))
@pytest.mark.parametrize("settings", [ADAM, SGD], ids=["Adam", "SGD"])
def test_every_group_learns_at_its_own_rate(settings: dict[str, Any], schedule: dict[str, Any]) -> None:
    plan = make_plan(epochs=3, **settings, **schedule)
    ours, theirs = factored_mlp(), factored_mlp()
    start = {name: weight.clone() for name, weight in ours.state_dict().items()}
    events = list(events_of(ours, plan, make_data()))
    train_by_hand(theirs, plan)
    for name, weight in ours.state_dict().items():
        torch.testing.assert_close(weight, theirs.state_dict()[name], rtol=1e-5, atol=1e-7)
        assert torch.equal(weight, start[name]) == name.startswith("4"), name
    lrs = [lr for record in of_type(events, StepsRecorded) for lr in record.lrs]
    assert lrs == pytest.approx([lr_at(plan, step, 7) for step in range(len(lrs))], rel=1e-9)


def test_with_a_constant_rate_the_numbers_are_those_of_the_loop_to_the_bit() -> None:
    plan = make_plan(epochs=2, **ADAM)
    ours, theirs = factored_mlp(), factored_mlp()
    list(events_of(ours, plan, make_data()))
    train_by_hand(theirs, plan)
    assert all(torch.equal(weight, theirs.state_dict()[name]) for name, weight in ours.state_dict().items())


def test_the_optimizer_has_a_group_for_each_factor_and_all_start_at_the_planned_rate() -> None:
    optimizer = build_optimizer(make_plan(**ADAM), factored_mlp())
    groups = [(group["lr_factor"], len(group["params"]), group["lr"]) for group in optimizer.param_groups]
    assert groups == [(1.0, 2, 0.01), (FACTOR, 2, 0.01)]
    assert all(group["fused"] for group in optimizer.param_groups)


def test_without_factors_there_is_one_group_and_nothing_to_do_for_it() -> None:
    optimizer = build_optimizer(make_plan(**ADAM), make_mlp())
    (group,) = optimizer.param_groups
    rates = FactoredRates(optimizer)
    rates.apply(5.0)
    rates.restore(5.0)
    assert group["lr"] == 0.01


def test_the_recorded_rate_is_the_planned_one_even_where_no_layer_learns_at_it() -> None:
    model = make_mlp()
    for layer in (model[0], model[2]):  # type: ignore[index]
        layer.lr_factor = FACTOR
    records = of_type(list(events_of(model, make_plan(**ADAM), make_data())), StepsRecorded)
    assert {lr for record in records for lr in record.lrs} == {0.01}


def test_factors_of_layers_within_layers_multiply() -> None:
    inner = nn.Sequential(nn.Linear(6, 3))
    inner.lr_factor = 0.5  # type: ignore[assignment]
    inner[0].lr_factor = 0.5  # type: ignore[assignment]
    (group,) = build_optimizer(make_plan(), nn.Sequential(inner)).param_groups
    assert group["lr_factor"] == 0.25


def test_a_free_parameter_has_a_factor_of_its_own() -> None:
    model = nn.Linear(6, 3)
    model.bias.lr_factor = 0.5  # type: ignore[attr-defined]
    groups = build_optimizer(make_plan(), model).param_groups
    assert [(group["lr_factor"], group["params"]) for group in groups] == [
        (1.0, [model.weight]),
        (0.5, [model.bias]),
    ]


def test_a_factor_of_nothing_stops_a_layer() -> None:
    model = make_mlp()
    model[0].lr_factor = 0  # type: ignore[index, assignment]
    start = {name: weight.clone() for name, weight in model.state_dict().items()}
    list(events_of(model, make_plan(optimizer={"type": "AdamW", "lr": 0.1}), make_data()))
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, start[name]) == name.startswith("0"), name


@pytest.mark.parametrize("precision", ["amp-bfloat16", "amp-float16"])
def test_factors_hold_under_mixed_precision(precision: str) -> None:
    model = factored_mlp()
    start = model[2].weight.clone()  # type: ignore[index]
    plan = make_plan(precision=precision, epochs=1, batch_size=SAMPLES, **SGD)
    list(events_of(model, plan, make_data()))
    gradient = (start - model[2].weight) / (0.1 * FACTOR)  # type: ignore[index]
    twin = factored_mlp()
    data = make_data()
    nn.CrossEntropyLoss()(twin(data.train_x), data.train_y).backward()
    torch.testing.assert_close(gradient, twin[2].weight.grad, rtol=0.1, atol=0.01)  # type: ignore[index]


def drawn(settings: dict[str, dict[str, Any]]) -> Project:
    """The spirals' project, with settings for its layers `n2` and `n4`."""
    project = spiral_project(epochs=4, optimizer={"type": "SGD", "lr": 0.1, "momentum": 0.9})
    for node_id, values in settings.items():
        node = project.graph.nodes[node_id]
        project.graph.replace_node(node.with_(params={**node.params, **values}))
    return project


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_weights(checkpoint_folder(folder, "last"))


def test_a_drawn_network_keeps_its_frozen_layer_and_trains_the_rest(tmp_path: Path) -> None:
    project = drawn({"n2": {"frozen": True}, "n4": {"weight_init": "zeros", "lr_factor": 0.5}})
    start = build(project, seed=0).module.state_dict()
    assert not start["fc2.weight"].any()
    events = list(launch.run(project, tmp_path, Control()))
    assert events[-1].state == "finished"
    torch.manual_seed(0)  # the plan's seed, which the weights are drawn from
    fresh = build(project).module.state_dict()
    after = weights(tmp_path)
    assert {name: torch.equal(after[name], fresh[name]) for name in after} == {
        "fc1.weight": True,
        "fc1.bias": True,
        "fc2.weight": False,
        "fc2.bias": False,
    }


def test_a_run_with_factors_resumes_to_the_same_weights(tmp_path: Path) -> None:
    project = drawn({"n2": {"lr_factor": 0.1}})
    list(launch.run(project, tmp_path / "whole", Control()))
    control = Control()
    for event in launch.run(project, tmp_path / "halves", control):
        if isinstance(event, EpochEnded):
            control.request_stop()
    groups = load_checkpoint(checkpoint_folder(tmp_path / "halves", "last")).trainer["optimizer"][
        "param_groups"
    ]
    assert [(group["lr_factor"], group["lr"]) for group in groups] == [(0.1, 0.1), (1.0, 0.1)]
    list(launch.run(project, tmp_path / "halves", Control(), resume=True))
    whole, halves = weights(tmp_path / "whole"), weights(tmp_path / "halves")
    assert all(torch.equal(whole[name], halves[name]) for name in whole)


def test_a_network_that_is_frozen_as_a_whole_is_not_trained(tmp_path: Path) -> None:
    project = drawn({"n2": {"frozen": True}, "n4": {"frozen": True}})
    ended = list(launch.run(project, tmp_path, Control()))[-1]
    assert isinstance(ended, RunEnded)
    assert ended.reason == (
        "SGD has nothing to train: all 99 parameters of the model are frozen. "
        "Expected at least one layer that learns. Set frozen to false for one of the layers."
    )
