"""Targets that are the inputs themselves, as an autoencoder learns them."""

from __future__ import annotations

import torch
from torch import Tensor

from runtime.data.prepared import TrainData, stand_in
from runtime.data.raw import DataError
from runtime.loss_spec import TargetKind

INPUT_KINDS: tuple[TargetKind, ...] = ("value", "binary", "count", "distribution", "none")


def class_count(inputs: object, kind: TargetKind) -> int | None:
    """How many classes the inputs are of, as tokens are; None where they are numbers.

    Raises:
        DataError: a loss that compares with this kind of targets cannot compare with them.
    """
    is_whole = isinstance(inputs, Tensor) and not inputs.is_floating_point() and inputs.dtype != torch.uint8
    if kind == "class" and is_whole and isinstance(inputs, Tensor):
        return int(inputs.max()) + 1
    if kind not in INPUT_KINDS:
        raise DataError(
            "The target is the input, so the model learns numbers as they come in. "
            "The loss expects something else. Choose MSELoss, L1Loss or BCEWithLogitsLoss."
        )
    return None


def like_inputs(data: TrainData) -> tuple[Tensor, Tensor]:
    """Targets of training and validation of the inputs' shape; batches fill in their numbers."""
    dtype = torch.float32 if data.train_x.dtype == torch.uint8 else data.train_x.dtype
    train, val = (stand_in(len(x), data.input_shape, dtype) for x in (data.train_x, data.val_x))
    return train, val
