"""A project edited while its run trains: taken up at the next step, or refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph.document import Edge, Node, PortRef, Project
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights
from runtime.control import Control
from runtime.events import (
    ChangeRefused,
    EpochEnded,
    Event,
    GraphChanged,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from runtime.plan import TrainingPlan, lr_at
from runtime.plan_changes import changes_since
from runtime.runs import PROJECT_FILE, read_run
from tests.graph.builders import chain
from tests.runtime.training import (
    TickingClock,
    events_of,
    make_data,
    make_mlp,
    make_plan,
    of_type,
    spiral_project,
)

STEPS = 5  # in an epoch of the spirals
ADAM = {"type": "Adam", "lr": 0.01}
DROPOUT = Node("n9", "Dropout", "dropout1", {"p": 0.2})


def planned(**settings: Any) -> Project:
    return spiral_project(**{"epochs": 3, "optimizer": ADAM} | settings)


def widened(project: Project, *, features: int) -> Project:
    """With another number of features between the two layers."""
    node = project.graph.nodes["n2"]
    project.graph.replace_node(node.with_(params={**node.params, "out_features": features}))
    return project


def with_layer(project: Project, layer: Node = DROPOUT) -> Project:
    """With a layer between, and the second one renamed."""
    graph = project.graph
    graph.delete_edges(list(graph.incoming("n4").values()))
    graph.insert_nodes([layer])
    ends = (("n3", "n9"), ("n9", "n4"))
    graph.insert_edges([Edge(PortRef(source, "out"), PortRef(target, "in")) for source, target in ends])
    graph.replace_node(graph.nodes["n4"].with_(name="head"))
    return project


def run(start: Project, after: Project | None, run_dir: Path, *, epoch: int = 1) -> list[Event]:
    """A run that is asked for a change at the end of an epoch."""
    control, events = Control(), []
    for event in launch.run(start, run_dir, control):
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == epoch and after is not None:
            control.request_change(after)
    return events


def lrs(events: list[Event]) -> list[float]:
    return [lr for record in of_type(events, StepsRecorded) for lr in record.lrs]


def ending(events: list[Event]) -> RunEnded:
    (ended,) = of_type(events, RunEnded)
    return ended


def test_a_learning_rate_changes_at_the_next_step(tmp_path: Path) -> None:
    events = run(planned(), planned(optimizer=ADAM | {"lr": 0.002}, clip_grad_norm=0.5), tmp_path)
    assert of_type(events, PlanChanged) == [
        PlanChanged(STEPS, ("optimizer.lr: 0.01 -> 0.002", "clip_grad_norm: null -> 0.5"), 3, 3 * STEPS)
    ]
    assert lrs(events) == [0.01] * STEPS + [0.002] * 2 * STEPS
    assert ending(events).state == "finished"


def test_what_the_optimizer_remembers_and_the_random_numbers_go_on(tmp_path: Path) -> None:
    run(planned(), planned(optimizer=ADAM | {"lr": 0.002}), tmp_path / "live")
    control = Control()
    for event in launch.run(planned(), tmp_path / "halves", control):
        if isinstance(event, EpochEnded):
            control.request_stop()
    after = planned(optimizer=ADAM | {"lr": 0.002})
    list(launch.run(after, tmp_path / "halves", Control(), resume=True, accepts_changes=True))
    live, halves = (load_weights(checkpoint_folder(tmp_path / name, "last")) for name in ("live", "halves"))
    assert all(torch.equal(live[name], halves[name]) for name in live)


def test_the_schedule_goes_on_as_if_planned_so_from_the_start(tmp_path: Path) -> None:
    cosine = {"type": "CosineAnnealingLR", "warmup_epochs": 0.5}
    after = planned(scheduler=cosine, epochs=4)
    events = run(planned(scheduler="OneCycleLR"), after, tmp_path)
    plan = TrainingPlan.from_mapping(after.training)
    expected = [lr_at(plan, step, STEPS) for step in range(STEPS, 4 * STEPS)]
    assert lrs(events)[STEPS:] == pytest.approx(expected, rel=1e-9)
    assert [ended.epoch for ended in of_type(events, EpochEnded)] == [1, 2, 3, 4]
    momenta = [
        group["betas"][0]
        for group in load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["optimizer"]["param_groups"]
    ]
    assert momenta == [0.9]  # what the cycle had moved is back


def test_an_unchanged_project_is_told_to_be_one(tmp_path: Path) -> None:
    events = run(planned(), planned(), tmp_path)
    assert of_type(events, ChangeRefused) == [
        ChangeRefused(STEPS, "The project is as it is trained already.")
    ]
    assert ending(events).step == 3 * STEPS


def test_fewer_epochs_end_the_run(tmp_path: Path) -> None:
    events = run(planned(epochs=9), planned(epochs=2), tmp_path)
    assert ending(events).step == 2 * STEPS


def test_another_optimizer_starts_afresh(tmp_path: Path) -> None:
    events = run(planned(), planned(optimizer={"type": "SGD", "lr": 0.5, "momentum": 0.9}), tmp_path)
    assert lrs(events)[STEPS:] == [0.5] * 2 * STEPS
    assert ending(events).state == "finished"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"batch_size": 8},
            r"batch_size cannot change while a run trains: the batches of the epoch are already",
        ),
        ({"seed": 3}, "seed cannot change while a run trains: it only counts at the start."),
        ({"loss": "NLLLoss"}, "loss.type cannot change while a run trains: data and network were checked"),
        ({"optimizer": ADAM | {"lr": "fast"}}, 'optimizer.lr is "fast". Expected a number'),
        ({"monitor": "val_mae"}, "monitor is 'val_mae', which this run does not tell."),
    ],
    ids=str,
)
def test_what_cannot_change_is_refused_and_the_run_goes_on(
    tmp_path: Path, change: dict[str, Any], text: str
) -> None:
    events = run(planned(), planned(**change), tmp_path / "asked")
    (refused,) = of_type(events, ChangeRefused)
    assert refused.reason.startswith(text)
    assert ending(events).state == "finished"
    run(planned(), None, tmp_path / "left")
    asked, left = (load_weights(checkpoint_folder(tmp_path / name, "last")) for name in ("asked", "left"))
    assert all(torch.equal(asked[name], left[name]) for name in asked)


def test_layers_that_stay_keep_what_they_have_learned(tmp_path: Path) -> None:
    events = run(planned(), with_layer(planned()), tmp_path)
    (changed,) = of_type(events, GraphChanged)
    assert (changed.step, changed.kept, changed.fresh) == (STEPS, 4, ())
    assert any("dropout1" in phrase for phrase in changed.changes)
    losses = [loss for record in of_type(events, StepsRecorded) for loss in record.losses]
    assert losses[STEPS] < losses[0]
    assert ending(events).state == "finished"
    last = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    assert set(last.weights) == {"fc1.weight", "fc1.bias", "head.weight", "head.bias"}
    assert {float(each["step"]) for each in last.trainer["optimizer"]["state"].values()} == {3 * STEPS}


def test_what_is_remembered_of_all_weights_together_fits_no_other_network(tmp_path: Path) -> None:
    start = {"optimizer": {"type": "LBFGS", "lr": 0.1, "max_iter": 4}}
    norm = Node("n9", "LayerNorm", "norm1", {})
    events = run(planned(**start), with_layer(planned(**start), norm), tmp_path)
    (changed,) = of_type(events, GraphChanged)
    assert (changed.kept, changed.fresh) == (4, ("norm1.weight", "norm1.bias"))
    assert ending(events).state == "finished"


def test_layers_of_another_size_start_afresh(tmp_path: Path) -> None:
    events = run(planned(), widened(planned(), features=20), tmp_path)
    (changed,) = of_type(events, GraphChanged)
    assert (changed.kept, changed.fresh) == (1, ("fc1.weight", "fc1.bias", "fc2.weight"))
    assert ending(events).state == "finished"
    last = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    assert changed.numbers == sum(each.numel() for each in last.weights.values())
    state = last.trainer["optimizer"]["state"]
    assert sorted({float(each["step"]) for each in state.values()}) == [2 * STEPS, 3 * STEPS]


@pytest.mark.parametrize("kind", ["SGD", "RMSprop", "Muon"])
def test_fresh_layers_begin_without_momentum_beside_those_that_have_it(tmp_path: Path, kind: str) -> None:
    optimizer = {"type": kind, "lr": 0.005, "momentum": 0.9}
    events = run(planned(optimizer=optimizer), widened(planned(optimizer=optimizer), features=20), tmp_path)
    assert of_type(events, GraphChanged)[0].kept == 1
    assert (ending(events).state, ending(events).reason) == ("finished", "")
    losses = [loss for record in of_type(events, StepsRecorded) for loss in record.losses]
    assert sum(losses[-STEPS:]) < sum(losses[:STEPS])


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda graph: graph.delete_edges(list(graph.incoming("n3").values())), "relu1"),
        (
            lambda graph: graph.replace_node(graph.nodes["n4"].with_(params={"out_features": 2})),
            "the data has 3 classes",
        ),
    ],
    ids=["broken", "unsuitable"],
)
def test_a_network_that_cannot_be_trained_is_refused(
    tmp_path: Path, edit: Callable[[Any], None], text: str
) -> None:
    after = planned()
    edit(after.graph)
    events = run(planned(), after, tmp_path)
    (refused,) = of_type(events, ChangeRefused)
    assert text in refused.reason
    assert (ending(events).state, ending(events).step) == ("finished", 3 * STEPS)


def test_a_change_within_an_epoch_loses_no_batch_and_no_step() -> None:
    control, seen = Control(), []
    plan = make_plan(epochs=2, accumulate_steps=2)
    data = make_data()
    for event in events_of(make_mlp(), plan, data, control, clock=TickingClock()):
        seen.append(event)
        if isinstance(event, StepsRecorded) and event.first_step == 2:
            control.request_change(spiral_project())
    assert [event.step for event in of_type(seen, ChangeRefused)] == [2]
    plain = list(events_of(make_mlp(), plan, data, clock=TickingClock()))
    for column in ("losses", "grad_norms"):
        ours, theirs = (
            [getattr(record, column) for record in of_type(events, StepsRecorded)] for events in (seen, plain)
        )
        assert ours == theirs


def test_the_run_folder_has_the_project_as_it_is_trained(tmp_path: Path) -> None:
    after = widened(planned(epochs=4), features=20)
    run(planned(), after, tmp_path)
    assert changes_since(tmp_path, after) == ()
    folder = read_run(tmp_path)
    assert folder.plan["epochs"] == 4
    changes = [line for line in folder.metrics() if line["event"] == "change"]
    assert [line["step"] for line in changes] == [STEPS, STEPS]
    assert changes[1]["changes"] == ["epochs: 3 -> 4"]
    assert "20" in json.dumps(changes[0])


def test_a_changed_run_resumes_to_the_same_weights(tmp_path: Path) -> None:
    after = widened(planned(scheduler="CosineAnnealingLR"), features=20)
    run(planned(), after, tmp_path / "whole")
    control, asked = Control(), False
    for event in launch.run(planned(), tmp_path / "halves", control):
        if isinstance(event, EpochEnded):
            if asked:
                control.request_stop()
            control.request_change(after)
            asked = True
    list(launch.run(after, tmp_path / "halves", Control(), resume=True))
    whole, halves = (load_weights(checkpoint_folder(tmp_path / name, "last")) for name in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)


def stopped(run_dir: Path) -> None:
    """A run that was stopped after its first epoch."""
    control = Control()
    for event in launch.run(planned(), run_dir, control):
        if isinstance(event, EpochEnded):
            control.request_stop()


def test_a_changed_project_is_not_resumed_unasked(tmp_path: Path) -> None:
    stopped(tmp_path)
    after = widened(planned(optimizer=ADAM | {"lr": 0.5}), features=20)
    changes = changes_since(tmp_path, after)
    assert changes[-1] == "optimizer.lr: 0.01 -> 0.5"
    assert len(changes) == 2
    before = (tmp_path / PROJECT_FILE).read_bytes()
    reason = ending(list(launch.run(after, tmp_path, Control(), resume=True))).reason
    assert "is not what the run in" in reason
    assert all(change in reason for change in changes)
    assert "Accept the changes (--accept-changes), resume with" in reason
    assert (tmp_path / PROJECT_FILE).read_bytes() == before


def test_a_changed_project_is_resumed_with_all_that_fits(tmp_path: Path) -> None:
    stopped(tmp_path)
    learned = load_weights(checkpoint_folder(tmp_path, "last"))
    after = with_layer(planned(optimizer=ADAM | {"lr": 0.0}))
    events = list(launch.run(after, tmp_path, Control(), resume=True, accepts_changes=True))
    assert of_type(events, RunStarted)[0].start_step == STEPS
    assert lrs(events) == [0.0] * 2 * STEPS
    last = load_weights(checkpoint_folder(tmp_path, "last"))
    for before, now in (
        ("fc1.weight", "fc1.weight"),
        ("fc2.weight", "head.weight"),
        ("fc2.bias", "head.bias"),
    ):
        assert torch.equal(learned[before], last[now])
    assert changes_since(tmp_path, after) == ()


def test_other_batches_begin_the_epoch_again(tmp_path: Path) -> None:
    data = make_data()
    list(events_of(make_mlp(), make_plan(max_steps=3), data, run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    plan = make_plan(batch_size=25, epochs=2)
    events = list(events_of(make_mlp(), plan, data, checkpoint=checkpoint))
    assert [
        (record.epoch, record.first_step, len(record.losses)) for record in of_type(events, StepsRecorded)
    ] == [
        (1, 4, 2),
        (2, 6, 2),
    ]


def test_a_plateau_keeps_what_it_had_lowered(tmp_path: Path) -> None:
    plateau = {
        "type": "ReduceLROnPlateau",
        "factor": 0.5,
        "patience": 0,
        "threshold": 1.0,
        "threshold_mode": "abs",
    }
    sgd = {"type": "SGD", "lr": 0.1}
    events = run(
        planned(scheduler=plateau, optimizer=sgd, epochs=5),
        planned(scheduler=plateau | {"factor": 0.1}, optimizer=sgd | {"lr": 1.0}, epochs=5),
        tmp_path,
        epoch=3,
    )
    assert lrs(events)[::STEPS] == pytest.approx([0.1, 0.1, 0.05, 0.25, 0.025])


def test_a_network_that_its_batches_do_not_suit_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    tokens = np.arange(60).reshape(30, 2) % 12
    np.savez(tmp_path / "data.npz", x=tokens, y=np.arange(30) % 3)
    data = {"source": "arrays", "path": str(tmp_path / "data.npz"), "val_fraction": 0}

    def reader(rows: int) -> Project:
        graph = chain(
            ("Input", {"shape": [2], "dtype": "int64"}), ("Embedding", {"num_embeddings": rows}),
            "Flatten", ("Linear", {"out_features": 3}), "Output",
        )  # fmt: skip
        return Project("Reader", graph, training=planned(data=data).training)

    events = run(reader(12), reader(7), tmp_path / "run")
    (refused,) = of_type(events, ChangeRefused)
    assert refused.reason.startswith("embedding1: ")
    assert refused.reason.endswith("Set num_embeddings to 12 or more.")
    assert ending(events).state == "finished"


def test_a_batch_norm_for_a_batch_of_one_is_refused_too(tmp_path: Path) -> None:
    norm = Node("n9", "BatchNorm1d", "norm1", {})
    start, after = planned(batch_size=71), with_layer(planned(batch_size=71), norm)
    events = run(start, after, tmp_path)
    (refused,) = of_type(events, ChangeRefused)
    assert refused.reason.startswith("norm1 normalises by the spread of a training batch, and the last of an")
    assert ending(events).state == "finished"
