"""CIFAR-10 and CIFAR-100, read by torchvision's classes, which check the files' sums first."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import torch

from codegen.compat import import_torchvision
from runtime.data.download import default_root, download
from runtime.data.raw import DataError, Loading, RawData, Request, Samples
from runtime.events import DataProgress


def load_cifar(request: Request) -> Loading[RawData]:
    """Images uint8 (N, 3, 32, 32) and labels int64 (N,), with the data set's own test part for validation.

    Raises:
        DataError: files that are missing, cannot be fetched, or are damaged.
    """
    dataset = getattr(import_torchvision("torchvision.datasets"), request.name)
    root = default_root() if request.params.root is None else request.resolve(request.params.root)
    if root.name == dataset.base_folder:
        root = root.parent
    if not _has_files(dataset, root) and request.params.download:
        yield from _download(dataset, root)
    if not _has_files(dataset, root):
        raise _not_found(dataset, root, request.name)
    yield DataProgress(f"Reading {request.name}", 0, 2)
    train, names = _read(dataset, root, train=True)
    yield DataProgress(f"Reading {request.name}", 1, 2)
    val, _ = _read(dataset, root, train=False)
    return RawData(train, val, num_classes=len(names), class_names=names)


def _has_files(dataset: Any, root: Path) -> bool:
    names = [name for name, _ in dataset.train_list + dataset.test_list]
    return all((root / dataset.base_folder / name).is_file() for name in names)


def _download(dataset: Any, root: Path) -> Loading[None]:
    archive = root / dataset.filename
    if not archive.is_file():
        yield from download([dataset.url], archive, dataset.tgz_md5)
    yield DataProgress(f"Unpacking {archive.name}", 0, None)
    try:
        with tarfile.open(archive) as content:
            content.extractall(root, filter="data")
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(
            f"{archive} cannot be unpacked ({error}). Expected a whole archive. Delete it and try again."
        ) from error


def _not_found(dataset: Any, root: Path, name: str) -> DataError:
    return DataError(
        f"{name} was not found: looked in {root / dataset.base_folder}. "
        f"Expected the files of {dataset.filename} there. Set data.root to the folder that holds "
        f"{dataset.base_folder}, or data.download = true to fetch it, or data.source = digits, "
        "which comes with Netloom."
    )


def _read(dataset: Any, root: Path, *, train: bool) -> tuple[Samples, tuple[str, ...]]:
    try:
        content = dataset(root, train=train, download=False)
    except (RuntimeError, OSError) as error:
        raise DataError(
            f"{root / dataset.base_folder} is damaged ({error}). "
            f"Expected the files of {dataset.filename}, unchanged. Delete the folder and download it again."
        ) from error
    images = torch.from_numpy(content.data).permute(0, 3, 1, 2).contiguous()  # (N, H, W, C) -> (N, C, H, W)
    return Samples(images, torch.tensor(content.targets, dtype=torch.int64)), tuple(content.classes)
