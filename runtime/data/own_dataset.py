"""A Dataset class from the user's own Python file, which runs only once the user trusts its content."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sized
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from graph.problems import closest
from runtime.custom_trust import TrustStore
from runtime.data.pictures import of_8_bits
from runtime.data.raw import DataError, Loading, RawData, Request, Samples
from runtime.events import DataProgress

TOLD_EVERY = 256  # samples
CODE_ERRORS = (Exception, SystemExit)  # what code of the user's may end in; a script likes to call sys.exit
SHOWN_AS = {"P": "RGB", "PA": "RGBA", "1": "L"}  # modes of Pillow whose numbers are no light
LARGEST_HELD = 1 << 30  # bytes of inputs that are kept while the targets are read


class UntrustedDataError(DataError):
    """The file may not run, as the user has not said that its content is trusted.

    Attributes:
        path: of the file.
        source: its content, which is what the user would trust.
    """

    def __init__(self, path: Path, source: str) -> None:
        super().__init__(
            f"{path} is Python code that is not trusted, or has changed since it was. It could do "
            "anything that "
            "you can do. Expected your consent to run it. Read it, then trust it in the window, or "
            "with `netloom trust PROJECT`."
        )
        self.path, self.source = path, source


@dataclass(frozen=True)
class OwnItems:
    """Inputs of a user's Dataset, read one by one; another process makes the Dataset anew.

    Args:
        path: of the file.
        class_name: of the Dataset in it.
        is_train: what the class is made with, if it takes `train`.
        digest: of the content that the user trusts.
        rows: which of its samples; None for all of `count`.
    """

    path: str
    class_name: str
    is_train: bool
    digest: str
    count: int
    rows: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return self.count if self.rows is None else len(self.rows)

    def __getitem__(self, rows: Tensor) -> OwnItems:
        known = range(self.count) if self.rows is None else self.rows
        return replace(self, rows=tuple(known[row] for row in rows.tolist()))

    def name(self, index: int) -> str:
        """What messages call one of them."""
        return f"{self.path}, {self.class_name}[{index if self.rows is None else self.rows[index]}]"

    def read(self, index: int) -> Tensor:
        """One input.

        Raises:
            DataError: the Dataset does not give it.
        """
        dataset = _dataset(Path(self.path), self.class_name, self.is_train)
        return _sample(dataset, index if self.rows is None else self.rows[index], Path(self.path))[0]

    def identity(self) -> str:
        """A hash of the code and of which samples it is asked for; what the code reads is not known."""
        return hashlib.sha256(
            repr((self.path, self.class_name, self.is_train, self.digest, self.rows)).encode()
        ).hexdigest()


def load_own(request: Request) -> Loading[RawData]:
    """The samples of the user's Dataset, a training and a validation part if it can be made with `train`.

    Raises:
        UntrustedDataError: the user does not trust the file.
        DataError: there is no such class, or it does not give pairs of numbers.
    """
    path = request.file("path", "a Python file with a Dataset class")
    name = request.params.class_name
    yield DataProgress(f"Reading {path.name}", 0, None)
    train = yield from _part(path, name, is_train=True)
    if not _takes_train(_class(path, name)):
        return RawData(train)
    val = yield from _part(path, name, is_train=False)
    kinds = [_kind(_sample(_dataset(path, name, is_train), 0, path)[0]) for is_train in (True, False)]
    if kinds[0] != kinds[1]:
        raise DataError(
            f"{path}, {name} has inputs of {kinds[0]} with train=True, but of {kinds[1]} with train=False. "
            "Expected one kind. Correct __getitem__."
        )
    return RawData(train, val)


def _kind(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _count(dataset: Any, path: Path, name: str) -> int:
    try:
        return len(dataset)
    except CODE_ERRORS as error:
        raise DataError(
            f"{path}, {name}: its length fails ({type(error).__name__}: {error}). Expected the number of "
            "samples. Correct __len__."
        ) from error


def _part(path: Path, name: str, *, is_train: bool) -> Loading[Samples]:
    dataset = _dataset(path, name, is_train)
    count = _count(dataset, path, name)
    if not count:
        raise DataError(f"{path}, {name} is empty. Expected samples. Correct its __len__.")
    first, _ = _sample(dataset, 0, path)
    is_held = first.nbytes * count <= LARGEST_HELD
    inputs, targets = [], []
    for row in range(count):
        if row % TOLD_EVERY == 0:
            yield DataProgress(f"Reading {path.name}", row, count)
        x, y = _sample(dataset, row, path)
        targets.append(y)
        if x.dtype != first.dtype:  # only the bytes of an image are divided by 255
            raise DataError(
                f"{path}: sample 0 has inputs of {_kind(first)}, but sample {row} of {_kind(x)}. Expected "
                "one kind. Correct __getitem__."
            )
        if is_held:
            inputs.append(x)
    if is_held and len({tuple(x.shape) for x in inputs}) == 1:
        return Samples(torch.stack(inputs), _stacked(targets, path))
    digest = hashlib.sha256(_source(path).encode()).hexdigest()
    return Samples(OwnItems(str(path), name, is_train, digest, count), _stacked(targets, path))


def _stacked(targets: list[Tensor], path: Path) -> Tensor:
    shapes = {tuple(y.shape) for y in targets}
    if len(shapes) > 1:
        raise DataError(f"{path} gives targets of shapes {sorted(shapes)[:2]}. Expected one shape. Pad them.")
    return torch.stack(targets)


def _class(path: Path, name: str) -> Any:
    """The class in a file whose content the user trusts."""
    source = _source(path)
    if not TrustStore().is_trusted(source):
        raise UntrustedDataError(path, source)
    space: dict[str, Any] = {"__name__": f"netloom_data_{path.stem}", "__file__": str(path)}
    try:
        exec(compile(source, str(path), "exec"), space)
    except CODE_ERRORS as error:
        raise DataError(
            f"{path} cannot be run ({type(error).__name__}: {error}). Expected it to define {name}."
        ) from error
    if not isinstance(space.get(name), type) or space[name] is Dataset:  # imported, to derive from
        kinds = {key: value for key, value in space.items() if isinstance(value, type)}
        classes = tuple(key for key, kind in kinds.items() if kind.__module__ == space["__name__"])
        close = closest(name, classes)
        hint = f"Did you mean {close!r}?" if close else "Set data.class_name."
        raise DataError(
            f"{path} has no class {name!r}. Expected one of {', '.join(classes) or 'none'}. {hint}"
        )
    return space[name]


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}). Expected Python code in UTF-8. Save it so, or check its "
            "rights."
        ) from error


def _takes_train(kind: Any) -> bool:
    return "train" in inspect.signature(kind).parameters


def _dataset(path: Path, name: str, is_train: bool) -> Any:
    """The Dataset, made once in each process for each content of its file."""
    return _made(path, name, is_train, hashlib.sha256(_source(path).encode()).hexdigest())


@lru_cache(maxsize=4)
def _made(path: Path, name: str, is_train: bool, digest: str) -> Any:
    kind = _class(path, name)
    try:
        dataset = kind(train=is_train) if _takes_train(kind) else kind()
    except CODE_ERRORS as error:
        raise DataError(
            f"{path}, {name}() fails ({type(error).__name__}: {error}). Expected a class that is "
            "made without "
            "arguments, or with train=True. Give its arguments defaults."
        ) from error
    if not isinstance(dataset, Sized) or not hasattr(dataset, "__getitem__"):
        raise DataError(f"{path}, {name} has no __len__ or no __getitem__. Expected a Dataset. Add them.")
    return dataset


def _sample(dataset: Any, row: int, path: Path) -> tuple[Tensor, Tensor]:
    try:
        x, y = dataset[row]
        return _tensor(x), _tensor(y)
    except DataError:
        raise
    except CODE_ERRORS as error:
        raise DataError(
            f"{path}: sample {row} fails ({type(error).__name__}: {error}). Expected a pair of "
            "input and target, "
            "tensors, arrays or numbers. Correct __getitem__."
        ) from error


def _as_shown(image: Any) -> Any:
    """An image of Pillow with 8 bits a colour: not the numbers of its palette, nor 16 bits, nor one."""
    whole = of_8_bits(image)
    return whole.convert(SHOWN_AS.get(whole.mode, whole.mode))


def _tensor(value: Any) -> Tensor:
    if hasattr(value, "convert"):  # an image of Pillow
        pixels = np.array(_as_shown(value))
        return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1).contiguous()
    tensor = value.detach().cpu() if isinstance(value, Tensor) else torch.as_tensor(np.asarray(value))
    if tensor.is_complex():
        raise TypeError("complex numbers, of which half would be lost")
    if tensor.dtype == torch.uint8:
        return tensor
    return tensor.to(torch.float32) if tensor.is_floating_point() else tensor.to(torch.int64)
