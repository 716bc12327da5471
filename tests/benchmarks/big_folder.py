"""A run on 20 GB of image files: how much memory it takes at most, all its processes together.

The files are 20,000 names of 200 pictures, so that 200 MB of disk are enough; each name is decoded anew.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
from PIL import Image

from tests.benchmarks._children import child

PICTURES, NAMES = 200, 20_000
SIZE = (640, 546)  # pixels: a megabyte as a bitmap
FEEDS = ("auto", "stream")
MEMORY_MB = 500  # what the plan allows decoded samples; all of them would take 3 GB
LOOK = 0.5  # seconds between two looks at the memory
LAYERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Input", {"shape": [3, 224, 224]}),
    ("AvgPool2d", {"kernel_size": 8}),
    ("Conv2d", {"out_channels": 16, "kernel_size": 3}),
    ("ReLU", {}),
    ("AdaptiveAvgPool2d", {"output_size": 1}),
    ("Flatten", {}),
    ("Linear", {"out_features": 2}),
    ("Output", {}),
)
TRAIN = """
import sys
from builder.cli import main
sys.exit(main(["train", sys.argv[2], "--run-dir", "run", "--json"]))
"""


def run() -> dict[str, Any]:
    """Gigabytes on disk and in memory, seconds of an epoch, and images a second."""
    figures: dict[str, Any] = {}
    with TemporaryDirectory(prefix="netloom-bench-") as name:
        folder = Path(name)
        figures["GB of files"] = round(_write_files(folder / "images") / 1e9, 2)
        for feed in FEEDS:
            project = folder / f"{feed}.netloom"
            project.write_text(json.dumps(_project(feed)))
            figures[feed] = _train(project)
    return {"figures": figures}


def _write_files(root: Path) -> int:
    rng = np.random.default_rng(0)
    for label in ("dark", "light"):
        (root / label).mkdir(parents=True)
    total = 0
    for index in range(NAMES):
        label = ("dark", "light")[index % 2]
        path, original = root / label / f"{index:05}.bmp", root / label / f"{index % PICTURES:05}.bmp"
        if index < PICTURES:
            low, high = ((0, 160), (96, 256))[index % 2]
            Image.fromarray(rng.integers(low, high, (*reversed(SIZE), 3), dtype=np.uint8)).save(path)
        else:
            os.link(original, path)
        total += path.stat().st_size
    return total


def _project(feed: str) -> dict[str, Any]:
    nodes = [
        {"id": f"n{index}", "type": type_name, "name": type_name.lower(), "params": params}
        for index, (type_name, params) in enumerate(LAYERS)
    ]
    edges = [{"from": f"n{index}.out", "to": f"n{index + 1}.in"} for index in range(len(LAYERS) - 1)]
    data = {
        "source": "image_folder", "root": "images", "val_fraction": 0.05, "feed": feed,
        "memory_mb": MEMORY_MB, "transforms": {"train": [{"type": "Resize", "size": [224, 224]}]},
    }  # fmt: skip
    return {
        "format": "netloom", "version": 1, "name": "Folder", "graph": {"nodes": nodes, "edges": edges},
        "training": {"data": data, "epochs": 1, "batch_size": 64},
    }  # fmt: skip


def _train(project: Path) -> dict[str, float]:
    peak, start = 0, time.perf_counter()
    with child(TRAIN, str(project)) as process:
        tree = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _memory(tree))
            time.sleep(LOOK)
        printed, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors)
    seconds = time.perf_counter() - start
    epoch = json.loads(printed.splitlines()[0])
    return {
        "peak memory, GB": round(peak / 1e9, 2),
        "seconds": round(seconds, 1),
        "images a second": round(NAMES / seconds),
        "train loss": round(epoch["train_loss"], 3),
    }


def _memory(tree: psutil.Process) -> int:
    """Bytes of a process and its children, what they share counted once."""
    total = 0
    for each in (tree, *tree.children(recursive=True)):
        try:
            total += each.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total
