"""When a run ends, by what it is judged, and what it keeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
import torch

from runtime.checkpoint import checkpoint_folder, load_checkpoint, load_weights
from runtime.events import CheckpointSaved, EpochEnded, Event, RunEnded, StepsRecorded
from runtime.goals import Goal, metric_names
from runtime.loss_spec import needs_of
from runtime.metrics import Scores
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from tests.runtime.training import TickingClock, events_of, make_data, make_mlp, make_plan, of_type

LOSSES = (0.9, 0.5, 0.6, 0.48, 0.7, 0.8, 0.3)
ACCURACIES = (0.1, 0.3, 0.2, 0.9, 0.5, 0.6, 0.8)
TIED_LOSSES = (0.9, math.nan, 0.6, 0.65, 0.4, 0.1, 0.45)
TIED_ACCURACIES = (0.1, 1.0, 1.0, 1.0, 1.0, 0.9, 1.0)


def score_with(monkeypatch: pytest.MonkeyPatch, losses: Sequence[float], accuracies: Sequence[float]) -> None:
    """Has validation give these, epoch by epoch, then the last over and over."""
    scores = [Scores(loss, {"accuracy": each}) for loss, each in zip(losses, accuracies, strict=True)]
    calls = chain(scores, repeat(scores[-1]))
    monkeypatch.setattr("runtime.trainer.evaluate", lambda *_, **__: next(calls))


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation with the first losses and accuracies above."""
    score_with(monkeypatch, LOSSES, ACCURACIES)


