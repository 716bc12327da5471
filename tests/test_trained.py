"""The tasks that are trained whole: each can be trained as it stands, and a missed figure is told."""

import json
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest

from graph.inference import Inference
from graph.storage import load, save
from runtime.control import Control
from runtime.material import gather
from runtime.plan import TrainingPlan
from tests import trained

OFFLINE = [name for name in trained.TASKS if name != "fashion" or trained.FASHION_MNIST.is_dir()]


def test_without_a_name_the_tasks_are_listed(capsys):
    assert trained.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(trained.TASKS)
    assert "val_accuracy >= 0.92 in 15 min, seed 0" in lines[0]


def test_an_unknown_name_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stop:
        trained.main(["fashon"])
    assert stop.value.code == 2
    assert "fashon" in capsys.readouterr().err


@pytest.mark.parametrize("name", OFFLINE)
def test_every_task_has_data_network_and_loss_that_go_together(tmp_path, name):
    save(trained.TASKS[name].make(tmp_path, trained.FASHION_MNIST), tmp_path / "project.netloom")
    project = load(tmp_path / "project.netloom")
    assert Inference(project.graph).problems() == []
    plan = TrainingPlan.from_mapping(project.training)
    gathering = gather(project, plan, Control(), tmp_path)
    while True:
        try:
            next(gathering)
        except StopIteration as end:
            material = end.value
            break
    assert len(material.data.val_x) > 30
    assert trained.TASKS[name].minutes <= 15


def lines_of(*epochs, metrics=("accuracy",)):
    """What `netloom train --json` prints for epochs of (figure, whether it is the best)."""
    for value, is_best in epochs:
        yield json.dumps({"event": "epoch", "is_best": is_best, "metrics": dict.fromkeys(metrics, value)})
    yield json.dumps({"event": "end", "state": "finished"})


@pytest.mark.parametrize(
    ("epochs", "code", "clock", "is_ok"),
    [
        ([(0.5, True), (0.97, True), (0.99, False)], 0, 30, True),
        ([(0.97, True), (0.5, True)], 0, 30, False),  # what the run kept counts
        ([(0.97, True)], 0, 61, False),
        ([(0.97, True)], 1, 30, False),
        ([], 0, 30, False),
    ],
)
def test_figure_time_and_end_all_count(capsys, monkeypatch, epochs, code, clock, is_ok):
    commands = []

    def run(command, **options):
        commands.append(command)
        return SimpleNamespace(returncode=code, stdout="\n".join(lines_of(*epochs)))

    times = iter((0.0, float(clock)))
    monkeypatch.setattr(trained, "subprocess", SimpleNamespace(run=run, PIPE=subprocess.PIPE))
    monkeypatch.setattr(trained, "time", SimpleNamespace(monotonic=lambda: next(times)))
    assert trained.main(["wine"]) == (0 if is_ok else 1)
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["ok"], told["epochs"]) == ("wine", is_ok, len(epochs))
    assert commands[0][1:4] == ["-m", "builder.cli", "train"]
    assert commands[0][-2:] == ["--set", "seed=0"]


def test_a_loss_has_to_be_low():
    task = trained.TASKS["autoencoder"]
    assert task.is_reached(task.target)
    assert not task.is_reached(task.target + 1)
    assert "<=" in task.describe()


def test_a_task_is_really_trained_and_can_be_kept(capsys, monkeypatch, tmp_path):
    def short(folder, fashion_mnist):
        project = trained.wine(folder, fashion_mnist)
        project.training = {**project.training, "epochs": 1}
        return project

    task = replace(trained.TASKS["wine"], make=short, target=0.0, minutes=10)
    monkeypatch.setattr(trained, "TASKS", {"wine": task})
    assert trained.main(["wine", "--keep", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["epochs"]) == (True, 1)
    assert told["val_accuracy"] > 0
    assert (tmp_path / "wine" / "run" / "checkpoints" / "best").is_dir()
