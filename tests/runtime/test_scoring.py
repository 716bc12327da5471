"""The loss of the validation samples is that of all of them at once, however they come in batches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from runtime.data.prepared import TrainData
from runtime.events import EpochEnded
from tests.runtime.training import events_of, make_data, make_mlp, make_plan, of_type

FROZEN = {"optimizer": {"type": "SGD", "lr": 0.0}, "epochs": 1}
WEIGHTS = (0.5, 2.0, 3.0)


def rare_at_the_end() -> TrainData:
    """Data whose last validation sample alone is of class 2, which no training sample is of."""
    data = make_data()
    val_y = data.val_y.clamp(max=1)
    val_y[-1] = 2
    return replace(data, train_y=data.train_y.clamp(max=1), val_y=val_y)


def ignored_at_the_end() -> TrainData:
    data = make_data()
    val_y = data.val_y.clone()
    val_y[-4:] = -100
    return replace(data, val_y=val_y)


def val_loss(model: nn.Module, data: TrainData, **settings: Any) -> float:
    (ended,) = of_type(list(events_of(model, make_plan(**FROZEN, **settings), data)), EpochEnded)
    assert ended.is_best
    return ended.val_loss  # type: ignore[no-any-return]


@pytest.mark.parametrize("batch_size", [1, 8, 19, 20])
@pytest.mark.parametrize(
    ("loss", "weight", "data"),
    [
        ({"type": "CrossEntropyLoss", "weight": WEIGHTS, "label_smoothing": 0.1}, WEIGHTS, make_data()),
        ({"type": "CrossEntropyLoss", "weight": "balanced"}, "balanced", rare_at_the_end()),
        ({"type": "CrossEntropyLoss"}, None, ignored_at_the_end()),
        ({"type": "CrossEntropyLoss", "weight": WEIGHTS}, WEIGHTS, ignored_at_the_end()),
    ],
)
def test_targets_that_weigh_more_count_more(
    batch_size: int, loss: dict[str, Any], weight: Any, data: TrainData
) -> None:
    if weight == "balanced":
        counts = data.train_y.bincount(minlength=3)
        weight = [len(data.train_y) / (3 * count) if count else 0.0 for count in counts.tolist()]
    model = make_mlp()
    logits = model(torch.as_tensor(data.val_x))
    expected = F.cross_entropy(
        logits,
        data.val_y,
        None if weight is None else torch.tensor(weight),
        label_smoothing=loss.get("label_smoothing", 0.0),
    )
    found = val_loss(model, data, loss=loss, batch_size=batch_size)
    assert found == pytest.approx(float(expected.detach()), rel=1e-6)
