"""CIFAR-10 and CIFAR-100, read by torchvision's classes, which check the files' sums first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from runtime.data.raw import DataError, Loading, RawData, Request, Samples
from runtime.data.vision import Archive, dataset_class, fetch, not_found, root_of
from runtime.events import DataProgress


def load_cifar(request: Request) -> Loading[RawData]:
    """Images uint8 (N, 3, 32, 32) and labels int64 (N,), with the data set's own test part for validation.

    Raises:
        DataError: files that are missing, cannot be fetched, or are damaged.
    """
    dataset, root = dataset_class(request), root_of(request)
    if root.name == dataset.base_folder:
        root = root.parent
    if not _has_files(dataset, root) and request.params.download:
        yield from fetch([Archive(dataset.url, dataset.tgz_md5, file_name=dataset.filename)], root)
    if not _has_files(dataset, root):
        expected = f"the files of {dataset.filename} there, in a folder {dataset.base_folder}"
        raise not_found(request, str(root / dataset.base_folder), expected)
    yield DataProgress(f"Reading {request.name}", 0, 2)
    train, names = _read(dataset, root, train=True)
    yield DataProgress(f"Reading {request.name}", 1, 2)
    val, _ = _read(dataset, root, train=False)
    return RawData(train, val, num_classes=len(names), class_names=names)


def _has_files(dataset: Any, root: Path) -> bool:
    names = [name for name, _ in dataset.train_list + dataset.test_list]
    return all((root / dataset.base_folder / name).is_file() for name in names)


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
