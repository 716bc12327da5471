"""Projects with several Outputs: what the plan says of each, checked, learnt and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.document import Project
from graph.templates import template
from runtime import launch
from runtime.control import Control
from runtime.events import ChangeRefused, EpochEnded, Event, RunEnded, RunStarted, StepsRecorded
from runtime.heads import heads_of
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.trials import find_lr_of, overfit_of
from tests.runtime.test_preflight import LABELS, SHARED, VALUES, X, heads, linear
from tests.runtime.training import (
    of_type,
)

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


def test_an_entry_for_no_output_is_told_and_does_not_stand_in_the_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ended = run(tmp_path, {"outputs": {"out_b": {"groups": [0, 1, 1]}, "outb": {"weight": 0.5}}})[-1]
    assert isinstance(ended, RunEnded)
    assert ended.state == "finished"
    (record,) = caplog.records
    assert record.getMessage() == (
        "The plan's outputs.outb is for no Output of the network: not used. Expected ids of Outputs, "
        "out_a (out_a), out_b (out_b). Correct outputs.outb, or leave it out."
    )


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
