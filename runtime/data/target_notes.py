"""What is odd about the targets of a data set, before anybody wonders why nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from runtime.data.sampler import class_numbers
from runtime.data.source_choices import is_usual_spread
from runtime.options import rough

FEW = 3  # names that a note has at most
COARSE = 1e-3  # of the standard deviation: rounding to 32 bits that changes targets by more is told


def class_notes(y: Tensor, num_classes: int | None, names: Sequence[str]) -> tuple[str, ...]:
    """At most one sentence on the training targets; none where they are no classes, or as usual.

    Args:
        y: of the training samples.
        num_classes: None where the targets are no classes.
        names: of the classes, or empty.
    """
    numbers = None if num_classes is None or not len(y) else class_numbers(y)
    if numbers is None:
        return ()
    counts = numbers.bincount(minlength=num_classes or 0)
    present, absent = counts.nonzero().flatten(), (counts == 0).nonzero().flatten()
    if len(present) == 1:
        name = _names(present, names)
        return (f"All training samples are of one class, {name}: there is nothing to tell apart.",)
    if len(present) > len(numbers) / 2 and len(present) > FEW:
        return (
            f"{len(counts):,} classes for {len(numbers):,} training samples: the target hardly is a class.",
        )
    return (f"No training sample is of class {_names(absent, names)}.",) if len(absent) else ()


def _names(numbers: Tensor, names: Sequence[str]) -> str:
    listed = ", ".join(names[number] if names else str(number) for number in numbers[:FEW].tolist())
    return listed + (", ..." if len(numbers) > FEW else "")


def target_notes(y: Tensor) -> tuple[str, ...]:
    """What to know of training targets that are numbers: nothing to predict, or too little left of them.

    Shape: y (N,) or (N, K); those of other kinds are no numbers.
    """
    if not y.is_floating_point() or len(y) < 2:
        return ()
    columns = y.reshape(len(y), -1)
    if bool((columns == columns[0]).all()):
        return (
            f"All training targets are {float(columns[0, 0]):.4g}: there is nothing to predict."
            if columns.shape[1] == 1
            else "All training samples have the same targets: there is nothing to predict.",
        )
    lost = (columns.to(torch.float32).to(columns.dtype) - columns).abs().amax(dim=0)
    if bool((lost > columns.std(dim=0) * COARSE).any()):
        return (
            "The targets differ by little for their size, and 32 bits round that off. Set "
            "data.standardize_target = true, or subtract their mean.",
        )
    return ()


def spread_notes(y: Tensor) -> tuple[str, ...]:
    """What to know of numbers to predict that are taken as they are: whether usual steps reach them.

    Shape: y (N,) or (N, K); those of other kinds are no numbers.
    """
    if not y.is_floating_point() or len(y) < 2:
        return ()
    spread = float(y.reshape(len(y), -1).std(dim=0).max())
    if spread == 0 or is_usual_spread(spread):
        return ()
    return (
        f"The numbers to predict are about {rough(spread)} apart, which is learned slowly or not at all. Set "
        "data.standardize_target = true.",
    )
