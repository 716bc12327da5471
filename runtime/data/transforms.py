"""Turns what a source gives into what a model takes: floats, resized and normalised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from graph.catalog.spec import Params
from runtime.data.choices import Transforms
from runtime.data.raw import DataError

BRIGHTEST = 255


@dataclass(frozen=True)
class Chain:
    """Applies transforms one after the other to a batch, which becomes float32 first.

    8-bit images become 0 to 1, as torchvision's `ToTensor` makes them.

    Args:
        transforms: the declarations with their parameters.
        path: where the plan names them, for messages.
    """

    transforms: Transforms
    path: str = "data.transforms.train"

    def __call__(self, batch: Tensor) -> Tensor:
        """The transformed batch.

        Shape: (N, ...) -> (N, ...).

        Raises:
            DataError: a transform does not suit the batch.
        """
        floats = batch.to(torch.float32)
        if batch.dtype == torch.uint8:
            floats = floats.div_(BRIGHTEST)
        for index, option in enumerate(self.transforms):
            try:
                floats = APPLY[option.type](floats, option.params)
            except DataError as error:
                raise DataError(f"{self.path}[{index}]: {error}") from None
        return floats

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one sample after the chain, from its shape before."""
        return tuple(self(torch.zeros((1, *shape), dtype=torch.uint8)).shape[1:])


def _resize(images: Tensor, params: Params) -> Tensor:
    """Equal to `torchvision.transforms.v2.functional.resize(images, size, antialias=True)`."""
    if images.ndim != 4:
        raise DataError(
            f"Resize got samples of shape {tuple(images.shape[1:])}. Expected images (C, H, W). "
            "Remove it, or store the samples as images."
        )
    size = _resized(images.shape[-2], images.shape[-1], params.size)
    if size == tuple(images.shape[-2:]):
        return images
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False, antialias=True)


def _resized(height: int, width: int, size: int | tuple[int, int]) -> tuple[int, int]:
    if not isinstance(size, int):
        return size
    if height <= width:
        return size, int(size * width / height)
    return int(size * height / width), size


def _normalize(batch: Tensor, params: Params) -> Tensor:
    channels = batch.shape[1]
    if len(params.mean) not in (1, channels):
        raise DataError(
            f"Normalize has mean {list(params.mean)}, but samples {tuple(batch.shape[1:])} "
            f"have {channels} channels. Expected one number, or {channels}. Correct mean and std."
        )
    shape = (1, -1, *[1] * (batch.ndim - 2))
    mean, std = (batch.new_tensor(values).view(shape) for values in (params.mean, params.std))
    return batch.sub(mean).div_(std)


APPLY: Mapping[str, Callable[[Tensor, Params], Tensor]] = {"Resize": _resize, "Normalize": _normalize}
