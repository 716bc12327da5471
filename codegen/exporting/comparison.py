"""The outputs of an exported network held against the live ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import torch
from torch import Tensor, nn

from codegen.parity import ParityReport

CHECKED_BATCHES = (1, 5)


def outputs_of(module: nn.Module, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """What the network gives, as a tuple also where it is one tensor."""
    with torch.no_grad():
        given = module(*inputs)
    return given if isinstance(given, tuple) else (given,)


def compare(
    subject: str,
    pairs: Sequence[tuple[Tensor, Tensor]],
    batch_sizes: tuple[int, ...],
    rtol: float = 0.0,
    atol: float = 0.0,
) -> ParityReport:
    """Holds the outputs of an exported network against the live ones.

    Args:
        subject: what ran the exported network.
        pairs: live and exported tensors.
        batch_sizes: what they were computed for.
        rtol: allowed difference as a part of the live number.
        atol: allowed difference besides; with both 0 every bit must be the same.
    """
    difference, ok = 0.0, True
    for live, exported in pairs:
        if live.shape != exported.shape or live.dtype != exported.dtype:
            return ParityReport(subject, batch_sizes, inf, rtol, atol, ok=False)
        difference = max(difference, _largest_difference(live, exported))
        ok = ok and (_close(live, exported, rtol, atol) if rtol or atol else _same_bits(live, exported))
    return ParityReport(subject, batch_sizes, difference, rtol, atol, ok)


def _largest_difference(live: Tensor, exported: Tensor) -> float:
    """Infinite where one side has a number and the other none."""
    one, other = live.double(), exported.double()
    same = (one == other) | (one.isnan() & other.isnan())
    apart = torch.where(same, 0.0, (one - other).abs().nan_to_num(nan=inf, posinf=inf))
    return apart.max().item() if apart.numel() else 0.0


def _close(live: Tensor, exported: Tensor, rtol: float, atol: float) -> bool:
    return torch.allclose(exported.double(), live.double(), rtol, atol, equal_nan=True)


def _same_bits(live: Tensor, exported: Tensor) -> bool:
    one, other = (tensor.flatten().contiguous().view(torch.uint8) for tensor in (live, exported))
    return torch.equal(one, other)
