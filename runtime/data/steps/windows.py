"""Transforms that move whole pixels: crops, borders and flips."""

from __future__ import annotations

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.draws import Draws
from runtime.data.raw import DataError
from runtime.data.steps.kinds import Drawn, Random, Shape, height_width, per_sample

Sides = tuple[int, int, int, int]  # left, top, right, bottom


def _sides(padding: int | tuple[int, ...]) -> Sides:
    if isinstance(padding, int):
        return padding, padding, padding, padding
    left, top, right, bottom = padding
    return left, top, right, bottom


def window(batch: Tensor, top: Tensor, left: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """The part of each image that starts at its top and left, which may lie outside of it.

    Args:
        batch: images (N, C, H, W).
        top: first row of each, int64 (N,).
        left: first column of each, int64 (N,).
        size: height and width of the part.
        mode: what shows outside, as torchvision's `padding_mode`.
    """
    rows, is_row = _places(top, size[0], batch.shape[-2], mode)
    columns, is_column = _places(left, size[1], batch.shape[-1], mode)
    count, channels = batch.shape[:2]
    lines = batch.gather(2, rows[:, None, :, None].expand(count, channels, -1, batch.shape[-1]))
    part = lines.gather(3, columns[:, None, None, :].expand(count, channels, size[0], -1))
    if mode == "constant":
        part = part * (is_row[:, None, :, None] & is_column[:, None, None, :])
    return part


def _places(start: Tensor, count: int, size: int, mode: str) -> tuple[Tensor, Tensor]:
    """Where the pixels of a line come from, and which of them lie inside; both (N, count)."""
    wanted = start[:, None] + torch.arange(count, device=start.device)
    inside = (wanted >= 0) & (wanted < size)
    if mode == "reflect" and size > 1:
        period = 2 * (size - 1)
        wanted = wanted.remainder(period)
        wanted = torch.minimum(wanted, period - wanted)
    elif mode == "symmetric":
        wanted = wanted.remainder(2 * size)
        wanted = torch.minimum(wanted, 2 * size - 1 - wanted)
    return wanted.clamp(0, size - 1), inside


def pad(batch: Tensor, params: Params) -> Tensor:
    """The images with a border."""
    left, top, right, bottom = _sides(params.padding)
    height, width = batch.shape[-2:]
    ones = torch.ones(len(batch), dtype=torch.int64, device=batch.device)
    size = (height + top + bottom, width + left + right)
    return window(batch, -top * ones, -left * ones, size, params.padding_mode)


def center_crop(batch: Tensor, params: Params) -> Tensor:
    """The middle of the images, placed as torchvision does."""
    height, width = batch.shape[-2:]
    size = height_width(params.size)
    ones = torch.ones(len(batch), dtype=torch.int64, device=batch.device)
    top, left = _middle(height, size[0]), _middle(width, size[1])
    return window(batch, top * ones, left * ones, size, "constant")


def _middle(length: int, wanted: int) -> int:
    """Where the middle part of a line starts; torchvision pads a shorter line and rounds to even."""
    return -((wanted - length) // 2) if wanted > length else round((length - wanted) / 2.0)


def _draw_crop(params: Params, shape: Shape, draws: Draws) -> Drawn:
    left, top, right, bottom = _sides(params.padding)
    height, width = shape[-2] + top + bottom, shape[-1] + left + right
    size = height_width(params.size)
    if height < size[0] or width < size[1]:
        raise DataError(
            f"RandomCrop cuts {size[0]}×{size[1]} out of images of {height}×{width}, border included. "
            "Expected images at least that large. Lower size, raise padding, or put a Resize before it."
        )
    return {
        "top": draws.below(height - size[0] + 1) - top,
        "left": draws.below(width - size[1] + 1) - left,
    }


def _crop(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
    return window(batch, drawn["top"], drawn["left"], height_width(params.size), params.padding_mode)


def draw_chosen(params: Params, shape: Shape, draws: Draws) -> Drawn:
    """Which samples a transform of probability p is applied to."""
    return {"chosen": draws.uniform() < params.p}


def _flip(dim: int) -> Random:
    def apply(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
        return torch.where(per_sample(drawn["chosen"], batch), batch.flip(dim), batch)

    return Random(draw_chosen, apply)


RANDOM_CROP = Random(_draw_crop, _crop)
HORIZONTAL_FLIP = _flip(-1)
VERTICAL_FLIP = _flip(-2)
