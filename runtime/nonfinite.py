"""Finds the node in which numbers stop being finite, by computing a batch once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from graph.scopes import Path
from runtime.probe import HostWatch, Place, Probe, Visit, tensors_of

Kind = Literal["output", "gradient"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the first number began that is not finite.

    Attributes:
        path: the ids that lead to the node: those of the instances it stands in, then its own.
        kind: whether its output or the gradient of that is not finite.
        name: what the user calls the node.
    """

    path: Path
    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"the {self.kind} of {self.name}"


class FiniteProbe(Probe):
    """Looks for numbers that are not finite in each node's output and in the gradient that comes back to it.

    Args:
        places: every node by its name in the generated source.
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        super().__init__(places, HostWatch(torch.device("cpu")))
        self._found: list[tuple[Path, Kind, Tensor]] = []

    def first(self) -> tuple[Path, Kind] | None:
        """The first node that gave one, in the order of computation."""
        return next(((path, kind) for path, kind, finite in self._found if not finite), None)

    def _examine(self, visit: Visit, value: Any) -> None:
        for tensor in tensors_of(value):
            if tensor.is_floating_point():
                self._note(visit.path, "output", tensor)
                if tensor.requires_grad:
                    tensor.register_hook(partial(self._note, visit.path, "gradient"))

    def _note(self, path: Path, kind: Kind, tensor: Tensor) -> None:
        self._found.append((path, kind, tensor.detach().isfinite().all()))


@contextmanager
def undone(model: nn.Module) -> Iterator[None]:
    """Lets a batch be computed once more, and puts back the buffers and random states that this changes."""
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    devices = list({each.device for each in model.parameters() if each.is_cuda})
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        for parameter in model.parameters():
            parameter.grad = None
