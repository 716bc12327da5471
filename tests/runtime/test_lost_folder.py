"""A run folder that is deleted or moved while the run goes on: it is made anew, and the run goes on."""

from __future__ import annotations

import errno
import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import keeper, launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights, save_checkpoint
from runtime.control import Control
from runtime.events import CheckpointSaved, EpochEnded, RunEnded, StepsRecorded
from runtime.metrics_tail import METRICS_FILE
from runtime.run_lock import is_written
from runtime.runs import RunFolder, read_run
from tests.failing import fail_with
from tests.runtime.training import TickingClock, events_of, make_data, make_mlp, make_plan, spiral_project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps folders whose files are open")
STEPS, EPOCHS = 5, 4  # steps of an epoch

Spoil = Callable[[Path], object]


def move(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))


def run_losing(folder: Path, spoil: Spoil, epoch: int = 2, **training: object) -> RunEnded:
    """Trains, and spoils the folder once this epoch is saved; gives the end."""
    for event in launch.run(spiral_project(**{"epochs": EPOCHS, **training}), folder, Control()):
        if isinstance(event, CheckpointSaved) and (event.kind, event.step) == ("last", STEPS * epoch):
            spoil(folder)
    assert isinstance(event, RunEnded)
    return event


@pytest.mark.parametrize("spoil", [shutil.rmtree, move])
def test_everything_that_can_be_written_anew_is_there_at_the_end(
    tmp_path: Path, spoil: Spoil, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "run"
    ended = run_losing(folder, spoil)
    assert (ended.state, ended.step) == ("finished", EPOCHS * STEPS)
    run = read_run(folder)
    assert (run.state, run.name, run.about["train_samples"]) == ("finished", "Spirals", 72)
    assert (folder / "project.netloom").is_file()
    steps = [line["step"] for line in run.metrics() if line["event"] == "step"]
    assert steps == list(range(1, EPOCHS * STEPS + 1)), "those before were still open"
    assert [line["epoch"] for line in run.epochs()] == [1, 2, 3, 4]
    assert load_checkpoint(checkpoint_folder(folder, "last")).trainer["progress"]["step"] == EPOCHS * STEPS
    (told,) = [record for record in caplog.records if record.name == "runtime.launch"]
    assert told.levelno == logging.WARNING
    assert told.getMessage() == (
        f"The run folder {folder} or its metrics were deleted or moved while the run goes on. "
        "It was made anew in its place, with all that was measured so far, and is written on."
    )


def test_the_folder_made_anew_is_locked_and_let_go(tmp_path: Path) -> None:
    folder, seen = tmp_path / "run", []
    for event in launch.run(spiral_project(epochs=EPOCHS), folder, Control()):
        if isinstance(event, EpochEnded):
            shutil.rmtree(folder)
        elif isinstance(event, CheckpointSaved):
            seen.append(is_written(folder))
    assert seen
    assert all(seen)
    assert not is_written(folder)


def test_a_lost_checkpoint_is_saved_anew_at_once_and_not_when_the_next_is_due(tmp_path: Path) -> None:
    plan = make_plan(epochs=4, checkpoint_epochs=2)
    saved, per_epoch = [], 7
    for event in events_of(make_mlp(), plan, make_data(), run_dir=tmp_path, clock=TickingClock()):
        if isinstance(event, CheckpointSaved) and event.kind == "last":
            saved.append(event.step)
            if len(saved) == 1:
                shutil.rmtree(tmp_path)
    assert saved == [2 * per_epoch, 2 * per_epoch + 1, 4 * per_epoch]


def test_the_best_epoch_is_chosen_anew_where_its_weights_are_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "run"
    worse = {"optimizer": {"type": "SGD", "lr": 1e-12}, "early_stopping": {"patience": 3, "min_delta": 1.0}}
    ended = run_losing(folder, lambda run: shutil.rmtree(run / "checkpoints"), epoch=2, epochs=20, **worse)
    assert ended.state == "finished", ended.reason
    assert ended.best_epoch is not None
    assert ended.best_epoch > 2
    assert load_weights(checkpoint_folder(folder, "best"))
    assert "The weights of epoch" in caplog.text


def test_a_folder_deleted_in_the_midst_of_a_checkpoint_ends_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def lose_the_first(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise FileNotFoundError(2, "No such file or directory")
        save_checkpoint(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(keeper, "save_checkpoint", lose_the_first)
    *_, ended = launch.run(spiral_project(epochs=1), tmp_path / "run", Control())
    assert isinstance(ended, RunEnded)
    assert ended.state == "finished", ended.reason


def test_a_disk_that_does_not_answer_for_a_moment_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeper, "has_checkpoint", fail_with(errno.EIO))
    *_, ended = launch.run(spiral_project(epochs=EPOCHS), tmp_path / "run", Control())
    assert isinstance(ended, RunEnded)
    assert ended.state == "finished", ended.reason
    assert caplog.text == ""


def test_another_run_in_its_place_is_left_alone(tmp_path: Path) -> None:
    folder, other = tmp_path / "run", RunFolder(tmp_path / "run")

    def replace(path: Path) -> None:
        move(path)
        other.create(spiral_project(seed=9))
        other.record(StepsRecorded(1, 1, (0.5,), (0.1,), (1.0,), (0.5,)))

    ended = run_losing(folder, replace)
    assert ended.state == "failed"
    assert "is being written by another process" in ended.reason
    assert is_written(folder)
    assert [line["loss"] for line in read_run(folder).metrics()] == [0.5]
    assert not (folder / "checkpoints").exists()
    assert (read_run(folder).seed, read_run(folder).state) == (9, "running")
    other.finish(RunEnded("stopped"))
    assert read_run(folder).state == "stopped"


def test_metrics_that_somebody_replaced_are_written_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def edit(folder: Path) -> None:
        (folder / "new").write_text('{"event": "note"}\n')
        (folder / "new").replace(folder / METRICS_FILE)

    ended = run_losing(tmp_path / "run", edit)
    assert ended.state == "finished"
    kinds = [line["event"] for line in read_run(tmp_path / "run").metrics()]
    assert kinds == ["note", *(["step"] * STEPS + ["epoch"]) * 2]
    assert "made anew in its place, with the metrics that somebody put there" in caplog.text


def test_a_folder_deleted_just_before_the_end_still_tells_the_end(tmp_path: Path) -> None:
    control = Control()
    events = launch.run(spiral_project(epochs=EPOCHS), tmp_path / "run", control)
    for event in events:
        if isinstance(event, EpochEnded):
            shutil.rmtree(tmp_path / "run")
            break
    events.close()  # type: ignore[attr-defined]
    run = read_run(tmp_path / "run")
    assert (run.state, [line["epoch"] for line in run.epochs()]) == ("stopped", [1])
