"""The engine trains exactly as the loop one writes by hand, and tells what happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.data.prepared import TrainData
from runtime.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    RunEnded,
    RunStarted,
    StateChanged,
    StepsRecorded,
)
from runtime.plan import TrainingPlan
from tests.runtime.training import (
    HELD_BACK,
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

ADAM = {"optimizer": {"type": "Adam", "lr": 0.01}}
SGD = {"optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True}, "clip_grad_norm": 0.5}
COSINE = {"scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 0.5}}
CYCLE = SGD | {"scheduler": {"type": "OneCycleLR"}, "clip_grad_value": 0.05}
WARMED = ADAM | {"scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 1, "eta_min": 0.001}}

OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    "Adam": lambda model: torch.optim.Adam(model.parameters(), lr=0.01, fused=True),
    "SGD": lambda model: torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, fused=True),
}
SCHEDULES: dict[str, Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]] = {
    "OneCycleLR": lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=21),
    "CosineAnnealingLR": lambda optimizer: lr_scheduler.SequentialLR(
        optimizer,
        [
            lr_scheduler.LinearLR(optimizer, 1 / 8, total_iters=7),
            lr_scheduler.CosineAnnealingLR(optimizer, 14, 0.001),
        ],
        milestones=[7],
    ),
}


def train_by_hand(model: nn.Module, plan: TrainingPlan, data: TrainData) -> tuple[list[float], list[float]]:
    """The loop of any tutorial; gives the loss and the gradient norm of every step."""
    torch.manual_seed(plan.seed)
    order = torch.Generator().manual_seed(plan.seed)
    optimizer = OPTIMIZERS[plan.optimizer.type](model)
    loss_function = nn.CrossEntropyLoss()
    schedule = SCHEDULES[plan.scheduler.type](optimizer) if plan.scheduler else None
    losses, norms = [], []
    model.train()
    for _ in range(plan.epochs):
        for rows in torch.randperm(SAMPLES, generator=order).split(plan.batch_size):
            optimizer.zero_grad()
            loss = loss_function(model(data.train_x[rows]), data.train_y[rows])
            loss.backward()
            norms.append(clip_grad_norm_(model.parameters(), float("inf")).item())
            if plan.clip_grad_value is not None:
                clip_grad_value_(model.parameters(), plan.clip_grad_value)
            if plan.clip_grad_norm is not None:
                clip_grad_norm_(model.parameters(), plan.clip_grad_norm)
            optimizer.step()
            if schedule is not None:
                schedule.step()
            losses.append(loss.item())
    return losses, norms


@pytest.mark.parametrize("settings", [ADAM, SGD, CYCLE, WARMED], ids=["Adam", "SGD", "cycle", "warmed"])
@pytest.mark.parametrize(
    ("make_model", "shape"),
    [(make_mlp, (6,)), (make_cnn, (1, 5, 5)), (make_gru, (4, 3))],
    ids=["MLP", "CNN", "GRU"],
)
def test_same_numbers_as_a_loop_written_by_hand(
    make_model: Callable[[], nn.Module], shape: tuple[int, ...], settings: dict[str, Any]
) -> None:
    plan, data = make_plan(epochs=3, **settings), make_data(shape)
    ours, theirs = make_model(), make_model()
    records = of_type(list(events_of(ours, plan, data)), StepsRecorded)
    losses, norms = train_by_hand(theirs, plan, data)
    assert [loss for record in records for loss in record.losses] == losses
    assert [norm for record in records for norm in record.grad_norms] == norms
    for name, weight in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_events_tell_the_run_from_start_to_end() -> None:
    events = list(events_of(make_mlp(), make_plan(), make_data()))
    assert events[0] == RunStarted(
        "", "cpu", "float32", 2, 7, 14, SAMPLES, HELD_BACK, 6 * 16 + 16 + 16 * 3 + 3
    )
    kinds = [type(event) for event in events[1:]]
    assert kinds == [StepsRecorded, EpochEnded, StepsRecorded, EpochEnded, RunEnded]
    assert events[-1].state == "finished"
    assert (events[-1].step, events[-1].best_epoch) == (14, 2)


def test_every_step_is_recorded_once_however_often_it_is_drained() -> None:
    plan = make_plan(**COSINE)
    at_once = of_type(list(events_of(make_mlp(), plan, make_data())), StepsRecorded)
    often = of_type(list(events_of(make_mlp(), plan, make_data(), clock=TickingClock())), StepsRecorded)
    assert [(record.first_step, record.epoch) for record in at_once] == [(1, 1), (8, 2)]
    assert [record.first_step for record in often] == list(range(1, 15))
    for column in ("losses", "lrs", "grad_norms"):
        assert sum((getattr(record, column) for record in at_once), ()) == sum(
            (getattr(record, column) for record in often), ()
        )
    times = [time for record in often for time in record.times]
    assert times == sorted(times)
    assert times[0] > 0


def test_the_learning_rate_is_the_one_the_step_was_taken_with() -> None:
    records = of_type(list(events_of(make_mlp(), make_plan(**COSINE), make_data())), StepsRecorded)
    lrs = [lr for record in records for lr in record.lrs]
    assert lrs[0] == pytest.approx(0.01 / 5)
    assert max(lrs) == lrs[4] == pytest.approx(0.01)
    assert 0 < lrs[-1] < 0.001


def test_epoch_losses_and_accuracies_are_means_over_samples() -> None:
    model, data = make_mlp(), make_data()
    events = list(events_of(model, make_plan(epochs=1), data))
    (record,), (ended,) = of_type(events, StepsRecorded), of_type(events, EpochEnded)
    expected = sum(loss * count for loss, count in zip(record.losses, [8] * 6 + [2], strict=True)) / SAMPLES
    assert ended.train_loss == pytest.approx(expected)
    assert (ended.train_accuracy * SAMPLES) % 1 == pytest.approx(0)
    with torch.inference_mode():
        logits = model(data.val_x)
    assert ended.val_loss == pytest.approx(nn.functional.cross_entropy(logits, data.val_y).item())
    assert ended.val_accuracy == (logits.argmax(1) == data.val_y).sum().item() / HELD_BACK
    assert ended.is_best


def test_yes_no_answers_have_an_accuracy() -> None:
    model, data = make_mlp(outputs=1), make_data(target="binary")
    ended = of_type(list(events_of(model, make_plan(loss="BCEWithLogitsLoss", epochs=20), data)), EpochEnded)[
        -1
    ]
    with torch.inference_mode():
        right = (model(data.val_x) > 0).float() == data.val_y
    assert ended.val_accuracy == right.sum().item() / HELD_BACK
    assert ended.train_accuracy > 0.9


def test_predicted_numbers_have_no_accuracy() -> None:
    data = make_data(target="value")
    ended = of_type(list(events_of(make_mlp(outputs=1), make_plan(loss="MSELoss"), data)), EpochEnded)[-1]
    assert ended.train_accuracy is None
    assert ended.val_accuracy is None
    assert ended.val_loss > 0


def test_without_validation_data_the_training_loss_decides() -> None:
    events = list(events_of(make_mlp(), make_plan(), make_data(val=0)))
    ended = of_type(events, EpochEnded)
    assert [(epoch.val_loss, epoch.val_accuracy) for epoch in ended] == [(None, None)] * 2
    assert ended[1].train_loss < ended[0].train_loss
    assert events[-1].best_epoch == 2


class ModeSpy(nn.Linear):
    """Notes the mode and the grad mode of every forward pass."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        self.__dict__.setdefault("seen", []).append((self.training, torch.is_grad_enabled()))
        return super().forward(input)


