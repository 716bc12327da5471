"""A run that was stopped and resumed gives the numbers of one that never was."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from runtime.checkpoint import CheckpointError, checkpoint_folder, load_checkpoint, save_checkpoint
from runtime.control import Control
from runtime.events import EpochEnded, Event, RunStarted, StepsRecorded
from tests.runtime.training import TickingClock, events_of, make_cnn, make_data, make_mlp, make_plan, of_type

SETTINGS: dict[str, Any] = {
    "epochs": 3,
    "optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9},
    "scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 1},
    "clip_grad_norm": 1.0,
}


def stop_at(step: int, run_dir: Path, **settings: Any) -> list[Event]:
    control, events = Control(), []
    plan = make_plan(**settings)
    for event in events_of(
        make_cnn(), plan, make_data((1, 5, 5)), control, clock=TickingClock(), run_dir=run_dir
    ):
        events.append(event)
        if isinstance(event, StepsRecorded) and event.first_step == step:
            control.request_stop()
    return events


def numbers(events: list[Event]) -> tuple[list[float], list[float], list[EpochEnded]]:
    records = of_type(events, StepsRecorded)
    losses = [loss for record in records for loss in record.losses]
    lrs = [lr for record in records for lr in record.lrs]
    return losses, lrs, [replace(ended, seconds=0) for ended in of_type(events, EpochEnded)]


@pytest.mark.parametrize(
    ("step", "precision"),
    [(1, "float32"), (5, "float32"), (7, "float32"), (8, "float32"), (20, "float32"), (5, "amp-float16")],
)
def test_stopped_and_resumed_is_as_never_stopped(tmp_path: Path, step: int, precision: str) -> None:
    settings = SETTINGS | {"precision": precision}
    plan, data = make_plan(**settings), make_data((1, 5, 5))
    whole, resumed = make_cnn(), make_cnn()
    expected = list(events_of(whole, plan, data, clock=TickingClock()))
    first = stop_at(step, tmp_path, **settings)
    assert first[-1].step == step  # type: ignore[union-attr]
    with torch.no_grad():
        for parameter in resumed.parameters():
            parameter.zero_()  # everything has to come from the checkpoint
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    second = list(events_of(resumed, plan, data, checkpoint=checkpoint, clock=TickingClock()))
    assert of_type(second, RunStarted)[0].start_step == step
    assert numbers(first + second) == numbers(expected)
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight), name
    assert second[-1].best_epoch == expected[-1].best_epoch  # type: ignore[union-attr]


def test_time_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = stop_at(5, tmp_path)
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    second = list(
        events_of(make_cnn(), make_plan(), make_data((1, 5, 5)), checkpoint=checkpoint, clock=TickingClock())
    )
    times = [time for record in of_type(first + second, StepsRecorded) for time in record.times]
    assert times == sorted(times)


def test_a_stop_during_validation_validates_again(tmp_path: Path) -> None:
    class Stopping(nn.Linear):
        control: Control

        def forward(self, input: torch.Tensor) -> torch.Tensor:
            if not self.training:
                self.control.request_stop()
            return super().forward(input)

    model = Stopping(6, 3)
    model.control = Control()
    events = list(events_of(model, make_plan(), make_data(), model.control, run_dir=tmp_path))
    assert of_type(events, EpochEnded) == []
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    resumed = list(events_of(nn.Linear(6, 3), make_plan(), make_data(), checkpoint=checkpoint))
    assert [ended.epoch for ended in of_type(resumed, EpochEnded)] == [1, 2]
    assert of_type(resumed, StepsRecorded)[0].first_step == 8


def test_a_finished_run_can_be_given_more_epochs(tmp_path: Path) -> None:
    data = make_data()
    whole, longer = make_mlp(), make_mlp()
    list(events_of(whole, make_plan(epochs=4), data))
    list(events_of(make_mlp(), make_plan(epochs=2), data, run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    events = list(events_of(longer, make_plan(epochs=4), data, checkpoint=checkpoint))
    assert events[-1].step == 28  # type: ignore[union-attr]
    for name, weight in whole.state_dict().items():
        assert torch.equal(longer.state_dict()[name], weight), name


def test_the_best_epoch_is_saved_although_the_disk_was_full_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, data, saves = make_plan(), make_data((1, 5, 5)), list[str]()

    def save(folder: Path, *content: Any) -> None:
        saves.append(folder.name)
        if folder.name == "best" and saves.count("best") == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        save_checkpoint(folder, *content)

    monkeypatch.setattr("runtime.keeper.save_checkpoint", save)
    with pytest.raises(OSError, match="No space"):
        list(events_of(make_cnn(), plan, data, run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    events = list(events_of(make_cnn(), plan, data, run_dir=tmp_path, checkpoint=checkpoint))
    best = load_checkpoint(checkpoint_folder(tmp_path, "best")).trainer["progress"]
    assert best["best_epoch"] == events[-1].best_epoch == 2  # type: ignore[union-attr]


def test_schedule_and_precision_may_change_in_between(tmp_path: Path) -> None:
    list(events_of(make_mlp(), make_plan(epochs=1), make_data(), run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    plan = make_plan(epochs=2, precision="amp-float16", scheduler={"type": "StepLR", "step_size": 1})
    events = list(events_of(make_mlp(), plan, make_data(), checkpoint=checkpoint))
    assert events[-1].step == 14  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "make_other", [lambda: nn.Linear(6, 3), lambda: make_mlp(outputs=5)], ids=["layers", "sizes"]
)
def test_another_model_cannot_take_the_checkpoint(
    tmp_path: Path, make_other: Callable[[], nn.Module]
) -> None:
    list(events_of(make_mlp(), make_plan(), make_data(), run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    with pytest.raises(CheckpointError, match="other layers or sizes"):
        list(events_of(make_other(), make_plan(), make_data(), checkpoint=checkpoint))
