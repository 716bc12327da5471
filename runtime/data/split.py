"""Which samples are held back for validation."""

from __future__ import annotations

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


def _of_each_class(y: Tensor, order: Tensor, fraction: float, source: str) -> Tensor:
    """The first samples of every class in a random order, but never all of a class."""
    y = y.squeeze(1) if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or not torch.equal(y, y.round()) or len(y.unique()) > MOST_CLASSES:
        raise DataError(
            f"data.stratify is set, but the targets of {source} are no classes. "
            "Expected one class number a sample. Set data.stratify = false."
        )
    shuffled = y[order]
    chosen = []
    for label in shuffled.unique():
        places = (shuffled == label).nonzero().flatten()
        chosen.append(places[: min(round(len(places) * fraction), len(places) - 1)])
    return order[torch.cat(chosen)]
