"""Transforms that compute with the numbers of a sample: noise, blur, holes and normalisation."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from graph.catalog.call import Params
from runtime.data.draws import Draws
from runtime.data.raw import DataError
from runtime.data.steps.kinds import Drawn, Random, Shape, constant, height_width
from runtime.data.steps.scaling import draw_rectangle
from runtime.data.steps.windows import draw_chosen


def normalize(batch: Tensor, params: Params) -> Tensor:
    """The batch less its mean, divided by its standard deviation, per channel or column."""
    channels = batch.shape[1]
    if len(params.mean) not in (1, channels):
        raise DataError(
            f"Normalize has mean {list(params.mean)}, but samples {tuple(batch.shape[1:])} "
            f"have {channels} channels. Expected one number, or {channels}. Correct mean and std."
        )
    shape = (1, -1, *[1] * (batch.ndim - 2))
    mean, std = (
        constant(values, batch.dtype, batch.device).view(shape) for values in (params.mean, params.std)
    )
    return batch.sub(mean).div_(std)


def _draw_hole(params: Params, shape: Shape, draws: Draws) -> Drawn:
    drawn = draw_rectangle(params, shape, draws, is_tall=True)
    return {**drawn, "chosen": draw_chosen(params, shape, draws)["chosen"] & drawn["found"]}


def _erase(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
    rows, columns = (torch.arange(length, device=batch.device) for length in batch.shape[-2:])
    top, left = drawn["top"][:, None], drawn["left"][:, None]
    in_rows = (rows >= top) & (rows < top + drawn["height"][:, None])
    in_columns = (columns >= left) & (columns < left + drawn["width"][:, None])
    hole = in_rows[:, :, None] & in_columns[:, None, :] & drawn["chosen"][:, None, None]
    return batch.masked_fill(hole[:, None], params.value)


def _draw_sigma(params: Params, shape: Shape, draws: Draws) -> Drawn:
    return {"sigma": draws.uniform(low=params.sigma[0], high=params.sigma[1])}


def _blur(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
    height, width = height_width(params.kernel_size)
    if height // 2 >= batch.shape[-2] or width // 2 >= batch.shape[-1]:
        raise DataError(
            f"GaussianBlur has a kernel of {height}×{width}, but images are {batch.shape[-2]}×"
            f"{batch.shape[-1]}. Expected a kernel less than twice that. Lower kernel_size."
        )
    count, channels = batch.shape[:2]
    down, across = (
        _kernel(size, drawn["sigma"]).repeat_interleave(channels, dim=0) for size in (height, width)
    )
    kernels = (down[:, :, None] * across[:, None, :]).unsqueeze(1)  # (N * C, 1, height, width)
    single = batch.reshape(1, count * channels, *batch.shape[2:])
    borders = (width // 2, width // 2, height // 2, height // 2)
    blurred = F.conv2d(F.pad(single, borders, mode="reflect"), kernels, groups=count * channels)
    return blurred.view(batch.shape)


def _kernel(size: int, sigma: Tensor) -> Tensor:
    """Weights of a normal curve for each sample, as torchvision samples it.

    Shape: sigma (N,) -> (N, size).
    """
    limit = (size - 1) / (2.0 * 2.0**0.5)
    places = torch.linspace(-limit, limit, size, device=sigma.device)
    return torch.softmax(-((places / sigma[:, None]) ** 2), dim=1)


def _draw_noise(params: Params, shape: Shape, draws: Draws) -> Drawn:
    return {"noise": draws.normal(*shape)}


def _add_noise(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
    mean, sigma = float(params.mean), float(params.sigma)
    noisy = batch + (drawn["noise"] * sigma + mean)
    return noisy.clamp_(0, 1) if params.clip and batch.ndim == 4 else noisy


def _draw_mask(params: Params, shape: Shape, draws: Draws) -> Drawn:
    return {"masked": draws.uniform(*shape) < params.p}


def _mask(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
    return batch.masked_fill(drawn["masked"], 0.0)


ERASING = Random(_draw_hole, _erase)
BLUR = Random(_draw_sigma, _blur)
NOISE = Random(_draw_noise, _add_noise)
MASKING = Random(_draw_mask, _mask)
