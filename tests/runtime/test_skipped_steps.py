"""Steps that are left out move nothing that counts steps: no schedule, no average, on whatever device."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.compat import plain_step
from runtime.events import StepsRecorded
from runtime.guard import CopyGuard, FusedGuard, Guard
from runtime.optim import build_optimizer
from tests.runtime.test_engine_failures import Bomb
from tests.runtime.training import SAMPLES, events_of, make_data, make_mlp, make_plan, of_type

DECAY, LR, EPOCHS, NEVER = 0.9, 0.1, 3, 10**6
MOVING: dict[str, Any] = {
    "optimizer": {"type": "SGD", "lr": LR, "momentum": 0.9},
    "scheduler": {"type": "LinearLR"},
    "ema_decay": DECAY,
    "epochs": EPOCHS,
}
FP16 = MOVING | {"precision": "amp-float16"}
# 7 batches an epoch; those from the third on are spoiled, up to the sixth.
SPOILED = {"at": 3, "until": 6, "gradient": math.inf}


def lrs_of(events: list[Any]) -> list[float]:
    return [lr for record in of_type(events, StepsRecorded) for lr in record.lrs]


def by_hand(accumulate: int) -> tuple[nn.Module, AveragedModel, list[float]]:
    """The loop one writes by hand with a scaler: what it skips moves neither schedule nor average."""
    plan, data, model = make_plan(**FP16), make_data(), Bomb(**SPOILED)
    order = torch.Generator().manual_seed(plan.seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY))
    scaler, lrs = torch.amp.GradScaler("cpu"), []
    total = EPOCHS * math.ceil(7 / accumulate)
    schedule = LinearLR(optimizer, start_factor=1 / 3, total_iters=total)
    for _ in range(EPOCHS):
        batches = torch.randperm(SAMPLES, generator=order).split(plan.batch_size)
        for first in range(0, len(batches), accumulate):
            group = batches[first : first + accumulate]
            for rows in group:
                with torch.autocast("cpu", dtype=torch.float16):
                    loss = nn.functional.cross_entropy(model(data.train_x[rows]), data.train_y[rows])
                scaler.scale(loss * (len(rows) / sum(map(len, group)))).backward()
            lrs.append(optimizer.param_groups[0]["lr"])
            before = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
            if scaler.get_scale() >= before:
                average.update_parameters(model)
                schedule.step()
    return model, average, lrs


@pytest.mark.parametrize("accumulate", [1, 2, 3])
@pytest.mark.parametrize("on_nonfinite", ["stop", "skip"])
def test_with_a_scaler_all_is_as_in_the_loop_by_hand(tmp_path, accumulate, on_nonfinite):
    model = Bomb(**SPOILED)
    plan = make_plan(
        **FP16 | {"scheduler": {"type": "LinearLR", "start_factor": 1 / 3, "end_factor": 1.0}},
        accumulate_steps=accumulate,
        on_nonfinite=on_nonfinite,
    )
    events = list(events_of(model, plan, make_data(), run_dir=tmp_path))
    theirs, average, lrs = by_hand(accumulate)
    assert lrs_of(events) == pytest.approx(lrs)
    assert len(set(lrs)) < len(lrs), "no step was left out"
    saved = load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["average"]
    for name, weight in theirs.named_parameters():
        torch.testing.assert_close(dict(model.named_parameters())[name], weight)
        torch.testing.assert_close(saved[name], average.module.get_parameter(name).detach())


def test_without_a_scaler_the_rate_waits_too():
    plan = make_plan(**MOVING | {"epochs": 1}, on_nonfinite="skip")
    lrs = lrs_of(list(events_of(Bomb(**SPOILED), plan, make_data())))
    assert lrs[2] == lrs[3] == lrs[4] == lrs[5]
    assert lrs[1] != lrs[2]
    assert lrs[5] != lrs[6]


def test_a_schedule_that_is_planned_anew_begins_at_the_steps_taken(tmp_path):
    whole, first, data = Bomb(**SPOILED), Bomb(**SPOILED), make_data()
    expected = lrs_of(list(events_of(whole, make_plan(**FP16), data)))
    list(events_of(first, make_plan(**FP16 | {"epochs": 1}), data, run_dir=tmp_path))
    saved = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    assert saved.trainer["scheduler"]["last_epoch"] == 7 - 3
    longer = events_of(Bomb(at=NEVER), make_plan(**FP16), data, checkpoint=saved)
    assert lrs_of(list(longer)) == pytest.approx(expected[7:])


@pytest.mark.parametrize("kind", [FusedGuard, CopyGuard])
def test_a_guard_that_works_on_the_device_tells_what_it_left_out_if_it_must(kind: type[Guard]):
    model = make_mlp()
    name = "Adam" if kind is FusedGuard else "RMSprop"
    optimizer = build_optimizer(make_plan(optimizer={"type": name, "lr": 0.1}), model)
    guard = kind(optimizer, [])  # type: ignore[call-arg, arg-type]
    take = partial(guard.take, plain_step(optimizer))
    told = {}
    for must_tell in (False, True):
        guard.must_tell = must_tell
        told[must_tell] = []
        for factor in (1.0, math.inf, 2.0):
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, factor)
            told[must_tell].append(take(torch.tensor(factor)))
    assert told == {False: [False] * 3, True: [False, True, False]}


def test_nobody_waits_for_the_scaler_where_nothing_moves_with_the_steps(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.amp.GradScaler, "get_scale", lambda self: asked.append(1) or 1.0)
    still = {"scheduler": None, "ema_decay": None, "epochs": 1}
    list(events_of(Bomb(**SPOILED), make_plan(**FP16 | still), make_data()))
    by_checkpoints = len(asked)
    assert by_checkpoints == 2
    list(events_of(Bomb(**SPOILED), make_plan(**FP16 | {"epochs": 1}), make_data()))
    assert len(asked) == by_checkpoints + 2 * 7 + by_checkpoints


def test_a_stopped_run_keeps_how_many_steps_were_taken(tmp_path: Path):
    list(events_of(Bomb(**SPOILED), make_plan(**FP16 | {"epochs": 1}), make_data(), run_dir=tmp_path))
    progress = load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["progress"]
    assert (progress["step"], progress["skipped_in_all"]) == (7, 3)
