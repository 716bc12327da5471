"""Networks that learn from every kind of data, and runs that are stopped in the middle of an epoch."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from graph.document import Edge, Graph, Node, PortRef, Project
from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights
from runtime.control import Control
from runtime.data.stream import StreamRows
from runtime.data.transforms import Chain
from runtime.events import EpochEnded, RunEnded, StepsRecorded
from tests.runtime.data.files import LoadedModules
from tests.runtime.training import TickingClock, events_of, make_plan, of_type

FEEDS = ("memory", "cache", "stream")
STEPS = [
    {"type": "Resize", "size": [6, 6]},
    {"type": "RandomCrop", "size": 6, "padding": 1},
    {"type": "ColorJitter"},
    {"type": "Normalize", "mean": "auto", "std": "auto"},
]


def project(*layers: tuple[str, dict[str, object]], **training: object) -> Project:
    """A chain of layers with a plan."""
    nodes = [
        Node(f"n{index}", kind, f"{kind.lower()}{index}", params)
        for index, (kind, params) in enumerate((*layers, ("Output", {})))
    ]
    edges = [
        Edge(PortRef(f"n{index}", "out"), PortRef(f"n{index + 1}", "in")) for index in range(len(layers))
    ]
    settings = {"epochs": 2, "batch_size": 16, "device": "cpu", "optimizer": {"type": "Adam", "lr": 0.01}}
    return Project("Chain", Graph(nodes, edges), training=settings | training)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Gives a folder of images, red ones and blue ones."""
    rng = np.random.default_rng(2)
    for index in range(60):
        path = tmp_path / "images" / ("blue", "red")[index % 2] / f"{index:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 120, (8, 9, 3), dtype=np.uint8)
        pixels[..., 0 if index % 2 else 2] += 100
        Image.fromarray(pixels).save(path)
    return tmp_path


def colours(feed: str) -> Project:
    return project(
        ("Input", {"shape": [3, 6, 6]}),
        ("Flatten", {}),
        ("Linear", {"out_features": 2}),
        data={
            "source": "image_folder",
            "root": "images",
            "feed": feed,
            "workers": 0,
            "transforms": {"train": STEPS},
        },
    )


def finished(chain: Project, run_dir: Path, folder: Path) -> list[EpochEnded]:
    events = list(launch.run(chain, run_dir, Control(), data_folder=folder))
    (ended,) = of_type(events, RunEnded)
    assert (ended.state, ended.reason) == ("finished", "")
    return of_type(events, EpochEnded)


def test_every_place_trains_the_same_weights(folder, tmp_path):
    weights = []
    for feed in FEEDS:
        epochs = finished(colours(feed), tmp_path / feed, folder)
        weights.append(load_weights(checkpoint_folder(tmp_path / feed, "last")))
    for other in weights[1:]:
        assert all(torch.equal(weights[0][name], other[name]) for name in other)
    assert epochs[-1].val_loss < 0.7


def small_network() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(108, 2))


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("step", [2, 5])
def test_a_run_stopped_in_an_epoch_goes_on_to_the_same_weights(load, folder, tmp_path, feed, step):
    data = {"source": "image_folder", "root": "images", "feed": feed, "transforms": {"train": STEPS}}
    plan = make_plan(data=data, batch_size=16, sampler="shuffle")

    def events(network, **options):
        prepared = load({**data, "workers": 0}, folder=folder)
        return events_of(network, plan, prepared, clock=TickingClock(), **options)

    whole, first, second, control = small_network(), small_network(), small_network(), Control()
    list(events(whole))
    for event in events(first, control=control, run_dir=tmp_path / "run"):
        if isinstance(event, StepsRecorded) and event.first_step == step:
            control.request_stop()
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path / "run", "last"))
    assert checkpoint.trainer["progress"]["step"] == step
    list(events(second, checkpoint=checkpoint))
    for name, weight in whole.state_dict().items():
        assert torch.equal(second.state_dict()[name], weight)


def test_an_autoencoder_learns_its_input(tmp_path):
    chain = project(
        ("Input", {"shape": [1, 8, 8]}), ("Flatten", {}), ("Linear", {"out_features": 16}),
        ("Linear", {"out_features": 64}), ("Reshape", {"shape": [1, 8, 8]}),
        data={"source": "digits", "target": "input"}, loss="MSELoss",
    )  # fmt: skip
    epochs = finished(chain, tmp_path / "run", tmp_path)
    assert epochs[-1].val_loss < epochs[0].val_loss < 0.2


def test_a_text_model_learns_the_next_character(tmp_path):
    chain = project(
        ("Input", {"shape": [32], "dtype": "int64"}),
        ("Embedding", {"num_embeddings": 80, "embedding_dim": 16}),
        ("Linear", {"out_features": 80}), ("Permute", {"dims": [0, 2, 1]}),
        data={"source": "alice", "block_length": 32}, batch_size=64, epochs=1,
    )  # fmt: skip
    (epoch,) = finished(chain, tmp_path / "run", tmp_path)
    assert epoch.val_loss < 3.2


def test_a_table_and_a_series_are_learned(tmp_path):
    table = project(
        ("Input", {"shape": [10]}), ("Linear", {"out_features": 1}), data="diabetes", loss="MSELoss", epochs=8
    )
    assert finished(table, tmp_path / "table", tmp_path)[-1].val_loss < 0.8
    series = project(
        ("Input", {"shape": [36, 1]}), ("Flatten", {}), ("Linear", {"out_features": 1}),
        data="sunspots", loss="MSELoss", epochs=4,
    )  # fmt: skip
    assert finished(series, tmp_path / "series", tmp_path)[-1].val_loss < 0.5


def rows_in_other_process(count: int) -> StreamRows:
    return StreamRows(LoadedModules(count), Chain(()), (count, 2), torch.float32, workers=1)


def test_processes_that_decode_load_no_qt():
    assert "PySide6" in sys.modules  # pytest-qt has loaded it here
    (batch,) = rows_in_other_process(4).batches([torch.arange(4)])
    assert batch[:, 0].tolist() == [0, 0, 0, 0]


def test_an_epoch_left_early_does_not_spill_into_the_next():
    rows = rows_in_other_process(40)
    first = rows.batches(torch.arange(40).split(4))
    assert next(first)[:, 1].tolist() == [0, 1, 2, 3]
    first.close()
    batches = list(rows.batches(torch.arange(39, -1, -1).split(4)))
    assert torch.cat(batches)[:, 1].tolist() == list(range(39, -1, -1))
