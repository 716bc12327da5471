"""A run folder tells the run to whoever reads it, even after a crash."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import storage
from runtime.events import EpochEnded, RunEnded, RunStarted, StepsRecorded
from runtime.runs import RunError, RunFolder, read_run
from tests.runtime.training import spiral_project

STARTED = RunStarted("", "cpu", "float32", 2, 2, 4, 32, 8, 115)
STEPS = StepsRecorded(1, 1, (0.9, 0.7), (0.1, 0.1), (1.0, 2.0), (0.5, 0.75))
EPOCH = EpochEnded(1, 2, 0.8, 0.5, 0.75, {"accuracy": 0.625, "f1": 0.5}, 1.5, True, ((3, 1), (2, 2)))
MORE_STEPS = StepsRecorded(3, 2, (0.6, math.nan), (0.1, 0.1), (1.0, math.inf), (1.0, 1.25))


def make_clock() -> Callable[[], str]:
    hours = iter(range(24))
    return lambda: f"2024-01-01T{next(hours):02}:00:00+00:00"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run", make_clock())
    folder.create(spiral_project(seed=5))
    return folder


def test_a_run_is_readable_from_its_first_moment(folder: RunFolder) -> None:
    run = read_run(folder.path)
    assert (run.name, run.state, run.reason, run.seed) == ("Spirals", "running", "", 5)
    assert (run.started, run.ended) == ("2024-01-01T00:00:00+00:00", None)
    assert run.about["versions"]["torch"].startswith("2.")
    assert list(run.metrics()) == []
    assert storage.to_bytes(storage.load(folder.path / "project.netloom")) == storage.to_bytes(
        spiral_project(seed=5)
    )
    folder.finish(RunEnded("stopped"))


def test_steps_and_epochs_are_there_as_soon_as_they_are_recorded(folder: RunFolder) -> None:
    for event in (STARTED, STEPS, EPOCH, MORE_STEPS):
        folder.record(event)
    run = read_run(folder.path)
    lines = list(run.metrics())
    assert lines[0] == {
        "event": "step", "step": 1, "epoch": 1, "loss": 0.9, "lr": 0.1, "grad_norm": 1.0, "time": 0.5,
    }  # fmt: skip
    assert [line["step"] for line in lines] == [1, 2, 2, 3, 4]
    assert run.epochs() == [lines[2]]
    assert (lines[2]["val_accuracy"], lines[2]["val_f1"]) == (0.625, 0.5)
    assert lines[2]["confusion"] == [[3, 1], [2, 2]]
    assert lines[2]["is_best"] is True
    assert (lines[4]["loss"], lines[4]["grad_norm"]) == (None, None)
    assert run.device == "cpu"
    folder.finish(RunEnded("stopped"))


def test_the_end_is_written_down(folder: RunFolder) -> None:
    folder.record(RunEnded("failed", "It broke.", node="n2", step=4, traceback="...", best_epoch=1))
    run = read_run(folder.path)
    assert (run.state, run.reason, run.ended) == ("failed", "It broke.", "2024-01-01T01:00:00+00:00")
    assert (run.about["node"], run.about["step"], run.about["best_epoch"]) == ("n2", 4, 1)


def test_a_line_cut_off_by_a_crash_is_left_out(folder: RunFolder) -> None:
    folder.record(STEPS)
    folder.finish(RunEnded("stopped"))
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"event": "step", "step": 3, "epo')
    assert [line["step"] for line in read_run(folder.path).metrics()] == [1, 2]


def test_resuming_forgets_what_came_after_the_checkpoint(folder: RunFolder) -> None:
    for event in (STARTED, STEPS, EPOCH, MORE_STEPS, RunEnded("stopped", "Stopped on request.", step=4)):
        folder.record(event)
    again = RunFolder(folder.path, make_clock())
    again.reopen(spiral_project(seed=5), step=3, epoch=2)
    run = read_run(folder.path)
    assert (run.state, run.reason, run.ended) == ("running", "", None)
    assert run.started == "2024-01-01T00:00:00+00:00"
    again.record(StepsRecorded(4, 2, (0.5,), (0.1,), (1.0,), (2.0,)))
    assert [line["step"] for line in run.metrics()] == [1, 2, 2, 3, 4]
    again.finish(RunEnded("finished", step=4))


def test_lines_of_another_kind_are_kept_and_disturb_nobody(folder: RunFolder) -> None:
    for event in (STARTED, STEPS, EPOCH, RunEnded("stopped", step=2)):
        folder.record(event)
    others = ['{"event": "note", "text": "x"}', '{"event": "lr", "step": 9}', '{"step": 1}', "[3]", "{half}"]
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.writelines(f"{line}\n" for line in others)
    run = read_run(folder.path)
    assert [line["epoch"] for line in run.epochs()] == [1]
    assert [line.get("event") for line in run.metrics()] == ["step", "step", "epoch", "note", "lr", None]
    again = RunFolder(folder.path, make_clock())
    again.reopen(spiral_project(), step=2, epoch=2)
    again.record(MORE_STEPS)
    again.finish(RunEnded("finished", step=4))
    told = [line.get("event") for line in run.metrics()]
    assert told == ["step", "step", "epoch", "note", None, *["step"] * len(MORE_STEPS.losses)]


def test_a_folder_with_steps_is_not_overwritten(folder: RunFolder) -> None:
    folder.record(STEPS)
    folder.finish(RunEnded("stopped"))
    with pytest.raises(RunError, match=r"already holds a run.*Choose another one, or delete it"):
        RunFolder(folder.path).create(spiral_project())
    assert len(list(read_run(folder.path).metrics())) == 2


def test_a_run_that_never_took_a_step_gives_up_its_folder(folder: RunFolder) -> None:
    folder.record(RunEnded("failed", "No data."))
    again = RunFolder(folder.path)
    again.create(spiral_project())
    assert read_run(folder.path).state == "running"
    again.finish(RunEnded("stopped"))


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_folder_without_a_run_says_so(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match="Choose a folder that a run wrote"):
        read_run(tmp_path)


def test_every_line_is_valid_json(folder: RunFolder) -> None:
    folder.record(MORE_STEPS)
    folder.finish(RunEnded("stopped"))

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    for line in (folder.path / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=refuse)
