"""Loads data in one call, and makes small data sets in the formats of the large ones."""

import gzip
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.compat import import_torchvision
from runtime.data.choices import DataPlan
from runtime.data.idx import FILES
from runtime.data.load import load_data
from runtime.data.prepared import TrainData
from runtime.events import DataProgress
from tests.runtime.data.files import idx_bytes

Load = Callable[..., TrainData]


@pytest.fixture
def progress() -> list[DataProgress]:
    """Gives what the last `load` reported."""
    return []


@pytest.fixture
def load(progress: list[DataProgress]) -> Load:
    """Gives a function that loads what a `data` mapping stands for."""

    def load_now(mapping: object, **options: object) -> TrainData:
        progress.clear()
        loading = load_data(DataPlan.from_mapping(mapping), **options)
        while True:
            try:
                progress.append(next(loading))
            except StopIteration as end:
                return end.value

    return load_now


@pytest.fixture
def idx_arrays() -> dict[str, np.ndarray]:
    """Gives 12 training and 5 test images of 4x5 pixels with their labels."""
    rng = np.random.default_rng(0)
    shapes = [(12, 4, 5), (12,), (5, 4, 5), (5,)]
    limits = [256, 10, 256, 10]
    return {
        name: rng.integers(0, limit, shape, dtype=np.uint8)
        for name, shape, limit in zip(FILES, shapes, limits, strict=True)
    }


@pytest.fixture
def write_idx(idx_arrays: dict[str, np.ndarray]) -> Callable[[Path, str], None]:
    """Gives a function that writes the arrays as idx files, plain or compressed."""

    def write(folder: Path, suffix: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in idx_arrays.items():
            content = idx_bytes(array)
            (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)

    return write


def _pickle_into(folder: Path, name: str, content: dict[str, object]) -> list[str]:
    data = pickle.dumps(content, protocol=2)
    (folder / name).write_bytes(data)
    return [name, hashlib.md5(data).hexdigest()]


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gives a root with a CIFAR10 of 6 training and 2 test images that torchvision takes for the real one."""
    dataset = import_torchvision("torchvision.datasets").CIFAR10
    folder = tmp_path / dataset.base_folder
    folder.mkdir()
    rng = np.random.default_rng(0)

    def batch(name: str, count: int) -> list[str]:
        pixels = rng.integers(0, 256, (count, 3 * 32 * 32), dtype=np.uint8)
        labels = [index % 10 for index in range(count)]
        return _pickle_into(folder, name, {"data": pixels, "labels": labels})

    names = [f"kind {index}" for index in range(10)]
    meta = _pickle_into(folder, "batches.meta", {"label_names": names})
    monkeypatch.setattr(dataset, "train_list", [batch("data_batch_1", 4), batch("data_batch_2", 2)])
    monkeypatch.setattr(dataset, "test_list", [batch("test_batch", 2)])
    monkeypatch.setattr(dataset, "meta", {"filename": meta[0], "key": "label_names", "md5": meta[1]})
    return tmp_path
