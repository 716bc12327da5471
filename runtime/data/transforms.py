"""Turns what a source gives into what a model takes: floats, resized, varied and normalised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from runtime.data.choices import Transforms
from runtime.data.draws import Draws
from runtime.data.raw import DataError
from runtime.data.specs import TransformSpec
from runtime.data.steps import affine, colour, pixels, scaling, windows
from runtime.data.steps.kinds import BRIGHTEST, Fixed, Random
from runtime.options import Option


@dataclass(frozen=True)
class Chain:
    """Applies transforms one after the other to a batch, which becomes float32 in the end.

    8-bit images become 0 to 1, as torchvision's `ToTensor` makes them, before the first transform that
    computes with numbers; those that only move pixels leave them at 8 bits.

    Args:
        transforms: the declarations with their parameters.
        path: where the plan names them, for messages.
        first: the place of the first of them in the plan's chain.
        ends_in_floats: whether 8-bit images become floats at the end, too.
    """

    transforms: Transforms
    path: str = "data.transforms.train"
    first: int = 0
    ends_in_floats: bool = True

    def __call__(self, batch: Tensor, keys: Tensor | None = None) -> Tensor:
        """The transformed batch.

        Args:
            batch: samples, left as they are.
            keys: of the samples; needed by random transforms only.

        Shape: (N, ...) -> (N, ...).

        Raises:
            DataError: a transform does not suit the batch.
        """
        current = batch if batch.dtype == torch.uint8 else batch.to(torch.float32)
        for index, option in enumerate(self.transforms, start=self.first):
            try:
                current = _applied(option, current, keys, index)
            except DataError as error:
                raise DataError(f"{self.path}[{index}]: {error}") from None
        return _as_floats(current) if self.ends_in_floats else current

    @property
    def is_random(self) -> bool:
        """Whether it gives a sample another look every epoch."""
        return any(option.spec.is_random for option in self.transforms)

    def without_chance(self) -> Chain:
        """The chain less its random transforms."""
        return replace(self, transforms=tuple(each for each in self.transforms if not each.spec.is_random))

    def halves(self, is_8bit: bool) -> tuple[Chain, Chain]:
        """What can be done once while decoding, and the rest, which is done for every batch.

        What turns bytes into floats, which take four times the space, belongs to the rest.

        Args:
            is_8bit: whether the samples are 8-bit images.
        """
        steps = [option.spec for option in self.transforms]
        fixed = [not spec.is_random and (spec.works_on_bytes or not is_8bit) for spec in steps]
        count = fixed.index(False) if False in fixed else len(fixed)
        start = replace(self, transforms=self.transforms[:count], ends_in_floats=not is_8bit)
        return start, replace(self, transforms=self.transforms[count:], first=self.first + count)

    def identity(self) -> str:
        """A text that differs between chains that give different numbers."""
        steps = [option.to_mapping(defaults=True) for option in self.transforms]
        return json.dumps([steps, self.ends_in_floats])

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one sample after the chain, from its shape before."""
        sample = torch.zeros((1, *shape), dtype=torch.uint8)
        return tuple(self(sample, torch.zeros(1, dtype=torch.int64)).shape[1:])


def _applied(option: Option[TransformSpec], batch: Tensor, keys: Tensor | None, index: int) -> Tensor:
    spec, step = option.spec, APPLY[option.type]
    if spec.images_only and batch.ndim != 4:
        raise DataError(
            f"{spec.type} got samples of shape {tuple(batch.shape[1:])}. Expected images (C, H, W). "
            "Remove it, or store the samples as images."
        )
    current = batch if spec.works_on_bytes else _as_floats(batch)
    if isinstance(step, Random):
        assert keys is not None, "a random transform needs the samples' keys"
        return step(current, option.params, Draws(keys, index))
    return step(current, option.params)


def _as_floats(batch: Tensor) -> Tensor:
    return batch.to(torch.float32).div_(BRIGHTEST) if batch.dtype == torch.uint8 else batch


APPLY: Mapping[str, Fixed | Random] = {
    "Resize": scaling.resize,
    "CenterCrop": windows.center_crop,
    "Pad": windows.pad,
    "Grayscale": colour.grayscale,
    "Normalize": pixels.normalize,
    "RandomCrop": windows.RANDOM_CROP,
    "RandomResizedCrop": scaling.RANDOM_RESIZED_CROP,
    "RandomHorizontalFlip": windows.HORIZONTAL_FLIP,
    "RandomVerticalFlip": windows.VERTICAL_FLIP,
    "RandomRotation": affine.ROTATION,
    "RandomAffine": affine.AFFINE,
    "ColorJitter": colour.JITTER,
    "GaussianBlur": pixels.BLUR,
    "RandomErasing": pixels.ERASING,
    "GaussianNoise": pixels.NOISE,
    "RandomMasking": pixels.MASKING,
}
