"""Several Outputs, each with a loss, a target and a weight of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from graph.document import Project
from graph.templates import template
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.data.prepared import HeadData, TrainData
from runtime.events import ChangeRefused, EpochEnded, Event, RunEnded, RunStarted, StepsRecorded
from runtime.heads import Head, heads_of
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.trials import find_lr_of, overfit_of
from tests.runtime.test_preflight import LABELS, SHARED, VALUES, X, heads, linear
from tests.runtime.training import (
    HELD_BACK,
    SAMPLES,
    TickingClock,
    events_of,
    make_data,
    make_plan,
    of_type,
)

OUTPUTS = {
    "kind": {"loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1}, "weight": 0.5},
    "again": {"loss": "MSELoss", "target": "input", "weight": 2},
    "pair": {"loss": {"type": "CrossEntropyLoss", "weight": [1, 3]}, "groups": [0, 1, 1]},
}


class Trunk(nn.Module):
    """One layer, and three Outputs behind it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.trunk, self.kind = nn.Linear(6, 16), nn.Linear(16, 3)
        self.again, self.pair = nn.Linear(16, 6), nn.Linear(16, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.trunk(x).relu()
        return self.kind(features), self.again(features), self.pair(features)


def parted(plan: TrainingPlan) -> TrainData:
    """Data whose targets are those of three Outputs."""
    data = make_data()
    kind, again, pair = heads_of(plan, [(name, name) for name in OUTPUTS])
    return replace(
        data,
        heads=(
            HeadData(kind, data.train_y, data.val_y, 3),
            HeadData(again, data.train_x, data.val_x, None, target="input"),
            HeadData(pair, data.train_y.clamp(max=1), data.val_y.clamp(max=1), 2),
        ),
    )


def losses_by_hand(outputs: tuple[Tensor, ...], x: Tensor, y: Tensor) -> list[Tensor]:
    kind, again, pair = outputs
    weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 3.0]))
    return [
        nn.CrossEntropyLoss(label_smoothing=0.1)(kind, y),
        nn.MSELoss()(again, x),
        weighted(pair, y.clamp(max=1)),
    ]


