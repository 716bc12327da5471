"""What a data source gives before it is split and prepared."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, Self, TypeAlias, TypeVar

from torch import Tensor

from graph.catalog.call import Params
from runtime.events import DataProgress

SampleKind = Literal["image", "row", "sequence", "text"]


class DataError(Exception):
    """The data cannot be used; the text says what was found, what was expected and how to mend it."""


class DataCancelled(Exception):
    """Loading was stopped before it was done."""


class Items(Protocol):
    """Inputs that are read one by one, as there may be more of them than fit into memory.

    They cross to other processes, so they hold no open file.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Tensor) -> Self:
        """Some of them, by number."""

    def read(self, index: int) -> Tensor:
        """One input: an 8-bit image (C, H, W), or floats.

        Raises:
            DataError: it cannot be read; the text names its file.
        """

    def identity(self) -> str:
        """A text that changes whenever what they hold may have changed."""


Inputs: TypeAlias = "Tensor | Items"


@dataclass(frozen=True)
class Samples:
    """Inputs and targets of the same length.

    Shape: x (N, ...), y (N,) or (N, K).
    """

    x: Inputs
    y: Tensor

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Tensor) -> Samples:
        """Some of them, by number."""
        return Samples(self.x[rows], self.y[rows])


@dataclass(frozen=True)
class Column:
    """A column of a table, or a channel of a series, as it was taken.

    Args:
        name: in the file.
        kind: `numeric`, `categorical`, `boolean`, `datetime`, `target` or `skip`.
        width: numbers that the model gets of it.
        text: what was measured of it, such as mean and standard deviation.
        shift: was taken away from its numbers, before they were divided.
        scale: that they were divided by.
        titles: of the numbers that the model gets of it, where they are several.
    """

    name: str
    kind: str
    width: int = 1
    text: str = ""
    shift: float = 0.0
    scale: float = 1.0
    titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """Both parts as numbers, and what was measured for that on the training samples.

    Args:
        vocabulary: the tokens by number, of text.
        notes: what the user should know.
    """

    train: Samples
    val: Samples
    columns: tuple[Column, ...] = ()
    vocabulary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


Fit = Callable[[Samples, Samples], Fitted]  # of training and validation samples


@dataclass(frozen=True)
class RawData:
    """A data set as its files hold it; 8-bit inputs are images of 0 to 255.

    Args:
        val: the source's own split for validation, where it has one.
        num_classes: how many classes the targets are known to have; None where they need not be classes.
        class_names: one a class, or empty.
        kind: what a sample is; None takes it from its shape.
        is_split: whether the source has held back what the plan asks for itself.
        columns: of a table or series, as far as they need no fitting.
        fit: what is left to do after the split; None if nothing is.
        vocabulary: the tokens by number, of text.
        notes: what the user should know.
    """

    train: Samples
    val: Samples | None = None
    num_classes: int | None = None
    class_names: tuple[str, ...] = ()
    kind: SampleKind | None = None
    is_split: bool = False
    columns: tuple[Column, ...] = ()
    fit: Fit | None = None
    vocabulary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """Which data to read.

    Args:
        source: the source's type, such as `torchvision:MNIST`.
        params: its parameters.
        folder: where relative paths start.
        val_fraction: share to hold back, for sources whose samples cannot be drawn one by one.
    """

    source: str
    params: Params
    folder: Path
    val_fraction: float | None = None

    @property
    def name(self) -> str:
        """`MNIST` of `torchvision:MNIST`."""
        return self.source.rpartition(":")[2]

    def resolve(self, path: str) -> Path:
        """The place that a path of the plan denotes.

        Raises:
            DataError: it denotes none, or one that nobody may look at.
        """
        try:
            place = self.folder / Path(path).expanduser()
            place.exists()
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"{path} cannot be looked up ({error}). Expected a path of the data of {self.source}. "
                "Correct it, or check the rights of its folders."
            ) from error
        return place

    def file(self, key: str = "path", expected: str = "a file") -> Path:
        """The file that a parameter names.

        Raises:
            DataError: it names none, or there is no such file.
        """
        value = self.params[key]
        if value is None:
            raise DataError(
                f"data.{key} is empty, so the source {self.source} has no file. "
                f"Expected {expected}. Set data.{key}."
            )
        path = self.resolve(value)
        require_file(path, expected, f"data.{key}")
        return path


def require_file(path: Path, expected: str, key: str) -> None:
    """Nothing, if there is a file.

    Raises:
        DataError: there is none, or a folder.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder. Expected {expected}. Name a file in {key}.")
    if not path.is_file():
        raise DataError(f"{path} was not found. Expected {expected} there. Correct {key} or create it.")


ResultT = TypeVar("ResultT")
Loading: TypeAlias = Generator[DataProgress, None, ResultT]
Loader: TypeAlias = Callable[[Request], Loading[RawData]]
