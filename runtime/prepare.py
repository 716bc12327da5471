"""Puts a network into the form in which a plan wants it computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from runtime.compiling import compiled
from runtime.plan import TrainingPlan


def prepared(model: nn.Module, plan: TrainingPlan, device: torch.device) -> Callable[..., Any]:
    """What computes the answers of a network, whose weights are laid out as planned.

    Raises:
        TrainingFailure: it is to be compiled, and there is no compiler.
    """
    if plan.channels_last:
        put_channels_last(model)
    return compiled(model, device) if plan.compile else model


def put_channels_last(model: nn.Module) -> None:
    """Stores the weights of two-dimensional convolutions with their channels last; their outputs follow.

    Source: https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html
    """
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)
