"""The trials of the Run menu at the command line: tables, JSON, exit codes, and what --apply writes."""

import json
import os
import re
import signal

import pytest

from builder.cli import main
from builder.commands import trials
from graph.document import Project
from graph.storage import load, save, to_bytes
from runtime import lr_finder, overfitting, speed
from runtime.events import DataProgress
from runtime.speed import PLAIN, SpeedStarted, Way, WayTimed
from tests.builder.small_networks import spirals


@pytest.fixture
def path(tmp_path):
    project = spirals().project
    project.training = {**project.training, "optimizer": {"type": "Adam", "lr": 0.01}}
    save(project, tmp_path / "spirals.netloom")
    return tmp_path / "spirals.netloom"


def answer(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_rate_is_found_and_told_in_a_table(capsys, path):
    before = path.read_bytes()
    code, out, err = answer(capsys, "find-lr", path)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["step", "lr", "loss", "smoothed"]
    assert lines[1].split()[:2] == ["1", "1.00e-07"]
    (marked,) = (line for line in lines if line.endswith("<- suggested"))
    suggested = float(re.match(r"A good start is lr = ([\d.e-]+), ", lines[-1])[1])
    assert float(marked.split()[1]) == pytest.approx(suggested, rel=0.06)  # told to two digits
    assert len(lines) <= trials.ROWS + 5
    assert path.read_bytes() == before
    assert "Traceback" not in err


def test_json_holds_every_step_and_apply_writes_the_rate(capsys, path):
    before = load(path)
    code, out, _ = answer(capsys, "find-lr", path, "--apply", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["applied"] is True
    assert [step["step"] for step in found["steps"]] == list(range(1, len(found["steps"]) + 1))
    assert found["steps"][0].keys() == {"step", "lr", "loss", "smoothed"}
    after = load(path)
    assert after.training["optimizer"] == {**before.training["optimizer"], "lr": found["lr"]}
    after.training = before.training
    assert to_bytes(after) == to_bytes(before)


def test_a_rate_goes_into_a_plan_that_names_no_optimizer(capsys, path):
    project = load(path)
    project.training = {key: value for key, value in project.training.items() if key != "optimizer"}
    save(project, path)
    code, out, _ = answer(capsys, "find-lr", path, "--apply", "--json")
    assert code == 0
    assert load(path).training["optimizer"] == {"type": "AdamW", "lr": json.loads(out)["lr"]}


def test_settings_hold_for_this_time_only(capsys, path):
    words = ("--set", "optimizer.type=SGD", "--set", "batch_size=7", "--apply", "--json")
    before = load(path).training
    code, out, _ = answer(capsys, "find-lr", path, *words)
    assert code == 0
    after = load(path).training
    assert after == {**before, "optimizer": {**before["optimizer"], "lr": json.loads(out)["lr"]}}


def test_without_a_suggestion_nothing_is_written_and_the_code_is_1(capsys, path, monkeypatch):
    nothing = lr_finder.LrSuggestion(None, "The loss did not fall at any rate that was tried.")
    monkeypatch.setattr(lr_finder, "suggested", lambda tried: nothing)
    before = path.read_bytes()
    code, out, _ = answer(capsys, "find-lr", path, "--apply")
    assert code == 1
    assert out.splitlines()[-1] == nothing.text
    assert path.read_bytes() == before


def test_a_batch_is_learnt_by_heart(capsys, path, monkeypatch):
    monkeypatch.setattr(overfitting, "ENOUGH", 0.8)
    code, out, _ = answer(capsys, "overfit", path)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["step", "loss"]
    assert lines[-1].startswith("Learnt the batch by heart in ")
    code, out, _ = answer(capsys, "overfit", path, "--json")
    found = json.loads(out)
    assert (code, found["has_learnt"]) == (0, True)
    assert found["losses"][-1] < found["losses"][0]


def test_a_network_that_cannot_learn_makes_the_code_1(capsys, path):
    code, out, _ = answer(capsys, "overfit", path, "--set", "optimizer.lr=1e-9")
    assert code == 1
    assert "the LR finder suggests one" in out.splitlines()[-1]


@pytest.mark.parametrize("command", ["find-lr", "overfit"])
@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--set", "data.source=csv", "--set", "data.path=nowhere.csv"], 1, "nowhere.csv"),
        (["--set", "batch_size=0"], 2, "batch_size is 0. Expected"),
        (["--set", "lr"], 2, "'lr' is not a setting."),
    ],
)
def test_a_mistake_is_told_in_words(capsys, path, command, words, code, text):
    found, out, err = answer(capsys, command, path, *words)
    assert (found, out) == (code, "")
    assert text in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["find-lr", "overfit"])
def test_an_unreadable_file_makes_the_code_2(capsys, tmp_path, command):
    code, _, err = answer(capsys, command, tmp_path / "none.netloom")
    assert code == 2
    assert "none.netloom" in err


def test_control_c_ends_it_with_130_and_writes_nothing(capsys, path, monkeypatch):
    from runtime import trials as engine

    def interrupted(project: Project, control: object, folder: object):
        yield DataProgress("Reading", 0, None)
        os.kill(os.getpid(), signal.SIGINT)
        assert control.stopped

    monkeypatch.setattr(engine, "find_lr_of", interrupted)
    before = path.read_bytes()
    code, out, _ = answer(capsys, "find-lr", path, "--apply", "--json")
    assert (code, out) == (130, "")
    assert path.read_bytes() == before


def test_a_typing_mistake_is_no_project(capsys):
    assert main(["find-lt", "x"]) == 2
    assert "invalid choice: 'find-lt'" in capsys.readouterr().err


STARTED = SpeedStarted("cpu", 1000, PLAIN, (Way(channels_last=True), Way(compile=True)))


def measuring(monkeypatch, share):
    """Has the measurement give these figures for channels last, and no compiler."""

    def measure(project, control, folder, *, limit):
        assert limit == 9
        yield STARTED
        yield WayTimed(Way(channels_last=True), 100.0, 100 * share, share, share)
        yield WayTimed(Way(compile=True), fault="PyTorch finds no C++ compiler on this computer.")

    monkeypatch.setattr(speed, "measure_speed", measure)


def test_what_makes_steps_faster_is_told_and_written(capsys, path, monkeypatch):
    measuring(monkeypatch, 0.5)
    before = load(path).training
    code, out, _ = answer(capsys, "speed", path, "--limit", "9", "--apply")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "1,000 steps planned on cpu, plain"
    assert lines[1].split(maxsplit=2) == ["channels", "last", "50 ms a step, 50% of 100 ms without"]
    assert lines[2].split(maxsplit=1) == ["torch.compile", "PyTorch finds no C++ compiler on this computer."]
    assert lines[3].startswith("With channels last the run of 1,000 steps takes about 50 s in place of 100 s")
    assert load(path).training == {**before, "compile": False, "channels_last": True}


def test_what_makes_no_difference_is_told_and_not_written(capsys, path, monkeypatch):
    measuring(monkeypatch, 1.0)
    before = path.read_bytes()
    code, out, _ = answer(capsys, "speed", path, "--limit", "9", "--apply", "--json")
    told = json.loads(out)
    assert (code, told["best"], told["applied"], told["device"]) == (0, None, False, "cpu")
    assert "as fast as it gets" in told["text"]
    assert [each["step_ms"] for each in told["ways"]] == [100.0, 0.0]
    assert path.read_bytes() == before


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon"])
def test_a_limit_is_a_length_of_time(capsys, path, limit):
    assert answer(capsys, "speed", path, "--limit", limit)[0] == 2
