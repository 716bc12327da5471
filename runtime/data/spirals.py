"""Points on interleaved spirals: a small problem that a linear model cannot solve."""

from __future__ import annotations

import math

import torch

from runtime.data.raw import Loading, RawData, Request, Samples
from runtime.events import DataProgress

TURN = 4.0  # radians an arm winds from centre to rim


def load_spirals(request: Request) -> Loading[RawData]:
    """Points in the plane, float32 (N, 2), and the arm each lies on, int64 (N,); fixed by the seed."""
    params = request.params
    yield DataProgress("Making spirals", 0, None)
    generator = torch.Generator().manual_seed(params.seed)
    arm = torch.arange(params.samples) % params.num_classes
    radius = torch.rand(params.samples, generator=generator)
    noise = torch.randn(params.samples, generator=generator) * params.noise
    angle = arm * (2 * math.pi / params.num_classes) + radius * TURN + noise
    x = torch.stack((radius * torch.sin(angle), radius * torch.cos(angle)), dim=1)
    names = tuple(f"arm {index}" for index in range(params.num_classes))
    return RawData(Samples(x, arm), num_classes=params.num_classes, class_names=names)
