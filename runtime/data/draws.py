"""Random numbers that belong to a sample: the same whatever batch, device or process it is drawn in.

Every sample of an epoch has a key; the numbers are a hash of key and position. So a run that was stopped
in the middle of an epoch goes on with the same numbers, and a whole batch is drawn at once.

Source: https://doi.org/10.1145/2714064.2660195 (SplitMix64)
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_FLOAT_BITS = 24


def _signed(word: int) -> int:
    """The int64 of the same 64 bits."""
    return ((word + (1 << 63)) % (1 << 64)) - (1 << 63)


def _shifted(words: Tensor, count: int) -> Tensor:
    """A shift to the right that brings in zeros, which int64 lacks."""
    return (words >> count) & ((1 << (64 - count)) - 1)


def _mixed(words: Tensor) -> Tensor:
    words = (words ^ _shifted(words, 30)).mul_(_signed(_FIRST))
    words.bitwise_xor_(_shifted(words, 27)).mul_(_signed(_SECOND))
    return words.bitwise_xor_(_shifted(words, 31))


def sample_keys(seed: int, epoch: int, rows: Tensor) -> Tensor:
    """One key a sample, int64 (N,), from the run's seed, the epoch and the samples' numbers."""
    key, second = (
        torch.full((1,), number, dtype=torch.int64, device=rows.device)  # `torch.tensor` waits for the device
        for number in (_signed(seed % (1 << 64)), epoch)
    )
    for number in (second, rows.to(torch.int64)):
        key = _mixed(key) + (number + 1) * _signed(_GOLDEN)
    return _mixed(key)


class Draws:
    """The random numbers of one transform for a batch.

    Args:
        keys: of the samples.
        step: the transform's place in its chain, so that equal transforms draw different numbers.
    """

    def __init__(self, keys: Tensor, step: int = 0) -> None:
        self._keys = _mixed(keys ^ _signed((step + 1) * _FIRST % (1 << 64)))
        self._count = 0

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Numbers from low to below high.

        Shape: float32 (N, *shape).
        """
        return _share(self._words(shape), 64 - _FLOAT_BITS) * (high - low) + low

    def _words(self, shape: tuple[int, ...]) -> Tensor:
        """64 random bits each, int64 (N, *shape)."""
        size = math.prod(shape)
        places = torch.arange(self._count + 1, self._count + size + 1, device=self._keys.device)
        self._count += size
        return _mixed(self._keys[:, None] + places * _signed(_GOLDEN)).view(len(self._keys), *shape)

    def below(self, limit: int | Tensor) -> Tensor:
        """Whole numbers from 0 to below a limit, which may differ between samples.

        Shape: int64 (N,).
        """
        drawn = (self.uniform() * limit).to(torch.int64)
        return drawn.clamp(max=limit - 1)

    def normal(self, *shape: int) -> Tensor:
        """Numbers of zero mean and unit variance.

        Shape: float32 (N, *shape).
        """
        words = self._words(shape)  # enough bits for two numbers each
        first, second = _share(words, 64 - _FLOAT_BITS), _share(words, 64 - 2 * _FLOAT_BITS)
        radius = first.neg_().log1p_().mul_(-2).sqrt_()
        return radius.mul_(second.mul_(2 * math.pi).cos_())


def _share(words: Tensor, start: int) -> Tensor:
    """Numbers from 0 to below 1, from _FLOAT_BITS bits of each word from `start` on."""
    bits = (words >> start) & ((1 << _FLOAT_BITS) - 1)
    return bits.to(torch.float32).mul_(2.0**-_FLOAT_BITS)
