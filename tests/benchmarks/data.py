"""Milliseconds per batch of 128: random transforms beside torchvision's, and the places where samples wait.

Transforms: 3×32×32 images, each transform on a whole batch, beside torchvision's v2 class called once a
sample, as a Dataset calls it. Places: 600 photographs of noise, 3×160×160, resized to 128 and cropped at
random; beside an ImageFolder with the same transforms in a DataLoader without workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader

from codegen.compat import import_torchvision
from runtime.data import cache
from runtime.data.choices import DataPlan
from runtime.data.draws import sample_keys
from runtime.data.feed import Feed
from runtime.data.load import load_data
from runtime.data.transforms import Chain
from tests.benchmarks._timing import best, rounded
from tests.benchmarks.train import finished

BATCH = 128
FILES, SIDE = 600, 160
CHAINS: dict[str, dict[str, Any]] = {
    "RandomCrop": {"size": 32, "padding": 4},
    "RandomHorizontalFlip": {},
    "RandomRotation": {"degrees": 15.0},
    "RandomResizedCrop": {"size": 32},
    "ColorJitter": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.1},
    "RandomErasing": {},
    "GaussianBlur": {"kernel_size": 3},
    "GaussianNoise": {},
}
FOLDER_STEPS = [
    {"type": "Resize", "size": [128, 128]},
    {"type": "RandomCrop", "size": 112},
    {"type": "RandomHorizontalFlip"},
    {"type": "Normalize", "mean": [0.5], "std": [0.25]},
]


def run() -> dict[str, Any]:
    """Milliseconds and, where the name ends in `_ahead`, how many times as fast as torchvision."""
    figures: dict[str, float] = {}
    peers: dict[str, float] = {}
    for name, params in CHAINS.items():
        ours, theirs = transform_ms(name, params)
        figures |= {f"{name}_ms": ours, f"{name}_ahead": theirs / ours}
        peers[f"{name}_torchvision_ms"] = theirs
    with TemporaryDirectory() as folder:
        write_images(Path(folder))
        peers["folder_torchvision_ms"] = theirs = image_folder_ms(Path(folder))
        for feed in ("memory", "cache", "stream"):
            ours = place_ms(Path(folder), feed)
            figures |= {f"folder_{feed}_ms": ours, f"folder_{feed}_ahead": theirs / ours}
    return {"figures": rounded(figures), "peers": rounded(peers)}


def transform_ms(name: str, params: dict[str, Any]) -> tuple[float, float]:
    """A batch with ours, and with torchvision's class sample by sample."""
    data = {"source": "digits", "transforms": {"train": [{"type": name, **params}]}}
    chain = Chain(DataPlan.from_mapping(data).train_transforms)
    images = torch.rand(BATCH, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    rows = torch.arange(BATCH)
    theirs = getattr(import_torchvision("torchvision.transforms.v2"), name)(**params)

    def by_hand(_: int) -> Tensor:
        return torch.stack([theirs(image) for image in images])

    return best(lambda epoch: chain(images, sample_keys(0, epoch, rows))), best(by_hand, rounds=5)


def write_images(root: Path) -> None:
    """Photographs of noise, as JPEG files of two classes."""
    rng = np.random.default_rng(0)
    for index in range(FILES):
        path = root / "images" / ("a", "b")[index % 2] / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(path, quality=90)


def place_ms(root: Path, feed: str) -> float:
    """A batch from one of the places, once everything is prepared."""
    plan = {
        "source": "image_folder", "root": str(root / "images"), "feed": feed, "workers": 0, "val_fraction": 0,
        "transforms": {"train": FOLDER_STEPS},
    }  # fmt: skip
    original = cache.cache_root
    cache.cache_root = lambda: root / "cache"  # the user's own is left alone
    try:
        data = finished(load_data(DataPlan.from_mapping(plan)))
    finally:
        cache.cache_root = original
    return batch_ms(epochs(Feed(data, BATCH).train))


def epochs(train: Callable[[int], Iterator[Any]]) -> Iterator[Any]:
    """The whole batches of one epoch after the other."""
    for epoch in cycle(range(1, 4)):
        yield from (batch for batch in train(epoch) if len(batch[1]) == BATCH)


def image_folder_ms(root: Path) -> float:
    """A batch of torchvision's ImageFolder."""
    v2 = import_torchvision("torchvision.transforms.v2")
    chain = v2.Compose([
        v2.ToImage(), v2.Resize([128, 128]), v2.RandomCrop(112), v2.RandomHorizontalFlip(),
        v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3),
    ])  # fmt: skip
    folder = import_torchvision("torchvision.datasets").ImageFolder(root / "images", transform=chain)
    loader = DataLoader(folder, batch_size=BATCH, shuffle=True, drop_last=True)
    return batch_ms(epochs(lambda _: iter(loader)))


def batch_ms(batches: Iterator[Any]) -> float:
    """The shortest of a few batches, the first left out."""
    next(batches)
    return best(lambda _: next(batches), rounds=9)
