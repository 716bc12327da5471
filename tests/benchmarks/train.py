"""Milliseconds per training step: Netloom beside a floor, hand-written loops and PyTorch Lightning.

On Fashion-MNIST: the floor is the same fused step on one fixed batch, measuring nothing; the notes' loop has
torchvision's dataset with ToTensor and Normalize for every item, a DataLoader without workers, `loss.item()`
at every step; Lightning reads tensors with a DataLoader and logs the loss. With ResNet-18 on images of the
size of CIFAR: the tuned loop that somebody writes who knows how, on tensors in memory, with a fused
optimizer, nothing waited for and nothing recorded but the loss. The loops take short turns, those of
ResNet-18 step by step, and a ratio is the median of those of neighbouring turns: what else the machine does
falls on both, as does a host that for minutes gives both processors the same core. Only Lightning has a turn
of its own. While Netloom's loop is there the whole process keeps memory that is freed, which hastens the
others as well.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from codegen.compat import import_torchvision
from codegen.live import build
from graph.templates import template
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.load import load_data
from runtime.data.prepared import TrainData
from runtime.data.raw import Loading
from runtime.engine import train
from runtime.events import Event, StepsRecorded
from runtime.plan import TrainingPlan
from tests.benchmarks._lightning import lightning

ROOT = Path("/usr/share/datasets/fashion-mnist")
MEAN, STD = 0.2860, 0.3530
BATCH = 128
NOTES_SHARE = 6  # the notes' loop takes so many times fewer steps in a turn, each of which takes longer
RESNET_BATCH, RESNET_PAIRS, RESNET_ROUNDS = 16, 6, 6  # a step takes a third of a second

MakeModel = Callable[[], nn.Module]
Timed = Callable[[int], float]


class Turns(NamedTuple):
    """How the loops take turns: steps of one, turns of each with the same models, and rounds of those."""

    steps: int
    count: int
    rounds: int


def mlp() -> nn.Module:
    """784-128-64-10."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )


def small_cnn() -> nn.Module:
    """Two convolutions with batch norm, 32 and 64 channels, and a linear head."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 10),
    )


def run() -> dict[str, Any]:
    """Milliseconds a step and ratios.

    `_ms` are medians over the turns. Ratios named `_best` compare the fastest turn of each loop, which
    other work on the machine disturbs least.
    """
    figures: dict[str, float] = {}
    peers: dict[str, float] = {}
    add_fashion_mnist(figures, peers)
    add_resnet(figures, peers)
    told = add_lightning(figures, peers)
    return {"figures": rounded(figures), "peers": rounded(peers) | told}


def add_fashion_mnist(figures: dict[str, float], peers: dict[str, float]) -> None:
    """How fast an MLP and a CNN learn by our loop, against the floor and the notes' loop."""
    plan = make_plan()
    data = finished(load_data(plan.data))
    for name, make_model, turns in (("mlp", mlp, Turns(80, 4, 13)), ("cnn", small_cnn, Turns(5, 2, 6))):
        times = measure(make_model, plan, data, turns)
        for figure, loop, other in (("to_floor", "netloom", "floor"), ("ahead_of_notes", "notes", "netloom")):
            figures[f"{name}_{figure}"] = ratio(times[loop], times[other])
            figures[f"{name}_{figure}_best"] = min(times[loop]) / min(times[other])
        figures[f"{name}_netloom_ms"] = median(times["netloom"])
        peers |= {f"{name}_{loop}_ms": median(times[loop]) for loop in ("floor", "notes")}


def add_lightning(figures: dict[str, float], peers: dict[str, float]) -> dict[str, str]:
    """How much longer the same networks take with PyTorch Lightning; gives why, where that is not known."""
    steps = lightning()
    if "not measured" in steps:
        return {"lightning not measured": steps["not measured"]}
    for name, (step_ms, _) in steps.items():
        peers[f"{name}_lightning_ms"] = step_ms
        figures[f"{name}_ahead_of_lightning"] = step_ms / figures[f"{name}_netloom_ms"]
    return {}


def add_resnet(figures: dict[str, float], peers: dict[str, float]) -> None:
    """How fast ResNet-18 learns by our loop against the one written by hand; 1 is as fast."""
    rates: dict[str, list[float]] = {"netloom": [], "hand": []}
    plan = TrainingPlan.from_mapping({
        "optimizer": {"type": "SGD", "lr": 0.01, "momentum": 0.9},
        "batch_size": RESNET_BATCH, "epochs": 10_000, "device": "cpu",
    })  # fmt: skip
    data = images()
    for _ in range(RESNET_ROUNDS):
        loops = [
            ("hand", timed_steps(by_hand(resnet(), data))),
            ("netloom", timed_events(netloom(resnet(), plan, data))),
        ]
        for _, timed in loops:
            timed(2)
        for _ in range(RESNET_PAIRS):
            for name, timed in loops:
                rates[name].append(timed(1))
            loops.reverse()
    figures["resnet18_to_hand"] = ratio(rates["hand"], rates["netloom"])
    figures["resnet18_to_hand_best"] = min(rates["hand"]) / min(rates["netloom"])
    figures["resnet18_netloom_ms"] = median(rates["netloom"])
    peers["resnet18_hand_ms"] = median(rates["hand"])


def resnet() -> nn.Module:
    """The template, as it is trained."""
    return build(template("ResNet18").project()).module


