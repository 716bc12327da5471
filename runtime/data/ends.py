"""What a model for some data has to look like at its ends, and which loss suits: a place to start from."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.data.load import InputDtype
from runtime.data.preview import Preview
from runtime.data.text import PAD

RARE = 10.0  # times as many samples of one class as of another, from which on a hint is given


@dataclass(frozen=True)
class SuitedEnds:
    """An Input and an Output that fit the data.

    Args:
        input_shape: for the Input, without the batch.
        input_dtype: for the Input.
        output_shape: what the last layer has to give, without the batch.
        loss: the type of a loss that suits.
        reason: why these.
        other_losses: that would do, too.
        hints: what else is worth doing.
    """

    input_shape: tuple[int, ...]
    input_dtype: InputDtype
    output_shape: tuple[int, ...]
    loss: str
    reason: str
    other_losses: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """`out_features` or `out_channels` of the last layer."""
        return self.output_shape[0] if self.output_shape else 1


def suggest_ends(preview: Preview) -> SuitedEnds:
    """The ends that suit the data of a preview."""
    shape, loss, reason, others = _suited(preview)
    return SuitedEnds(preview.input_shape, preview.input_dtype, shape, loss, reason, others, _hints(preview))


def _suited(preview: Preview) -> tuple[tuple[int, ...], str, str, tuple[str, ...]]:
    targets = preview.targets
    if preview.num_classes is not None:
        count = preview.num_classes
        others = ("MultiMarginLoss", "FocalLoss") if len(preview.target_shape) == 0 else ("FocalLoss",)
        each = "at every place" if preview.target_shape else "a sample"
        return (count, *preview.target_shape), "CrossEntropyLoss", f"One of {count} classes {each}.", others
    shape = preview.target_shape or (1,)
    if targets.numel() and bool(((targets == 0) | (targets == 1)).all()):
        return shape, "BCEWithLogitsLoss", "Every target is yes or no.", ("FocalLoss", "MSELoss")
    if targets.numel() and bool(((targets >= 0) & (targets == targets.round())).all()):
        return shape, "MSELoss", "The targets are whole numbers of at least 0.", ("PoissonNLLLoss", "L1Loss")
    return shape, "MSELoss", "The targets are numbers.", ("L1Loss", "SmoothL1Loss", "HuberLoss")


def _hints(preview: Preview) -> tuple[str, ...]:
    hints = []
    if preview.imbalance is not None and preview.imbalance >= RARE and not preview.target_shape:
        hints.append(
            f"One class has {preview.imbalance:.0f} times as many samples as another: "
            "set sampler = weighted, or loss.weight = balanced."
        )
    if preview.vocabulary:
        filled = f" with padding_idx = {preview.vocabulary.index(PAD)}" if PAD in preview.vocabulary else ""
        hints.append(f"Begin with an Embedding of {len(preview.vocabulary)} tokens{filled}.")
    if not preview.val_samples:
        hints.append("Nothing is held back to validate on: raise data.val_fraction.")
    return tuple(hints)
