"""The MNIST family: images and labels in idx files, plain or compressed."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from runtime.data.download import download
from runtime.data.raw import DataError, Loading, RawData, Request, Samples
from runtime.data.vision import Archive, dataset_class, fetch, not_found, root_of
from runtime.events import DataProgress

KINDS = {0x08: ">u1", 0x0C: ">i4"}  # numbers that these files hold
LARGEST = 1 << 32  # bytes; a damaged header may promise anything
FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip
QMNIST_FILES = tuple(
    f"qmnist-{part}-{kind}" for part in ("train", "test") for kind in ("images-idx3-ubyte", "labels-idx2-int")
)


def load_idx(request: Request) -> Loading[RawData]:
    """Images uint8 (N, 1, 28, 28) and labels int64 (N,), with the data set's own test part for validation.

    Raises:
        DataError: files that are missing, cannot be fetched, or are damaged.
    """
    return (yield from _load(request, FILES, tuple(dataset_class(request).classes)))


def load_emnist(request: Request) -> Loading[RawData]:
    """One of EMNIST's splits, as `load_idx`."""
    split = request.params.split
    kinds = ("images-idx3-ubyte", "labels-idx1-ubyte")
    names = tuple(f"emnist-{split}-{part}-{kind}" for part in ("train", "test") for kind in kinds)
    return (yield from _load(request, names, tuple(dataset_class(request).classes_split_dict[split])))


def load_qmnist(request: Request) -> Loading[RawData]:
    """QMNIST, as `load_idx`; of all that its labels tell, the digit is taken."""
    return (yield from _load(request, QMNIST_FILES, tuple(dataset_class(request).classes)))


def _load(request: Request, names: Sequence[str], classes: tuple[str, ...]) -> Loading[RawData]:
    root = root_of(request)
    folder = _find_folder(root, request.name, names)
    if folder is None and request.params.download:
        folder = root / request.name / "raw"
        yield from FETCH.get(request.name, _fetch_files)(dataset_class(request), folder)
    if folder is None:
        raise _not_found(request, root, names)
    arrays = []
    for index, name in enumerate(names):
        yield DataProgress(f"Reading {request.name}", index, len(names))
        arrays.append(read_idx(_existing(folder, name) or folder / name))
    train = _samples(arrays[0], arrays[1], folder, names[:2], len(classes))
    val = _samples(arrays[2], arrays[3], folder, names[2:], len(classes))
    return RawData(train, val, num_classes=len(classes), class_names=classes)


def _candidates(root: Path, name: str) -> tuple[Path, ...]:
    return root / name / "raw", root / "raw", root


def _find_folder(root: Path, name: str, files: Sequence[str]) -> Path | None:
    complete = (f for f in _candidates(root, name) if all(_existing(f, file) for file in files))
    return next(complete, None)


def _existing(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _fetch_files(dataset: Any, folder: Path) -> Loading[None]:
    for name, md5 in dataset.resources:
        if not _existing(folder, name.removesuffix(".gz")):
            yield from download([f"{mirror}{name}" for mirror in dataset.mirrors], folder / name, md5)


def _fetch_qmnist(dataset: Any, folder: Path) -> Loading[None]:
    for url, md5 in (*dataset.resources["train"], *dataset.resources["test"]):
        name = url.rpartition("/")[2]
        if not _existing(folder, name.removesuffix(".gz")):
            yield from download([url], folder / name, md5)


def _fetch_emnist(dataset: Any, folder: Path) -> Loading[None]:
    yield from fetch([Archive(dataset.url, dataset.md5)], folder)
    for path in (folder / "gzip").glob("*.gz"):
        path.replace(folder / path.name)


FETCH: Mapping[str, Callable[[Any, Path], Loading[None]]] = {"EMNIST": _fetch_emnist, "QMNIST": _fetch_qmnist}


def _not_found(request: Request, root: Path, files: Sequence[str]) -> DataError:
    places = ", ".join(str(path) for path in _candidates(root, request.name))
    return not_found(request, places, f"{', '.join(files)}, plain or .gz, in one of them")


def read_idx(path: Path) -> Tensor:
    """The array that an idx file holds, uint8 or int32, decompressed if its name ends in .gz.

    Raises:
        DataError: the file is no idx file, or cut short.

    Source: https://github.com/cvdfoundation/mnist (file format)
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            zeros, kind, ndim = struct.unpack(">HBB", file.read(4))
            if zeros != 0 or kind not in KINDS:
                raise _damaged(path, "it does not start like an idx file of bytes or integers")
            shape = struct.unpack(f">{ndim}I", file.read(4 * ndim))
            numbers = np.dtype(KINDS[kind])
            size = math.prod(shape) * numbers.itemsize
            if not 1 <= size <= LARGEST:
                raise _damaged(path, f"its header promises {size:,} bytes")
            content = bytearray(file.read(size + 1))
    except (OSError, EOFError, struct.error, zlib.error) as error:
        raise _damaged(path, str(error) or "it ends too early") from error
    if len(content) != size:
        found = f"{len(content):,}" if len(content) < size else "more"
        raise _damaged(path, f"its header promises {size:,} bytes {shape}, it holds {found}")
    array = np.frombuffer(content, numbers).reshape(shape)
    return torch.from_numpy(array.astype(numbers.newbyteorder("="), copy=False))


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is damaged: {reason}. Expected a whole idx file. Delete it and copy or download it again."
    )


def _samples(images: Tensor, labels: Tensor, folder: Path, names: Sequence[str], num_classes: int) -> Samples:
    if labels.ndim == 2 and labels.dtype == torch.int32:  # of QMNIST: the digit comes first
        labels = labels[:, 0]
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise DataError(
            f"{folder}: {names[0]} has shape {tuple(images.shape)} and {names[1]} {tuple(labels.shape)}. "
            "Expected images (N, H, W) and as many labels (N,). Put matching files there."
        )
    if int(labels.max()) >= num_classes:
        raise DataError(
            f"{folder}: {names[1]} holds the label {int(labels.max())}. Expected 0 to {num_classes - 1}. "
            "Put the files of this data set there."
        )
    return Samples(images.unsqueeze(1), labels.to(torch.int64))
