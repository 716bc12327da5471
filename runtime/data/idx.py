"""The MNIST family: images and labels in idx files, plain or compressed."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from codegen.compat import import_torchvision
from runtime.data.download import default_root, download
from runtime.data.raw import DataError, Loading, RawData, Request, Samples
from runtime.events import DataProgress

UINT8 = 8
LARGEST = 1 << 32  # bytes; a damaged header may promise anything
FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip


def load_idx(request: Request) -> Loading[RawData]:
    """Images uint8 (N, 1, 28, 28) and labels int64 (N,), with the data set's own test part for validation.

    Raises:
        DataError: files that are missing, cannot be fetched, or are damaged.
    """
    dataset = getattr(import_torchvision("torchvision.datasets"), request.name)
    root = default_root() if request.params.root is None else request.resolve(request.params.root)
    folder = _find_folder(root, request.name)
    if folder is None and request.params.download:
        folder = root / request.name / "raw"
        yield from _download(dataset, folder)
    if folder is None:
        raise _not_found(root, request.name)
    arrays = []
    for index, name in enumerate(FILES):
        yield DataProgress(f"Reading {request.name}", index, len(FILES))
        arrays.append(read_idx(_existing(folder, name) or folder / name))
    names = tuple(dataset.classes)
    train = _samples(arrays[0], arrays[1], folder, FILES[:2], len(names))
    val = _samples(arrays[2], arrays[3], folder, FILES[2:], len(names))
    return RawData(train, val, num_classes=len(names), class_names=names)


def _candidates(root: Path, name: str) -> tuple[Path, ...]:
    return root / name / "raw", root / "raw", root


def _find_folder(root: Path, name: str) -> Path | None:
    complete = (f for f in _candidates(root, name) if all(_existing(f, file) for file in FILES))
    return next(complete, None)


def _existing(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _download(dataset: Any, folder: Path) -> Loading[None]:
    for name, md5 in dataset.resources:
        if not _existing(folder, name.removesuffix(".gz")):
            yield from download([f"{mirror}{name}" for mirror in dataset.mirrors], folder / name, md5)


def _not_found(root: Path, name: str) -> DataError:
    places = ", ".join(str(path) for path in _candidates(root, name))
    return DataError(
        f"{name} was not found: looked in {places}. "
        f"Expected {', '.join(FILES)}, plain or .gz, in one of them. "
        f"Set data.root to the folder that holds them, or data.download = true to fetch them, "
        f"or data.source = digits, which comes with Netloom."
    )


def read_idx(path: Path) -> Tensor:
    """The 8-bit array that an idx file holds, decompressed if its name ends in .gz.

    Raises:
        DataError: the file is no idx file, or cut short.

    Source: https://github.com/cvdfoundation/mnist (file format)
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            zeros, kind, ndim = struct.unpack(">HBB", file.read(4))
            if zeros != 0 or kind != UINT8:
                raise _damaged(path, "it does not start like an idx file of bytes")
            shape = struct.unpack(f">{ndim}I", file.read(4 * ndim))
            size = math.prod(shape)
            if not 1 <= size <= LARGEST:
                raise _damaged(path, f"its header promises {size:,} bytes")
            content = bytearray(file.read(size + 1))
    except (OSError, EOFError, struct.error, zlib.error) as error:
        raise _damaged(path, str(error) or "it ends too early") from error
    if len(content) != size:
        found = f"{len(content):,}" if len(content) < size else "more"
        raise _damaged(path, f"its header promises {size:,} bytes {shape}, it holds {found}")
    return torch.frombuffer(content, dtype=torch.uint8).view(shape)


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is damaged: {reason}. Expected a whole idx file. Delete it and copy or download it again."
    )


def _samples(images: Tensor, labels: Tensor, folder: Path, names: Sequence[str], num_classes: int) -> Samples:
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
