"""A run folder tells the events that its run told."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.control import Control
from runtime.events import (
    EpochEnded,
    Event,
    GraphChanged,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from runtime.launch import run
from runtime.replay import Replay
from runtime.runs import RunError, RunFolder
from tests.runtime.training import of_type, spiral_project


def told(folder: Path, **limits: int) -> list[Event]:
    """Everything that a folder tells."""
    replay, events = Replay(folder, limits.pop("until", None)), []
    while fresh := replay.read(**limits):
        events += fresh
    return events


def joined(events: list[Event]) -> list[float]:
    return [loss for event in of_type(events, StepsRecorded) for loss in event.losses]


@pytest.mark.parametrize("most", [1, 3, 5_000])
def test_a_replay_tells_what_the_run_told(tmp_path: Path, most: int) -> None:
    events = list(run(spiral_project(epochs=3), tmp_path / "run", Control()))
    again = told(tmp_path / "run", most=most)
    assert of_type(again, RunStarted) == of_type(events, RunStarted)
    assert of_type(again, EpochEnded) == of_type(events, EpochEnded)
    assert joined(again) == joined(events)
    firsts = [event.first_step for event in of_type(again, StepsRecorded)]
    assert firsts == ([1, 6, 11] if most == 5_000 else sorted(firsts))
    (ended,) = of_type(again, RunEnded)
    assert ended == replace(of_type(events, RunEnded)[0], best_epoch=None)
    assert isinstance(again[-1], RunEnded)


def test_no_more_than_the_wanted_steps_are_told(tmp_path: Path) -> None:
    list(run(spiral_project(epochs=3), tmp_path / "run", Control()))
    events = told(tmp_path / "run", until=7)
    assert len(joined(events)) == 7
    assert [event.epoch for event in of_type(events, EpochEnded)] == [1]
    assert of_type(events, RunEnded) == []


def test_changes_figures_that_are_not_finite_and_gaps(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create(spiral_project())
    folder.record(RunStarted("", "cpu", "float32", 2, 5, 10, 72, 18, 99, class_names=("a", "b")))
    parts = {"y": (0.25, 0.5)}
    folder.record(StepsRecorded(1, 1, (0.5, math.nan), (0.1, 0.1), (1.0, 1.0), (0.1, 0.2), parts))
    folder.record(PlanChanged(2, ("epochs: 2 -> 3",), 3, 15))
    folder.record(GraphChanged(2, ("adds drop1 (Dropout)",), 3, ()))
    folder.record(StepsRecorded(5, 1, (0.25,), (0.1,), (1.0,), (0.3,), {"y": (0.125,)}))
    folder.record(RunEnded("failed", "It broke.", step=5))
    events = told(tmp_path)
    first, second = of_type(events, StepsRecorded)
    assert (first.losses[0], math.isnan(first.losses[1])) == (0.5, True)
    assert (first.parts, second.first_step) == (parts, 5)
    assert [type(event) for event in events] == [
        RunStarted, StepsRecorded, PlanChanged, GraphChanged, StepsRecorded, RunEnded,
    ]  # fmt: skip
    assert events[0].class_names == ("a", "b")
    assert (events[-1].state, events[-1].reason) == ("failed", "It broke.")


def test_lines_that_are_not_what_they_seem_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"state": "stopped", "device": "cpu", "plan": {}}))
    lines = [
        {"event": "step", "step": 1, "epoch": 1, "loss": 0.5, "lr": 0.1, "grad_norm": 1.0, "time": 0.1},
        {"event": "step", "step": 2, "epoch": 1, "loss": "none"},
        {"event": "epoch", "epoch": "one", "step": 2},
        {"event": "epoch", "epoch": 1, "step": 2, "train_loss": 0.5, "confusion": 7},
        {"event": "note"},
        {"event": "step", "step": 9, "epoch": 2, "loss": 0.25, "lr": 0.1, "grad_norm": 1.0, "time": 0.2},
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert joined(told(tmp_path, most=1)) == [0.5, 0.25]
    assert of_type(told(tmp_path, most=1), EpochEnded) == []


def test_a_run_that_is_resumed_is_told_from_its_start_again(tmp_path: Path) -> None:
    project, replay = spiral_project(), Replay(tmp_path)
    folder = RunFolder(tmp_path)
    folder.create(project)
    folder.record(RunStarted("", "cpu", "float32", 2, 5, 10, 72, 18, 99))
    folder.record(StepsRecorded(1, 1, (0.5, 0.4), (0.1, 0.1), (1.0, 1.0), (0.1, 0.2)))
    assert joined(replay.read()) == [0.5, 0.4]
    assert replay.read() == []
    folder.finish(RunEnded("stopped", step=2))
    assert [type(event) for event in replay.read()] == [RunEnded]
    assert replay.is_over
    again = RunFolder(tmp_path)
    again.reopen(project, 1, 1)
    again.record(StepsRecorded(2, 1, (0.3,), (0.1,), (1.0,), (0.2,)))
    events = replay.read()
    assert joined(events) == [0.5, 0.3]
    assert (replay.restarts, replay.is_over) == (1, False)
    again.finish(RunEnded("stopped", step=2))


@pytest.mark.parametrize(
    ("resumed", "until", "expected"),
    [
        ([4, 8], None, (4, 8)),
        ([4, 8], 8, (4,)),  # the run that goes on at 8 says so itself
        ([4, 8, 6], None, (4, 6)),  # what had been taken up at 8 was forgotten
        ([0, 4, 4], None, (4,)),
    ],
)
def test_where_a_run_was_resumed_is_told(tmp_path: Path, resumed, until, expected) -> None:
    entries = [{"step": step, "at": "2026-01-01"} for step in resumed]
    about = {"state": "stopped", "device": "cpu", "plan": {}, "resumed": entries}
    (tmp_path / "run.json").write_text(json.dumps(about))
    (tmp_path / "metrics.jsonl").write_text("")
    (started,) = of_type(told(tmp_path, **({} if until is None else {"until": until})), RunStarted)
    assert started.resumed_at == expected


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no readable run"):
        Replay(tmp_path).read()
