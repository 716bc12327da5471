"""Trains whole tasks the way a person would, and tells whether each came to its figure in its time.

python -m tests.trained                     # lists the tasks: data, figure, time and seed
python -m tests.trained wine sunspots       # trains these; `all` trains every one
python -m tests.trained fashion --folder /usr/share/datasets/fashion-mnist

Every run is `netloom train` in a process of its own, on a project file with a plan in it. What counts is the
epoch that the run itself takes for its best. Prints a line of JSON for each task; exits with 1 if one misses
its figure or its time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.document import Edge, Graph, Node, PortRef, Project
from graph.storage import save
from graph.templates import template

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "resources" / "data"
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # where Debian's dataset-fashion-mnist puts it
PIXELS = {"type": "Normalize", "mean": [0.286], "std": [0.353]}
LARGER = {"type": "Resize", "size": 28}


@dataclass(frozen=True)
class Task:
    """Something to be learned.

    Args:
        data: in words.
        make: gives the project, with its files put into a folder; the second path is that of Fashion-MNIST.
        figure: of the run's best epoch, as the run folder names it.
        target: what it has to come to.
        minutes: that it may take, from the start of the command to its end.
        is_higher_better: whether the target is to be exceeded.
        seed: of the run.
    """

    data: str
    make: Callable[[Path, Path], Project]
    figure: str
    target: float
    minutes: float
    is_higher_better: bool = True
    seed: int = 0

    def is_reached(self, value: float) -> bool:
        """Whether a figure is good enough."""
        return value >= self.target if self.is_higher_better else value <= self.target

    def describe(self) -> str:
        """What has to be reached, in which time."""
        sign = ">=" if self.is_higher_better else "<="
        return f"{self.figure} {sign} {self.target:g} in {self.minutes:g} min, seed {self.seed}"


def fashion(folder: Path, fashion_mnist: Path) -> Project:
    """SmallCNN on Fashion-MNIST: one cycle of the rate with a short rise, images as they are.

    So small a network with two dropouts learns its training images no better than others: flipped ones only
    slow it down. On a processor that multiplies bfloat16, it and channels last make a step 3.5 times as fast.
    """
    project = template("SmallCNN").project()
    project.training = {
        "data": {
            "source": "torchvision:FashionMNIST",
            "root": str(fashion_mnist),
            "transforms": {"train": [PIXELS], "eval": [PIXELS]},
        },
        "loss": "CrossEntropyLoss",
        "optimizer": {"type": "AdamW", "lr": 0.008, "weight_decay": 0.01},
        "scheduler": {"type": "OneCycleLR", "pct_start": 0.12},
        "precision": "amp-bfloat16",
        "channels_last": True,
        "monitor": "val_accuracy",
        "epochs": 18,
        "batch_size": 64,
    }
    return project


def wine(folder: Path, fashion_mnist: Path) -> Project:
    """The template for tables on a CSV of 13 measurements, three kinds of wine."""
    shutil.copy(DATA / "wine.csv", folder)
    project = template("TabularMLP").project()
    project.graph.by_name("features").params["shape"] = [13]
    project.training = {
        **project.training,
        "data": {"source": "csv", "path": "wine.csv", "label": "cultivar", "val_fraction": 0.25},
        "monitor": "val_accuracy",
        "epochs": 20,
        "batch_size": 16,
    }
    return project


def sunspots(folder: Path, fashion_mnist: Path) -> Project:
    """A GRU that reads three years of sunspots and tells the next month."""
    shutil.copy(DATA / "sunspots.csv", folder)
    layers = (
        ("Input", "months", {"shape": [36, 1]}),
        ("GRU", "gru", {"hidden_size": 32}),
        ("LastStep", "last", {}),
        ("Linear", "next", {"out_features": 1}),
        ("Output", "sunspots", {}),
    )
    training = {
        "data": {
            "source": "sequences", "path": "sunspots.csv", "columns": ["sunspots"], "window": 36,
            "val_fraction": 0.2,
        },
        "loss": "MSELoss",
        "optimizer": {"type": "AdamW", "lr": 0.003},
        "scheduler": {"type": "CosineAnnealingLR"},
        "clip_grad_norm": 1.0,
        "epochs": 20,
        "batch_size": 64,
    }  # fmt: skip
    return Project("Sunspots", in_a_row(layers), training=training)


def alice(folder: Path, fashion_mnist: Path) -> Project:
    """A GRU that reads Alice in Wonderland and tells the next character."""
    shutil.copy(DATA / "alice.txt", folder)
    layers = (
        ("Input", "tokens", {"shape": ["T"], "dtype": "int64"}),
        ("Embedding", "embed", {"num_embeddings": 96, "embedding_dim": 64}),
        ("GRU", "gru", {"hidden_size": 256}),
        ("Dropout", "dropout", {"p": 0.1}),
        ("Linear", "head", {"out_features": 96}),
        ("Transpose", "classes_first", {"dim0": 1, "dim1": 2}),
        ("Output", "logits", {}),
    )
    training = {
        "data": {"source": "text", "path": "alice.txt", "block_length": 64, "val_fraction": 0.1},
        "loss": "CrossEntropyLoss",
        "optimizer": {"type": "AdamW", "lr": 0.004},
        "scheduler": {"type": "CosineAnnealingLR"},
        "clip_grad_norm": 1.0,
        "epochs": 8,
        "batch_size": 32,
    }
    return Project("Alice", in_a_row(layers), training=training)


def autoencoder(folder: Path, fashion_mnist: Path) -> Project:
    """The template that squeezes handwritten digits into 32 numbers and draws them again."""
    project = template("Autoencoder").project()
    chains = {"train": [LARGER], "eval": [LARGER]}
    project.training = {
        **project.training,
        "data": {"source": "digits", "target": "input", "transforms": chains},
        "optimizer": {"type": "AdamW", "lr": 0.01},
        "scheduler": {"type": "OneCycleLR"},
        "epochs": 10,
        "batch_size": 32,
    }
    return project


TASKS: Mapping[str, Task] = {
    "fashion": Task("Fashion-MNIST, 60,000 images of 10 kinds", fashion, "val_accuracy", 0.92, 15),
    "wine": Task("wine.csv, 178 rows of 13 columns and a label", wine, "val_accuracy", 0.95, 1),
    "sunspots": Task("sunspots.csv, 3,120 months as windows of 36", sunspots, "val_r2", 0.85, 2),
    "alice": Task("alice.txt, 148,000 characters in blocks of 64", alice, "val_accuracy", 0.55, 3),
    "autoencoder": Task(
        "digits, drawn again from 32 numbers", autoencoder, "val_loss", 0.003, 2, is_higher_better=False
    ),
}


def in_a_row(layers: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Graph:
    """A network of (type, name, parameters), one behind the other."""
    nodes = [
        Node(f"n{number}", kind, name, dict(params)) for number, (kind, name, params) in enumerate(layers)
    ]
    edges = [
        Edge(PortRef(f"n{number - 1}", "out"), PortRef(f"n{number}", "in")) for number in range(1, len(nodes))
    ]
    return Graph(nodes, edges)


def trained(task: Task, folder: Path, fashion_mnist: Path) -> dict[str, Any]:
    """Trains a task in a folder; what came of it, as printed."""
    path = folder / "project.netloom"
    save(task.make(folder, fashion_mnist), path)
    command = [
        sys.executable, "-m", "builder.cli", "train", str(path), "--run-dir", str(folder / "run"), "--json",
        "--set", f"seed={task.seed}",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begin = time.monotonic()
    answer = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    minutes = (time.monotonic() - begin) / 60
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    found = next((figure_of(epoch, task.figure) for epoch in reversed(epochs) if epoch["is_best"]), None)
    is_reached = answer.returncode == 0 and found is not None and task.is_reached(found)
    return {
        "data": task.data, "wanted": task.describe(), task.figure: found, "minutes": round(minutes, 2),
        "epochs": len(epochs), "ok": is_reached and minutes <= task.minutes,
    }  # fmt: skip


def figure_of(epoch: Mapping[str, Any], name: str) -> float | None:
    """A figure of an epoch's line, by the name that the run folder has for it."""
    value: float | None = epoch.get(name)
    return epoch["metrics"].get(name.removeprefix("val_")) if value is None else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains the tasks that are named; 1 if one fails, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.trained", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, "all", []], metavar="TASK")
    parser.add_argument("--folder", type=Path, default=FASHION_MNIST, help="of Fashion-MNIST's files")
    parser.add_argument("--keep", type=Path, help="leaves project and run of each task in this folder")
    options = parser.parse_args(arguments)
    if not options.tasks:
        sys.stdout.write(
            "".join(f"{name:<12} {task.data}: {task.describe()}\n" for name, task in TASKS.items())
        )
        return 0
    names = list(TASKS) if "all" in options.tasks else options.tasks
    results = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix="netloom-trained-") as fresh:
            folder = Path(fresh) if options.keep is None else options.keep / name
            folder.mkdir(parents=True, exist_ok=True)
            results.append({"name": name, **trained(TASKS[name], folder, options.folder)})
        sys.stdout.write(json.dumps(results[-1]) + "\n")
        sys.stdout.flush()
    return 0 if all(result["ok"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