def train_by_hand(model: nn.Module, plan: TrainingPlan, data: TrainData) -> dict[str, list[float]]:
    """The loop of any tutorial, with a sum of losses; gives every number of every step."""
    assert isinstance(data.train_x, Tensor)
    torch.manual_seed(plan.seed)
    order = torch.Generator().manual_seed(plan.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    told: dict[str, list[float]] = {name: [] for name in ("loss", "norm", *OUTPUTS)}
    model.train()
    for _ in range(plan.epochs):
        for rows in torch.randperm(SAMPLES, generator=order).split(plan.batch_size):
            optimizer.zero_grad()
            x, y = data.train_x[rows], data.train_y[rows]
            kind, again, pair = losses_by_hand(model(x), x, y)
            loss = 0.5 * kind + 2 * again + pair
            loss.backward()
            told["norm"].append(clip_grad_norm_(model.parameters(), float("inf")).item())
            optimizer.step()
            for name, value in zip(("loss", *OUTPUTS), (loss, kind, again, pair), strict=True):
                told[name].append(value.item())
    return told


def test_the_weighted_sum_trains_as_a_loop_written_by_hand() -> None:
    plan = make_plan(epochs=3, outputs=OUTPUTS)
    data, ours, theirs = parted(plan), Trunk(), Trunk()
    events = list(events_of(ours, plan, data))
    told = train_by_hand(theirs, plan, data)
    records = of_type(events, StepsRecorded)
    assert [loss for record in records for loss in record.losses] == told["loss"]
    assert [norm for record in records for norm in record.grad_norms] == told["norm"]
    for name in OUTPUTS:
        assert [loss for record in records for loss in record.parts[name]] == told[name], name
    for name, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_every_epoch_tells_the_figures_of_every_output() -> None:
    plan = make_plan(epochs=1, outputs=OUTPUTS)
    data, model = parted(plan), Trunk()
    events = list(events_of(model, plan, data))
    (ended,) = of_type(events, EpochEnded)
    assert isinstance(data.val_x, Tensor)
    with torch.inference_mode():
        outputs = model.eval()(data.val_x)
        means = [loss.item() for loss in losses_by_hand(outputs, data.val_x, data.val_y)]
    figures = ended.figures
    assert [figures[f"val_loss.{name}"] for name in OUTPUTS] == pytest.approx(means, rel=1e-6)
    assert figures["val_loss"] == pytest.approx(0.5 * means[0] + 2 * means[1] + means[2], rel=1e-6)
    right = (outputs[2].argmax(1) == data.val_y.clamp(max=1)).float().mean().item()
    assert figures["val_accuracy.pair"] == pytest.approx(right)
    assert {"train_accuracy.kind", "val_f1.kind", "val_rmse.again", "train_loss.again"} <= figures.keys()
    assert not {"train_accuracy.again", "val_accuracy.again"} & set(figures)
    for name in ("train_accuracy", "val_accuracy"):
        assert figures[name] == pytest.approx((figures[f"{name}.kind"] + figures[f"{name}.pair"]) / 2)
    assert sum(map(sum, ended.confusion)) == HELD_BACK
    steps = of_type(events, StepsRecorded)
    sizes = [min(plan.batch_size, SAMPLES - start) for start in range(0, SAMPLES, plan.batch_size)]
    losses = [loss for record in steps for loss in record.parts["again"]]
    mean = sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / SAMPLES
    assert figures["train_loss.again"] == pytest.approx(mean)


def test_a_metric_of_an_output_can_tell_the_best_epoch() -> None:
    settings = {"outputs": OUTPUTS, "monitor": "val_accuracy.kind", "epochs": 2}
    plan = make_plan(**settings, early_stopping={"patience": 3, "metric": "val_loss.again"})
    events = list(events_of(Trunk(), plan, parted(plan)))
    first, second = of_type(events, EpochEnded)
    is_better = second.figures["val_accuracy.kind"] > first.figures["val_accuracy.kind"]
    assert (first.is_best, second.is_best) == (True, is_better)
    wrong = make_plan(outputs=OUTPUTS, monitor="val_accuracy.again")
    with pytest.raises(PlanError, match=r"val_accuracy.kind"):
        list(events_of(Trunk(), wrong, parted(wrong)))


def test_steps_of_several_batches_tell_whole_losses() -> None:
    plan = make_plan(epochs=1, outputs=OUTPUTS, accumulate_steps=2, batch_size=8)
    events = list(events_of(Trunk(), plan, parted(plan)))
    for record in of_type(events, StepsRecorded):
        for loss, kind, again, pair in zip(record.losses, *record.parts.values(), strict=True):
            assert loss == pytest.approx(0.5 * kind + 2 * again + pair, rel=1e-6)
    (ended,) = of_type(events, EpochEnded)
    assert 0 <= ended.figures["train_accuracy.kind"] <= 1


def test_stopped_and_resumed_is_as_never_stopped(tmp_path: Path) -> None:
    plan = make_plan(epochs=2, outputs=OUTPUTS)
    whole, resumed = Trunk(), Trunk()
    expected = list(events_of(whole, plan, parted(plan), clock=TickingClock()))
    control, first = Control(), []
    for event in events_of(Trunk(), plan, parted(plan), control, clock=TickingClock(), run_dir=tmp_path):
        first.append(event)
        if isinstance(event, StepsRecorded) and event.first_step == 5:
            control.request_stop()
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    rest = list(events_of(resumed, plan, parted(plan), clock=TickingClock(), checkpoint=checkpoint))
    assert _numbers(first) + _numbers(rest) == _numbers(expected)
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight), name


def _numbers(events: list[Event]) -> list[Any]:
    steps = [
        row
        for record in of_type(events, StepsRecorded)
        for row in zip(record.losses, *record.parts.values(), strict=True)
    ]
    return [*steps, *(each.figures for each in of_type(events, EpochEnded))]


# -- from a project


TWO = heads((6,), (linear(3),), (linear(2),))


def run(folder: Path, training: dict[str, Any], y: np.ndarray = LABELS, graph: Any = TWO) -> list[Event]:
    np.savez(folder / "data.npz", x=X, y=y)
    project = Project(
        "Heads", graph, training=SHARED | {"data": {"source": "arrays", "path": "data.npz"}} | training
    )
    return list(launch.run(project, folder / "run", Control(), data_folder=folder))