@pytest.fixture
def tied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation that reaches the best accuracy again and again."""
    score_with(monkeypatch, TIED_LOSSES, TIED_ACCURACIES)


def run(run_dir: Path | None = None, **settings: Any) -> tuple[torch.nn.Module, list[Event]]:
    model = make_mlp()
    return model, list(events_of(model, make_plan(**{"epochs": 7} | settings), make_data(), run_dir=run_dir))


def ending(events: list[Event]) -> RunEnded:
    (ended,) = of_type(events, RunEnded)
    return ended


def best_epochs(events: list[Event]) -> list[int]:
    """Every epoch that became the best."""
    return [ended.epoch for ended in of_type(events, EpochEnded) if ended.is_best]


@pytest.mark.usefixtures("scored")
def test_the_monitored_metric_tells_the_best_epoch() -> None:
    _, events = run(monitor="val_accuracy")
    assert best_epochs(events) == [1, 2, 4]
    assert ending(events).best_epoch == 4


@pytest.mark.usefixtures("scored")
def test_by_default_that_is_the_loss() -> None:
    _, events = run()
    assert best_epochs(events) == [1, 2, 4, 7]


@pytest.mark.usefixtures("tied")
def test_of_epochs_with_the_same_figure_the_one_with_the_lowest_loss_is_the_best(tmp_path: Path) -> None:
    _, events = run(tmp_path, monitor="val_accuracy", checkpoint_epochs=5)
    assert best_epochs(events) == [1, 2, 3, 5]
    assert ending(events).best_epoch == 5
    best, last = (load_checkpoint(checkpoint_folder(tmp_path, kind)) for kind in ("best", "last"))
    assert best.trainer["progress"]["step"] == 35
    assert best.trainer["progress"]["best_epoch"] == last.trainer["progress"]["best_epoch"] == 5


def test_without_a_validation_loss_the_first_of_them_stays_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.trainer.evaluate", lambda *_, **__: None)
    monkeypatch.setattr("runtime.scoring.Scoring.train_accuracy", lambda *_: 1.0)
    _, events = run(monitor="train_accuracy")
    assert best_epochs(events) == [1]


def test_a_loss_that_is_reached_again_keeps_the_first_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    score_with(monkeypatch, [0.5] * 7, ACCURACIES)
    assert best_epochs(run()[1]) == [1]


@pytest.mark.usefixtures("tied")
@pytest.mark.parametrize("min_delta", [0.0, 0.05])
def test_the_same_figure_with_a_lower_loss_is_no_improvement_to_patience(min_delta: float) -> None:
    _, events = run(monitor="val_accuracy", early_stopping={"patience": 3, "min_delta": min_delta})
    assert ending(events).reason == (
        "Stopped early: val_accuracy was not better for 3 epochs. The weights are those of epoch 5, the best."
    )


@pytest.mark.usefixtures("tied")
@pytest.mark.parametrize(("is_known", "best"), [(True, [5]), (False, [])])
def test_a_resumed_run_still_knows_the_loss_to_beat(tmp_path: Path, is_known: bool, best: list[int]) -> None:
    run(tmp_path, monitor="val_accuracy", epochs=4)
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    if not is_known:  # as saved before ties were told apart
        del checkpoint.trainer["progress"]["best_loss"]
    plan = make_plan(monitor="val_accuracy", epochs=7)
    events = list(events_of(make_mlp(), plan, make_data(), run_dir=tmp_path, checkpoint=checkpoint))
    assert best_epochs(events) == best
    assert ending(events).best_epoch == (5 if is_known else 3)


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("has_folder", [True, False])
def test_a_run_that_no_longer_gets_better_ends_and_goes_back_to_its_best(
    tmp_path: Path, has_folder: bool
) -> None:
    model, events = run(tmp_path if has_folder else None, early_stopping={"patience": 2})
    assert [ended.epoch for ended in of_type(events, EpochEnded)] == [1, 2, 3, 4, 5, 6]
    assert ending(events).state == "finished"
    assert ending(events).reason == (
        "Stopped early: val_loss was not better for 2 epochs. The weights are those of epoch 4, the best."
    )
    twin = make_mlp()
    list(events_of(twin, make_plan(epochs=4), make_data()))
    assert all(torch.equal(weight, twin.state_dict()[name]) for name, weight in model.state_dict().items())
    if has_folder:
        last = load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["progress"]
        assert (last["epoch"], last["stale_epochs"]) == (7, 2)


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize(
    ("stopping", "epochs"),
    [
        ({"patience": 1}, 3),
        ({"patience": 2, "min_delta": 0.05}, 4),
        ({"patience": 3, "metric": "val_accuracy"}, 7),
        ({"patience": 1, "metric": "val_accuracy"}, 3),
        ({"patience": 20}, 7),
        ({"min_delta": 9.0}, 7),
    ],
    ids=str,
)
def test_patience_and_the_least_change_decide(stopping: dict[str, Any], epochs: int) -> None:
    _, events = run(early_stopping=stopping)
    assert len(of_type(events, EpochEnded)) == epochs


@pytest.mark.usefixtures("scored")
def test_a_resumed_run_goes_on_counting(tmp_path: Path) -> None:
    run(tmp_path, epochs=5, early_stopping={"patience": 2})
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    model, plan = make_mlp(), make_plan(epochs=7, early_stopping={"patience": 2})
    events = list(events_of(model, plan, make_data(), run_dir=tmp_path, checkpoint=checkpoint))
    assert [ended.epoch for ended in of_type(events, EpochEnded)] == [6]
    assert "The weights are those of epoch 4" in ending(events).reason
    best = load_weights(checkpoint_folder(tmp_path, "best"))
    assert all(torch.equal(weight, best[name]) for name, weight in model.state_dict().items())


def test_a_run_ends_at_its_steps_with_a_score(tmp_path: Path) -> None:
    _, events = run(tmp_path, max_steps=10)
    assert ending(events).state == "finished"
    assert (ending(events).step, ending(events).reason) == (10, "Reached max_steps = 10.")
    assert [(ended.epoch, ended.step) for ended in of_type(events, EpochEnded)] == [(1, 7), (2, 10)]
    assert of_type(events, EpochEnded)[-1].val_loss is not None


def test_a_run_that_was_cut_short_goes_on_within_its_epoch(tmp_path: Path) -> None:
    whole, resumed = make_mlp(), make_mlp()
    list(events_of(whole, make_plan(epochs=3), make_data()))
    run(tmp_path, epochs=3, max_steps=10)
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    events = list(events_of(resumed, make_plan(epochs=3), make_data(), checkpoint=checkpoint))
    assert [ended.epoch for ended in of_type(events, EpochEnded)] == [2, 3]
    assert of_type(events, StepsRecorded)[0].first_step == 11
    assert all(torch.equal(weight, whole.state_dict()[name]) for name, weight in resumed.state_dict().items())


def test_no_more_steps_than_the_epochs_have_are_taken() -> None:
    _, events = run(epochs=2, max_steps=100)
    assert (ending(events).step, ending(events).reason) == (14, "")


def test_a_run_ends_at_its_minutes() -> None:
    plan = make_plan(epochs=100, max_minutes=1)
    events = list(events_of(make_mlp(), plan, make_data(), clock=TickingClock()))
    assert ending(events).reason == "Reached max_minutes = 1."
    times = [time for record in of_type(events, StepsRecorded) for time in record.times]
    assert 40 < times[-1] <= 60


def test_checkpoints_come_every_so_many_epochs_and_at_the_end(tmp_path: Path) -> None:
    _, events = run(tmp_path, epochs=5, checkpoint_epochs=2)
    saved = of_type(events, CheckpointSaved)
    assert [event.step for event in saved if event.kind == "last"] == [14, 28, 35]
    bests = [ended.step for ended in of_type(events, EpochEnded) if ended.is_best]
    assert [event.step for event in saved if event.kind == "best"] == bests


def test_checkpoints_come_every_so_many_minutes(tmp_path: Path) -> None:
    plan = make_plan(epochs=1, checkpoint_minutes=0.2)
    events = list(events_of(make_mlp(), plan, make_data(), clock=TickingClock(), run_dir=tmp_path))
    within = [event.step for event in of_type(events, CheckpointSaved)][:-2]
    assert len(within) >= 1
    assert all(0 < step < 7 for step in within)
    for event in of_type(events, CheckpointSaved):
        recorded = [e for e in events[: events.index(event)] if isinstance(e, StepsRecorded)]
        assert recorded[-1].first_step + len(recorded[-1].losses) - 1 == event.step


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"monitor": "val_acuracy"}, r"'val_acuracy', which this run does not tell.* Did you mean 'val_a"),
        ({"early_stopping": {"metric": "f1"}}, r"stopping\.metric is 'f1', .* Expected one of train_loss, "),
        ({"monitor": "val_mae"}, r"Expected one of train_loss, train_accuracy, val_loss, val_accuracy"),
    ],
)  # fmt: skip
def test_a_metric_that_the_run_does_not_tell_is_refused_before_it(
    settings: dict[str, Any], text: str
) -> None:
    with pytest.raises(PlanError, match=text):
        run(**settings)


def test_without_validation_only_the_default_falls_back_to_training() -> None:
    events = list(events_of(make_mlp(), make_plan(), make_data(val=0)))
    assert ending(events).best_epoch == 2
    with pytest.raises(PlanError, match=r"Expected one of train_loss, train_accuracy\."):
        list(events_of(make_mlp(), make_plan(monitor="val_accuracy"), make_data(val=0)))


@pytest.mark.parametrize(
    ("metric", "mode"),
    [
        ("val_loss", "min"),
        ("val_accuracy", "max"),
        ("train_accuracy", "max"),
        ("val_mae", "min"),
        ("val_r2", "max"),
    ],
)
def test_which_way_is_better_comes_from_the_metric(metric: str, mode: str) -> None:
    goal = Goal(metric)
    assert goal.mode == mode
    assert goal.is_better(0.2, 0.1) == (mode == "max")
    assert goal.is_better(0.1, 0.2) == (mode == "min")
    assert not goal.is_better(0.1, 0.1)
    assert not goal.is_better(math.nan, 0.1)
    assert goal.is_better(0.1, None)
    assert not goal.is_better(math.inf, None)


@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "MSELoss", "BCEWithLogitsLoss", "PoissonNLLLoss"])
def test_every_metric_that_a_run_tells_is_known_before_it(loss: str) -> None:
    targets = {"CrossEntropyLoss": "class", "BCEWithLogitsLoss": "binary"}.get(loss, "value")
    model = make_mlp(3 if targets == "class" else 1)
    plan = make_plan(loss=loss, epochs=1)
    (ended,) = of_type(list(events_of(model, plan, make_data(target=targets))), EpochEnded)
    known = metric_names(needs_of(plan.loss), has_val=True)
    assert set(ended.figures) <= set(known)


@pytest.mark.usefixtures("scored")
def test_a_plateau_follows_the_monitored_metric_once_the_warm_up_is_over() -> None:
    scheduler = {"type": "ReduceLROnPlateau", "factor": 0.5, "patience": 0, "warmup_epochs": 2}
    sgd = {"type": "SGD", "lr": 0.8}
    _, events = run(scheduler=scheduler, optimizer=sgd, monitor="val_accuracy")
    lrs = [record.lrs[-1] for record in of_type(events, StepsRecorded)]
    # Epochs 3, 5, 6 and 7 were not better than the best before; the first does not count yet.
    assert lrs[1:] == pytest.approx([0.8 * 14 / 15, 0.8, 0.4, 0.4, 0.2, 0.1])


def test_a_plan_without_any_of_it_says_nothing() -> None:
    assert TrainingPlan().early_stopping.patience is None
    _, events = run(epochs=1)
    assert ending(events).reason == ""
