"""What ends a run that cannot go on, in words a person understands."""

from __future__ import annotations

from typing import Literal

from runtime.nonfinite import Origin


class TrainingFailure(Exception):
    """A run cannot go on; the text says what happened, what was expected and what to try.

    Attributes:
        node: id of the node at fault, where it is known.
    """

    def __init__(self, message: str, *, node: str | None = None) -> None:
        super().__init__(message)
        self.node = node


class NonFiniteError(TrainingFailure):
    """The loss, a gradient or a weight stopped being a finite number.

    Attributes:
        step: the optimizer step it happened in.
        parameter: name of the first parameter concerned, or None if only the loss is.
        what: where it was seen, as the text begins.
    """

    def __init__(
        self,
        what: Literal["loss", "gradient", "weight"],
        step: int,
        parameter: str | None,
        origin: Origin | None = None,
    ) -> None:
        place = "" if parameter is None else f" of {parameter}"
        if what == "loss" and parameter is not None:
            place = f", and with it the gradient of {parameter},"
        begin = "" if origin is None else f"; it begins with {origin}"
        self.what = f"The {what}{place} is not a finite number at step {step}{begin}."
        super().__init__(
            f"{self.what} Expected finite numbers throughout. "
            "Lower the learning rate, set clip_grad_norm, or look for odd values in the data.",
            node=None if origin is None else origin.path[0],
        )
        self.step = step
        self.parameter = parameter