def test_the_run_folder_keeps_the_figures_of_every_output(tmp_path: Path) -> None:
    outputs = {"out_b": {"groups": [0, 1, 1], "weight": 0.25}}
    ended = run(tmp_path, {"outputs": outputs})[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.state, ended.reason) == ("finished", "")
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    step = next(line for line in lines if line["event"] == "step")
    assert step["loss"] == pytest.approx(step["loss.out_a"] + 0.25 * step["loss.out_b"])
    epoch = next(line for line in lines if line["event"] == "epoch")
    assert {"train_loss.out_a", "val_loss.out_b", "val_accuracy.out_b", "train_accuracy.out_a"} <= set(epoch)


@pytest.mark.parametrize(
    ("y", "outputs", "text", "node"),
    [
        (LABELS, {"out_b": {}},
         "out_b: The model gives (N, 2), but the data has 3 classes. CrossEntropyLoss expects one logit a "
         "class. Set out_features of the last layer to 3.", "b1"),
        (LABELS, {"out_b": {"loss": "MSELoss", "target": "input"}},
         "out_b: The model gives (N, 2), but the targets have (N, 6). MSELoss expects the same shape.", "b1"),
        (LABELS, {"out_b": {"loss": "KLDivLoss"}}, "arrays, out_b: a row of y", None),
        (LABELS, {"out_b": {"groups": [0, 1]}},
         "outputs.out_b.groups has 2 numbers, but the data has 3 classes.", None),
        (LABELS, {"out_b": {"loss": "MSELoss", "groups": [0, 1, 1]}},
         "arrays, out_b gives one of 2 classes a sample. MSELoss expects numbers", None),
        (VALUES[:, 0], {"out_a": {"groups": [0, 1, 1]}},
         "outputs.out_a.groups is set, but the targets are no classes.", None),
        (LABELS, {"out_a": {"weight": 0}, "out_b": {"weight": 0}},
         "The weight of every output is 0, so there is nothing to train on.", None),
        (LABELS, {"out_a": {"loss": {"type": "CrossEntropyLoss", "weight": [1, 2]}}},
         "outputs.out_a.loss.weight has 2 numbers, but the model gives 3 for each sample.", None),
        (LABELS, {"out_b": {"columns": ["a"]}},
         "outputs.out_b.columns is set, but the data of arrays names no several target columns.", None),
        (LABELS, {"out_b": {"groups": [0, 1, 2], "loss": "BCELoss"}}, "arrays, out_b: y holds 2.", None),
        (LABELS, {"out_b": {"loss": "BCELoss", "target": "input"}},
         "out_b: The model gives (N, 2), but the targets have (N, 6).", "b1"),
    ],
)  # fmt: skip
def test_each_output_is_checked_with_its_loss_and_target(tmp_path, y, outputs, text, node):
    ended = run(tmp_path, {"outputs": outputs}, y)[-1]
    assert (ended.state, ended.node) == ("failed", node)
    assert ended.reason.startswith(text)


def test_what_an_output_gives_has_to_lie_where_its_loss_needs_it(tmp_path):
    graph = heads((6,), (linear(3),), (linear(6),))
    outputs = {"out_b": {"loss": "BCELoss", "target": "input"}}
    ended = run(tmp_path, {"outputs": outputs}, graph=graph)[-1]
    assert ended.reason.startswith("The model's probabilities lie between")
    assert ended.node == "b1"


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"a": {"loss": "TripletMarginLoss"}}, "outputs.a.loss is TripletMarginLoss, which takes 3 outputs"),
        ({"a": {"loss": "Foo"}}, 'outputs.a.loss.type is "Foo". Expected one of CrossEntropyLoss'),
        ({"a": {"wieght": 1}}, "outputs.a.wieght is not a setting of an output."),
        ({"a": {"weight": -1}}, "outputs.a.weight is -1."),
        ({"a": {"target": "input", "groups": [0]}}, "outputs.a.groups is set, but outputs.a.target is"),
        ({"a": 3}, "outputs.a is 3. Expected an object."),
        (3, "outputs is 3. Expected an object."),
    ],
)  # fmt: skip
def test_a_mistake_in_what_an_output_learns_names_its_key(outputs, text):
    with pytest.raises(PlanError) as caught:
        TrainingPlan.from_mapping({"outputs": outputs})
    assert str(caught.value).startswith(text)


