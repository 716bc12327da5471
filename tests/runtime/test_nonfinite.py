"""A run that meets numbers which are not finite says in which node they begin, and can leave the step out."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from graph.document import Edge, Graph, Node, PortRef, Project
from runtime import launch
from runtime.control import Control
from runtime.data.load import TrainData
from runtime.events import EpochEnded, Event, RunEnded, StepsRecorded, StepsSkipped
from runtime.step_watch import MAX_SKIPPED_STEPS, MOST_TRACED
from tests.runtime.test_engine_failures import SGD, Bomb, run_to_failure
from tests.runtime.training import events_of, make_cnn, make_data, make_plan, of_type

SKIP = {"on_nonfinite": "skip", "optimizer": SGD}


def chained(*layers: tuple[str, str, dict[str, Any]], **training: Any) -> Project:
    """A project of layers one behind the other that learns three spirals."""
    ends = (("Input", "points", {"shape": [2]}), *layers, ("Output", "logits", {}))
    nodes = [Node(f"n{i}", kind, name, params) for i, (kind, name, params) in enumerate(ends)]
    edges = [Edge(PortRef(f"n{i}", "out"), PortRef(f"n{i + 1}", "in")) for i in range(len(nodes) - 1)]
    settings = {"data": {"source": "synthetic:spirals", "samples": 90}, "batch_size": 16, "device": "cpu"}
    return Project("Broken", Graph(nodes, edges), training=settings | {"epochs": 2} | training)


def run(project: Project, run_dir: Path) -> tuple[list[Event], RunEnded]:
    events = list(launch.run(project, run_dir, Control()))
    (ended,) = of_type(events, RunEnded)
    return events, ended


def test_the_first_node_with_an_output_that_is_not_finite_is_named(tmp_path: Path) -> None:
    project = chained(
        ("Linear", "fc1", {"out_features": 8}),
        ("Log", "log1", {}),
        ("Linear", "fc2", {"out_features": 3}),
    )
    _, ended = run(project, tmp_path)
    assert ended.state == "failed"
    assert ended.node == "n2"
    assert ended.step == 0
    assert "Before any training, the network's answer to the first batch is not finite" in ended.reason
    assert "of its 16 samples; it begins with the output of log1. Expected finite numbers" in ended.reason


def test_the_first_node_with_a_gradient_that_is_not_finite_is_named(tmp_path: Path) -> None:
    # The root of 0 is 0, and its slope is infinite.
    project = chained(
        ("Linear", "fc1", {"out_features": 8, "bias": False, "weight_init": "zeros"}),
        ("Sqrt", "sqrt1", {}),
        ("Linear", "fc2", {"out_features": 3}),
    )
    _, ended = run(project, tmp_path)
    assert ended.state == "failed"
    assert "it begins with the gradient of fc1." in ended.reason
    assert ended.node == "n1"


def test_in_a_run_that_skips_the_reason_is_told_with_its_node(tmp_path: Path) -> None:
    project = chained(
        ("Linear", "fc1", {"out_features": 8, "bias": False, "weight_init": "zeros"}),
        ("Sqrt", "sqrt1", {}),
        ("Linear", "fc2", {"out_features": 3}),
        on_nonfinite="skip",
        epochs=10,
    )
    events, ended = run(project, tmp_path)
    told = of_type(events, StepsSkipped)
    assert [event.step for event in told] == list(range(1, MAX_SKIPPED_STEPS + 1))
    assert {event.count for event in told} == {1}
    # Looking for the node takes time, so that only the first few are looked into.
    assert [event.node for event in told[: MOST_TRACED + 1]] == ["n1"] * MOST_TRACED + [None]
    assert told[2].reason == (
        "The gradient of fc1.weight is not a finite number at step 3; it begins with the gradient of fc1."
    )
    assert (ended.state, ended.step) == ("failed", MAX_SKIPPED_STEPS + 1)


def test_a_step_left_out_leaves_no_trace() -> None:
    twin, spoiled = Bomb(at=3, until=5, value=math.nan), Bomb(at=3, until=5, gradient=math.inf)
    events = list(events_of(spoiled, make_plan(**SKIP), make_data()))
    assert [(event.step, event.count) for event in of_type(events, StepsSkipped)] == [(3, 1), (4, 1)]
    assert events[-1] == RunEnded("finished", "2 steps were left out as not finite.", step=14, best_epoch=2)
    assert [ended.skipped_steps for ended in of_type(events, EpochEnded)] == [2, 0]
    assert all(math.isfinite(ended.train_loss) for ended in of_type(events, EpochEnded))
    list(events_of(twin, make_plan(**SKIP), make_data()))
    for name, weight in twin.state_dict().items():
        assert torch.equal(spoiled.state_dict()[name], weight), name
        assert weight.isfinite().all()


class Masked(nn.Linear):
    """Says once that a class is impossible: the loss is infinite and its gradient is not."""

    def __init__(self, at: int) -> None:
        super().__init__(6, 3)
        self.step, self.at = 0, at

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        self.step += self.training
        logits = super().forward(input)
        mask = torch.tensor([-math.inf, 0.0, 0.0])
        return logits + mask if self.training and self.step == self.at else logits


def test_a_loss_that_is_not_finite_is_reason_enough() -> None:
    torch.manual_seed(1)
    model = Masked(at=3)
    start = copy.deepcopy(model)
    events = list(events_of(model, make_plan(batch_size=25, **SKIP), make_data()))
    record = of_type(events, StepsRecorded)[1]
    assert math.isinf(record.losses[0])
    assert math.isfinite(record.grad_norms[0])
    assert [ended.skipped_steps for ended in of_type(events, EpochEnded)] == [0, 1]
    start.at = 0
    plan, data = make_plan(batch_size=25, **SKIP), make_data()
    batches = batches_of(plan, 2)
    optimizer = torch.optim.SGD(start.parameters(), lr=0.01, fused=True)
    for index in (0, 1, 3):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(start(data.train_x[batches[index]]), data.train_y[batches[index]]).backward()
        optimizer.step()
    assert torch.equal(model.weight, start.weight)


def test_a_scaler_does_not_overlook_such_a_loss() -> None:
    torch.manual_seed(1)
    model, weights = Masked(at=3), []
    plan = make_plan(batch_size=25, precision="amp-float16", epochs=3, **SKIP)
    events = []
    for event in events_of(model, plan, make_data()):
        events.append(event)
        if isinstance(event, EpochEnded):
            weights.append(model.weight.detach().clone())
    losses = [loss for record in of_type(events, StepsRecorded) for loss in record.losses]
    assert [math.isinf(loss) for loss in losses] == [False, False, True, False, False, False]
    assert [ended.skipped_steps for ended in of_type(events, EpochEnded)] == [0, 1, 0]
    (skipped,) = of_type(events, StepsSkipped)
    assert skipped.reason.startswith("The loss")
    torch.manual_seed(1)
    twin, batches = Masked(at=0), batches_of(plan, 2)
    by_hand_fp16(twin, batches[:2] + batches[3:])
    torch.testing.assert_close(weights[1], twin.weight.detach())


def batches_of(plan: Any, epochs: int) -> list[torch.Tensor]:
    """The rows of every batch, as the run takes them."""
    order = torch.Generator().manual_seed(plan.seed)
    return [rows for _ in range(epochs) for rows in torch.randperm(50, generator=order).split(25)]


def by_hand_fp16(model: nn.Module, batches: list[torch.Tensor]) -> None:
    data, scaler = make_data(), torch.amp.GradScaler("cpu")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for rows in batches:
        with torch.autocast("cpu", dtype=torch.float16):
            loss = nn.functional.cross_entropy(model(data.train_x[rows]), data.train_y[rows])
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()


def test_a_batch_norm_forgets_what_it_saw_in_a_step_left_out() -> None:
    data = make_data((1, 5, 5))
    data.train_x[5] = math.nan
    model = make_cnn()
    events = list(events_of(model, make_plan(**SKIP), data))
    assert [ended.skipped_steps for ended in of_type(events, EpochEnded)] == [1, 1]
    assert all(weight.isfinite().all() for weight in model.state_dict().values())
    assert math.isfinite(of_type(events, EpochEnded)[-1].val_loss)


def test_with_accumulation_the_whole_step_is_left_out() -> None:
    data = make_data((1, 5, 5))
    data.train_x[5] = math.nan
    model = make_cnn()
    events = list(events_of(model, make_plan(accumulate_steps=3, **SKIP), data))
    assert [ended.skipped_steps for ended in of_type(events, EpochEnded)] == [1, 1]
    norms = [norm for record in of_type(events, StepsRecorded) for norm in record.grad_norms]
    assert sum(map(math.isfinite, norms)) == 4
    assert all(weight.isfinite().all() for weight in model.state_dict().values())


def test_with_a_scaler_the_weights_and_running_means_stay_whole() -> None:
    data = make_data((1, 5, 5))
    data.train_x[5] = math.nan
    model = make_cnn()
    events = list(events_of(model, make_plan(precision="amp-float16", **SKIP), data))
    assert [ended.skipped_steps for ended in of_type(events, EpochEnded)] == [1, 1]
    assert len(of_type(events, StepsSkipped)) == 2
    assert all(weight.isfinite().all() for weight in model.state_dict().values())


def test_a_run_that_stops_leaves_the_weights_as_they_were_before_the_step() -> None:
    model = Bomb(at=4, gradient=math.inf)
    run_to_failure(model, optimizer=SGD)
    assert all(weight.isfinite().all() for weight in model.state_dict().values())


@pytest.mark.parametrize("make", [make_data])
def test_nothing_is_said_of_a_run_that_goes_well(make: Any) -> None:
    data: TrainData = make((1, 5, 5))
    events = list(events_of(make_cnn(), make_plan(**SKIP), data))
    assert of_type(events, StepsSkipped) == []
    assert events[-1].reason == ""  # type: ignore[union-attr]
