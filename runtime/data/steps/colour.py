"""Transforms of colour: grey, brightness, contrast, saturation and hue."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.draws import Draws
from runtime.data.raw import DataError
from runtime.data.steps.kinds import Drawn, Random, Shape, constant, per_sample

LUMA = (0.2989, 0.587, 0.114)  # of red, green and blue
FACTORS = ("brightness", "contrast", "saturation")
RGB = 3

Adjust = Callable[[Tensor, Tensor], Tensor]  # of a batch by a number for each image


def grey(batch: Tensor) -> Tensor:
    """The brightness of images as one channel."""
    if batch.shape[1] != RGB:
        return batch
    weights = constant(LUMA, batch.dtype, batch.device).view(1, RGB, 1, 1)
    return (batch * weights).sum(dim=1, keepdim=True)


def grayscale(batch: Tensor, params: Params) -> Tensor:
    """The images without colour, with one channel or three equal ones."""
    if batch.shape[1] not in (1, RGB):
        raise DataError(
            f"Grayscale got images of {batch.shape[1]} channels. Expected 1 or 3. Remove it from the chain, "
            "or read the images without transparency."
        )
    return grey(batch).repeat(1, int(params.num_output_channels), 1, 1)


def _draw_jitter(params: Params, shape: Shape, draws: Draws) -> Drawn:
    drawn = {"order": draws.uniform(4).argsort(dim=1)}
    for name in FACTORS:
        drawn[name] = draws.uniform(low=max(0.0, 1 - params[name]), high=1 + params[name])
    drawn["hue"] = draws.uniform(low=-params.hue, high=params.hue)
    return drawn


def _jitter(batch: Tensor, params: Params, drawn: Drawn) -> Tensor:
    """Applies the four changes to each image in its own order, those that are switched off left out.

    On a CPU each change is made to the images alone whose turn it is. Which these are is known on the device:
    another need not be waited for if all images are changed and the others then left as they were.
    """
    if batch.shape[1] not in (1, RGB):
        raise DataError(
            f"ColorJitter got images of {batch.shape[1]} channels. Expected 1 or 3. Remove it from the chain."
        )
    change = _change_chosen if batch.device.type == "cpu" else _change_all
    result = batch.clone()
    used = [(index, name) for index, name in enumerate(ADJUST) if params[name]]
    for place in range(4):
        for index, name in used:
            result = change(ADJUST[name], result, drawn[name], drawn["order"][:, place] == index)
    return result


def _change_chosen(adjust: Adjust, batch: Tensor, factor: Tensor, is_chosen: Tensor) -> Tensor:
    chosen = is_chosen.nonzero().flatten()
    if len(chosen):
        batch[chosen] = adjust(batch[chosen], factor[chosen])
    return batch


def _change_all(adjust: Adjust, batch: Tensor, factor: Tensor, is_chosen: Tensor) -> Tensor:
    return torch.where(per_sample(is_chosen, batch), adjust(batch, factor), batch)


def _blend(batch: Tensor, other: Tensor | float, factor: Tensor) -> Tensor:
    share = per_sample(factor, batch)
    return (batch * share + other * (1 - share)).clamp_(0, 1)


def _brightness(batch: Tensor, factor: Tensor) -> Tensor:
    return _blend(batch, 0.0, factor)


def _contrast(batch: Tensor, factor: Tensor) -> Tensor:
    return _blend(batch, grey(batch).mean(dim=(1, 2, 3), keepdim=True), factor)


def _saturation(batch: Tensor, factor: Tensor) -> Tensor:
    return _blend(batch, grey(batch), factor) if batch.shape[1] == RGB else batch


def _hue(batch: Tensor, shift: Tensor) -> Tensor:
    """Turns the colour circle; done in hue, saturation and value.

    Source: https://doi.org/10.1145/965139.807361
    """
    if batch.shape[1] != RGB:
        return batch
    value, low = batch.amax(dim=1), batch.amin(dim=1)
    spread = value - low
    hue = (_hue_of(batch, value, spread) + 6 * per_sample(shift, value)) % 6
    channels = []
    for offset in (5, 3, 1):
        place = (offset + hue) % 6
        channels.append(value - spread * torch.minimum(place, 4 - place).clamp(0, 1))
    return torch.stack(channels, dim=1)


def _hue_of(batch: Tensor, value: Tensor, spread: Tensor) -> Tensor:
    """The place on the colour circle, 0 to 6; 0 for grey."""
    red, green, blue = batch.unbind(dim=1)
    safe = spread.where(spread > 0, 1.0)
    by_blue = 4 + (red - green) / safe
    by_green = 2 + (blue - red) / safe
    by_red = (green - blue) / safe
    return by_red.where(value == red, by_green.where(value == green, by_blue)) % 6


ADJUST: dict[str, Adjust] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
}
JITTER = Random(_draw_jitter, _jitter)
