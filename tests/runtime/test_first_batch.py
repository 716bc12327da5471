"""Before a run one batch is put through; what is not finite, or no number of an embedding, is named."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from builder.cli import main
from graph.document import Project
from graph.storage import save
from runtime import launch, trials
from runtime.control import Control
from runtime.custom_trust import TrustStore
from runtime.data.raw import Column, DataError
from runtime.events import RunEnded, StepsRecorded
from runtime.failure import TrainingFailure
from runtime.first_batch import check_numbers
from tests.graph.builders import chain
from tests.runtime.training import make_data, of_type, spiral_project

COLUMNS = (Column("age", "numeric"), Column("sex", "categorical", 2), Column("pay", "numeric", 3))


def spoiled(part: str, place: tuple[int, ...], value: float, shape: tuple[int, ...] = (6,), **changes: Any):
    data = make_data(shape, target="value")
    getattr(data, part)[place] = value
    return replace(data, **changes)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (spoiled("train_x", (17, 2), math.nan), "The input of training sample 17 holds NaN at index [2]."),
        (spoiled("train_x", (3, 2), math.inf, columns=COLUMNS),
         "The input of training sample 3 holds infinity in column 'sex'. Expected finite numbers."),
        (spoiled("val_x", (4, 5), -math.inf, columns=COLUMNS),
         "The input of validation sample 4 holds -infinity in column 'pay'."),
        (spoiled("train_x", (9, 1, 3), math.nan, (4, 6), columns=COLUMNS),
         "The input of training sample 9 holds NaN in column 'pay' at moment 1."),
        (spoiled("train_x", (9, 0, 2, 3), math.nan, (1, 5, 5)), "sample 9 holds NaN at index [0, 2, 3]."),
        (spoiled("train_y", (8, 0), math.nan), "The target of training sample 8 holds NaN at index [0]."),
        (spoiled("train_x", (slice(2, 6),), math.nan), "sample 2 holds NaN at index [0]. Others that do: 3."),
    ],
)  # fmt: skip
def test_a_number_that_is_not_finite_is_named(data, text):
    with pytest.raises(DataError) as caught:
        check_numbers(data)
    assert text in str(caught.value)
    assert "set on_nonfinite = skip" in str(caught.value)


def test_finite_numbers_and_whole_ones_pass():
    check_numbers(make_data())
    check_numbers(replace(make_data(), train_x=torch.zeros(4, 6, dtype=torch.uint8)))
    check_numbers(make_data(val=0))


SOURCE = """
import torch

class Dataset:
    def __len__(self):
        return 40
    def __getitem__(self, index):
        return torch.tensor([1.0 / (index - 7) if index != 7 else float("nan"), index / 40]), index % 3
