"""What a transform is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.draws import Draws

BRIGHTEST = 255

Shape = tuple[int, ...]  # of one sample
Drawn = Mapping[str, Tensor]  # one entry a sample, by what it stands for
Fixed = Callable[[Tensor, Params], Tensor]


@dataclass(frozen=True)
class Random:
    """A transform that differs from sample to sample.

    Args:
        draw: what to do with each sample, from parameters, shape of a sample and random numbers.
        apply: does it to a batch.
    """

    draw: Callable[[Params, Shape, Draws], Drawn]
    apply: Callable[[Tensor, Params, Drawn], Tensor]

    def __call__(self, batch: Tensor, params: Params, draws: Draws) -> Tensor:
        """The batch, each sample changed in its own way."""
        return self.apply(batch, params, self.draw(params, tuple(batch.shape[1:]), draws))


@lru_cache(maxsize=64)
def constant(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Numbers on a device, not to be changed; made once, as a GPU is waited for while they are sent there."""
    return torch.tensor(values, dtype=dtype, device=device)


def per_sample(values: Tensor, batch: Tensor) -> Tensor:
    """Values (N,) with the dims it takes to be combined with a batch (N, ...)."""
    return values.view(-1, *[1] * (batch.ndim - 1))


def in_floats(batch: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """The changed batch, in its own dtype; 8-bit images are rounded as torchvision does."""
    if batch.dtype != torch.uint8:
        return change(batch)
    return change(batch.to(torch.float32)).round_().clamp_(0, BRIGHTEST).to(torch.uint8)


def height_width(size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width of a size that may be one number for both."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])
