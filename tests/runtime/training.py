"""Small models, data and plans that the engine's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from graph.document import Edge, Graph, Node, PortRef, Project
from runtime.checkpoint import Checkpoint
from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.engine import train
from runtime.events import Event
from runtime.plan import TrainingPlan

torch.set_num_threads(1)  # the fastest for models this small, most of all beside other work

CPU = torch.device("cpu")
SAMPLES, HELD_BACK, CLASSES = 50, 20, 3


class TickingClock:
    """A second passes at every look, so that every step is drained at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 1.0
        return self._now


def stopped_clock() -> float:
    """No time passes, so that steps are drained at the end of an epoch only."""
    return 0.0


def make_data(shape: tuple[int, ...] = (6,), *, target: str = "class", val: int = HELD_BACK) -> TrainData:
    generator = torch.Generator().manual_seed(7)

    def targets(x: Tensor) -> Tensor:
        sums = x.flatten(1).sum(dim=1)
        if target == "class":
            return (sums > 0).long() + (sums > 1).long()
        return sums[:, None] if target == "value" else (sums > 0).float()[:, None]

    train_x, val_x = (torch.randn(count, *shape, generator=generator) for count in (SAMPLES, val))
    num_classes = CLASSES if target == "class" else None
    return TrainData(train_x, targets(train_x), val_x, targets(val_x), shape, num_classes)


def make_plan(**settings: Any) -> TrainingPlan:
    defaults = {
        "epochs": 2,
        "batch_size": 8,
        "seed": 3,
        "device": "cpu",
        "optimizer": {"type": "Adam", "lr": 0.01},
    }
    return TrainingPlan.from_mapping(defaults | settings)


def make_mlp(outputs: int = CLASSES) -> nn.Module:
    torch.manual_seed(11)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, outputs))


def make_cnn() -> nn.Module:
    torch.manual_seed(11)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(4 * 5 * 5, CLASSES),
    )


class GRUClassifier(nn.Module):
    """Reads a sequence and answers from its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.fc = nn.GRU(3, 8, batch_first=True), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        outputs, _ = self.gru(x)
        logits: Tensor = self.fc(outputs[:, -1])
        return logits


def make_gru() -> nn.Module:
    torch.manual_seed(11)
    return GRUClassifier()


def events_of(
    model: nn.Module,
    plan: TrainingPlan,
    data: TrainData,
    control: Control | None = None,
    *,
    clock: Callable[[], float] = stopped_clock,
    run_dir: Path | None = None,
    checkpoint: Checkpoint | None = None,
) -> Iterator[Event]:
    """The engine's events, with the random numbers that the plan's seed gives."""
    torch.manual_seed(plan.seed)
    feed = Feed(data, plan.batch_size, seed=plan.seed, device=CPU, drop_last=plan.drop_last)
    return train(
        model,
        plan,
        feed,
        control or Control(),
        device=CPU,
        run_dir=run_dir,
        checkpoint=checkpoint,
        clock=clock,
    )


def of_type(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def spiral_project(*, features: int = 2, classes: int = CLASSES, **training: Any) -> Project:
    """A project that learns three spirals in a moment."""
    names = ["points", "fc1", "relu1", "fc2", "logits"]
    types = ["Input", "Linear", "ReLU", "Linear", "Output"]
    params: list[dict[str, Any]] = [
        {"shape": [features]},
        {"out_features": 16},
        {},
        {"out_features": classes},
        {},
    ]
    nodes = [
        Node(f"n{index}", type_, name, values)
        for index, (type_, name, values) in enumerate(zip(types, names, params, strict=True), start=1)
    ]
    edges = [
        Edge(PortRef(f"n{index}", "out"), PortRef(f"n{index + 1}", "in")) for index in range(1, len(nodes))
    ]
    settings = {
        "data": {"source": "synthetic:spirals", "samples": 90},
        "epochs": 2,
        "batch_size": 16,
        "device": "cpu",
    }
    return Project("Spirals", Graph(nodes, edges), training=settings | training)


class Trunk(nn.Module):
    """One layer, and three Outputs behind it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.trunk, self.kind = nn.Linear(6, 16), nn.Linear(16, 3)
        self.again, self.pair = nn.Linear(16, 6), nn.Linear(16, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.trunk(x).relu()
        return self.kind(features), self.again(features), self.pair(features)
