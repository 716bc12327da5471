"""A run that breaks says where, and leaves the last good checkpoint alone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.device import DeviceError, pick_device
from runtime.events import EpochEnded, Event, RunEnded, StepsRecorded
from runtime.failure import NonFiniteError
from runtime.options import PlanError
from runtime.step_watch import MAX_SKIPPED_STEPS
from tests.runtime.training import SAMPLES, events_of, make_data, make_plan, of_type

SGD = {"type": "SGD", "lr": 0.01}


class Spoiled(torch.autograd.Function):
    """Passes values on unchanged and multiplies their gradient."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * ctx.factor, None


class Bomb(nn.Module):
    """Two layers; from one training step on, what lies between them is spoiled.

    Args:
        at: the first spoiled step.
        until: the first step that is fine again.
        value: what the values are multiplied with.
        gradient: what the gradients are multiplied with.
    """

    def __init__(
        self, at: int, until: float = math.inf, *, value: float = 1.0, gradient: float = 1.0
    ) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)
        self.step, self.at, self.until = 0, at, until
        self.value, self.gradient = value, gradient

    def forward(self, x: Tensor) -> Tensor:
        self.step += self.training
        hidden: Tensor = self.first(x).relu()
        if self.training and self.at <= self.step < self.until:
            hidden = Spoiled.apply(hidden, self.gradient) * self.value  # type: ignore[no-untyped-call]
        logits: Tensor = self.second(hidden)
        return logits


def run_to_failure(
    model: nn.Module, run_dir: Path | None = None, **settings: Any
) -> tuple[list[Event], NonFiniteError]:
    events = []
    try:
        for event in events_of(
            model, make_plan(**({"optimizer": SGD} | settings)), make_data(), run_dir=run_dir
        ):
            events.append(event)
    except NonFiniteError as error:
        return events, error
    pytest.fail("the run did not break")


def test_a_loss_that_is_no_number_ends_the_run_at_its_step() -> None:
    events, error = run_to_failure(Bomb(at=10, value=math.nan))
    assert "The loss, and with it the gradient of first.weight, is not a finite number at step 10." in str(
        error
    )
    assert "Lower the learning rate" in str(error)
    assert (error.step, error.parameter) == (10, "first.weight")
    record = of_type(events, StepsRecorded)[-1]
    assert record.first_step + len(record.losses) - 1 == 10
    assert math.isnan(record.losses[-1])
    assert all(math.isfinite(loss) for loss in record.losses[:-1])


def test_a_broken_gradient_names_the_first_parameter_it_reaches() -> None:
    _, error = run_to_failure(Bomb(at=3, gradient=math.inf))
    assert str(error).startswith("The gradient of first.weight is not a finite number at step 3.")


def test_a_broken_run_leaves_the_checkpoints_of_the_last_good_epoch(tmp_path: Path) -> None:
    run_to_failure(Bomb(at=10, value=math.nan), tmp_path)
    for kind in ("last", "best"):
        saved = load_checkpoint(checkpoint_folder(tmp_path, kind))  # type: ignore[arg-type]
        assert saved.trainer["progress"]["step"] == 7
        assert all(weight.isfinite().all() for weight in saved.weights.values())


def test_weights_that_only_the_last_step_broke_are_not_saved(tmp_path: Path) -> None:
    # One step an epoch, with gradients that are finite until the learning rate is applied.
    settings = {"optimizer": {"type": "SGD", "lr": 1e30}, "batch_size": SAMPLES}
    _, error = run_to_failure(Bomb(at=1, gradient=1e15), tmp_path, **settings)
    assert str(error).startswith("The weight of ")
    assert error.step == 1
    assert not (tmp_path / "checkpoints").exists()


def test_the_scaler_may_skip_a_step() -> None:
    events = list(
        events_of(Bomb(at=3, until=6, gradient=math.inf), make_plan(precision="amp-float16"), make_data())
    )
    assert events[-1] == RunEnded("finished", step=14, best_epoch=2)
    records = of_type(events, StepsRecorded)
    norms = [norm for record in records for norm in record.grad_norms]
    assert [index + 1 for index, norm in enumerate(norms) if not math.isfinite(norm)] == [3, 4, 5]
    assert all(math.isfinite(ended.train_loss) for ended in of_type(events, EpochEnded))


def test_sgd_survives_a_skipped_first_step() -> None:
    plan = make_plan(
        precision="amp-float16", optimizer=SGD | {"momentum": 0.9}, scheduler={"type": "CosineAnnealingLR"}
    )
    events = list(events_of(Bomb(at=1, until=2, gradient=math.inf), plan, make_data()))
    assert events[-1].state == "finished"  # type: ignore[union-attr]


def test_steps_skipped_without_end_are_a_failure() -> None:
    _, error = run_to_failure(Bomb(at=3, gradient=math.inf), precision="amp-float16", epochs=6)
    assert error.step == 3 + MAX_SKIPPED_STEPS
    assert error.parameter == "first.weight"


def test_a_model_without_weights_cannot_be_trained() -> None:
    with pytest.raises(PlanError, match="nothing to train"):
        list(events_of(nn.Flatten(), make_plan(), make_data()))


def test_an_unknown_device_says_which_there_are() -> None:
    with pytest.raises(
        DeviceError, match=r"device is 'xpu'.* Expected auto or one of: cpu.* Set device = auto"
    ):
        pick_device("xpu")
    assert pick_device("cpu") == torch.device("cpu")
