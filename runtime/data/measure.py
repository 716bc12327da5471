"""Measures training samples for what a plan leaves to them: the mean and std of a Normalize."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.choices import Transforms
from runtime.data.images import ImageFiles
from runtime.data.raw import Inputs
from runtime.data.transform_choices import AUTO
from runtime.data.transforms import Chain

MOST_ITEMS = 500  # of those that have to be read one by one
CHUNK = 1024
LEAST_SHARE = 1e-7  # of the mean: rounding makes less than this of a channel that never changes


def fitted(chains: tuple[Chain, Chain], inputs: Inputs) -> tuple[tuple[Chain, Chain], tuple[str, ...]]:
    """The chains of training and validation with numbers in place of `auto`, and what was measured.

    Both get what is measured on the training samples, random transforms left out.
    """
    train, evaluation = chains
    notes = []
    for index, option in enumerate(train.transforms):
        if option.type == "Normalize" and option.params.mean == AUTO:
            before = replace(train, transforms=train.transforms[:index]).without_chance()
            mean, std = mean_and_std(batches_of(inputs, before))
            values = {"mean": tuple(mean.tolist()), "std": tuple(std.tolist())}
            train = replace(train, transforms=_filled(train.transforms, index, values))
            evaluation = _filled_first(evaluation, values)
            notes.append(f"Normalize: mean {_shown(mean)}, std {_shown(std)}, measured on training samples.")
    return (train, evaluation), tuple(notes)


def scale_notes(chains: tuple[Chain, Chain], inputs: Inputs) -> tuple[str, ...]:
    """Tells of validation samples scaled otherwise than training samples, and of means for bytes."""
    train, evaluation = ([step for step in chain.transforms if step.type == "Normalize"] for chain in chains)
    notes = []
    if [step.params for step in train] != [step.params for step in evaluation]:
        notes.append(
            "data.transforms.eval has another Normalize than data.transforms.train: validation samples are "
            "scaled otherwise than the model learns them."
        )
    is_of_bytes = (
        inputs.dtype == torch.uint8 if isinstance(inputs, Tensor) else isinstance(inputs, ImageFiles)
    )
    if train and is_of_bytes and max(train[0].params.mean) > 1:
        notes.append(
            f"Normalize has mean {_shown(torch.tensor(train[0].params.mean))}, but pixels lie from 0 to 1 "
            "when it gets them. Divide its mean and std by 255."
        )
    return tuple(notes)


def mean_and_std(batches: Iterator[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, or of each column of rows; 1 for one that never changes.

    Divided by next to nothing, the first other value of such a column would be huge.

    Shape: (B, C, ...) each -> float64 (C,) both.
    """
    count, total, squares = 0, torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    for batch in batches:
        values = batch.to(torch.float64).transpose(0, 1).flatten(1)  # (C, B * ...)
        count += values.shape[1]
        total = total + values.sum(dim=1)
        squares = squares + values.square().sum(dim=1)
    mean = total / max(count, 1)
    std = (squares / max(count, 1) - mean.square()).clamp(min=0).sqrt()
    return mean, std.where(std > mean.abs() * LEAST_SHARE, 1.0)


def batches_of(inputs: Inputs, chain: Chain, most: int = MOST_ITEMS) -> Iterator[Tensor]:
    """Prepared inputs to measure: all that lie in memory, and at most some that have to be read."""
    if isinstance(inputs, Tensor):
        for start in range(0, len(inputs), CHUNK):
            yield chain(inputs[start : start + CHUNK])
        return
    for row in spread(len(inputs), most):
        yield chain(inputs.read(row).unsqueeze(0))


def spread(count: int, most: int) -> list[int]:
    """At most that many of `count` numbers, evenly apart."""
    return [index * count // min(count, most) for index in range(min(count, most))]


def _filled(transforms: Transforms, index: int, values: dict[str, tuple[float, ...]]) -> Transforms:
    option = replace(transforms[index], params=Params({**transforms[index].params, **values}))
    return (*transforms[:index], option, *transforms[index + 1 :])


def _filled_first(chain: Chain, values: dict[str, tuple[float, ...]]) -> Chain:
    for index, option in enumerate(chain.transforms):
        if option.type == "Normalize" and option.params.mean == AUTO:
            return replace(chain, transforms=_filled(chain.transforms, index, values))
    return chain


def _shown(values: Tensor) -> str:
    return ", ".join(f"{value:.4g}" for value in values[:8].tolist()) + (", ..." if len(values) > 8 else "")
