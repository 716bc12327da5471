"""What a run trains and validates on, once it is read, split and prepared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from runtime.data.choices import Transforms
from runtime.data.raw import Column, SampleKind
from runtime.data.rows import Rows
from runtime.data.transforms import Chain
from runtime.heads import Head
from runtime.output_choices import LABEL

FeedKind = Literal["memory", "cache", "stream"]


@dataclass(frozen=True)
class Place:
    """Where prepared inputs wait for their batch.

    Args:
        kind: `memory`; `cache`, a file on disk; or `stream`, decoded anew in every epoch.
        reason: why there.
        size: bytes that they take there.
    """

    kind: FeedKind
    reason: str
    size: int


IN_MEMORY = Place("memory", "", 0)


@dataclass(frozen=True)
class HeadData:
    """What one of several Outputs trains and validates on.

    Shape: train_y and val_y as those of TrainData.

    Args:
        head: the Output and its loss.
        num_classes: None where its targets are values.
        class_names: one a class, or empty.
        target: what it learns; other than `label`, batches take it from the inputs.
    """

    head: Head
    train_y: Tensor
    val_y: Tensor
    num_classes: int | None
    class_names: tuple[str, ...] = ()
    target: str = LABEL

    def holds(self, value: int | None) -> bool:
        """Whether any sample has this target, or part of a target."""
        return value is not None and any(bool((y == value).any()) for y in (self.train_y, self.val_y))


@dataclass(frozen=True)
class TrainData:
    """Everything a run trains and validates on.

    Shape: train_x (N, *input_shape) float32, or int64 for token numbers; train_y int64 (N,) for classes, else
        float32 (N, K); val_x and val_y alike, with no rows where nothing is held back. Where the targets are
        the inputs, train_y has their shape but not their numbers.

    Args:
        input_shape: one sample as the model gets it.
        num_classes: None where the targets are values.
        class_names: one a class, or empty.
        train_chain: what every batch of train_x still has to go through; None when it is ready.
        val_chain: the same for val_x.
        notes: what the user should know, such as data kept at 8 bits for lack of memory.
        target: what is learned; other than `label`, batches take it from the inputs.
        place: where the inputs wait.
        kind: what a sample is.
        columns: of a table or series, with what was measured of them.
        vocabulary: the tokens by number, of text.
        eval_transforms: what validation samples go through, measured values filled in.
        heads: the targets of each Output, where they have losses of their own; train_y and val_y are then
            what the data's files have as targets.
    """

    train_x: Tensor | Rows
    train_y: Tensor
    val_x: Tensor | Rows
    val_y: Tensor
    input_shape: tuple[int, ...]
    num_classes: int | None
    class_names: tuple[str, ...] = ()
    train_chain: Chain | None = None
    val_chain: Chain | None = None
    notes: tuple[str, ...] = ()
    target: str = LABEL
    place: Place = IN_MEMORY
    kind: SampleKind = "row"
    columns: tuple[Column, ...] = ()
    vocabulary: tuple[str, ...] = ()
    eval_transforms: Transforms = ()
    heads: tuple[HeadData, ...] = ()

    def of_head(self, head: HeadData) -> TrainData:
        """The same, as if that Output were the only one."""
        return replace(
            self, train_y=head.train_y, val_y=head.val_y, num_classes=head.num_classes,
            class_names=head.class_names, target=head.target, heads=(),
        )  # fmt: skip


def stand_in(count: int, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """A tensor of this shape that takes no memory."""
    return torch.zeros((), dtype=dtype).expand(count, *shape)
