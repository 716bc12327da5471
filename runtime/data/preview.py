"""A look at what a plan's data is before training: some samples, sizes, balance, and where it will wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from runtime.data.choices import DataPlan
from runtime.data.draws import sample_keys
from runtime.data.load import InputDtype, Parts, chains_of, limits_of, read_parts
from runtime.data.measure import batches_of, mean_and_std
from runtime.data.place import expected_place
from runtime.data.prepared import Place
from runtime.data.raw import Column, DataError, Inputs, Items, Loading, RawData, SampleKind
from runtime.data.sampler import class_numbers
from runtime.data.stream import different_shapes
from runtime.data.targets import prepare_targets
from runtime.data.text import PAD
from runtime.data.transforms import Chain

MOST_MEASURED = 200  # files that mean and std are taken from
MOST_CLASSES = 1000  # a target of more whole numbers than this is no class
MOST_SHOWN = 8  # numbers of a target that are written out
TOKENS_PLACE = Place("memory", "Whole numbers are kept in memory as they are.", 0)


@dataclass(frozen=True)
class Preview:
    """What the data of a plan is.

    Shape: inputs (count, *input_shape), targets (count, *target_shape); plain_inputs is like inputs.

    Args:
        kind: what a sample is.
        inputs: some training samples, as the model gets them in the first epoch.
        plain_inputs: the same samples without random transforms.
        targets: theirs.
        input_shape: one sample as the model gets it.
        input_dtype: what the Input has to be.
        target_shape: one target.
        num_classes: None where the targets are values.
        class_names: one a class, or empty.
        class_counts: training samples (or places, of text) of each class, or empty.
        train_samples: how many there are to train on.
        val_samples: how many are held back.
        mean: of each channel or column of training samples, without random transforms.
        std: likewise.
        columns: of a table or series, with what was measured of them.
        vocabulary: the tokens by number, of text.
        place: where the samples will wait, and why there.
        notes: what the user should know.
    """

    kind: SampleKind
    inputs: Tensor
    plain_inputs: Tensor
    targets: Tensor
    input_shape: tuple[int, ...]
    input_dtype: InputDtype
    target_shape: tuple[int, ...]
    num_classes: int | None
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    train_samples: int
    val_samples: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    columns: tuple[Column, ...]
    vocabulary: tuple[str, ...]
    place: Place
    notes: tuple[str, ...]

    @property
    def imbalance(self) -> float | None:
        """How many times as many samples the most frequent class has as the rarest; None without classes."""
        counts = [count for count in self.class_counts if count]
        return max(counts) / min(counts) if counts else None

    def target_text(self, index: int) -> str:
        """The target of one of the samples as a person reads it."""
        target = self.targets[index]
        if self.vocabulary and target.ndim:
            return spelled(target, self.vocabulary)
        if self.num_classes is not None and target.ndim == 0:
            number = int(target)
            return self.class_names[number] if number < len(self.class_names) else str(number)
        if target.numel() > MOST_SHOWN:
            return f"{' × '.join(str(size) for size in target.shape)} numbers"
        return ", ".join(f"{value:.4g}" for value in target.flatten().tolist())


def spelled(tokens: Tensor, vocabulary: Sequence[str]) -> str:
    """A row of numbers of tokens as text, without what only fills it up to its length."""
    are_letters = all(len(token) == 1 for token in vocabulary if not token.startswith("<"))
    said = [vocabulary[token] for token in tokens.tolist()]
    while said and said[-1] == PAD:
        said.pop()
    return ("" if are_letters else " ").join(said)


def preview(
    plan: DataPlan, *, start: int = 0, count: int = 16, seed: int = 0, folder: Path | None = None
) -> Loading[Preview]:
    """Yields progress and returns a look at a plan's data; run it with `yield from`.

    Of files that are decoded one by one only some are read.

    Args:
        plan: which data, and how it is split and prepared.
        start: which training sample is shown first.
        count: samples to show.
        seed: of the run: fixes the split and the random transforms.
        folder: where relative paths start; the working directory when None.

    Raises:
        DataError: the data is missing, damaged or does not suit.
    """
    parts = yield from read_parts(plan, folder, lambda raw: _with_classes(raw, plan), seed)
    rows = _order(parts.train.y)[start : start + count]
    look = _tokens(parts, rows) if _are_tokens(parts) else _prepared(parts, plan, rows, seed)
    targets = parts.train.y[rows]
    if plan.target != "label":
        targets = look.inputs if plan.target == "input" else look.plain_inputs
    return replace(look, targets=targets, target_shape=tuple(targets.shape[1:]))


def _order(y: Tensor) -> Tensor:
    """In which order samples are shown: as they lie, but mixed where class lies behind class."""
    numbers = class_numbers(y)
    if numbers is None or bool((numbers.diff() < 0).any()) or not bool((numbers.diff() > 0).any()):
        return torch.arange(len(y))
    return torch.randperm(len(y), generator=torch.Generator().manual_seed(0))


def _with_classes(raw: RawData, plan: DataPlan) -> tuple[RawData, int | None]:
    """The data with its targets as classes where they are, and how many there are."""
    if plan.target != "label":
        return replace(raw, num_classes=None, class_names=()), None
    y = raw.train.y
    is_whole = not y.is_floating_point() and class_numbers(y) is not None and int(y.max()) < MOST_CLASSES
    if raw.num_classes is None and not is_whole:
        return raw, None
    return prepare_targets(raw, "class", plan.source.type)


def _are_tokens(parts: Parts) -> bool:
    """Whether samples are numbers of tokens or categories, which an Embedding takes."""
    x = parts.train.x
    return (
        isinstance(x, Tensor) and x.dtype == torch.int64 and (bool(parts.vocabulary) or bool(parts.columns))
    )


def _tokens(parts: Parts, rows: Tensor) -> Preview:
    assert isinstance(parts.train.x, Tensor)
    inputs = parts.train.x[rows]
    return _look(parts, (inputs, inputs), "int64", (torch.empty(0), torch.empty(0)), TOKENS_PLACE, ())


def _prepared(parts: Parts, plan: DataPlan, rows: Tensor, seed: int) -> Preview:
    chains, notes = chains_of(plan, parts)
    chain, plain = chains[0], chains[0].without_chance()
    x = parts.train.x
    inputs = _some(x, rows, chain, sample_keys(seed, 1, rows)), _some(x, rows, plain, None)
    batches = batches_of(x, plain, MOST_MEASURED)
    if parts.kind == "sequence" and parts.columns:  # (N, window, columns)
        batches = (batch.transpose(1, 2) for batch in batches)
    measured = mean_and_std(batches)
    place = expected_place((x, parts.val.x), chains, limits_of(plan))
    return _look(parts, inputs, "float32", measured, place, notes)


def _look(
    parts: Parts,
    inputs: tuple[Tensor, Tensor],
    dtype: InputDtype,
    measured: tuple[Tensor, Tensor],
    place: Place,
    notes: tuple[str, ...],
) -> Preview:
    """The preview, with targets still to be put in."""
    return Preview(
        kind=parts.kind,
        inputs=inputs[0],
        plain_inputs=inputs[1],
        targets=torch.empty(0),
        input_shape=tuple(inputs[0].shape[1:]),
        input_dtype=dtype,
        target_shape=(),
        num_classes=parts.num_classes,
        class_names=parts.raw.class_names,
        class_counts=_counts(parts),
        train_samples=len(parts.train),
        val_samples=len(parts.val),
        mean=tuple(measured[0].tolist()),
        std=tuple(measured[1].tolist()),
        columns=parts.columns,
        vocabulary=parts.vocabulary,
        place=place,
        notes=(*parts.raw.notes, *notes),
    )


def _counts(parts: Parts) -> tuple[int, ...]:
    if parts.num_classes is None:
        return ()
    return tuple(parts.train.y.flatten().bincount(minlength=parts.num_classes).tolist())


def _some(x: Inputs, rows: Tensor, chain: Chain, keys: Tensor | None) -> Tensor:
    """Some inputs, prepared.

    Raises:
        DataError: one cannot be read, or they have several shapes.
    """
    if isinstance(x, Tensor):
        return chain(x[rows], keys)
    numbers = rows.tolist()
    each = [
        chain(x.read(row).unsqueeze(0), None if keys is None else keys[place : place + 1])
        for place, row in enumerate(numbers)
    ]
    _require_one_shape(x, numbers, each)
    return torch.cat(each)


def _require_one_shape(x: Items, rows: list[int], each: list[Tensor]) -> None:
    shapes = [tuple(one.shape[1:]) for one in each]
    for row, shape in zip(rows, shapes, strict=True):
        if shape != shapes[0]:
            raise DataError(different_shapes(x, rows[0], shapes[0], row, shape))
