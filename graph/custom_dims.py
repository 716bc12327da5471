"""Sizes that a computation gave, recognised as what they are made of: `N`, `T + 2`, `N*T`, `(T + 1)//2`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd

from graph.dims import Dim, symbol
from graph.shapes import BATCH_NAME, TensorSpec, shape_symbols

Sizes = Mapping[str, int]

MAX_SYMBOLS = 3  # besides the batch
MAX_DIVISOR = 8
_BATCHES = (2, 3, 5)
_LAST_BATCH = 7
_FAR = 60
_LENGTHS = (29, 53, 83)  # far enough apart for no two symbols to have the same size


def trials(inputs: Iterable[TensorSpec]) -> list[Sizes]:
    """Sizes for the symbols of some tensors, so chosen that what is computed from them can be recognised.

    Each symbol takes several sizes while the others stay; in the last trial all are other ones.

    Args:
        inputs: with at most `MAX_SYMBOLS` symbols besides the batch.
    """
    names = symbols_of(inputs)
    assert len(names) <= MAX_SYMBOLS
    lengths = dict(zip(names, _LENGTHS, strict=False))
    base = {BATCH_NAME: _BATCHES[0], **lengths}
    found = [base, *({**base, BATCH_NAME: size} for size in _BATCHES[1:])]
    for name, length in lengths.items():
        # As many in a row as the largest divisor, and one far away: only one quotient gives all of them.
        found += [{**base, name: length + more} for more in (*range(1, MAX_DIVISOR + 1), _FAR)]
    last = {name: length + 15 + 2 * index for index, (name, length) in enumerate(lengths.items())}
    return [*found, {BATCH_NAME: _LAST_BATCH, **last}]


def symbols_of(inputs: Iterable[TensorSpec]) -> list[str]:
    """The symbols in the shapes of some tensors, besides the batch."""
    return sorted({name for tensor in inputs for name in shape_symbols(tensor.shape)} - {BATCH_NAME})


def recognised(sizes: Sequence[int], runs: Sequence[Sizes]) -> Dim | None:
    """The dim that has these sizes in these trials; None if it is none that can be recognised."""
    return _recognised(list(sizes), runs, tuple(runs[0]))


def _recognised(sizes: list[int], runs: Sequence[Sizes], names: tuple[str, ...]) -> Dim | None:
    if len(set(sizes)) == 1:
        return sizes[0]
    for name in names:
        others = tuple(other for other in names if other != name)
        for form in (_multiple, _sum, _quotient):
            found = form(name, sizes, runs, others)
            if found is not None:
                return found
    common = gcd(*sizes)
    inner = _recognised([size // common for size in sizes], runs, names) if common > 1 else None
    return None if inner is None else inner * common


def _multiple(name: str, sizes: list[int], runs: Sequence[Sizes], others: tuple[str, ...]) -> Dim | None:
    """`name` times something."""
    if any(size % run[name] for size, run in zip(sizes, runs, strict=True)):
        return None
    left = [size // run[name] for size, run in zip(sizes, runs, strict=True)]
    inner = _recognised(left, runs, (name, *others))  # it may be a factor twice
    return None if inner is None else inner * symbol(name)


def _sum(name: str, sizes: list[int], runs: Sequence[Sizes], others: tuple[str, ...]) -> Dim | None:
    """A number of `name` and something."""
    longer = next(index for index, run in enumerate(runs) if run[name] != runs[0][name])
    slope, rest = divmod(sizes[longer] - sizes[0], runs[longer][name] - runs[0][name])
    if rest or not slope:
        return None
    left = [size - slope * run[name] for size, run in zip(sizes, runs, strict=True)]
    inner = _recognised(left, runs, others)
    return None if inner is None else symbol(name) * slope + inner


def _quotient(name: str, sizes: list[int], runs: Sequence[Sizes], others: tuple[str, ...]) -> Dim | None:
    """`name` with something added, divided by a small number and rounded down."""
    for divisor in range(2, MAX_DIVISOR + 1):
        least = [size * divisor - run[name] for size, run in zip(sizes, runs, strict=True)]
        if max(least) < min(least) + divisor:
            quotient: Dim = (symbol(name) + max(least)) // divisor
            return quotient
    return None
