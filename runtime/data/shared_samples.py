"""Samples that are in training and validation alike, which makes validation figures too good."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from runtime.data.choices import DataPlan
from runtime.data.images import ImageFiles
from runtime.data.measure import spread
from runtime.data.place import megabytes
from runtime.data.raw import Inputs, RawData, Samples
from runtime.data.shared_files import file_keys
from runtime.output_choices import LABEL

MOST_BYTES = 2_000_000_000  # of inputs, which are gone through in less than a second
MOST_FILES = 10_000  # of images, to read pieces of in about half a second
LEAST_SAMPLES, LEAST_SHARE = 3, 0.01  # of validation; fewer move no figure that anybody goes by
TIMES_CHANCE = 2  # more than that many times what chance makes is no matter of chance
MOST_ROWS, MOST_COLUMNS = 2_000, 1_000  # that are looked at for what chance makes
WORD_BYTES, CHUNK_BYTES = 4, 1 << 20
NOT_COMPARED = "Whether validation samples are training samples, too, was not looked at:"

Keys: TypeAlias = npt.NDArray[np.uint64]  # one a sample


def shared_notes(plan: DataPlan, raw: RawData, train: Samples, val: Samples) -> tuple[str, ...]:
    """At most one sentence on validation samples that have the input of a training sample, byte by byte.

    Inputs are compared before transforms, as random ones would hide that. Nothing is told of

    - less than three samples or one percent: natural twins, as iris has;
    - no more than twice what chance makes: where columns have few values, rows alike are no copies;
    - windows of series and blocks of text, whose parts lie one behind the other: a series that repeats
      itself has windows alike, and that is what there is to learn;
    - what the user's own Dataset gives one by one, as it would have to compute everything once more.
      Image files are compared as files, without decoding them.

    Args:
        plan: which data.
        raw: the data before its split.
        train: the training samples, as they were read or as tokens.
        val: the validation samples, likewise.
    """
    if not len(val) or (raw.is_split and raw.kind in ("sequence", "text")):
        return ()
    keys = _both_keys(train.x, val.x)
    if not isinstance(keys, tuple):
        return (keys,) if keys else ()
    shared = _among(keys[1], keys[0])
    count, total = int(shared.sum()), len(val)
    if count < max(LEAST_SAMPLES, LEAST_SHARE * total) or count <= TIMES_CHANCE * total * _chance(train.x):
        return ()
    contradicting = 0
    if plan.target == LABEL:
        pairs = [each + _keys(part.y, 1) for each, part in zip(keys, (train, val), strict=True)]
        contradicting = count - int(_among(pairs[1][shared], pairs[0]).sum())
    return (_note(count, total, contradicting, is_table="split_column" in plan.source.params),)


def _both_keys(first: Inputs, second: Inputs) -> tuple[Keys, Keys] | str | None:
    """Keys that equal inputs of both parts share; else why there are none, where anybody need know."""
    if isinstance(first, ImageFiles) and isinstance(second, ImageFiles):
        return _keys_of_files(first, second)
    if not isinstance(first, Tensor) or not isinstance(second, Tensor):
        return None
    if not first.numel() or (first.shape[1:], first.dtype) != (second.shape[1:], second.dtype):
        return None
    if (size := first.nbytes + second.nbytes) > MOST_BYTES:
        return (
            f"{NOT_COMPARED} the inputs take {megabytes(size)}, and no more than {megabytes(MOST_BYTES)} are "
            "compared."
        )
    return _keys(first, 0), _keys(second, 0)


def _keys_of_files(first: ImageFiles, second: ImageFiles) -> tuple[Keys, Keys] | str:
    paths, more = ([part.name(row) for row in range(len(part))] for part in (first, second))
    found = file_keys(paths, more, MOST_FILES)
    if isinstance(found, int):
        return f"{NOT_COMPARED} {found:,} files would have to be read, and no more than {MOST_FILES:,} are."
    numbers = {key: number for number, key in enumerate({*found[0], *found[1]})}
    keys, others = (np.array([numbers[key] for key in part], np.uint64) for part in found)
    return keys, others


def _note(count: int, total: int, contradicting: int, *, is_table: bool) -> str:
    """Tells of samples in both parts, and of those that have the target of no training sample like them."""
    begun = f"{count:,} of {total:,} validation samples have the same input as a training sample"
    if contradicting == count:
        return (
            f"{begun}, but another target: no model can be right on both. Expected one target for an input. "
            "Correct the targets, or give the model what tells these samples apart."
        )
    others = (
        f"{contradicting:,} of them with another target: no model can be right on both, and the validation "
        "figures are too good for the others"
        if contradicting
        else "so the validation figures are too good for new data"
    )
    mend = (
        "Drop repeated rows from the file, or keep them together with data.split_column."
        if is_table
        else "Remove repeated samples from the data."
    )
    return f"{begun}, {others}. Expected samples of their own. {mend}"


def _among(keys: Keys, known: Keys) -> npt.NDArray[np.bool_]:
    """Which keys are known; `np.isin` takes ten times as long."""
    ordered = np.sort(known)
    places = np.searchsorted(ordered, keys)
    found: npt.NDArray[np.bool_] = ordered[np.minimum(places, len(ordered) - 1)] == keys
    return found


def _keys(values: Tensor, seed: int) -> Keys:
    """A number for each row, the same for equal bytes; for others with a chance of less than 2**-32.

    Source: M. Dietzfelbinger, Universal hashing and k-wise independent random variables via integer
    arithmetic without primes, 1996: a sum of 32-bit words, each times a random 64-bit number.
    """
    rows = values.reshape(len(values), -1).contiguous().view(torch.uint8).numpy()
    count, size = rows.shape
    words, step = -(-size // WORD_BYTES), max(CHUNK_BYTES // size, 1)
    factors = np.random.default_rng(seed).integers(0, 2**64 - 1, words, np.uint64, endpoint=True)
    padded = np.zeros((min(step, count), words * WORD_BYTES), np.uint8)
    keys = np.empty(count, np.uint64)
    for start in range(0, count, step):
        chunk = rows[start : start + step]
        padded[: len(chunk), :size] = chunk
        keys[start : start + step] = padded[: len(chunk)].view(np.uint32).astype(np.uint64) @ factors
    return keys


def _chance(x: Inputs) -> float:
    """The share of samples that would be like one of these, if every column were drawn by itself.

    Few rows and columns tell it; more columns could only make it smaller.
    """
    if not isinstance(x, Tensor):
        return 0.0
    values = x.reshape(len(x), -1)
    rows = torch.tensor(spread(len(values), MOST_ROWS)).unsqueeze(1)
    columns = torch.tensor(spread(values.shape[1], MOST_COLUMNS))
    alike = float(len(values))
    for column in values[rows, columns].numpy().T:
        if len(rows) < 2 or TIMES_CHANCE * alike < LEAST_SHARE:
            break
        _, counts = np.unique(column, return_counts=True)
        alike *= float((counts * (counts - 1)).sum()) / (len(rows) * (len(rows) - 1))
    return min(alike, 1.0)