"""


@pytest.fixture
def own(tmp_path: Path) -> Project:
    """Gives a project whose own Dataset has one sample that is no number."""
    (tmp_path / "own.py").write_text(SOURCE, encoding="utf-8")
    TrustStore().trust(SOURCE)
    data = {"source": "python", "path": "own.py", "class_name": "Dataset", "val_fraction": 0.25}
    return spiral_project(data=data)


def ended_of(project: Project, folder: Path) -> RunEnded:
    events = list(launch.run(project, folder / "run", Control(), data_folder=folder))
    assert of_type(events, StepsRecorded) == [] or events[-1].state == "finished"
    return events[-1]


def test_a_run_does_not_begin_with_such_a_sample(own, tmp_path, capsys):
    save(own, tmp_path / "own.netloom")
    words = ["train", str(tmp_path / "own.netloom"), "--run-dir", str(tmp_path / "run")]
    assert main(words) == 1
    message = capsys.readouterr().err
    assert " sample " in message
    assert " holds NaN at index [0]. Expected finite numbers." in message
    assert "Traceback" not in message


def test_a_run_that_leaves_such_steps_out_begins(own, tmp_path):
    own.training = {**own.training, "on_nonfinite": "skip"}
    ended = ended_of(own, tmp_path)
    assert ended.state == "finished"


def test_what_transforms_spoil_is_told_as_such(tmp_path):
    x = np.random.default_rng(0).normal(size=(24, 1, 4, 4)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(24) % 3)
    steps = [{"type": "Normalize", "mean": [0.0], "std": [1e-45]}]
    data = {"source": "arrays", "path": "data.npz", "transforms": {"train": steps}}
    project = spiral_project(data=data)
    project.graph = chain(
        ("Input", {"shape": [1, 4, 4]}), "Flatten", ("Linear", {"out_features": 3}), "Output"
    )
    ended = ended_of(project, tmp_path)
    assert ended.state == "failed"
    assert " sample " in ended.reason
    assert "infinity at index [0, 0, 0]" in ended.reason


def reader(folder: Path, layer: str, params: dict[str, Any], *, late: bool = False) -> Project:
    """A network that reads the numbers 0 to 27, of which its embedding has 9; `late`, in the last sample."""
    x = np.arange(48).reshape(24, 2) % 28
    if late:
        x %= 9
        x[-1] = 27
    np.savez(folder / "data.npz", x=x, y=np.arange(24) % 3)
    data = {"source": "arrays", "path": str(folder / "data.npz"), "val_fraction": 0}
    project = spiral_project(data=data, sampler="sequential", batch_size=4 if late else 24)
    project.graph = chain(
        ("Input", {"shape": [2], "dtype": "int64"}),
        (layer, {"num_embeddings": 9, "embedding_dim": 4} | params),
        *(["Flatten"] if layer == "Embedding" else []), ("Linear", {"out_features": 3}), "Output",
    )  # fmt: skip
    return project


LOOKUPS = [
    ("Embedding", {}), ("Embedding", {"max_norm": 1.0}), ("EmbeddingBag", {}),
    ("EmbeddingBag", {"padding_idx": 0}), ("EmbeddingBag", {"max_norm": 1.0, "sparse": True}),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "params"), LOOKUPS)
def test_a_number_that_an_embedding_does_not_have_is_told_with_the_layer(tmp_path, layer, params):
    project = reader(tmp_path, layer, params)
    ended = ended_of(project, tmp_path)
    assert ended.node == "n2"
    assert ended.reason == (
        f"{project.graph.nodes['n2'].name}: there are numbers that it has no row for. The first batch holds "
        "the numbers 0 to 27. Expected numbers from 0 to below num_embeddings. "
        "Set num_embeddings to 28 or more."
    )
    for start in (trials.find_lr_of, trials.overfit_of):
        with pytest.raises(TrainingFailure) as caught:
            list(start(project, Control()))
        assert (str(caught.value), caught.value.node) == (ended.reason, "n2")


@pytest.mark.parametrize(("layer", "params"), LOOKUPS)
def test_so_it_is_where_a_later_batch_has_it(tmp_path, layer, params):
    project = reader(tmp_path, layer, params, late=True)
    project.training = {**project.training, "optimizer": {"type": "SGD"}}
    *_, ended = launch.run(project, tmp_path / "run", Control())
    assert ended.node == "n2"
    assert ended.reason == (
        f"{project.graph.nodes['n2'].name}: there are numbers that it has no row for. "
        "Expected numbers from 0 to below num_embeddings. "
        "Set num_embeddings above the largest number in the data."
    )
    with pytest.raises(TrainingFailure) as caught:
        list(trials.find_lr_of(project, Control()))
    assert (str(caught.value), caught.value.node) == (ended.reason, "n2")


@pytest.mark.parametrize("start", [trials.find_lr_of, trials.overfit_of])
def test_trials_look_at_the_first_batch_too(start):
    project = spiral_project()
    project.graph = chain(("Input", {"shape": [2]}), "Log", ("Linear", {"out_features": 3}), "Output")
    with pytest.raises(TrainingFailure, match=r"it begins with the output of log1") as caught:
        list(start(project, Control()))
    assert caught.value.node == "n2"


@pytest.mark.parametrize("start", [trials.find_lr_of, trials.overfit_of])
def test_a_trial_without_memory_says_so_and_lets_go_of_it(start, monkeypatch):
    def relu(*arguments: object, **options: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(torch.nn.functional, "relu", relu)
    text = r"^Memory ran out with batch_size = 16 when 2.00 GiB more were asked for\.$"
    with pytest.raises(TrainingFailure, match=text) as caught:
        list(start(spiral_project(), Control()))
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"batch_size": 71}, "and the last of an epoch has one sample: 72 in batches of 71. Expected at "
         "least 2 samples in every training batch. Set drop_last = true, or another batch_size."),
        ({"batch_size": 1}, "and batch_size is 1. Expected at least 2 samples in every training batch. Set"),
        ({"data": {"source": "synthetic:spirals", "samples": 3, "val_fraction": 0.5}},
         "and there is only one training sample. Expected at least 2 samples in every training batch. Add"),
    ],
)  # fmt: skip
def test_a_batch_norm_is_told_of_a_batch_of_one_before_the_first_step(tmp_path, settings, text):
    ended, *before = reversed(list(launch.run(normed(**settings), tmp_path / "run", Control())))
    assert (ended.state, ended.node, ended.step) == ("failed", "n2", 0)
    assert text in ended.reason
    assert ended.reason.startswith("norm1 normalises by the spread of a training batch,")
    assert not of_type(before, StepsRecorded)


def normed(**training: Any) -> Project:
    """A batch norm before a layer that learns three spirals."""
    graph = chain(("Input", {"shape": [2]}), "BatchNorm1d", ("Linear", {"out_features": 3}), "Output")
    data = {"source": "synthetic:spirals", "samples": 90}
    return Project("Normed", graph, training={"data": data, "device": "cpu", "epochs": 1} | training)


def test_a_short_batch_that_is_left_out_hinders_no_batch_norm(tmp_path):
    ended = list(launch.run(normed(batch_size=71, drop_last=True), tmp_path / "run", Control()))[-1]
    assert (ended.state, ended.step) == ("finished", 1)
