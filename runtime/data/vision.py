"""What the data sets of torchvision have in common: where they lie, how they are fetched and unpacked."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from codegen.compat import import_torchvision
from runtime.data.download import default_root, download
from runtime.data.raw import DataError, Loading, Request, Samples
from runtime.events import DataProgress

UNPACK_ERRORS = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Archive:
    """A file that is fetched, and unpacked if it is an archive.

    Args:
        url: its address.
        md5: of its content.
        folder: where it goes, below the root.
        file_name: what it is called there; as in its address when empty.
    """

    url: str
    md5: str
    folder: str = ""
    file_name: str = ""

    @property
    def name(self) -> str:
        """Its file name."""
        return self.file_name or self.url.rpartition("/")[2]


def dataset_class(request: Request) -> Any:
    """Torchvision's class for a source."""
    return getattr(import_torchvision("torchvision.datasets"), request.name)


def root_of(request: Request) -> Path:
    """The folder that the files lie in or below."""
    return default_root() if request.params.root is None else request.resolve(request.params.root)


def fetch(archives: Sequence[Archive], root: Path) -> Loading[None]:
    """Downloads files that are missing, and unpacks archives beside themselves.

    Raises:
        DataError: one cannot be fetched or unpacked.
    """
    for archive in archives:
        target = root / archive.folder / archive.name
        if not target.is_file():
            yield from download([archive.url], target, archive.md5)
        if target.name.endswith((".tar.gz", ".tgz", ".zip")):
            yield DataProgress(f"Unpacking {target.name}", 0, None)
            unpack(target)


def unpack(archive: Path) -> None:
    """Unpacks a .zip or .tar.gz into its folder.

    Raises:
        DataError: it is damaged, or the disk is full.
    """
    try:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as content:
                content.extractall(archive.parent)
        else:
            with tarfile.open(archive) as content:
                content.extractall(archive.parent, filter="data")
    except UNPACK_ERRORS as error:
        raise DataError(
            f"{archive} cannot be unpacked ({error}). Expected a whole archive. Delete it and try again."
        ) from error


def not_found(request: Request, places: str, expected: str) -> DataError:
    """The error for a data set that is not where it should be."""
    fetched = ", or data.download = true to fetch them" if request.params.get("download") is False else ""
    return DataError(
        f"{request.name} was not found: looked in {places}. Expected {expected}. "
        f"Set data.root to the folder that holds them{fetched}, "
        "or data.source = digits, which comes with Netloom."
    )


def damaged(path: Path, reason: object, expected: str) -> DataError:
    """The error for a file that is not what it should be."""
    return DataError(
        f"{path} is damaged: {reason}. Expected {expected}. Delete it and copy or download it again."
    )


def labelled(images: Tensor, labels: Tensor, num_classes: int, path: Path) -> Samples:
    """Images and their labels, known to fit each other.

    Raises:
        DataError: another number of labels than of images, or a label that there is no class for.
    """
    if len(images) != len(labels) or not len(images):
        raise damaged(path, f"it has {len(images)} images and {len(labels)} labels", "one label an image")
    if int(labels.min()) < 0 or int(labels.max()) >= num_classes:
        raise damaged(path, f"it holds the label {int(labels.max())}", f"0 to {num_classes - 1}")
    return Samples(images, labels.to(torch.int64))