def images() -> TrainData:
    """Random images of CIFAR's size."""
    torch.manual_seed(0)
    count = RESNET_BATCH * 40
    x, y = torch.randn(count, 3, 32, 32), torch.randint(10, (count,))
    return TrainData(x, y, x[:0], y[:0], (3, 32, 32), 10)


def by_hand(model: nn.Module, data: TrainData) -> Iterator[None]:
    """The loop of somebody who knows how: batches by index into one buffer, fused, never waiting."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
    loss_function, losses = nn.CrossEntropyLoss(), []
    x, y = torch.empty_like(data.train_x[:RESNET_BATCH]), torch.empty_like(data.train_y[:RESNET_BATCH])
    while True:
        for rows in torch.randperm(len(data.train_x)).split(RESNET_BATCH):
            torch.index_select(data.train_x, 0, rows, out=x)
            torch.index_select(data.train_y, 0, rows, out=y)
            optimizer.zero_grad(set_to_none=True)
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            yield


def measure(
    make_model: MakeModel, plan: TrainingPlan, data: TrainData, turns: Turns
) -> dict[str, list[float]]:
    """Milliseconds a step of each loop, for every turn.

    Every round starts from fresh models: how fast a step is depends on where its memory happens to lie.
    """
    rates: dict[str, list[float]] = {"floor": [], "netloom": [], "notes": []}
    dataset = fashion_mnist()
    for _ in range(turns.rounds):
        loops: list[tuple[str, Timed, int]] = [
            ("floor", timed_steps(floor(make_model(), data)), turns.steps),
            ("netloom", timed_events(netloom(make_model(), plan, data)), turns.steps),
            ("notes", timed_steps(notes(make_model(), dataset)), max(turns.steps // NOTES_SHARE, 3)),
        ]
        for _, timed, count in loops:
            timed(min(count, 20))
        for _ in range(turns.count):
            for name, timed, count in loops:
                rates[name].append(timed(count))
            loops.reverse()
    return rates


def ratio(times: list[float], others: list[float]) -> float:
    """How many times longer the first takes in the middle pair of turns."""
    return median(each / other for each, other in zip(times, others, strict=True))


def timed_steps(loop: Iterator[None]) -> Timed:
    """Milliseconds a step of a loop that yields after each."""

    def timed(count: int) -> float:
        start = time.perf_counter()
        for _ in islice(loop, count):
            pass
        return (time.perf_counter() - start) / count * 1000

    return timed


def timed_events(events: Iterator[Event]) -> Timed:
    """Milliseconds a step of the engine, drains included and validation left out."""

    def timed(count: int) -> float:
        steps, seconds = 0, 0.0
        while steps < count:
            start = time.perf_counter()
            event = next(events)
            if isinstance(event, StepsRecorded):
                seconds += time.perf_counter() - start
                steps += len(event.losses)
        return seconds / steps * 1000

    return timed


def make_plan() -> TrainingPlan:
    """Adam on Fashion-MNIST for as long as anyone asks."""
    return TrainingPlan.from_mapping({
        "data": {
            "source": "torchvision:FashionMNIST",
            "root": str(ROOT),
            "transforms": {"train": [{"type": "Normalize", "mean": [MEAN], "std": [STD]}]},
        },
        "optimizer": {"type": "Adam", "lr": 0.001},
        "batch_size": BATCH,
        "epochs": 10_000,
        "device": "cpu",
    })  # fmt: skip


def floor(model: nn.Module, data: TrainData) -> Iterator[None]:
    """The same step on one fixed batch; nothing is fetched, measured or recorded."""
    x, y = data.train_x[:BATCH].clone(), data.train_y[:BATCH].clone()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    loss_function = nn.CrossEntropyLoss()
    while True:
        optimizer.zero_grad()
        loss_function(model(x), y).backward()
        optimizer.step()
        yield


def netloom(model: nn.Module, plan: TrainingPlan, data: TrainData) -> Iterator[Event]:
    """The engine, with loss, accuracy, learning rate and gradient norm of every step recorded."""
    cpu = torch.device("cpu")
    return train(model, plan, Feed(data, plan.batch_size, device=cpu), Control(), device=cpu)


def notes(model: nn.Module, dataset: Dataset[tuple[Tensor, int]]) -> Iterator[None]:
    """The loop that course notes and tutorials show."""
    loader = DataLoader(dataset, batch_size=BATCH, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    loss_function = nn.CrossEntropyLoss()
    running = 0.0
    while True:
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
            yield


def fashion_mnist() -> Dataset[tuple[Tensor, int]]:
    """torchvision's own dataset, on a copy of the files in the layout it wants."""
    datasets = import_torchvision("torchvision.datasets")
    transforms = import_torchvision("torchvision.transforms")
    chain = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    with TemporaryDirectory() as root:
        raw = Path(root) / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for file in ROOT.glob("*.gz"):
            (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
        dataset: Dataset[tuple[Tensor, int]] = datasets.FashionMNIST(root, transform=chain, download=False)
    return dataset


def finished(loading: Loading[TrainData]) -> TrainData:
    """What a loading generator returns in the end."""
    while True:
        try:
            next(loading)
        except StopIteration as end:
            data: TrainData = end.value
            return data


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Three significant digits are more than the machine's noise."""
    return {name: float(f"{value:.3g}") for name, value in figures.items()}
