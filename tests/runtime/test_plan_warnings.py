"""Settings that nobody is likely to want are told before a run, with what to set instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime import launch
from runtime.control import Control
from runtime.events import RunEnded
from runtime.loss_choices import LOSSES
from runtime.optimizer_choices import OPTIMIZERS
from runtime.plan import PlanError, TrainingPlan, lr_curve
from runtime.plan_warnings import PlanWarning, plan_warnings
from runtime.schedule_choices import SCHEDULERS
from tests.runtime.training import spiral_project

ADAM_EPS = "becomes NaN. Expected a small number above 0. Set optimizer.eps = 1e-08."
NO_RATE = (
    "optimizer.lr is 0, so the run learns nothing. "
    "Expected a learning rate above 0. Set optimizer.lr = 0.001."
)
TOO_IDLE = (
    "LinearLR as set leaves a learning rate of 0 for {share} of the run, which then learns nothing. "
    "Expected a learning rate above 0 almost to the end. Change the scheduler, or epochs."
)


def warnings(**settings: object) -> list[PlanWarning]:
    """What is told of a plan of 4 epochs."""
    plan = TrainingPlan.from_mapping({"epochs": 4, **settings})
    return plan_warnings(plan, lr_curve(plan, 100))


@pytest.mark.parametrize(
    ("settings", "begin", "end"),
    [
        ({"optimizer": {"type": "Adam", "eps": 0}}, "optimizer.eps is 0,", ADAM_EPS),
        ({"optimizer": {"type": "AdamW", "eps": 1e-300}}, "optimizer.eps is 1e-300,", ADAM_EPS),
        (
            {"optimizer": {"type": "SGD", "momentum": 1}},
            "optimizer.momentum is 1,", "Expected a number below 1. Set optimizer.momentum = 0.9.",
        ),
        ({"clip_grad_norm": 1e-300}, "clip_grad_norm is 1e-300,", "Set clip_grad_norm = 1."),
        ({"clip_grad_value": 1e-13}, "clip_grad_value is 1e-13,", "Set clip_grad_value = 1."),
        ({"ema_decay": 1}, "ema_decay is 1,", "Set ema_decay = 0.999."),
    ],
)  # fmt: skip
def test_each_is_told_with_what_to_do(settings: dict[str, object], begin: str, end: str) -> None:
    (warning,) = warnings(**settings)
    assert warning.text.startswith(begin)
    assert warning.text.endswith(end)
    assert warning.path == begin.partition(" ")[0], "the setting that is to be changed"


@pytest.mark.parametrize(
    ("settings", "path", "text"),
    [
        ({"optimizer": {"type": "SGD", "lr": 0}}, "optimizer.lr", NO_RATE),
        (
            {"optimizer": {"type": "SGD", "lr": 0}, "scheduler": {"type": "ReduceLROnPlateau"}},
            "optimizer.lr", NO_RATE,
        ),
        (
            {"scheduler": {"type": "ConstantLR", "factor": 0, "total_iters": 10}},
            "scheduler.type", TOO_IDLE.replace("LinearLR", "ConstantLR").format(share="all"),
        ),
        (
            {"scheduler": {"type": "LinearLR", "total_iters": 1}},
            "scheduler.type", TOO_IDLE.format(share="75%"),
        ),
    ],
)  # fmt: skip
def test_a_rate_of_0_is_told(settings: dict[str, object], path: str, text: str) -> None:
    assert warnings(**settings) == [PlanWarning(path, text)]


def test_usual_settings_are_not_warned_of() -> None:
    usual = [{"optimizer": kind} for kind in OPTIMIZERS] + [{"scheduler": kind} for kind in SCHEDULERS]
    usual += [{"loss": kind} for kind in LOSSES]
    careful = {"ema_decay": 0.9999, "clip_grad_norm": 0.01, "optimizer": {"type": "SGD", "momentum": 0.99}}
    for settings in (*usual, careful):
        assert warnings(**settings) == []


def test_they_are_told_as_the_run_begins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    *_, ended = launch.run(spiral_project(epochs=1, ema_decay=1), tmp_path, Control())
    assert isinstance(ended, RunEnded)
    assert ended.state == "finished"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "ema_decay is 1," in caplog.text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"optimizer": {"type": "ASGD", "alpha": 1e18}},
            r"optimizer\.alpha is 1e\+18\. Expected a number from 0 to 1\. Leave it out",
        ),
        (
            {"clip_grad_norm": 1e39},
            r"clip_grad_norm is 1e\+39\. Expected a number above 0 to 3\.40282e\+38\.",
        ),
        ({"optimizer": {"type": "SGD", "lr": 1e39}}, r"Expected a number from 0 to 3\.40282e\+38\."),
        ({"ema_decay": -1e39}, r"ema_decay is -1e\+39\. Expected a number from 0 to 1\."),
        (
            {"loss": {"type": "CrossEntropyLoss", "weight": [1, 1e300]}},
            r"loss\.weight is \[1, 1e\+300\]\. Expected a list of .*, with no number above 3\.40282e\+38\.",
        ),
    ],
)
def test_what_no_float_can_hold_is_refused_with_the_whole_range(
    settings: dict[str, object], text: str
) -> None:
    with pytest.raises(PlanError, match=text):
        TrainingPlan.from_mapping(settings)
