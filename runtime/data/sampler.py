"""In which order the training samples of an epoch come."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from runtime.data.raw import DataError

Order = Callable[[torch.Generator], Tensor]


def order_by(sampler: str, targets: Tensor) -> Order:
    """Draws the order of an epoch, int64 (N,), with a generator.

    Args:
        sampler: `shuffle`, `sequential`, or `weighted`, which draws every class equally often.
        targets: of the training samples.

    Raises:
        DataError: `weighted`, but the targets are no classes.
    """
    count = len(targets)
    if sampler == "weighted":
        return _weighted(targets)
    if sampler == "sequential":
        return lambda generator: torch.arange(count)
    return lambda generator: torch.randperm(count, generator=generator)


def _weighted(targets: Tensor) -> Order:
    """Samples with replacement, each class as likely as the others."""
    classes = class_numbers(targets)
    if classes is None:
        raise DataError(
            "sampler is weighted, but the targets are no classes. Expected one class number a sample. "
            "Set sampler = shuffle."
        )
    counts = classes.bincount()
    limits = (1.0 / counts.to(torch.float64))[classes].cumsum(dim=0)

    def order(generator: torch.Generator) -> Tensor:
        points = torch.rand(len(classes), generator=generator, dtype=torch.float64) * limits[-1]
        return torch.searchsorted(limits, points, right=True).clamp(max=len(classes) - 1)

    return order


def class_numbers(targets: Tensor) -> Tensor | None:
    """The class of each sample, int64 (N,); None where the targets are something else."""
    flat = targets.squeeze(1) if targets.ndim == 2 and targets.shape[1] == 1 else targets
    if flat.ndim != 1 or not len(flat):
        return None
    numbers = flat.to("cpu", torch.int64)
    if bool((numbers != flat.cpu()).any()) or int(numbers.min()) < 0:
        return None
    return numbers
