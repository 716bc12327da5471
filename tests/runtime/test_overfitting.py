"""One batch is learnt by heart, or it is said what may keep the network from it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from runtime.control import Control
from runtime.data.feed import Feed
from runtime.overfitting import ENOUGH, STEPS, judged, overfit
from tests.runtime.training import CPU, make_cnn, make_data, make_mlp, make_plan

ADAM = {"optimizer": {"type": "Adam", "lr": 0.02}}


def losses_of(model: nn.Module, shape: tuple[int, ...] = (6,), **settings: object) -> list[float]:
    torch.manual_seed(0)
    plan = make_plan(**{**ADAM, "batch_size": 16, **settings})
    feed = Feed(make_data(shape), plan.batch_size, seed=plan.seed)
    events = overfit(model, plan, feed, Control(), device=CPU)
    return [loss for event in events for loss in event.losses]


@pytest.mark.parametrize(("make", "shape"), [(make_mlp, (6,)), (make_cnn, (1, 5, 5))])
def test_a_sound_network_learns_a_batch_by_heart(make: object, shape: tuple[int, ...]) -> None:
    losses = losses_of(make(), shape)  # type: ignore[operator]
    found = judged(losses)
    assert found.has_learnt
    assert losses[-1] <= ENOUGH * losses[0]
    assert len(losses) < STEPS
    assert "Learnt the batch by heart" in found.text


def test_dropout_schedule_and_validation_do_not_disturb() -> None:
    model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Dropout(0.9), nn.Linear(32, 3))
    settings = {
        "scheduler": {"type": "StepLR", "step_size": 1},
        "early_stopping": {"patience": 1},
        "ema_decay": 0.9,
    }
    assert judged(losses_of(model, **settings)).has_learnt


class Recurrent(nn.Module):
    """Two layers of LSTM with a dropout of their own between them, read after one step."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 16, num_layers=2, dropout=0.95, batch_first=True)
        self.attention = nn.MultiheadAttention(16, 2, dropout=0.95, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        sequence, _ = self.lstm(x[:, None])
        mixed, _ = self.attention(sequence, sequence, sequence)
        return self.head((sequence + mixed)[:, -1])


def test_dropout_inside_recurrent_and_attention_layers_does_not_disturb_either() -> None:
    assert judged(losses_of(Recurrent())).has_learnt


def test_a_network_that_cannot_learn_is_told_apart() -> None:
    model = make_mlp()
    for parameter in list(model.parameters())[:-1]:
        parameter.requires_grad_(False)
    losses = losses_of(model)
    found = judged(losses)
    assert not found.has_learnt
    assert len(losses) == STEPS
    assert "frozen layers" in found.text


def test_without_a_step_nothing_is_claimed() -> None:
    assert not judged([]).has_learnt
