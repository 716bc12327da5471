"""What a suggested plan is made from: facts about the data, the network and the device; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

RARE = 10.0  # times as many samples of one class as of another


@dataclass(frozen=True)
class DataFacts:
    """What the data of a plan is.

    Args:
        loss: the type of a loss that suits its labels.
        other_losses: that would do, too.
        reason: why that one.
        output_shape: what the last layer has to give for the labels, without the batch.
        num_classes: None where the labels are values.
        train_samples: to train on.
        val_samples: held back.
        imbalance: how many times as many samples the most frequent class has as the rarest, with classes.
        is_text: whether samples are tokens, with a class at every place.
        spread: standard deviation of the numbers to predict, the largest of several; None with classes.
    """

    loss: str
    reason: str
    output_shape: tuple[int, ...]
    train_samples: int
    val_samples: int
    num_classes: int | None = None
    imbalance: float | None = None
    is_text: bool = False
    other_losses: tuple[str, ...] = ()
    spread: float | None = None


@dataclass(frozen=True)
class EndFacts:
    """One Output of several.

    Args:
        output: its id.
        name: what it is called on the canvas.
        given: what it gives, without the batch; None where a size is not known.
    """

    output: str
    name: str
    given: tuple[int, ...] | None


@dataclass(frozen=True)
class NetworkFacts:
    """What the network is.

    Args:
        families: of its layers, those inside blocks included.
        outputs: how many Outputs there are.
        taken: what the Input takes, without the batch; None where a size is not known.
        given: what the only Output gives, likewise.
        is_pretrained: whether it starts from weights in a file.
        ends: its Outputs in their order, where there are several.
        has_sparse_gradients: whether an embedding learns by the rows alone that a batch reads.
    """

    families: frozenset[str]
    outputs: int = 1
    taken: tuple[int, ...] | None = None
    given: tuple[int, ...] | None = None
    is_pretrained: bool = False
    ends: tuple[EndFacts, ...] = ()
    has_sparse_gradients: bool = False


@dataclass(frozen=True)
class DeviceFacts:
    """Where the run will compute.

    Args:
        kind: `cpu`, `cuda` or `mps`.
        place: what messages call it.
        free: bytes of memory.
        has_bfloat16: whether it multiplies large matrices of bfloat16 faster than those of float32.
    """

    kind: str
    place: str
    free: int
    has_bfloat16: bool = False
