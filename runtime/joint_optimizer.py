"""Several optimizers, each for a part of a network's weights, that are one to everybody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.optim import Optimizer

from runtime.fused_adam import quick_step


class JointOptimizer(Optimizer):
    """Optimizers that are scheduled, saved and loaded as one.

    Args:
        parts: each moves the parameter groups that it was made with.
        defaults: what schedules look at to learn what they may move: the `lr`, and `momentum` or `betas`. A
            part that does not know what is moved passes over it.
    """

    def __init__(self, parts: Sequence[Optimizer], defaults: Mapping[str, Any]) -> None:
        groups = [group for part in parts for group in part.param_groups]
        super().__init__(groups, dict(defaults))
        self._steps: list[tuple[Optimizer, int, Callable[[], None]]] = [
            (part, len(part.param_groups), quick_step(part)) for part in parts
        ]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Takes a step by the gradients that there are."""
        first = 0
        for part, count, take in self._steps:
            # Loading puts other groups and another state in place, in the same order.
            part.param_groups = self.param_groups[first : first + count]
            part.state = self.state
            first += count
            take()