def test_training_and_validation_run_in_their_modes() -> None:
    model = ModeSpy(6, 3)
    model.eval()
    list(events_of(model, make_plan(epochs=1, batch_size=25), make_data()))
    assert model.seen == [(True, True)] * 2 + [(False, False)]
    assert model.training


def test_validation_changes_nothing() -> None:
    with_val, without = make_cnn(), make_cnn()
    list(events_of(with_val, make_plan(), make_data((1, 5, 5))))
    list(events_of(without, make_plan(), make_data((1, 5, 5), val=0)))
    for name, weight in without.state_dict().items():
        assert torch.equal(with_val.state_dict()[name], weight), name


def test_a_run_can_pause_and_go_on() -> None:
    control, seen = Control(), []
    for event in events_of(make_mlp(), make_plan(), make_data(), control, clock=TickingClock()):
        seen.append(event)
        if isinstance(event, StepsRecorded) and event.first_step == 3:
            control.pause()
        if event == StateChanged("paused"):
            control.resume()
    assert of_type(seen, StateChanged) == [StateChanged("paused"), StateChanged("running")]
    assert seen.index(StateChanged("paused")) == [type(e) for e in seen].index(StepsRecorded) + 3
    assert seen[-1].state == "finished"


def test_a_pause_saves_what_a_killed_run_goes_on_from(tmp_path: Path) -> None:
    control = Control()
    run = events_of(make_mlp(), make_plan(), make_data(), control, clock=TickingClock(), run_dir=tmp_path)
    for event in run:
        if isinstance(event, StepsRecorded) and event.first_step == 3:
            control.pause()
        if event == StateChanged("paused"):
            break
    kept = load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["progress"]
    assert (kept["step"], kept["epoch"], kept["batch"]) == (3, 1, 3)