def test_the_plan_writes_what_it_read():
    outputs = {
        "n7": {"loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1}, "weight": 0.5, "groups": [0, 1]},
        "n9": {"loss": {"type": "MSELoss"}, "target": "input"},
        "n11": {"loss": {"type": "L1Loss"}, "columns": ["price"]},
    }
    plan = TrainingPlan.from_mapping({"outputs": outputs})
    assert plan.to_mapping() == {"outputs": outputs}
    assert TrainingPlan.from_mapping(plan.to_mapping(defaults=True)) == plan
    assert "outputs" not in TrainingPlan().to_mapping()
    assert plan.with_setting("outputs.n9.weight", 2).outputs["n9"].weight == 2


def test_an_output_that_the_plan_says_nothing_about_learns_by_its_loss():
    plan = TrainingPlan.from_mapping(
        {"loss": "L1Loss", "data": {"source": "digits", "target": "input"}, "outputs": {"a": {}}}
    )
    first, second = heads_of(plan, [("a", "one"), ("b", "two")])
    assert (first.loss.type, first.plan.target) == ("L1Loss", "label")
    assert (second.loss.type, second.plan.target, second.plan.weight) == ("L1Loss", "input", 1)
    assert heads_of(TrainingPlan(), [("a", "one"), ("b", "two")]) == ()
    joint = TrainingPlan.from_mapping({"loss": "TripletMarginLoss", "outputs": {"a": {"loss": "MSELoss"}}})
    with pytest.raises(PlanError, match="outputs says nothing about the Output b"):
        heads_of(joint, [("a", "one"), ("b", "two")])


def test_outputs_learn_columns_of_a_table(tmp_path):
    rows = [
        f"{x[0]:.4f},{x[1]:.4f},{int(label)},{value[0]:.4f}"
        for x, label, value in zip(X, LABELS, VALUES, strict=True)
    ]
    (tmp_path / "table.csv").write_text("\n".join(["u,v,kind,price", *rows]) + "\n")
    graph = heads((2,), (linear(3),), (linear(1),))
    training = {
        "data": {"source": "csv", "path": "table.csv", "target_columns": ["kind", "price"]},
        "outputs": {"out_a": {"columns": ["kind"]}, "out_b": {"loss": "HuberLoss", "columns": ["price"]}},
    }
    events = run(tmp_path, training, graph=graph)
    assert (events[-1].state, events[-1].reason) == ("finished", "")
    figures = of_type(events, EpochEnded)[-1].figures
    assert {"val_accuracy.out_a", "val_rmse.out_b"} <= figures.keys()
    wrong = training | {"outputs": {"out_a": {"columns": ["sort"]}}}
    (tmp_path / "again").mkdir()
    project = Project("Heads", graph, training=SHARED | wrong)
    ended = list(launch.run(project, tmp_path / "again", Control(), data_folder=tmp_path))[-1]
    assert ended.reason.startswith(
        "outputs.out_a.columns names 'sort', which is no target column. Expected some of"
    )


def test_a_single_output_may_be_named_too(tmp_path):
    graph = heads((6,), (linear(3),))
    events = run(tmp_path, {"outputs": {"out_a": {"weight": 2}}}, graph=graph)
    assert events[-1].reason == ""
    (record, *_) = of_type(events, StepsRecorded)
    assert record.losses[0] == pytest.approx(2 * record.parts["out_a"][0])


def test_a_run_refuses_a_network_with_other_outputs(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=LABELS)
    training = SHARED | {
        "data": {"source": "arrays", "path": "data.npz"},
        "outputs": {"out_b": {"groups": [0, 1, 1]}},
        "epochs": 3,
    }
    project, control = Project("Heads", TWO, training=training), Control()
    more = Project("Heads", heads((6,), (linear(3),), (linear(2),), (linear(3),)), training=training)
    events = []
    for event in launch.run(project, tmp_path / "run", control, data_folder=tmp_path):
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 1:
            control.request_change(more)
    (refused,) = of_type(events, ChangeRefused)
    assert refused.reason.startswith(
        "The run learns the Outputs out_a, out_b, but the network has out_a, out_b, out_c. Expected the same"
    )
    assert events[-1].reason == ""


def test_outputs_of_one_name_are_told_apart():
    plan = TrainingPlan.from_mapping({"outputs": {"n7": {}}})
    names = [head.name for head in heads_of(plan, [("n7", "out"), ("n9", "out"), ("n11", "mask")])]
    assert names == ["out n7", "out n9", "mask"]


def test_more_classes_than_the_data_is_said_to_have_are_told(tmp_path):
    data = {"source": "arrays", "path": "data.npz", "num_classes": 2}
    ended = run(tmp_path, {"data": data, "outputs": {"out_a": {"groups": [0, 1]}}})[-1]
    assert ended.reason.startswith("outputs.out_a.groups has 2 numbers, but the data has 3 classes.")


def test_groups_may_be_yes_and_no_and_leave_out_what_does_not_count(tmp_path):
    graph = heads((6,), (linear(3),), (linear(1),))
    labels = np.where(np.arange(len(LABELS)) == 0, -100, LABELS)
    outputs = {"out_b": {"loss": {"type": "CrossEntropyLoss"}, "groups": [0, 1, 1]}}
    assert run(tmp_path, {"outputs": outputs}, labels)[-1].reason == ""
    (tmp_path / "second").mkdir()
    binary = {"out_b": {"loss": "BCEWithLogitsLoss", "groups": [0, 1, 1]}}
    assert run(tmp_path / "second", {"outputs": binary}, graph=graph)[-1].reason == ""


def test_rare_groups_weigh_more_where_weights_are_balanced(tmp_path):
    outputs = {"out_b": {"loss": {"type": "CrossEntropyLoss", "weight": "balanced"}, "groups": [0, 1, 1]}}
    assert run(tmp_path, {"outputs": outputs, "sampler": "weighted"})[-1].reason == ""


def test_the_checks_before_a_run_know_every_output(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=LABELS)
    training = SHARED | {
        "data": {"source": "arrays", "path": "data.npz"},
        "outputs": {"out_b": {"loss": "MSELoss", "target": "clean input"}},
    }
    project = Project("Heads", heads((6,), (linear(3),), (linear(6),)), training=training)
    tried = [each for each in find_lr_of(project, Control(), tmp_path) if hasattr(each, "lr")]
    assert len(tried) > 8
    steps = of_type(list(overfit_of(project, Control(), tmp_path)), StepsRecorded)
    assert steps[-1].losses[-1] < steps[0].losses[0]
    assert set(steps[0].parts) == {"out_a", "out_b"}


def test_the_template_with_two_results_learns_both(tmp_path):
    project = template("MultiHead").project()
    project.training = {**project.training, "epochs": 4, "device": "cpu"}
    events = list(launch.run(project, tmp_path, Control()))
    assert (events[-1].state, events[-1].reason) == ("finished", "")
    (started,) = of_type(events, RunStarted)
    assert len(started.class_names) == 10
    last = of_type(events, EpochEnded)[-1].figures
    assert last["val_accuracy.logits"] > 0.5
    assert last["val_accuracy.parity"] > 0.65


def test_a_head_names_its_figures():
    plan = TrainingPlan.from_mapping({"outputs": {"n7": {}}})
    (head,) = heads_of(plan, [("n7", "logits")])
    assert isinstance(head, Head)
    assert (head.path, head.figure("val_loss")) == ("outputs.n7", "val_loss.logits")


def test_names_of_classes_are_those_of_the_output_that_the_matrix_is_about() -> None:
    outputs = {"yes": {"loss": "BCEWithLogitsLoss"}, "kind": {"loss": "CrossEntropyLoss"}}
    plan = make_plan(epochs=1, outputs=outputs)
    data = make_data()
    yes, kind = heads_of(plan, [(name, name) for name in outputs])
    truth = [(y > 0).float()[:, None] for y in (data.train_y, data.val_y)]
    named = HeadData(kind, data.train_y, data.val_y, 3, ("a", "b", "c"))

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.yes, self.kind = nn.Linear(6, 1), nn.Linear(6, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.yes(x), self.kind(x)

    def told(*parts: HeadData) -> tuple[tuple[str, ...], int]:
        events = list(events_of(Two(), plan, replace(data, heads=parts)))
        (started,), (ended,) = of_type(events, RunStarted), of_type(events, EpochEnded)
        return started.class_names, len(ended.confusion)

    assert told(HeadData(yes, *truth, None), named) == ((), 2)
    assert told(HeadData(yes, *truth, None, ("no", "yes")), named) == (("no", "yes"), 2)
