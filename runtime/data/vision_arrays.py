"""Data sets of torchvision that are arrays in a few files: SVHN, STL10 and USPS."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from runtime.data.matlab import read_matlab
from runtime.data.raw import Loader, Loading, RawData, Request, Samples
from runtime.data.vision import Archive, damaged, dataset_class, fetch, labelled, not_found, root_of
from runtime.events import DataProgress

DIGITS = tuple(str(digit) for digit in range(10))
SVHN_SIZE, STL_SIZE, USPS_SIZE = 32, 96, 16
READ_ERRORS = (OSError, EOFError, ValueError, KeyError)


@dataclass(frozen=True)
class ArrayFiles:
    """A data set in a few files.

    Args:
        files: their names below the root, those of training first.
        archives: what is fetched, from torchvision's class.
        read: gives a part from the paths of its files.
        names: of the classes, from the folder of the files.
    """

    files: tuple[tuple[str, ...], tuple[str, ...]]
    archives: Callable[[Any], Sequence[Archive]]
    read: Callable[[Sequence[Path]], Samples]
    names: Callable[[Path], tuple[str, ...]] = lambda folder: DIGITS


def array_files(files: ArrayFiles) -> Loader:
    """The loader of such a data set."""

    def load(request: Request) -> Loading[RawData]:
        root = root_of(request)
        wanted = [name for part in files.files for name in part]
        folder = _folder(root, wanted)
        if folder is None and request.params.download:
            yield from fetch(files.archives(dataset_class(request)), root)
            folder = _folder(root, wanted)
        if folder is None:
            raise not_found(request, str(root), f"{', '.join(wanted)} there")
        parts = []
        for index, names in enumerate(files.files):
            yield DataProgress(f"Reading {request.name}", index, len(files.files))
            paths = [folder / name for name in names]
            try:
                parts.append(files.read(paths))
            except READ_ERRORS as error:
                raise damaged(paths[0], error, f"the file of {request.name}, unchanged") from error
        classes = files.names(folder)
        return RawData(parts[0], parts[1], num_classes=len(classes), class_names=classes, kind="image")

    return load


def _folder(root: Path, names: Sequence[str]) -> Path | None:
    """The root, or the folder in it that holds the files by their last names."""
    places = (root, root.parent) if root.is_dir() else (root,)
    return next((place for place in places if all((place / name).is_file() for name in names)), None)


def _read_svhn(paths: Sequence[Path]) -> Samples:
    arrays = read_matlab(paths[0])
    pixels = np.ascontiguousarray(arrays["X"].transpose(3, 2, 0, 1))  # (H, W, C, N) -> (N, C, H, W)
    labels = arrays["y"].reshape(-1).astype(np.int64) % 10  # a 0 is written as 10
    return labelled(torch.from_numpy(pixels), torch.from_numpy(labels), 10, paths[0])


def _read_stl(paths: Sequence[Path]) -> Samples:
    pixels = np.fromfile(paths[0], np.uint8).reshape(-1, 3, STL_SIZE, STL_SIZE).transpose(0, 1, 3, 2)
    labels = np.fromfile(paths[1], np.uint8).astype(np.int64) - 1
    return labelled(torch.from_numpy(pixels.copy()), torch.from_numpy(labels), 10, paths[0])


def _stl_names(folder: Path) -> tuple[str, ...]:
    path = folder / "stl10_binary" / "class_names.txt"
    return tuple(path.read_text("ascii").split()) if path.is_file() else DIGITS


def _read_usps(paths: Sequence[Path]) -> Samples:
    """Lines such as `6 1:-1.0 2:0.5 ...`, the label from 1, pixels from -1 to 1."""
    with bz2.open(paths[0], "rt", encoding="ascii") as file:
        rows = [line.split() for line in file if line.strip()]
    labels = np.array([int(float(row[0])) - 1 for row in rows])
    values = np.array([[float(cell.partition(":")[2]) for cell in row[1:]] for row in rows])
    pixels = ((values + 1) / 2 * 255).astype(np.uint8).reshape(-1, 1, USPS_SIZE, USPS_SIZE)
    return labelled(torch.from_numpy(pixels), torch.from_numpy(labels), 10, paths[0])


def _listed(dataset: Any) -> list[Archive]:
    return [Archive(url, md5) for url, _, md5 in (dataset.split_list[part] for part in ("train", "test"))]


def _stl_archive(dataset: Any) -> list[Archive]:
    return [Archive(dataset.url, dataset.tgz_md5)]


SVHN = ArrayFiles((("train_32x32.mat",), ("test_32x32.mat",)), _listed, _read_svhn)
USPS = ArrayFiles((("usps.bz2",), ("usps.t.bz2",)), _listed, _read_usps)
STL10 = ArrayFiles(
    (
        ("stl10_binary/train_X.bin", "stl10_binary/train_y.bin"),
        ("stl10_binary/test_X.bin", "stl10_binary/test_y.bin"),
    ),
    _stl_archive,
    _read_stl,
    _stl_names,
)
