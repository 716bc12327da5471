"""Small problems that are computed, each fixed by its seed."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.memory import require_room
from runtime.data.raw import Loader, Loading, RawData, Request, Samples
from runtime.events import DataProgress

TURN = 4.0  # radians an arm of a spiral winds from centre to rim
RING_STEP = 1.0  # from one ring to the next

Make = Callable[[Params, torch.Generator], RawData]


def computed(title: str, make: Make) -> Loader:
    """The loader of a problem, from what makes it."""

    def load(request: Request) -> Loading[RawData]:
        yield DataProgress(f"Making {title}", 0, None)
        return make(request.params, torch.Generator().manual_seed(request.params.seed))

    return load


def spirals(params: Params, generator: torch.Generator) -> RawData:
    """Points in the plane, float32 (N, 2), and the arm each lies on, int64 (N,)."""
    arm = torch.arange(params.samples) % params.num_classes
    radius = torch.rand(params.samples, generator=generator)
    noise = torch.randn(params.samples, generator=generator) * params.noise
    angle = arm * (2 * math.pi / params.num_classes) + radius * TURN + noise
    x = torch.stack((radius * torch.sin(angle), radius * torch.cos(angle)), dim=1)
    return _classes(x, arm, [f"arm {index}" for index in range(params.num_classes)])


def moons(params: Params, generator: torch.Generator) -> RawData:
    """Points on two half circles that reach into each other."""
    moon = torch.arange(params.samples) % 2
    angle = torch.rand(params.samples, generator=generator) * math.pi
    upper = torch.stack((angle.cos(), angle.sin()), dim=1)
    lower = torch.stack((1 - angle.cos(), 0.5 - angle.sin()), dim=1)
    x = torch.where(moon[:, None] == 0, upper, lower)
    return _classes(_noisy(x, params, generator), moon, ["upper moon", "lower moon"])


def circles(params: Params, generator: torch.Generator) -> RawData:
    """Points on rings around each other."""
    ring = torch.arange(params.samples) % params.num_classes
    angle = torch.rand(params.samples, generator=generator) * (2 * math.pi)
    radius = (ring + 1) * (RING_STEP / params.num_classes)
    x = torch.stack((radius * angle.cos(), radius * angle.sin()), dim=1)
    names = [f"ring {index}" for index in range(params.num_classes)]
    return _classes(_noisy(x, params, generator), ring, names)


def xor(params: Params, generator: torch.Generator) -> RawData:
    """Points in the square from -1 to 1, and whether exactly one coordinate is positive."""
    x = torch.rand((params.samples, 2), generator=generator) * 2 - 1
    label = (x[:, 0] > 0) ^ (x[:, 1] > 0)
    return _classes(_noisy(x, params, generator), label.to(torch.int64), ["same sign", "different signs"])


def sine(params: Params, generator: torch.Generator) -> RawData:
    """Numbers from -1 to 1, float32 (N, 1), and the noisy height of a wave there, float32 (N,)."""
    x = torch.rand((params.samples, 1), generator=generator) * 2 - 1
    y = (x.squeeze(1) * (math.pi * params.periods)).sin()
    noise = torch.randn(params.samples, generator=generator) * params.noise
    return RawData(Samples(x, y + noise), kind="row")


def parity(params: Params, generator: torch.Generator) -> RawData:
    """Sequences of 0 and 1, int64 (N, length), and whether the number of 1s is odd."""
    require_room(
        params.samples * params.length * torch.int64.itemsize,
        f"{params.samples:,} sequences of {params.length:,} numbers",
        "Lower data.samples or data.length.",
    )
    x = torch.randint(0, 2, (params.samples, params.length), generator=generator)
    data = _classes(x, x.sum(dim=1) % 2, ["even", "odd"])
    return RawData(data.train, num_classes=2, class_names=data.class_names, kind="sequence")


def _noisy(x: Tensor, params: Params, generator: torch.Generator) -> Tensor:
    noise: float = params.noise
    return x + torch.randn(x.shape, generator=generator) * noise


def _classes(x: Tensor, y: Tensor, names: list[str]) -> RawData:
    return RawData(Samples(x, y), num_classes=len(names), class_names=tuple(names))