def test_a_pause_takes_no_time_of_the_run() -> None:
    now, control, seen = [0.0], Control(), []
    plan = make_plan(max_minutes=1.0)
    for event in events_of(make_mlp(), plan, make_data(), control, clock=lambda: now[0]):
        seen.append(event)
        if isinstance(event, RunStarted):
            control.pause()
        if event == StateChanged("paused"):
            control.wait_while_paused = lambda: now.append(now.pop() + 3600.0)  # type: ignore[method-assign]
            control.resume()
    assert [event.seconds for event in of_type(seen, EpochEnded)] == [0.0, 0.0]
    assert {time for event in of_type(seen, StepsRecorded) for time in event.times} == {0.0}
    assert (seen[-1].state, seen[-1].reason, seen[-1].step) == ("finished", "", 14)


def test_who_asks_for_a_break_gets_every_step_up_to_it() -> None:
    control, model, told, at_break = Control(), make_mlp(), list[int](), list[int]()

    def begun() -> None:
        at_break.extend(told)
        control.end_break()

    def ask_in_the_third_step(*_: object) -> None:
        if len(seen_batches) == 3:
            control.ask_for_break(begun)

    seen_batches = list[object]()
    model.register_forward_pre_hook(lambda *_: seen_batches.append(1))
    model.register_forward_hook(ask_in_the_third_step)
    for event in events_of(model, make_plan(), make_data(), control):  # nothing is told within an epoch
        if isinstance(event, StepsRecorded):
            told += [event.first_step + index for index in range(len(event.losses))]
    assert at_break == [1, 2, 3]
    assert told == list(range(1, 15))


def test_a_stop_ends_the_run_after_the_step_it_is_in() -> None:
    control, seen = Control(), []
    for event in events_of(make_mlp(), make_plan(), make_data(), control, clock=TickingClock()):
        seen.append(event)
        if isinstance(event, StepsRecorded) and event.first_step == 10:
            control.request_stop()
    assert of_type(seen, StepsRecorded)[-1].first_step == 10
    assert seen[-2:] == [
        StateChanged("stopping"),
        RunEnded("stopped", "Stopped on request.", step=10, best_epoch=1),
    ]


def test_a_stop_while_paused_ends_the_run() -> None:
    control, seen = Control(), []
    control.pause()
    for event in events_of(make_mlp(), make_plan(), make_data(), control):
        seen.append(event)
        if event == StateChanged("paused"):
            control.request_stop()
    assert [type(event) for event in seen] == [RunStarted, StateChanged, StateChanged, RunEnded]
    assert seen[-1].state == "stopped"


def test_checkpoints_are_saved_after_every_epoch(tmp_path: Any) -> None:
    events: list[Event] = list(events_of(make_mlp(), make_plan(), make_data(), run_dir=tmp_path))
    saved = [(event.kind, event.step) for event in of_type(events, CheckpointSaved)]
    assert saved == [("best", 7), ("last", 7), ("best", 14), ("last", 14)]
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["best", "last"]


@pytest.mark.parametrize("precision", ["amp-bfloat16", "amp-float16"])
def test_mixed_precision_learns(precision: str) -> None:
    plan = make_plan(precision=precision, epochs=15, **COSINE)
    events = list(events_of(make_mlp(), plan, make_data()))
    ended = of_type(events, EpochEnded)
    assert ended[-1].train_loss < 0.5 * ended[0].train_loss
    assert all(parameter.dtype == torch.float32 for parameter in make_mlp().parameters())
