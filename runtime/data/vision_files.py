"""Data sets of torchvision that are folders of image files; its classes tell which file has which label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from runtime.data.images import image_data
from runtime.data.raw import Loader, Loading, RawData, Request
from runtime.data.vision import Archive, damaged, dataset_class, fetch, not_found, root_of
from runtime.events import DataProgress

READ_ERRORS = (OSError, ValueError, LookupError, RuntimeError, TypeError)


def _no_archives(dataset: Any) -> Sequence[Archive]:
    return ()


@dataclass(frozen=True)
class FileSet:
    """How torchvision's class for a data set is asked.

    Args:
        folder: where the files lie, below the root.
        train: its word for the training part; None if it has no parts.
        val: its word for the part to validate on.
        archives: what is fetched, from the class.
    """

    folder: str
    train: str | None = "train"
    val: str | None = "test"
    archives: Callable[[Any], Sequence[Archive]] = _no_archives


def file_set(files: FileSet) -> Loader:
    """The loader of such a data set."""

    def load(request: Request) -> Loading[RawData]:
        root = root_of(request)
        if root.name == files.folder:
            root = root.parent
        yield DataProgress(f"Reading {request.name}", 0, None)
        if not (root / files.folder).is_dir() and request.params.get("download"):
            yield from fetch(files.archives(dataset_class(request)), root)
        if not (root / files.folder).is_dir():
            raise not_found(
                request, str(root), f"the folder {files.folder} with the files of the data set there"
            )
        train, classes = _read(request, root, files.train)
        if files.train is None or files.val is None:
            return train
        val, others = _read(request, root, files.val)
        if others != classes[: len(others)]:  # a number would stand for another class in it
            reason = f"{files.train} and {files.val} have not the same classes"
            raise damaged(root / files.folder, reason, f"the files of {request.name}, unchanged")
        return replace(train, val=val.train)

    return load


def _read(request: Request, root: Path, part: str | None) -> tuple[RawData, tuple[str, ...]]:
    """A part, and the names of its classes by number, where torchvision has them."""
    try:
        content = dataset_class(request)(root, **({} if part is None else {"split": part}))
    except READ_ERRORS as error:
        raise damaged(root, error, f"the files of {request.name}, unchanged") from error
    pairs = getattr(content, "samples", None) or getattr(content, "_samples", None)
    if pairs is None:
        files = content._image_files if hasattr(content, "_image_files") else content._images
        pairs = list(zip(files, content._labels, strict=True))
    if not pairs:
        raise damaged(root, f"its part {part or 'to train on'} has no images", f"the files of {request.name}")
    y = torch.tensor([label for _, label in pairs])
    count = int(y.max()) + 1
    known = tuple(getattr(content, "classes", ()))
    classes = known or tuple(str(index) for index in range(count))
    names = [Path(path).relative_to(root).as_posix() for path, _ in pairs]
    return image_data(root, names, y, classes), known


def _one(folder: str) -> Callable[[Any], Sequence[Archive]]:
    """The one archive that a class names, unpacked into a folder."""
    return lambda dataset: [Archive(dataset._URL, dataset._MD5, folder)]


FOOD101 = FileSet("food-101", archives=_one(""))
DTD = FileSet("dtd", val="val", archives=_one("dtd"))
PETS = FileSet(
    "oxford-iiit-pet", train="trainval",
    archives=lambda dataset: [Archive(url, md5, "oxford-iiit-pet") for url, md5 in dataset._RESOURCES],
)  # fmt: skip
EUROSAT = FileSet("eurosat", train=None, val=None)
GTSRB = FileSet("gtsrb")
