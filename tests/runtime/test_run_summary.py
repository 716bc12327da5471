"""A table of runs is read from their folders, whatever state these are in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graph import storage
from runtime.comparing import compare
from runtime.control import Control
from runtime.events import RunEnded, StepsRecorded
from runtime.launch import run
from runtime.metrics_tail import MetricsTail, last_step
from runtime.run_lock import RunLock, is_written
from runtime.run_summary import RunSummaries, run_folders
from runtime.runs import RunError, RunFolder
from tests.runtime.training import spiral_project

CHILD = """
import sys
from pathlib import Path
from runtime.control import Control
from runtime.events import EpochEnded
from runtime.launch import run
from tests.runtime.training import spiral_project
for event in run(spiral_project(epochs=100000), Path(sys.argv[1]), Control()):
    if isinstance(event, EpochEnded) and event.epoch == 3:
        print("trained", flush=True)
"""


def trained(folder: Path, **training: object) -> RunEnded:
    events = list(run(spiral_project(**training), folder, Control()))
    assert isinstance(events[-1], RunEnded)
    return events[-1]


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The folder of a run whose process was killed after three epochs."""
    folder = tmp_path / "killed"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_written(folder)
        assert summary(folder).status == "running"
        with pytest.raises(RunError, match="is being written by another process"):
            RunFolder(folder).reopen(spiral_project(), 1, 1)
        process.send_signal(signal.SIGKILL)
    return folder


def summary(folder: Path):
    return RunSummaries().of([folder])[0]


def test_a_finished_run_in_figures(tmp_path: Path) -> None:
    trained(tmp_path / "0001", epochs=3)
    found = summary(tmp_path / "0001")
    lines = [json.loads(line) for line in (tmp_path / "0001" / "metrics.jsonl").read_text().splitlines()]
    epochs = [line for line in lines if line["event"] == "epoch"]
    best = [line for line in epochs if line["is_best"]][-1]
    assert (found.status, found.epoch, found.epochs, found.step) == ("finished", 3, 3, 15)
    assert (found.best_epoch, found.metric, found.best) == (best["epoch"], "val_loss", best["val_loss"])
    assert found.val_loss == epochs[-1]["val_loss"]
    assert (found.device, found.parameters, found.project) == ("cpu", 99, "Spirals")
    assert found.seconds == lines[-2]["time"]
    assert found.can_resume
    assert not is_written(tmp_path / "0001")


def test_a_killed_run_is_told_as_interrupted_and_goes_on(killed: Path) -> None:
    found = summary(killed)
    assert found.status == "interrupted"
    assert (found.epoch >= 3, found.can_resume) == (True, True)
    control = Control()
    for event in run(spiral_project(epochs=100000), killed, control, resume=True):
        if isinstance(event, StepsRecorded):
            assert summary(killed).status == "running"
            control.request_stop()
    assert summary(killed).status == "stopped"


def test_a_run_of_another_machine_counts_as_running_while_it_is_heard_of(killed: Path) -> None:
    about = json.loads((killed / "run.json").read_text())
    (killed / "run.json").write_text(json.dumps({**about, "host": "cluster-7"}))
    assert summary(killed).status == "running"
    os.utime(killed / "metrics.jsonl", (0, 0))
    assert summary(killed).status == "interrupted"


def test_damaged_folders_are_listed_with_what_is_wrong(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "run.json").write_text("{")
    (tmp_path / "b" / "metrics.jsonl").write_text('{"event": "step", "step": 3}\n')
    (tmp_path / "c" / "run.json").write_text('{"state": "dancing", "plan": [], "started": 5}')
    (tmp_path / "notes.txt").write_text("x")
    folders = run_folders(tmp_path)
    assert [folder.name for folder in folders] == ["a", "b", "c"]
    found = RunSummaries().of(folders)
    assert [each.status for each in found] == ["damaged"] * 3
    assert "no readable run" in found[0].reason
    assert "no readable run" in found[1].reason
    assert "dancing" in found[2].reason


def test_what_is_there_is_read_once_and_what_is_new_is_added(tmp_path: Path) -> None:
    trained(tmp_path / "run")
    summaries, metrics = RunSummaries(), tmp_path / "run" / "metrics.jsonl"
    first = summaries.of([tmp_path / "run"])[0]
    assert summaries.of([tmp_path / "run"])[0] is first
    with metrics.open("a") as file:
        file.write('{"event": "epoch", "epoch": 3, "step": 15, "val_loss": 0.25, "is_best": true}\n{"event"')
    second = summaries.of([tmp_path / "run"])[0]
    assert (second.epoch, second.best, second.best_epoch) == (3, 0.25, 3)


def test_a_tail_gives_whole_lines_once_and_begins_anew_in_another_file(tmp_path: Path) -> None:
    tail, path = MetricsTail(tmp_path), tmp_path / "metrics.jsonl"
    assert tail.read() == []
    path.write_text('{"step": 1}\nnonsense\n[7]\n{"step": 2}\n{"st')
    assert [line["step"] for line in tail.read()] == [1, 2]
    with path.open("a") as file:
        file.write('ep": 3}\n{"step": 4}\n')
    assert [line["step"] for line in tail.read(most=1)] == [3]
    assert [line["step"] for line in tail.read()] == [4]
    assert (tail.read(), tail.restarts) == ([], 0)
    other = tmp_path / "other"
    other.write_text('{"step": 1}\n')
    other.replace(path)
    assert [line["step"] for line in tail.read()] == [1]
    assert tail.restarts == 1


def test_the_last_step_is_found_at_the_end_of_a_long_file(tmp_path: Path) -> None:
    lines = [f'{{"event": "step", "step": {step}, "time": {step / 10}}}\n' for step in range(5000)]
    (tmp_path / "metrics.jsonl").write_text("".join(lines) + '{"event": "epoch", "epoch": 1}\n{"event": "st')
    assert last_step(tmp_path) == {"event": "step", "step": 4999, "time": 499.9}
    assert last_step(tmp_path / "nowhere") == {}


def test_only_one_writes_a_run(tmp_path: Path) -> None:
    one, other = RunLock(tmp_path), RunLock(tmp_path)
    assert not is_written(tmp_path)
    assert one.take()
    assert one.take()
    assert is_written(tmp_path)
    assert not other.take()
    one.release()
    assert not is_written(tmp_path)
    assert other.take()
    other.release()


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    trained(tmp_path / "0001")
    project = spiral_project(epochs=3, optimizer={"type": "SGD", "lr": 0.5})
    graph = project.graph
    graph.replace_node(graph.nodes["n2"].with_(params={"out_features": 8}))
    list(run(project, tmp_path / "0002", Control()))
    found = compare(tmp_path / "0001", tmp_path / "0002")
    assert {"epochs: 2 -> 3", "optimizer.lr: 0.001 -> 0.5"} <= set(map(str, found.plan))
    assert [(each.name, each.before, each.after) for each in found.nodes] == [
        ("fc1", "Linear, out_features=16", "Linear, out_features=8")
    ]
    assert found.network == ("changes out_features of fc1 from 16 to 8",)
    results = {name: (one, other) for name, one, other in found.results()}
    assert (results["epoch"], results["parameters"]) == ((2, 3), (99, 51))


def test_a_plan_that_is_no_plan_is_compared_too(tmp_path: Path) -> None:
    for name, epochs in (("a", 2), ("b", -5)):
        (tmp_path / name).mkdir()
        storage.save(spiral_project(epochs=epochs), tmp_path / name / "project.netloom")
    assert [str(each) for each in compare(tmp_path / "a", tmp_path / "b").plan] == ["epochs: 2 -> -5"]
