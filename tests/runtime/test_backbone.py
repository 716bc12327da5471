"""A frozen model of torchvision with a head of its own, trained as any network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from codegen.live import build
from graph.document import Project
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import RunEnded, RunStarted
from tests.codegen.drawing import chain
from tests.runtime.training import of_type

MODEL = {"model": "mnasnet0_5", "head": "replace", "num_classes": 3, "frozen": True, "weights": "start.pt"}
PLAN = {
    "data": {"source": "arrays", "path": "data.npz", "val_fraction": 0.25},
    "loss": "CrossEntropyLoss",
    "optimizer": {"type": "Adam", "lr": 0.01},
    "batch_size": 6,
    "epochs": 1,
}


def drawn(**training: Any) -> Project:
    project = chain(
        ("image", "Input", {"shape": [3, 16, 16]}),
        ("backbone", "Backbone", MODEL),
        ("logits", "Output"),
        name="Net",
    )
    project.training = {**PLAN, **training}
    return project


def run(project: Project, folder: Path, **options: Any) -> RunEnded:
    events = list(launch.run(project, folder / "run", Control(), data_folder=folder, **options))
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    return ended


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images of three classes, and weights to start from."""
    random = np.random.default_rng(0)
    images = random.normal(size=(24, 3, 16, 16)).astype("float32")
    np.savez(tmp_path / "data.npz", x=images, y=np.arange(24) % 3)
    torch.save(body(build(drawn(), seed=5).module.state_dict()), tmp_path / "start.pt")
    return tmp_path


def body(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the model without its head, under their own names."""
    named = {name.removeprefix("backbone."): tensor for name, tensor in weights.items()}
    return {name: tensor for name, tensor in named.items() if not name.startswith("classifier.")}


def test_only_the_head_learns_and_the_rest_stays_as_in_the_file(folder: Path) -> None:
    assert run(drawn(), folder).state == "finished"
    checkpoint = load_checkpoint(checkpoint_folder(folder / "run", "last"))
    start, after = torch.load(folder / "start.pt"), body(checkpoint.weights)
    assert start.keys() == after.keys()
    assert all(torch.equal(tensor, start[name]) for name, tensor in after.items())
    assert len(checkpoint.trainer["optimizer"]["state"]) == 2  # the head's weight and bias


def test_a_run_goes_on_without_the_file_that_it_started_from(folder: Path) -> None:
    assert run(drawn(), folder).state == "finished"
    (folder / "start.pt").unlink()
    again = {"data_folder": folder, "resume": True, "accepts_changes": True}
    events = list(launch.run(drawn(epochs=2), folder / "run", Control(), **again))
    assert of_type(events, RunStarted)[0].start_step == 3
    assert events[-1].state == "finished"


def test_a_run_without_its_file_fails_at_the_node(folder: Path) -> None:
    (folder / "start.pt").unlink()
    ended = run(drawn(), folder)
    assert (ended.state, ended.node, ended.step) == ("failed", "n2", 0)
    assert "backbone: there is no file" in ended.reason
    assert "start.pt" in ended.reason
