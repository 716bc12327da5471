"""Several batches make one step: as one large batch would, and as the loop one writes by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from runtime.accumulation import StepPlan
from runtime.control import Control
from runtime.events import EpochEnded, RunStarted, StepsRecorded
from tests.runtime.training import (
    SAMPLES,
    TickingClock,
    events_of,
    make_cnn,
    make_data,
    make_gru,
    make_mlp,
    make_plan,
    of_type,
)

SGD = {"optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}}
# Sums of as many numbers in another order: a few times the last place, on weights of about 1.
ULPS = {"rtol": 1e-5, "atol": 1e-6}


@pytest.mark.parametrize(("make_model", "shape"), [(make_mlp, (6,)), (make_gru, (4, 3))], ids=["MLP", "GRU"])
@pytest.mark.parametrize(("small", "count"), [(4, 2), (2, 4), (8, 3)])
def test_small_batches_make_the_step_of_a_large_one(make_model, shape, small, count):
    data = make_data(shape)
    whole, parts = make_model(), make_model()
    large = list(events_of(whole, make_plan(batch_size=small * count, **SGD), data))
    plan = make_plan(batch_size=small, accumulate_steps=count, **SGD)
    accumulated = list(events_of(parts, plan, data))
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], weight, **ULPS)
    for one, other in zip(of_type(large, StepsRecorded), of_type(accumulated, StepsRecorded), strict=True):
        assert other.losses == pytest.approx(one.losses, rel=1e-5)
        assert other.grad_norms == pytest.approx(one.grad_norms, rel=1e-4)
    for one, other in zip(of_type(large, EpochEnded), of_type(accumulated, EpochEnded), strict=True):
        assert (other.step, other.train_accuracy) == (one.step, one.train_accuracy)
        assert other.train_loss == pytest.approx(one.train_loss, rel=1e-5)


def test_the_numbers_are_those_of_a_loop_written_by_hand_to_the_bit():
    plan, data = make_plan(epochs=3, accumulate_steps=3, **SGD), make_data((1, 5, 5))
    ours, theirs = make_cnn(), make_cnn()
    list(events_of(ours, plan, data))
    torch.manual_seed(plan.seed)
    order = torch.Generator().manual_seed(plan.seed)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, fused=True)
    for _ in range(plan.epochs):
        batches = torch.randperm(SAMPLES, generator=order).split(plan.batch_size)
        for first in range(0, len(batches), 3):
            group = batches[first : first + 3]
            for rows in group:
                loss = nn.CrossEntropyLoss()(theirs(data.train_x[rows]), data.train_y[rows])
                (loss * (len(rows) / sum(map(len, group)))).backward()
            optimizer.step()
            optimizer.zero_grad()
    for name, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_steps_count_updates_and_not_batches():
    events = list(events_of(make_mlp(), make_plan(accumulate_steps=3), make_data()))
    started = of_type(events, RunStarted)[0]
    assert (started.steps_per_epoch, started.total_steps) == (3, 6)
    assert [(record.first_step, len(record.losses)) for record in of_type(events, StepsRecorded)] == [
        (1, 3),
        (4, 3),
    ]
    assert events[-1].step == 6


def test_a_schedule_moves_with_the_steps():
    plan = make_plan(accumulate_steps=7, epochs=4, scheduler={"type": "LinearLR"}, **SGD)
    records = of_type(list(events_of(make_mlp(), plan, make_data())), StepsRecorded)
    assert [lr for record in records for lr in record.lrs] == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_a_stop_waits_for_the_end_of_the_step():
    control, seen = Control(), []
    plan = make_plan(accumulate_steps=3)
    for event in events_of(make_mlp(), plan, make_data(), control, clock=TickingClock()):
        seen.append(event)
        if isinstance(event, StepsRecorded):
            control.request_stop()
    assert seen[-1].step == 1
    assert [len(record.losses) for record in of_type(seen, StepsRecorded)] == [1]


@pytest.mark.parametrize(
    ("batch", "share", "is_last"),
    [(0, 8 / 24, False), (2, 8 / 24, True), (3, 8 / 18, False), (5, 2 / 18, True)],
)
def test_a_short_batch_counts_by_its_samples(batch, share, is_last):
    steps = StepPlan(batch_size=8, samples=42, batches=6, batches_per_step=3)
    assert (steps.share(batch), steps.is_last(batch)) == (share, is_last)
    assert steps.steps == 2
    assert [steps.first_batch(step) for step in (0, 1)] == [0, 3]


def test_a_last_step_of_fewer_batches_is_a_mean_over_their_samples():
    steps = StepPlan(batch_size=8, samples=58, batches=8, batches_per_step=3)
    assert [steps.share(batch) for batch in (6, 7)] == [0.8, 0.2]
    assert [steps.is_last(batch) for batch in (5, 6, 7)] == [True, False, True]


@pytest.mark.parametrize("precision", ["amp-bfloat16", "amp-float16"])
def test_accumulation_learns_in_mixed_precision(precision):
    plan = make_plan(accumulate_steps=2, precision=precision, epochs=15)
    ended = of_type(list(events_of(make_mlp(), plan, make_data())), EpochEnded)
    assert ended[-1].train_loss < 0.5 * ended[0].train_loss
