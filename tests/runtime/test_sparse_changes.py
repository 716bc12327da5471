"""A network with sparse gradients edited in mid-run: what is remembered of a weight stays while it fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph.document import Project
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import ChangeRefused, EpochEnded, Event, GraphChanged, PlanChanged, RunEnded
from tests.graph.builders import chain
from tests.runtime.training import of_type

WORDS, LENGTH, CLASSES = 12, 4, 3
SPARSE_ADAM = {"type": "SparseAdam", "lr": 0.02}
AHEAD = {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True}


@pytest.fixture(autouse=True)
def data_file(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    tokens = draw.integers(0, WORDS, (40, LENGTH))
    np.savez(tmp_path / "data.npz", x=tokens, y=tokens[:, 0] % CLASSES)


def reader(folder: Path, optimizer: dict[str, Any], *, sparse: bool = True) -> Project:
    params = {"num_embeddings": WORDS, "embedding_dim": 6, "sparse": sparse}
    graph = chain(
        ("Input", {"shape": [LENGTH], "dtype": "int64"}), ("Embedding", params), "Flatten",
        ("Linear", {"out_features": CLASSES}), "Output",
    )  # fmt: skip
    data = {"source": "arrays", "path": str(folder / "data.npz"), "val_fraction": 0.25}
    training = {"data": data, "optimizer": optimizer, "epochs": 4, "batch_size": 8, "device": "cpu"}
    return Project("Reader", graph, training=training)


def run(start: Project, after: Project, run_dir: Path) -> list[Event]:
    """A run that is asked for a change at the end of its second epoch."""
    control, events = Control(), []
    for event in launch.run(start, run_dir, control):
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.request_change(after)
    (ended,) = of_type(events, RunEnded)
    assert ended.state == "finished", ended.reason
    return events


def states(run_dir: Path) -> dict[str, dict[str, Any]]:
    """What the optimizer remembers, by the name of the weight."""
    saved = load_checkpoint(checkpoint_folder(run_dir, "last")).trainer["optimizer"]
    return {
        name: saved["state"][index]
        for group in saved["param_groups"]
        for name, index in zip(group["param_names"], group["params"], strict=True)
    }


@pytest.mark.parametrize("optimizer", [SPARSE_ADAM, AHEAD], ids=lambda each: each["type"])
def test_with_another_rate_all_goes_on(tmp_path: Path, optimizer: dict[str, Any]) -> None:
    after = reader(tmp_path, optimizer | {"lr": 0.01})
    events = run(reader(tmp_path, optimizer), after, tmp_path / "run")
    assert len(of_type(events, PlanChanged)) == 1
    table = states(tmp_path / "run")["embedding1.weight"]
    if optimizer is SPARSE_ADAM:
        assert table["step"] == 16
    else:
        assert table["momentum_buffer"].is_sparse


@pytest.mark.parametrize("was_sparse", [True, False])
@pytest.mark.parametrize("optimizer", [SPARSE_ADAM, AHEAD], ids=lambda each: each["type"])
def test_what_is_remembered_of_a_table_starts_afresh_where_its_gradients_become_others(
    tmp_path: Path, optimizer: dict[str, Any], was_sparse: bool
) -> None:
    start, after = (reader(tmp_path, optimizer, sparse=each) for each in (was_sparse, not was_sparse))
    (changed,) = of_type(run(start, after, tmp_path / "run"), GraphChanged)
    assert changed.fresh == ()
    found = states(tmp_path / "run")
    if optimizer is SPARSE_ADAM:
        assert (int(found["embedding1.weight"]["step"]), int(found["linear1.weight"]["step"])) == (8, 16)
    else:
        assert found["embedding1.weight"]["momentum_buffer"].is_sparse is not was_sparse


def test_an_optimizer_that_does_not_take_them_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    after = reader(tmp_path, {"type": "AdamW", "lr": 0.01})
    events = run(reader(tmp_path, SPARSE_ADAM), after, tmp_path / "run")
    (refused,) = of_type(events, ChangeRefused)
    assert refused.reason.startswith("AdamW does not take sparse gradients, which the layer embedding1 has.")


def test_a_run_with_them_from_the_start_is_refused_in_words(tmp_path: Path) -> None:
    project = reader(tmp_path, {"type": "AdamW"})
    (ended,) = of_type(list(launch.run(project, tmp_path / "run", Control())), RunEnded)
    assert ended.state == "failed"
    assert "Choose SparseAdam, or set sparse to false for embedding1." in ended.reason


def test_what_sgd_remembers_sparsely_is_read_back_as_it_was(tmp_path: Path) -> None:
    run(reader(tmp_path, AHEAD), reader(tmp_path, AHEAD | {"lr": 0.1}), tmp_path / "run")
    momentum = states(tmp_path / "run")["embedding1.weight"]["momentum_buffer"]
    assert momentum.layout is torch.sparse_coo
    assert momentum.is_coalesced()
    assert len(momentum.values()) <= WORDS
    assert momentum.values().abs().sum() > 0
