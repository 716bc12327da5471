"""Files of the user's as samples of a run's data: pictures, arrays, and rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from runtime.data.choices import DataPlan
from runtime.data.encoding import TableFit
from runtime.data.frames import file_row, notes_of, read_frame
from runtime.data.given_choices import GivenKind, given_kind
from runtime.data.images import ImageFiles
from runtime.data.inverted import Edges, edges_of, inverted
from runtime.data.npy import read_npy
from runtime.data.pictures import READ_ERRORS, read_pixels
from runtime.data.raw import DataError, Inputs, RawData, Samples
from runtime.data.steps.kinds import BRIGHTEST
from runtime.data.tables import table_rows
from runtime.data.transforms import Chain

MODES: Mapping[int, str] = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # Pillow's colours, by their number


@dataclass
class Given:
    """Puts samples from files in the place of validation samples, so that they are prepared as these are.

    Args:
        paths: the files, all of a kind.
        most: samples that are taken of them.
        inverts: whether pictures in which light and dark are exchanged are inverted.

    Attributes:
        names: what the samples are called; known once they were read.
        exchanged: the files in which light and dark seem exchanged.
        total: how many there were in the files.
        notes: what the user should know, such as that a picture was brought to another size.
    """

    paths: Sequence[Path]
    most: int
    inverts: bool = False
    names: tuple[str, ...] = ()
    exchanged: list[str] = field(default_factory=list)
    total: int = 0
    notes: list[str] = field(default_factory=list)
    _edges: Edges | None = None  # of the data's pictures

    def __call__(self, plan: DataPlan, raw: RawData, train: Samples, val: Samples) -> Samples:
        """The samples, as the data's own files would hold them.

        Raises:
            DataError: a file cannot be read, or holds nothing like the data's samples.
        """
        x = self._inputs(plan, raw, train.x)
        return Samples(x, train.y[torch.zeros(len(x), dtype=torch.int64)])

    def _inputs(self, plan: DataPlan, raw: RawData, known: Inputs) -> Inputs:
        kinds = {given_kind(path) for path in self.paths}
        takes = plan.source.spec.takes
        for kind in kinds:
            if kind not in takes:
                raise DataError(
                    f"{self.paths[0].name} is no sample of {plan.source.type}. "
                    f"Expected {' or '.join(WORDS[each] for each in takes) or 'no file: it takes none'}."
                )
        if kinds == {"table"}:
            return self._rows(raw)
        sample = known[0] if isinstance(known, Tensor) else known.read(0)
        self._edges = edges_of(known) if "picture" in kinds else None
        read = self._picture if kinds == {"picture"} else self._array
        found = [each for path in self.paths for each in read(path, plan, known, sample)]
        self.total, found = len(found), found[: self.most]
        self.names = self.names[: self.most]
        same = {tuple(each.shape) for each in found} == {tuple(sample.shape)}
        return torch.stack(found) if same and isinstance(known, Tensor) else _Held(tuple(found), self.names)

    # -- tables

    def _rows(self, raw: RawData) -> Tensor:
        assert isinstance(raw.fit, TableFit), "a table is fitted"
        parts = []
        for path in self.paths:
            frame = read_frame(path)
            rows, notes = table_rows(frame, raw.fit.cells, path)
            parts.append(rows)
            self.notes += [*notes_of(frame), *notes]
            self.names += tuple(f"{path.name}, row {file_row(row)}" for row in range(len(rows)))
        table = torch.cat(parts)
        self.total, self.names = len(table), self.names[: self.most]
        return table[: self.most]

    # -- pictures

    def _picture(self, path: Path, plan: DataPlan, known: Inputs, sample: Tensor) -> list[Tensor]:
        pixels = self._set_right(_read_picture(path, _mode(known, sample, path)), path)
        if _prepared_shape(plan, pixels) != _prepared_shape(plan, sample):
            size = tuple(sample.shape[1:])
            self.notes.append(
                f"{path.name} was brought from {_size(pixels.shape)} to {_size(size)} pixels, "
                "the size of the data's pictures."
            )
            pixels = _resized(pixels, size)
        self.names += (path.name,)
        return [pixels if sample.dtype == torch.uint8 else _as_numbers(pixels, known, path)]

    def _set_right(self, pixels: Tensor, path: Path) -> Tensor:
        """The picture, inverted if that is wanted and its light and dark are exchanged."""
        if self._edges is None or not self._edges.are_exchanged_in(pixels):
            return pixels
        self.exchanged.append(path.name)
        return inverted(pixels) if self.inverts else pixels

    # -- arrays

    def _array(self, path: Path, plan: DataPlan, known: Inputs, sample: Tensor) -> list[Tensor]:
        values = read_npy(path)
        shape = tuple(sample.shape)
        if values.shape == shape:
            values = values[np.newaxis]
        if values.shape[1:] != shape or not len(values):
            raise DataError(
                f"{path} has shape {values.shape}. Expected one sample {shape}, or several "
                f"{('N', *shape)!r}. Save it in that shape."
            )
        tensor = torch.from_numpy(np.ascontiguousarray(values)).to(torch.float64)
        if not bool(tensor.isfinite().all()):
            raise DataError(f"{path} holds numbers that are not finite. Expected finite ones. Replace them.")
        fitting = tensor.to(sample.dtype)
        if not sample.dtype.is_floating_point and not torch.equal(fitting.to(torch.float64), tensor):
            raise DataError(
                f"{path} holds {values.dtype}. Expected {str(sample.dtype).removeprefix('torch.')}, as the "
                "data has it. Save it so."
            )
        count = len(fitting)
        self.names += (path.name,) if count == 1 else tuple(f"{path.name}[{row}]" for row in range(count))
        return list(fitting)


WORDS: Mapping[GivenKind, str] = {
    "picture": "a picture", "array": "an .npy of one sample or several", "table": "a table with its columns",
}  # fmt: skip


@dataclass(frozen=True)
class _Held:
    """Inputs that may have several shapes."""

    tensors: tuple[Tensor, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tensors)

    def __getitem__(self, rows: Tensor) -> _Held:
        numbers = rows.tolist()
        return _Held(tuple(self.tensors[row] for row in numbers), tuple(self.names[row] for row in numbers))

    def name(self, index: int) -> str:
        """What messages call one of them."""
        return self.names[index]

    def read(self, index: int) -> Tensor:
        """One of them."""
        return self.tensors[index]

    def identity(self) -> str:
        """What tells them from others: they are not kept, so nothing needs to."""
        return repr(self.names)


def _mode(known: Inputs, sample: Tensor, path: Path) -> str:
    """The colours in which a picture is read."""
    if isinstance(known, ImageFiles):
        return known.mode
    if sample.ndim != 3 or sample.shape[0] not in MODES:
        raise DataError(
            f"{path.name} is a picture, but the run's samples have shape {tuple(sample.shape)}. "
            "Expected an .npy of that shape."
        )
    return MODES[sample.shape[0]]


def _read_picture(path: Path, mode: str) -> Tensor:
    try:
        return read_pixels(path, mode)
    except READ_ERRORS as error:
        raise DataError(
            f"{path} cannot be read as an image ({error}). Expected a whole image file. Choose another one."
        ) from error


def _prepared_shape(plan: DataPlan, sample: Tensor) -> tuple[int, ...] | None:
    """The shape that a sample gets; None where it cannot be prepared."""
    steps = tuple(each for each in plan.eval_transforms if each.type != "Normalize")
    try:
        return Chain(steps).output_shape(tuple(sample.shape))
    except (DataError, RuntimeError):
        return None  # too small for a crop


def _resized(pixels: Tensor, size: tuple[int, ...]) -> Tensor:
    scaled = interpolate(
        pixels.unsqueeze(0).float(), size=list(size), mode="bilinear", align_corners=False, antialias=True
    )
    return scaled[0].round().clamp(0, BRIGHTEST).to(torch.uint8)


def _as_numbers(pixels: Tensor, known: Inputs, path: Path) -> Tensor:
    """8-bit pixels in the range of the data's numbers.

    Raises:
        DataError: nobody knows what black and white are in it.
    """
    first = known if isinstance(known, Tensor) else known.read(0)
    low, high = (float(each) for each in first.float().aminmax())
    if low < 0 or high > BRIGHTEST:
        raise DataError(
            f"{path.name} is a picture, but the data's numbers lie from {low:.4g} to {high:.4g}, so that its "
            "black and white are not known. Expected an .npy with numbers like the data's."
        )
    return pixels.to(first.dtype) / (BRIGHTEST if high <= 1 else 1)


def _size(shape: Sequence[int]) -> str:
    return f"{shape[-1]} × {shape[-2]}"
