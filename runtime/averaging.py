"""A moving average of a network's weights, which often does better than the weights themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """Follows the weights and buffers of a network, a little way at every step.

    It computes what `AveragedModel` with `get_ema_multi_avg_fn` does, with one call for all weights, as long
    as nothing but the optimizer changes them. Buffers of whole numbers, such as counters, are copied.

    Args:
        model: the network.
        decay: share of the average that stays at a step.

    Source: https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._model, self._weight = model, 1 - decay
        live = model.state_dict(keep_vars=True)
        moved = {name: tensor for name, tensor in live.items() if tensor.is_floating_point()}
        self._names, self._live = list(moved), [tensor.detach() for tensor in moved.values()]
        self._average = [tensor.clone() for tensor in self._live]
        self._others = {name: tensor for name, tensor in live.items() if name not in moved}
        self._has_begun = False

    @torch.no_grad()
    def update(self) -> None:
        """Moves the average towards the weights; the first time it becomes them."""
        weight = self._weight if self._has_begun else 1.0
        if self._has_begun:
            torch._foreach_lerp_(self._average, self._live, weight)
        else:
            torch._foreach_copy_(self._average, self._live)
        self._has_begun = True

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Puts the average into the network for a while."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged weights by name; empty before the first step."""
        return dict(zip(self._names, self._average, strict=True)) if self._has_begun else {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from saved averages; what is not among them begins at the weights as they are."""
        for name, average, live in zip(self._names, self._average, self._live, strict=True):
            given = state.get(name)
            average.copy_(live if given is None or given.shape != live.shape else given)
        self._has_begun = bool(state)

    @torch.no_grad()
    def _swap(self) -> None:
        if self._has_begun:
            kept = [tensor.clone() for tensor in self._live]
            torch._foreach_copy_(self._live, self._average)
            torch._foreach_copy_(self._average, kept)
