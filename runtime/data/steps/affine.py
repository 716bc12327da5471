"""Transforms that turn, move, scale and shear images, each in its own way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from graph.catalog.call import Params
from runtime.data.draws import Draws
from runtime.data.steps.kinds import Drawn, Random, Shape, in_floats


@dataclass(frozen=True)
class Motion:
    """What is done to each image; all (N,).

    Args:
        angle: in degrees, as torchvision's `affine` counts it.
        right: shift in pixels.
        down: shift in pixels.
        scale: factor.
        shear: along the x axis, in degrees.
    """

    angle: Tensor
    right: Tensor
    down: Tensor
    scale: Tensor
    shear: Tensor

    def inverse(self) -> Tensor:
        """Where each pixel comes from, as matrices (N, 2, 3) about the middle of the image.

        Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.affine.html
        """
        turn, shear = self.angle.deg2rad(), self.shear.deg2rad()
        cosine, sine, tangent = turn.cos(), turn.sin(), shear.tan()
        top = torch.stack((cosine - sine * tangent, sine + cosine * tangent), dim=1)
        bottom = torch.stack((-sine, cosine), dim=1)
        linear = torch.stack((top, bottom), dim=1)
        linear = linear / self.scale[:, None, None]
        shift = torch.stack((self.right, self.down), dim=1)[:, :, None]
        return torch.cat((linear, -linear @ shift), dim=2)


def _moved(images: Tensor, motion: Motion, interpolation: str) -> Tensor:
    """The images after their motion; what was outside of them is 0."""
    height, width = images.shape[-2:]
    grid = _base_grid(height, width, images.device)  # (H * W, 3)
    halves = torch.stack([torch.full((), 0.5 * size, device=images.device) for size in (width, height)])
    matrices = motion.inverse().transpose(1, 2).to(images.device) / halves  # (N, 3, 2)
    places = (grid @ matrices).view(-1, height, width, 2)
    return in_floats(
        images, lambda batch: F.grid_sample(batch, places, mode=interpolation, align_corners=False)
    )


def _base_grid(height: int, width: int, device: torch.device) -> Tensor:
    """The pixels' places about the middle, with a 1 for the shift."""
    rows = torch.arange(height, device=device) - (height - 1) / 2
    columns = torch.arange(width, device=device) - (width - 1) / 2
    x, y = columns.expand(height, width), rows[:, None].expand(height, width)
    return torch.stack((x, y, torch.ones_like(x)), dim=2).view(-1, 3)


def _draw_rotation(params: Params, shape: Shape, draws: Draws) -> Drawn:
    return {"angle": draws.uniform(low=-params.degrees, high=params.degrees)}


def _rotate(images: Tensor, params: Params, drawn: Drawn) -> Tensor:
    zeros = torch.zeros_like(drawn["angle"])
    motion = Motion(-drawn["angle"], zeros, zeros, zeros + 1, zeros)
    return _moved(images, motion, params.interpolation)


def _draw_affine(params: Params, shape: Shape, draws: Draws) -> Drawn:
    drawn = {"angle": draws.uniform(low=-params.degrees, high=params.degrees)}
    shares = params.translate or (0.0, 0.0)
    for name, share, length in zip(("right", "down"), shares, (shape[-1], shape[-2]), strict=True):
        most = share * length
        drawn[name] = draws.uniform(low=-most, high=most).round()
    low, high = params.scale or (1.0, 1.0)
    drawn["scale"] = draws.uniform(low=low, high=high)
    shear = params.shear or 0.0
    drawn["shear"] = draws.uniform(low=-shear, high=shear)
    return drawn


def _affine(images: Tensor, params: Params, drawn: Drawn) -> Tensor:
    return _moved(images, Motion(**drawn), params.interpolation)


ROTATION = Random(_draw_rotation, _rotate)
AFFINE = Random(_draw_affine, _affine)
