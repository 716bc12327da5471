"""What a data source gives before it is split and prepared."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from torch import Tensor

from graph.catalog.spec import Params
from runtime.events import DataProgress


class DataError(Exception):
    """The data cannot be used; the text says what was found, what was expected and how to mend it."""


class DataCancelled(Exception):
    """Loading was stopped before it was done."""


@dataclass(frozen=True)
class Samples:
    """Inputs and targets of the same length.

    Shape: x (N, ...), y (N,) or (N, K).
    """

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class RawData:
    """A data set as its files hold it; 8-bit inputs are images of 0 to 255.

    Args:
        val: the source's own split for validation, where it has one.
        num_classes: how many classes the targets are known to have; None where they need not be classes.
        class_names: one a class, or empty.
    """

    train: Samples
    val: Samples | None = None
    num_classes: int | None = None
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """Which data to read.

    Args:
        source: the source's type, such as `torchvision:MNIST`.
        params: its parameters.
        folder: where relative paths start.
    """

    source: str
    params: Params
    folder: Path

    @property
    def name(self) -> str:
        """`MNIST` of `torchvision:MNIST`."""
        return self.source.rpartition(":")[2]

    def resolve(self, path: str) -> Path:
        """The place that a path of the plan denotes."""
        return self.folder / Path(path).expanduser()


ResultT = TypeVar("ResultT")
Loading: TypeAlias = Generator[DataProgress, None, ResultT]
Loader: TypeAlias = Callable[[Request], Loading[RawData]]
