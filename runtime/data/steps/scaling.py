"""Transforms that scale images, with antialiasing."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from graph.catalog.call import Params
from runtime.data.draws import Draws
from runtime.data.steps.kinds import Drawn, Random, Shape, height_width, in_floats

TRIES = 10  # as torchvision draws a rectangle before it takes what always fits


def resize(images: Tensor, params: Params) -> Tensor:
    """Equal to `torchvision.transforms.v2.functional.resize(images, size, antialias=True)` on floats."""
    size = _resized(images.shape[-2], images.shape[-1], params.size)
    if size == tuple(images.shape[-2:]):
        return images
    return in_floats(
        images,
        lambda batch: F.interpolate(batch, size=size, mode="bilinear", align_corners=False, antialias=True),
    )


def _resized(height: int, width: int, size: int | tuple[int, int]) -> tuple[int, int]:
    if not isinstance(size, int):
        return size
    if height <= width:
        return size, int(size * width / height)
    return int(size * height / width), size


def draw_rectangle(params: Params, shape: Shape, draws: Draws, *, is_tall: bool) -> Drawn:
    """A rectangle in each image with the share of area and the ratio of sides that are asked for.

    Of some tries the first that fits is taken; `found` tells whether one did. The ratio is that of height
    to width if `is_tall`, else of width to height.
    """
    height, width = shape[-2:]
    area = height * width * draws.uniform(TRIES, low=params.scale[0], high=params.scale[1])
    low, high = (float(torch.tensor(ratio).log()) for ratio in params.ratio)
    aspect = draws.uniform(TRIES, low=low, high=high).exp()
    longer, shorter = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
    heights, widths = (longer, shorter) if is_tall else (shorter, longer)
    fits = (heights > 0) & (widths > 0) & (heights <= height) & (widths <= width)
    first = fits.to(torch.uint8).argmax(dim=1, keepdim=True)
    chosen = {
        "height": heights.gather(1, first).squeeze(1).to(torch.int64).clamp(1, height),
        "width": widths.gather(1, first).squeeze(1).to(torch.int64).clamp(1, width),
    }
    return {
        **chosen,
        "top": draws.below(height - chosen["height"] + 1),
        "left": draws.below(width - chosen["width"] + 1),
        "found": fits.any(dim=1),
    }


def _draw_part(params: Params, shape: Shape, draws: Draws) -> Drawn:
    """As torchvision draws it; the middle where no try fits."""
    drawn = draw_rectangle(params, shape, draws, is_tall=False)
    height, width = shape[-2:]
    low, high = params.ratio
    if width / height < low:
        size = (round(width / low), width)
    elif width / height > high:
        size = (height, round(height * high))
    else:
        size = (height, width)
    middle = {
        "height": size[0],
        "width": size[1],
        "top": (height - size[0]) // 2,
        "left": (width - size[1]) // 2,
    }
    return {name: drawn[name].where(drawn["found"], value) for name, value in middle.items()}


def _resized_part(images: Tensor, params: Params, drawn: Drawn) -> Tensor:
    """The drawn part of each image, scaled to one size: a product with a matrix of weights from each side."""
    height, width = height_width(params.size)
    by_row = _weights(drawn["top"], drawn["height"], images.shape[-2], height)
    by_column = _weights(drawn["left"], drawn["width"], images.shape[-1], width)

    def scale(batch: Tensor) -> Tensor:
        return by_row[:, None] @ batch @ by_column[:, None].transpose(2, 3)

    return in_floats(images, scale)


def _weights(start: Tensor, length: Tensor, size: int, wanted: int) -> Tensor:
    """How much each of `size` pixels counts for each of the wanted ones, bilinear with antialiasing.

    Shape: start (N,), length (N,) -> float32 (N, wanted, size).
    """
    pixels = torch.arange(size, device=start.device)
    factor = (length / wanted)[:, None, None]
    targets = torch.arange(wanted, device=start.device)[None, :, None]
    middle = start[:, None, None] + (targets + 0.5) * factor
    weights = (1 - (pixels + 0.5 - middle).abs() / factor.clamp(min=1)).clamp(min=0)
    inside = (pixels >= start[:, None]) & (pixels < (start + length)[:, None])
    weights = weights * inside[:, None, :]
    return weights / weights.sum(dim=2, keepdim=True)


RANDOM_RESIZED_CROP = Random(_draw_part, _resized_part)
