"""Whether a network can learn one batch by heart: what cannot do that will not learn a data set either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from runtime.control import Control
from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.engine import train
from runtime.events import StepsRecorded
from runtime.output_choices import LABEL
from runtime.parted_loss import several
from runtime.plan import EarlyStopping, TrainingPlan

STEPS = 300
SAMPLES = 32  # at most; learning more by heart takes longer and tells no more
ENOUGH = 0.05  # of the first loss
DROPOUTS = (
    nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overfitted:
    """How the search for the bottom went.

    Attributes:
        losses: of each step.
        has_learnt: whether the last is next to nothing against the first.
        text: the same in words, with what to look at where it has not.
    """

    losses: tuple[float, ...]
    has_learnt: bool
    text: str


def overfit(
    model: nn.Module,
    plan: TrainingPlan,
    feed: Feed,
    control: Control,
    *,
    device: torch.device,
    steps: int = STEPS,
) -> Iterator[StepsRecorded]:
    """Trains on one small batch alone, without dropout, schedule or any end but the last step, or a stop.

    It also ends once the loss is next to nothing.

    Args:
        model: on `device` already; it is trained, so give one that is thrown away.
        plan: its loss, optimizer, clipping and precision are used.
        feed: the batch is its first, or a part of it.
        control: stops it between two steps.
        device: where to compute.
        steps: how many there are at most.
    """
    _drop_nothing(model)
    drawn = next(feed.train(1))
    x = drawn.x[:SAMPLES].clone()
    y, *_ = ys = [targets[:SAMPLES].clone() for targets in several(drawn.y)]
    heads = tuple(
        replace(head, train_y=each, val_y=each[:0], target=LABEL)
        for head, each in zip(feed.heads, ys, strict=False)
    )
    batch = TrainData(x, y, x[:0], y[:0], tuple(x.shape[1:]), feed.num_classes, feed.class_names, heads=heads)
    count = len(x)
    alone = replace(
        plan, epochs=steps, batch_size=count, scheduler=None, accumulate_steps=1,
        early_stopping=EarlyStopping(), ema_decay=None, max_steps=None, max_minutes=None,
        monitor="train_loss", compile=False,
    )  # fmt: skip
    only = Feed(batch, count, seed=plan.seed, device=device)
    first = None
    for event in train(model, alone, only, control, device=device):
        if not isinstance(event, StepsRecorded):
            continue
        yield event
        first = event.losses[0] if first is None else first
        if event.losses[-1] <= ENOUGH * first:
            return


def _drop_nothing(model: nn.Module) -> None:
    """Takes the chance out of a network's dropouts, those inside recurrent and attention layers too."""
    for module in model.modules():
        if isinstance(module, DROPOUTS):
            module.p = 0.0
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention):
            module.dropout = 0.0


def judged(losses: Sequence[float]) -> Overfitted:
    """What the losses of the steps say."""
    if not losses:
        return Overfitted((), False, "No step was taken.")
    first, last, count = losses[0], losses[-1], len(losses)
    if last <= ENOUGH * first:
        fall = f"the loss fell from {first:.4g} to {last:.4g}"
        text = f"Learnt the batch by heart in {count} steps: {fall}."
        return Overfitted(tuple(losses), True, text)
    text = (
        f"After {count} steps on the same batch the loss is {last:.4g}; it began at {first:.4g}. "
        f"Expected at most {ENOUGH * first:.2g}. Look for frozen layers, a learning rate that is far off "
        "(the LR finder suggests one), an activation behind the last layer, or targets that do not follow "
        "from the inputs."
    )
    return Overfitted(tuple(losses), False, text)
