"""From a project to a run folder; whatever goes wrong ends in one RunEnded that a person understands."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from graph.document import Project
from graph.templates import template
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights
from runtime.control import Control
from runtime.events import DataProgress, EpochEnded, Event, RunEnded, RunStarted, StateChanged, StepsRecorded
from runtime.runs import read_run
from tests.runtime.training import of_type, spiral_project


def run(project: Project, run_dir: Path, **options: Any) -> list[Event]:
    return list(launch.run(project, run_dir, options.pop("control", Control()), **options))


def ending(events: list[Event]) -> RunEnded:
    """The one RunEnded, which is last."""
    (ended,) = of_type(events, RunEnded)
    assert events[-1] is ended
    assert isinstance(ended, RunEnded)
    return ended


def test_a_project_becomes_a_finished_run(tmp_path: Path) -> None:
    events = run(spiral_project(epochs=3), tmp_path)
    assert ending(events).state == "finished"
    assert isinstance(events[0], DataProgress)
    started = of_type(events, RunStarted)[0]
    assert (started.run_dir, started.train_samples, started.val_samples) == (str(tmp_path), 72, 18)
    folder = read_run(tmp_path)
    assert (folder.state, folder.seed, folder.device) == ("finished", 0, "cpu")
    assert folder.plan["epochs"] == 3
    steps = [line for line in folder.metrics() if line["event"] == "step"]
    recorded = [loss for record in of_type(events, StepsRecorded) for loss in record.losses]
    assert [step["loss"] for step in steps] == recorded
    assert [step["step"] for step in steps] == list(range(1, 16))
    assert [line["val_loss"] for line in folder.epochs()] == [
        ended.val_loss for ended in of_type(events, EpochEnded)
    ]
    assert load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["progress"]["step"] == 15


def test_the_seed_decides_the_numbers(tmp_path: Path) -> None:
    losses = {}
    for name, seed in (("first", 0), ("second", 0), ("other", 1)):
        torch.manual_seed(len(losses))  # what the process did before has no say
        records = of_type(run(spiral_project(seed=seed), tmp_path / name), StepsRecorded)
        losses[name] = [loss for record in records for loss in record.losses]
    assert losses["first"] == losses["second"]
    assert losses["first"] != losses["other"]


def test_random_numbers_outside_are_left_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state(), random.getstate()
    run(spiral_project(), tmp_path)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]


def stop_after_first_epoch(events: Iterator[Event], control: Control) -> list[Event]:
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, EpochEnded):
            control.request_stop()
    return seen


def test_a_stopped_run_resumes_to_the_same_weights(tmp_path: Path) -> None:
    project, control = spiral_project(epochs=4), Control()
    run(project, tmp_path / "whole")
    first = stop_after_first_epoch(launch.run(project, tmp_path / "halves", control), control)
    assert ending(first).state == "stopped"
    assert read_run(tmp_path / "halves").state == "stopped"
    second = run(project, tmp_path / "halves", resume=True)
    assert ending(second).state == "finished"
    whole, halves = (load_weights(checkpoint_folder(tmp_path / name, "last")) for name in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    lines = list(read_run(tmp_path / "halves").metrics())
    assert [line["step"] for line in lines if line["event"] == "step"] == list(range(1, 21))
    assert [line["epoch"] for line in lines if line["event"] == "epoch"] == [1, 2, 3, 4]


def test_resuming_without_a_checkpoint_fails_and_touches_nothing(tmp_path: Path) -> None:
    ended = ending(run(spiral_project(), tmp_path / "none", resume=True))
    assert ended.state == "failed"
    assert "There is no checkpoint" in ended.reason
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("project", "reason", "node"),
    [
        (spiral_project(epochs="many"), "epochs is", None),
        (spiral_project(optimizer={"type": "Adm"}), "Did you mean 'Adam'?", None),
        (spiral_project(data={"source": "arrays", "path": "nowhere.npz"}), "nowhere.npz", None),
        (spiral_project(features=5), r"Set Input.shape to [2]", "n1"),
        (spiral_project(classes=2), "the data has 3 classes", "n4"),
        (spiral_project(loss={"type": "MSELoss"}), "Choose CrossEntropyLoss", None),
    ],
)
def test_a_mistake_is_told_before_the_first_step(
    tmp_path: Path, project: Project, reason: str, node: str | None
) -> None:
    events = run(project, tmp_path)
    ended = ending(events)
    assert ended.state == "failed"
    assert reason in ended.reason
    assert ended.node == node
    assert of_type(events, StepsRecorded) == []
    assert "Traceback" not in ended.reason
    assert (ended.traceback or "").startswith("Traceback")
    folder = read_run(tmp_path)
    assert (folder.state, folder.reason) == ("failed", ended.reason)


def test_a_graph_with_an_error_is_not_trained(tmp_path: Path) -> None:
    project = spiral_project()
    project.graph.delete_edges(list(project.graph.incoming("n3").values()))
    ended = ending(run(project, tmp_path))
    assert ended.state == "failed"
    assert "relu1" in ended.reason
    assert ended.node == "n3"


def test_a_used_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    run(spiral_project(), tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    ended = ending(run(spiral_project(), tmp_path))
    assert "already holds a run" in ended.reason
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_diverging_run_names_step_and_node(tmp_path: Path) -> None:
    project = spiral_project(optimizer={"type": "SGD", "lr": 1e30}, epochs=5)
    events = run(project, tmp_path)
    ended = ending(events)
    assert ended.state == "failed"
    assert "is not a finite number at step" in ended.reason
    assert ended.node in ("n2", "n4")
    record = of_type(events, StepsRecorded)[-1]
    assert ended.step == record.first_step + len(record.losses) - 1


def test_a_full_disk_ends_the_run_and_keeps_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    events = []
    with monkeypatch.context() as patch:
        for event in launch.run(spiral_project(epochs=3), tmp_path, Control()):
            events.append(event)
            if isinstance(event, EpochEnded) and event.epoch == 2:
                patch.setattr(os, "fsync", full)
    ended = ending(events)
    assert ended.state == "failed"
    assert ended.reason.startswith(
        f"No space left on device: {tmp_path} could not be read or written. "
        "Check the free space and the rights there."
    )
    assert load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["progress"]["step"] == 5


def test_closing_the_stream_marks_the_run_stopped(tmp_path: Path) -> None:
    events = launch.run(spiral_project(), tmp_path, Control())
    assert any(isinstance(event, RunStarted) for event in events)
    events.close()  # type: ignore[attr-defined]
    folder = read_run(tmp_path)
    assert (folder.state, folder.reason) == ("stopped", "The run was closed before its end.")


def test_a_stop_before_the_data_is_read_ends_the_run(tmp_path: Path) -> None:
    control = Control()
    control.request_stop()
    events = run(spiral_project(), tmp_path, control=control)
    assert ending(events).state == "stopped"
    assert of_type(events, StepsRecorded) == []
    assert read_run(tmp_path).state == "stopped"


def test_an_interrupt_ends_the_run_as_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "train", interrupted)
    assert ending(run(spiral_project(), tmp_path)).state == "stopped"


def test_a_paused_run_says_so_and_goes_on(tmp_path: Path) -> None:
    control, seen = Control(), []
    for event in launch.run(spiral_project(), tmp_path, control):
        seen.append(event)
        if isinstance(event, RunStarted):
            control.pause()
        if event == StateChanged("paused"):
            control.resume()
    assert of_type(seen, StateChanged) == [StateChanged("paused"), StateChanged("running")]
    assert ending(seen).state == "finished"


def test_an_unforeseen_error_is_told_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(launch, "train", broken)
    ended = ending(run(spiral_project(), tmp_path))
    assert (ended.state, ended.reason) == ("failed", "ZeroDivisionError: nobody thought of this")
    assert "in broken" in (ended.traceback or "")


@pytest.mark.parametrize("name", ["LinearModel", "MLP", "TinyRNN"])
def test_a_template_learns(tmp_path: Path, name: str) -> None:
    project = template(name).project()
    project.training = {**project.training, "epochs": 2, "device": "cpu"}
    events = run(project, tmp_path)
    assert ending(events).state == "finished"
    first, last = of_type(events, EpochEnded)
    assert last.val_loss < first.val_loss


def test_the_template_for_a_number_to_predict_does_as_well_as_is_known_of_its_data(tmp_path: Path) -> None:
    project = template("Regression").project()
    project.training = {**project.training, "device": "cpu"}
    (*_, last) = of_type(run(project, tmp_path), EpochEnded)
    assert last.metrics["r2"] > 0.42, "a linear regression comes to 0.48, the mean of the labels to 0"


@pytest.mark.parametrize(("lr", "count"), [(0, 1), (0.01, 0)])
def test_a_run_that_learns_nothing_is_warned_of_and_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lr: float, count: int
) -> None:
    assert ending(run(spiral_project(optimizer={"type": "SGD", "lr": lr}), tmp_path)).state == "finished"
    assert caplog.text.count("optimizer.lr is 0, so the run learns nothing.") == count
