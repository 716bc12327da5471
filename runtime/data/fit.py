"""Tells before the first step whether model, data and loss go together."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.data.load import TrainData
from runtime.data.raw import DataError
from runtime.options import Option
from runtime.plan_choices import LossSpec

SampleShape = Sequence[int | str]


def check_fit(
    data: TrainData, loss: Option[LossSpec], input_shape: SampleShape, output_shape: SampleShape
) -> None:
    """Nothing, if the data suits the model's input and the model's output suits loss and targets.

    Args:
        data: what the model is to learn.
        loss: the plan's loss.
        input_shape: of the model's Input, without the batch; names stand for any size.
        output_shape: of the model's Output, without the batch.

    Raises:
        DataError: they do not fit.
    """
    if not _matches(input_shape, data.input_shape):
        raise DataError(
            f"The model takes inputs {_shown(input_shape)}, but the data has {_shown(data.input_shape)}. "
            f"Expected the same shape. Set Input.shape to {list(data.input_shape)}, or transform the data."
        )
    if loss.spec.target == "class":
        _check_classes(data, loss.type, output_shape)
    elif not _matches(output_shape, data.train_y.shape[1:]):
        raise DataError(
            f"The model gives {_shown(output_shape)}, but the targets have {_shown(data.train_y.shape[1:])}. "
            f"{loss.type} expects the same shape. Give the last layer as many outputs as there are targets."
        )


def _check_classes(data: TrainData, loss: str, output_shape: SampleShape) -> None:
    classes = data.num_classes
    if len(output_shape) != 1:
        raise DataError(
            f"The model gives {_shown(output_shape)}. {loss} expects one logit a class, (N, {classes}). "
            "End the model with a Flatten and a Linear."
        )
    size = output_shape[0]
    if classes is not None and isinstance(size, int) and size < classes:
        raise DataError(
            f"The model gives {_shown(output_shape)}, but the data has {classes} classes. "
            f"{loss} expects one logit a class. Set out_features of the last layer to {classes}."
        )


def _matches(expected: SampleShape, actual: Sequence[int]) -> bool:
    if len(expected) != len(actual):
        return False
    return all(isinstance(want, str) or want == have for want, have in zip(expected, actual, strict=True))


def _shown(shape: SampleShape) -> str:
    return f"({', '.join(['N', *(str(dim) for dim in shape)])})"
