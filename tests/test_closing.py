"""A window that is closed while it trains ends by itself, and its run can go on."""

import json

import pytest

from runtime import launch
from runtime.checkpoint import checkpoint_folder
from runtime.control import Control
from runtime.events import EpochEnded
from tests import closing
from tests.closing import Moment
from tests.runtime.training import spiral_project


@pytest.mark.timeout(600)  # each loads PyTorch in a window of its own
@pytest.mark.parametrize(
    "moment", [Moment(0, pauses=False), Moment(2, pauses=True), Moment(25, pauses=False)], ids=str
)
def test_a_window_that_is_closed_ends_by_itself_and_its_run_goes_on(tmp_path, moment):
    _, wrong = closing.closed(moment, tmp_path)
    assert wrong == []


@pytest.fixture
def stopped(tmp_path):
    """A run that was stopped after an epoch."""
    control = Control()
    for event in launch.run(spiral_project(epochs=10**6), tmp_path, control):
        if isinstance(event, EpochEnded):
            control.request_stop()
    return tmp_path


def test_a_run_that_was_stopped_well_is_found_well(stopped):
    assert closing.left_behind(stopped) == []


def test_what_is_wrong_with_a_folder_is_found(stopped):
    metrics = stopped / "metrics.jsonl"
    lines = metrics.read_text().splitlines(keepends=True)
    steps = [line for line in lines if json.loads(line)["event"] == "step"]
    metrics.write_text("".join(steps[:-2]))
    (wrong,) = closing.left_behind(stopped)
    assert f"the checkpoint holds step {len(steps)}, and step {len(steps) - 2} was recorded" in wrong
    (checkpoint_folder(stopped, "last") / "model.safetensors").unlink()
    assert f"{len(steps) - 2} steps, and no checkpoint" in closing.left_behind(stopped)[0]
    about = json.loads((stopped / "run.json").read_text())
    (stopped / "run.json").write_text(json.dumps({**about, "state": "running"}))
    assert closing.left_behind(stopped) == ["the run is running: Stopped on request."]


def test_the_command_tells_each_time_and_fails_with_one(monkeypatch, capsys):
    answers = iter([(0.5, []), (6.0, []), (0.1, ["exit code 1"])])
    monkeypatch.setattr(closing, "closed", lambda moment, folder: next(answers))
    assert closing.main(["--times", "1", "--seed", "3"]) == 0
    assert closing.main(["--times", "2"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("wrong") for line in lines] == [
        [], None, ["it took 6.0 seconds to end"], ["exit code 1"], None,
    ]  # fmt: skip
    assert lines[-1] == {"times": 2, "slowest": 6.0, "ok": False}


def test_a_process_that_complains_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(closing, "WINDOW", "import sys\nprint('closing')\nsys.exit('QThread: Destroyed')")
    monkeypatch.setattr(closing, "left_behind", lambda run_dir: [])
    _, wrong = closing.closed(Moment(0, pauses=False), tmp_path)
    assert wrong == ["exit code 1", "QThread: Destroyed"]
