"""What is odd about the classes of a data set, before anybody wonders why nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from runtime.data.sampler import class_numbers

FEW = 3  # names that a note has at most


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
    present = [names[index] if names else str(index) for index in counts.nonzero().flatten().tolist()]
    absent = [names[index] if names else str(index) for index in (counts == 0).nonzero().flatten().tolist()]
    if len(present) == 1:
        return (f"All training samples are of one class, {present[0]}: there is nothing to tell apart.",)
    if len(present) > len(numbers) / 2 and len(present) > FEW:
        return (
            f"{len(counts):,} classes for {len(numbers):,} training samples: the target hardly is a class.",
        )
    if absent:
        listed = ", ".join(absent[:FEW]) + (", ..." if len(absent) > FEW else "")
        return (f"No training sample is of class {listed}.",)
    return ()
