"""One training step seen from inside: what each node gives, and when it computes, forward and backward."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.graph import Node as Function
from torch.utils.hooks import RemovableHandle

from graph.scopes import Path

NOBODY: Path = ()  # whose time it is while no node computes


class Watch(Protocol):
    """Tells the time on the device that computes."""

    def now(self) -> Any:
        """The present moment."""

    def seconds(self, start: Any, end: Any) -> float:
        """The time between two moments."""


class HostWatch:
    """For a device that the host waits for."""

    def __init__(self, device: torch.device) -> None:
        self._is_host = device.type == "cpu"

    def now(self) -> float:
        if not self._is_host:
            torch.accelerator.synchronize()
        return time.perf_counter()

    def seconds(self, start: float, end: float) -> float:
        return end - start


class CudaWatch:
    """Notes moments in the stream of work; nothing waits before the first is asked for."""

    def now(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def seconds(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        end.synchronize()
        return float(start.elapsed_time(end)) / 1e3


def watch_of(device: torch.device) -> Watch:
    """The watch for a device."""
    return CudaWatch() if device.type == "cuda" else HostWatch(device)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands.

    Attributes:
        block: whose graph it is in; None for the main graph.
        node_id: its id there.
        unit_dim: the dim that counts the units of an output that may be dead; None where none can be.
    """

    block: str | None
    node_id: str
    unit_dim: int | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """What a node gave, averaged over its calls in a step.

    Attributes:
        dead: share of the units that gave 0 throughout the batch, or None where that means nothing.
    """

    mean: float
    std: float
    dead: float | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A node at work; `path` leads to it from the main graph, through the instances it stands in."""

    place: Place
    parent: Path
    path: Path


class Probe:
    """Looks at every node while it computes, and changes none of its numbers.

    `entered` and `left` stand around the call of each node, as `codegen.probes` puts them.

    Args:
        places: every node by its name in the generated source.
        watch: of the device.
    """

    def __init__(self, places: Mapping[str, Place], watch: Watch) -> None:
        self._places, self._watch = places, watch
        self._stack: list[Visit] = []
        self._moments: list[tuple[Path | None, Any]] = []  # whose time it is from then on; None: the probe's
        self._measured: list[tuple[Visit, int, Tensor]] = []  # with the number of elements
        self._functions: set[Function] = set()
        self._handles: list[RemovableHandle] = []

    def entered(self, key: str) -> Visit:
        """Begins a node's call, before what it is called with is worked out."""
        self._give_time_to(None)
        place, parent = self._places[key], NOBODY
        if self._stack:
            outer = self._stack[-1]
            # Either it is written inside the call of its neighbour, or that is the instance it stands in.
            parent = outer.parent if outer.place.block == place.block else outer.path
        visit = Visit(place, parent, (*parent, place.node_id))
        self._stack.append(visit)
        self._give_time_to(visit.path)
        return visit

    def left(self, visit: Visit, value: Any) -> Any:
        """Ends a node's call; gives its result back."""
        self._give_time_to(None)
        self._stack.pop()
        self._examine(visit, value)
        self._give_time_to(self._stack[-1].path if self._stack else NOBODY)
        return value

    def close(self) -> None:
        """Lets go of the step; to be called when its gradients are there, and also if it failed."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._functions.clear()

    def seconds(self) -> dict[Path, float]:
        """How long each node computed, without the instances it stands in."""
        found: dict[Path, float] = defaultdict(float)
        for (owner, start), (_, end) in zip(self._moments, self._moments[1:], strict=False):
            if owner:
                found[owner] += self._watch.seconds(start, end)
        return found

    def activations(self) -> dict[Path, Activation]:
        """What each node gave."""
        calls: dict[Path, list[Activation]] = defaultdict(list)
        rows = torch.stack([row for *_, row in self._measured]).tolist() if self._measured else []
        for (visit, count, _), (mean, norm, alive) in zip(self._measured, rows, strict=True):
            std = math.sqrt(max(norm * norm / count - mean * mean, 0.0)) if math.isfinite(norm) else math.nan
            dead = None if visit.place.unit_dim is None else 1 - alive
            calls[visit.path].append(Activation(mean, std, dead))
        return {path: _average(each) for path, each in calls.items()}

    def _examine(self, visit: Visit, value: Any) -> None:
        """Looks at the result of a node."""
        self._measure(visit, value)
        self._claim(visit.path, value)

    def _give_time_to(self, owner: Path | None) -> None:
        self._moments.append((owner, self._watch.now()))

    @torch.no_grad()
    def _measure(self, visit: Visit, value: Any) -> None:
        """Leaves mean, norm and share of live units on the device, with no copy of what is measured."""
        tensor = next((each for each in tensors_of(value) if each.is_floating_point()), None)
        if tensor is None or not tensor.numel():
            return
        norm = torch.linalg.vector_norm(tensor, dtype=torch.float32)
        alive = torch.ones_like(norm)
        if (dim := visit.place.unit_dim) is not None:
            others = [each for each in range(tensor.ndim) if each != dim % tensor.ndim]
            alive = (tensor.amax(dim=others) != 0).float().mean()
        row = torch.stack([tensor.mean(dtype=torch.float32), norm, alive])
        self._measured.append((visit, tensor.numel(), row))

    def _claim(self, path: Path, value: Any) -> None:
        """Takes the time of the backward pass behind a result, as far as no node inside it has it."""
        waiting: list[Function | None] = [tensor.grad_fn for tensor in tensors_of(value)]
        while waiting:
            function = waiting.pop()
            if function is None or function in self._functions:
                continue
            self._functions.add(function)
            if not function.next_functions:
                continue  # where a parameter collects its gradient
            self._handles.append(function.register_prehook(self._teller(path)))
            self._handles.append(function.register_hook(self._teller(NOBODY)))
            waiting += (earlier for earlier, _ in function.next_functions)

    def _teller(self, owner: Path) -> Callable[..., None]:
        def tell(*_: object) -> None:
            self._give_time_to(owner)

        return tell


def tensors_of(value: Any) -> Iterator[Tensor]:
    """The tensors of a result, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors_of(each)


def _average(calls: list[Activation]) -> Activation:
    mean = sum(call.mean for call in calls) / len(calls)
    square = sum(call.std**2 + call.mean**2 for call in calls) / len(calls)
    shares = [call.dead for call in calls if call.dead is not None]
    dead = sum(shares) / len(shares) if shares else None
    return Activation(mean, math.sqrt(max(square - mean**2, 0.0)), dead)
