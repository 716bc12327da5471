"""Which samples are held back for validation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from runtime.data.choices import DEFAULT_VAL_FRACTION
from runtime.data.raw import DataError, RawData, Samples

MOST_CLASSES = 100_000  # a whole-number target with more values than this is hardly a class


def split(
    raw: RawData, val_fraction: float | None, seed: int, source: str, *, stratify: bool = False
) -> tuple[Samples, Samples]:
    """Training and validation samples: the source's own parts, or drawn by the seed if a fraction is given.

    Args:
        raw: what the source gives.
        val_fraction: share to hold back; None takes the source's own parts, or a fifth.
        seed: of the draw.
        source: what messages call the data.
        stratify: whether the same share of every class is held back.

    Raises:
        DataError: too few samples for the fraction, or no classes to hold back equal shares of.
    """
    none = torch.empty(0, dtype=torch.int64)
    if raw.is_split or (raw.val is not None and val_fraction is None):
        return raw.train, raw.train.take(none) if raw.val is None else raw.val
    fraction = DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction
    count = len(raw.train)
    held_back = max(round(count * fraction), 1) if fraction else 0
    if held_back >= count:
        raise DataError(
            f"{source} has {count} training samples, too few to hold back {fraction:g} of them. "
            f"Expected at least {held_back + 1}. Lower data.val_fraction or add samples."
        )
    if not held_back:
        return raw.train, raw.train.take(none)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    val = _of_each_class(raw.train.y, order, fraction, source) if stratify else order[:held_back]
    is_val = torch.zeros(count, dtype=torch.bool)
    is_val[val] = True
    return raw.train.take((~is_val).nonzero().flatten()), raw.train.take(is_val.nonzero().flatten())


def split_notes(raw: RawData, val_fraction: float | None, *, stratify: bool) -> tuple[str, ...]:
    """Tells of a setting or of samples that `split` makes no use of; arguments as there."""
    if stratify and (raw.is_split or (raw.val is not None and val_fraction is None)):
        return ("data.stratify is not used: which samples are held back is not drawn.",)
    if raw.val is not None and not raw.is_split and val_fraction is not None:
        return (
            f"The data's own part to validate on, {len(raw.val):,} samples, is not used: data.val_fraction "
            "asks for a share of the training samples. Empty it to validate on that part.",
        )
    return ()


def _of_each_class(y: Tensor, order: Tensor, fraction: float, source: str) -> Tensor:
    """The first samples of every class in a random order, but never all of a class."""
    y = y.squeeze(1) if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or not torch.equal(y, y.round()) or len(y.unique()) > MOST_CLASSES:
        raise DataError(
            f"data.stratify is set, but the targets of {source} are no classes. "
            "Expected one class number a sample. Set data.stratify = false."
        )
    shuffled = y[order]
    places = [(shuffled == label).nonzero().flatten() for label in shuffled.unique()]
    counts = _shares([len(each) for each in places], max(round(len(y) * fraction), 1))
    if not any(counts):
        raise DataError(
            f"data.stratify is set, but each class of {source} has only one sample. Expected a class with "
            "two, one of which can be held back. Set data.stratify = false."
        )
    return order[torch.cat([each[:count] for each, count in zip(places, counts, strict=True)])]


def _shares(sizes: Sequence[int], wanted: int) -> list[int]:
    """How many of each class are held back: in all as many as wanted, as far as none loses all of its own.

    What is left of whole numbers goes to the classes that it is nearest to the next one for.
    """
    exact = [wanted * size / sum(sizes) for size in sizes]
    counts = [min(int(share), size - 1) for share, size in zip(exact, sizes, strict=True)]
    nearest = sorted(range(len(sizes)), key=lambda index: counts[index] - exact[index])
    for index in nearest:
        if sum(counts) < wanted and counts[index] < sizes[index] - 1:
            counts[index] += 1
    return counts
