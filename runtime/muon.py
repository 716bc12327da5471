"""Muon for the matrices of a network, and AdamW for all that it does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from runtime.compat import plain_step
from runtime.fused_adam import quick_step

BY_MUON = "by_muon"  # of a parameter group: whether Muon moves it
EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)

Group = dict[str, Any]


def muons_own(model: nn.Module) -> set[str]:
    """Names of what Muon moves: every weight with two dims, but those of embeddings.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html
    """
    found = set()
    for path, module in model.named_modules():
        if not isinstance(module, EMBEDDINGS):
            for name, parameter in module.named_parameters(recurse=False):
                if parameter.ndim == 2:
                    found.add(f"{path}.{name}".removeprefix("."))
    return found


class MuonWithAdamW(Optimizer):
    """Two optimizers that are scheduled, saved and loaded as one.

    Args:
        groups: parameter groups, each saying by `BY_MUON` who moves it.
        lr: of both.
        weight_decay: of both.
        fused: whether AdamW has a fused kernel for all of its parameters.
        settings: of Muon.
    """

    def __init__(
        self, groups: list[Group], *, lr: float, weight_decay: float, fused: bool, **settings: Any
    ) -> None:
        self._steps: list[tuple[bool, Optimizer, Callable[[], None]]] = []
        own, others = ([each for each in groups if each[BY_MUON] is wanted] for wanted in (True, False))
        if own:
            muon = Muon(own, lr=lr, weight_decay=weight_decay, **settings)
            self._steps.append((True, muon, plain_step(muon)))
        if others:
            adamw = AdamW(others, lr=lr, weight_decay=weight_decay, fused=fused)
            self._steps.append((False, adamw, quick_step(adamw)))
        # Schedules look there for what they may move; AdamW does not know a momentum and passes over it.
        super().__init__([*own, *others], {"lr": lr, "momentum": settings["momentum"]})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Takes a step by the gradients that there are."""
        for by_muon, optimizer, take in self._steps:
            # Loading puts other groups and another state in place.
            optimizer.param_groups = [each for each in self.param_groups if each[BY_MUON] is by_muon]
            optimizer.state = self.state
            take()
