"""Runs without data, disk or network, and signals: a clear message each, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from builder.cli import main
from graph.storage import save
from runtime import keeper, launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import EpochEnded, RunEnded
from runtime.runs import METRICS_FILE, read_run
from tests.failing import ON_LINUX, fail_with
from tests.runtime.training import spiral_project

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def spirals(tmp_path) -> Path:
    path = tmp_path / "spirals.netloom"
    save(spiral_project(epochs=3), path)
    return path


def train(path: Path, *words: object) -> int:
    return main(["train", str(path), "--run-dir", str(path.parent / "run"), *map(str, words)])


def steps_of(run_dir: Path) -> list[int]:
    return [line["step"] for line in read_run(run_dir).metrics() if line["event"] == "step"]


@pytest.mark.parametrize(
    ("settings", "texts"),
    [
        (
            ["data.source=torchvision:FashionMNIST", "data.root={}/gone"],
            ["FashionMNIST was not found", "data.root", "digits"],
        ),
        (
            ["data.source=torchvision:CIFAR10", "data.root={}/gone"],
            ["CIFAR10 was not found", "cifar-10-batches-py"],
        ),
        (["data.source=arrays", "data.path={}/gone.npz"], ["gone.npz was not found", "data.path"]),
        (
            ["data.source=torchvision:MNIST", "data.download=true", "data.root={}/spirals.netloom"],
            ["could not be written: Not a directory", "data.root"],
        ),
    ],
)
def test_missing_data_is_explained_with_the_place_and_the_way_out(
    capsys, tmp_path, spirals, monkeypatch, settings, texts
):
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: open(os.devnull, "rb"))  # noqa: PTH123, SIM115
    words = [word for setting in settings for word in ("--set", setting.format(tmp_path))]
    assert train(spirals, *words) == 1
    err = capsys.readouterr().err
    for text in texts:
        assert text in err
    assert "Traceback" not in err
    assert read_run(tmp_path / "run").state == "failed"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run", "spirals.netloom"]


@pytest.mark.parametrize(
    "error",
    [
        URLError(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        TimeoutError("timed out"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    ],
)
def test_no_network_is_explained_and_leaves_nothing_behind(capsys, tmp_path, spirals, monkeypatch, error):
    def unreachable(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    words = ("data.source=torchvision:FashionMNIST", "data.download=true", f"data.root={tmp_path}/data")
    assert train(spirals, *(part for word in words for part in ("--set", word))) == 1
    err = capsys.readouterr().err
    assert "train-images-idx3-ubyte.gz could not be downloaded" in err
    assert "Connect and try again" in err
    assert "<urlopen" not in err
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_a_run_folder_that_cannot_be_made_is_told(capsys, spirals):
    content = spirals.read_bytes()
    for place in (spirals, spirals / "below"):
        assert main(["train", str(spirals), "--run-dir", str(place)]) == 1
        assert f"The run folder {place} cannot be made:" in capsys.readouterr().err
    assert spirals.read_bytes() == content


def test_a_full_disk_at_a_checkpoint_ends_the_run_and_resume_goes_on(capsys, tmp_path, spirals, monkeypatch):
    write, calls = keeper.save_checkpoint, []

    def full_in_the_second_epoch(*arguments: Any) -> None:
        calls.append(arguments)
        with monkeypatch.context() as patch:
            if len(calls) > 2:  # last and best of the first epoch
                patch.setattr(os, "fsync", fail_with(errno.ENOSPC))
            write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(keeper, "save_checkpoint", full_in_the_second_epoch)
        assert train(spirals) == 1
    err = capsys.readouterr().err
    assert "No space left on device" in err
    assert "Traceback" not in err
    run = read_run(tmp_path / "run")
    assert run.state == "failed"
    assert "No space left on device" in run.reason
    last = checkpoint_folder(tmp_path / "run", "last")
    assert load_checkpoint(last).trainer["progress"]["step"] == 5
    assert sorted(folder.name for folder in last.parent.iterdir()) == ["best", "last"]
    assert train(spirals, "--resume") == 0
    assert read_run(tmp_path / "run").state == "finished"
    assert steps_of(tmp_path / "run") == list(range(1, 16))


@ON_LINUX
def test_a_full_disk_under_the_metrics_ends_the_run_as_failed(tmp_path):
    (tmp_path / METRICS_FILE).symlink_to("/dev/full")
    *_, ended = launch.run(spiral_project(), tmp_path, Control())
    assert isinstance(ended, RunEnded)
    assert (ended.state, read_run(tmp_path).state) == ("failed", "failed")
    assert "No space left on device" in ended.reason


def test_a_number_that_json_does_not_know_is_null(capsys, spirals, monkeypatch):
    events = [
        EpochEnded(1, 5, 0.5, None, float("nan"), {}, 0.1, False),
        RunEnded("finished", step=5),
    ]
    monkeypatch.setattr(launch, "run", lambda *_, **__: iter(events))
    assert train(spirals, "--json") == 0
    epoch, end = map(json.loads, capsys.readouterr().out.splitlines())
    assert (epoch["event"], epoch["val_loss"], epoch["train_loss"], end["event"]) == (
        "epoch",
        None,
        0.5,
        "end",
    )


def test_ctrl_c_outside_a_run_ends_without_a_traceback(capsys, monkeypatch):
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("builder.commands.project.templates", lambda: interrupted(None))
    assert main(["templates"]) == 130
    assert capsys.readouterr().err == "netloom: interrupted.\n"


@pytest.fixture
def endless(tmp_path) -> Path:
    path = tmp_path / "endless.netloom"
    save(spiral_project(epochs=10**6), path)
    return path


def train_until_killed(path: Path, number: int, epoch: int = 1) -> tuple[int, str]:
    """Trains in another process, which gets the signal after an epoch; its exit code and stderr."""
    command = [sys.executable, "-m", "builder.cli", "train", str(path), "--run-dir", str(path.parent / "run")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen = []
        for line in process.stderr:
            seen.append(line)
            if line.startswith(f"epoch {epoch:>3}"):
                process.send_signal(number)
                break
        seen.append(process.stderr.read())
    return process.returncode, "".join(seen)


def resume_for_one_epoch(path: Path) -> None:
    """Goes on with the run to the end of the epoch that it was in."""
    epoch = load_checkpoint(checkpoint_folder(path.parent / "run", "last")).trainer["progress"]["epoch"]
    assert train(path, "--resume", "--set", f"epochs={epoch}") == 0
    assert read_run(path.parent / "run").state == "finished"
    assert steps_of(path.parent / "run") == list(range(1, 5 * epoch + 1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_run_that_can_be_resumed(tmp_path, endless, number, exit_code):
    code, err = train_until_killed(endless, number)
    assert code == exit_code
    assert "Traceback" not in err
    assert "stopped after" in err
    run = read_run(tmp_path / "run")
    assert (run.state, run.reason) == ("stopped", "Stopped on request.")
    assert run.ended is not None
    resume_for_one_epoch(endless)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_run_killed_without_warning_can_be_resumed(tmp_path, endless):
    code, _ = train_until_killed(endless, signal.SIGKILL, epoch=2)  # the first is saved by then
    assert code == -signal.SIGKILL
    assert read_run(tmp_path / "run").state == "running"
    with (tmp_path / "run" / METRICS_FILE).open("a") as file:
        file.write('{"event": "step", "st')  # as a kill in the midst of a line leaves it
    resume_for_one_epoch(endless)
