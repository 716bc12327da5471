"""No step asks the device for a number or sends it one: a GPU is never waited for between two drains.

The meta device stands for a GPU. Its tensors have no numbers, so that whoever asks for one gets an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from runtime.data.feed import Feed
from runtime.data.prepared import TrainData
from runtime.data.transforms import Chain
from runtime.plan import TrainingPlan
from runtime.trainer import Trainer

META = torch.device("meta")
BATCH, CLASSES = 8, 10
UNEVEN = {"type": "CrossEntropyLoss", "weight": [*[1.0] * 9, 2.0], "ignore_index": 3}
AUGMENTED = [
    {"type": "RandomCrop", "size": 8, "padding": 1}, {"type": "RandomHorizontalFlip"},
    {"type": "ColorJitter"}, {"type": "Normalize", "mean": [0.5], "std": [0.2]}, {"type": "RandomErasing"},
]  # fmt: skip
PLANS: dict[str, dict[str, Any]] = {
    "AdamW": {},
    "SGD": {"optimizer": {"type": "SGD", "momentum": 0.9}},
    "Muon": {"optimizer": "Muon"},
    "clipped": {"clip_grad_norm": 1.0},
    "clipped twice": {"clip_grad_norm": 1.0, "clip_grad_value": 0.5},
    "scheduled and averaged": {"scheduler": "OneCycleLR", "ema_decay": 0.9},
    "uneven targets": {"loss": UNEVEN},
    "accumulated": {"accumulate_steps": 2},
    "accumulated, with uneven targets": {"accumulate_steps": 2, "loss": UNEVEN},
    "focal loss": {"loss": "FocalLoss"},
    "augmented": {"data": {"source": "digits", "transforms": {"train": AUGMENTED}}},
}


class NothingSent(TorchDispatchMode):
    """Fails where an operation makes numbers of the host into some of the device, or the other way round."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function.overloadpacket in (torch.ops.aten._to_copy, torch.ops.aten.copy_):
            devices = {each.device.type for each in (result, *args) if isinstance(each, torch.Tensor)}
            assert len(devices) == 1, f"{function} from {devices}"
        return result


def make_trainer(plan: TrainingPlan) -> Trainer:
    with META:
        model = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(256, CLASSES)
        )
    x, y = torch.rand(80, 1, 8, 8), torch.arange(80) % CLASSES
    chain = Chain(plan.data.train_transforms) if plan.data.train_transforms else None
    data = TrainData(x, y, x[:0], y[:0], (1, 8, 8), CLASSES, train_chain=chain)
    feed = Feed(data, BATCH, device=META)
    return Trainer(model, plan, feed, META, None, time.perf_counter)


def steps(trainer: Trainer) -> Iterator[None]:
    for batch in trainer.batches():
        trainer.step(*batch)
        yield


@pytest.fixture
def knows_its_targets(monkeypatch):
    """A run asks once, before its first step, whether any target is ignored."""
    monkeypatch.setattr(Feed, "holds_target", lambda feed, value: value is not None and value >= 0)


@pytest.mark.parametrize("settings", PLANS.values(), ids=PLANS)
@pytest.mark.usefixtures("knows_its_targets")
def test_a_step_waits_for_nothing(settings):
    plan = TrainingPlan.from_mapping({"batch_size": BATCH, "epochs": 2, "device": "cpu"} | settings)
    trainer = make_trainer(plan)
    under_way = steps(trainer)
    list(islice(under_way, 2))  # sends the order of the epoch, and whatever else is sent once
    with NothingSent():
        assert len(list(islice(under_way, 6))) == 6
    assert trainer.progress.step == 8 // plan.accumulate_steps


def test_what_waits_is_found():
    with NothingSent(), pytest.raises(AssertionError, match="_to_copy"):
        torch.ones(2).to(META)
    with pytest.raises(RuntimeError, match=r"item\(\) cannot be called"):
        torch.ones(2, device=META).sum().item()
