"""Whether light and dark are exchanged in a picture, judged by its edge and the edges of known pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from runtime.data.raw import Inputs
from runtime.data.steps.kinds import BRIGHTEST

LOOKED_AT = 64  # known pictures, spread evenly
_ALPHA = (2, 4)  # numbers of channels of which the last is no colour
_MARGIN = 0.1  # of all brightness, by which an edge may differ from those that are known
_APART = 0.2  # by which one has to differ that is of another kind


@dataclass(frozen=True)
class Edges:
    """How bright the edges of grey pictures are, from 0 to 1.

    Args:
        darkest: mean of the picture with the darkest edge.
        brightest: mean of the one with the brightest.
    """

    darkest: float
    brightest: float

    def are_exchanged_in(self, picture: Tensor) -> bool:
        """Whether an edge lies outside of the known ones, and among them once it is inverted."""
        edge = _edge(picture, BRIGHTEST)
        is_apart = edge < self.darkest - _APART or edge > self.brightest + _APART
        return is_apart and self.darkest - _MARGIN <= 1 - edge <= self.brightest + _MARGIN


def edges_of(known: Inputs) -> Edges | None:
    """The edges of the pictures that a network was trained on; None where inverting one makes no sense.

    Colours do not stand for light and dark alone, and nobody knows what numbers below 0 or above 255 mean.
    """
    count = min(len(known), LOOKED_AT)
    rows = torch.linspace(0, len(known) - 1, count).long().tolist()
    samples = [known[row] if isinstance(known, Tensor) else known.read(row) for row in rows]
    if not samples or any(each.ndim != 3 or each.shape[0] > _ALPHA[0] for each in samples):
        return None
    low, high = (min(float(each.min()) for each in samples), max(float(each.max()) for each in samples))
    if low < 0 or high > BRIGHTEST:
        return None
    is_of_bytes = samples[0].dtype == torch.uint8 or high > 1
    edges = [_edge(each, BRIGHTEST if is_of_bytes else 1) for each in samples]
    return Edges(min(edges), max(edges))


def inverted(picture: Tensor) -> Tensor:
    """A picture of 8 bits with light and dark exchanged; what is transparent stays so."""
    colors = _colors(picture)
    return torch.cat([BRIGHTEST - picture[:colors], picture[colors:]])


def _edge(picture: Tensor, brightest: float) -> float:
    """How bright the outermost pixels are on average."""
    colors = picture[: _colors(picture)].float()
    sides: Sequence[Tensor] = (colors[:, 0], colors[:, -1], colors[:, :, 0], colors[:, :, -1])
    return float(torch.cat([side.flatten() for side in sides]).mean()) / brightest


def _colors(picture: Tensor) -> int:
    """How many channels are colours."""
    return len(picture) - (len(picture) in _ALPHA)
