"""A run that another metric judges from some epoch on: later epochs are not held against another figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime import launch
from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import EpochEnded, Event, RunEnded
from tests.runtime.training import of_type, spiral_project

SLOW = {"type": "SGD", "lr": 1e-6}  # nothing gets better
CHANGED = 2  # the epoch after which the plan is another


def changed(
    run_dir: Path,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    live: bool,
    first_layer: dict[str, Any] | None = None,
) -> list[Event]:
    """The events of a run whose plan changes in mid-run, or between a stop and going on.

    With `first_layer` the network changes too: these are further parameters of its first layer.
    """
    common = {"epochs": 5, "optimizer": SLOW}
    start, then = (spiral_project(**common | settings) for settings in (before, after))
    node = then.graph.nodes["n2"]
    then.graph.replace_node(node.with_(params={**node.params, **(first_layer or {})}))
    control, events = Control(), []
    for event in launch.run(start, run_dir, control):
        events.append(event)
        if isinstance(event, EpochEnded) and event.epoch == CHANGED:
            if live:
                control.request_change(then)
            else:
                control.request_stop()
    if not live:
        events += launch.run(then, run_dir, Control(), resume=True, accepts_changes=True)
    return events


def progress(run_dir: Path) -> dict[str, Any]:
    found: dict[str, Any] = load_checkpoint(checkpoint_folder(run_dir, "last")).trainer["progress"]
    return found


@pytest.mark.parametrize("live", [True, False])
def test_the_best_epoch_is_of_the_metric_that_is_monitored_now(tmp_path: Path, live: bool) -> None:
    before, after = {"monitor": "val_loss"}, {"monitor": "val_accuracy"}
    ended = of_type(changed(tmp_path, before, after, live=live), EpochEnded)
    assert ended[CHANGED].is_best
    found = progress(tmp_path)
    assert found["best_value"] == max(each.metrics["accuracy"] for each in ended[CHANGED:])
    assert found["best_epoch"] > CHANGED


@pytest.mark.parametrize("live", [True, False])
def test_patience_begins_anew_with_another_metric(tmp_path: Path, live: bool) -> None:
    before = {"early_stopping": {"patience": 3, "metric": "val_loss", "min_delta": 10.0}}
    after = {"early_stopping": {"patience": 3, "metric": "val_accuracy", "min_delta": 10.0}}
    ended = of_type(changed(tmp_path, before, after, live=live), EpochEnded)
    assert [each.epoch for each in ended] == [1, 2, 3, 4, 5]  # the fourth would have been the last
    found = progress(tmp_path)
    assert (found["stop_value"], found["stale_epochs"]) == (ended[CHANGED].metrics["accuracy"], 2)


def test_with_the_same_metric_all_goes_on(tmp_path: Path) -> None:
    early = {"early_stopping": {"patience": 3, "min_delta": 10.0}}
    ended = of_type(changed(tmp_path, early, early | {"ema_decay": 0.5}, live=True), EpochEnded)
    assert [each.epoch for each in ended] == [1, 2, 3, 4]
    assert progress(tmp_path)["best_epoch"] is not None


def test_a_plateau_waits_for_a_rise_of_what_is_to_rise(tmp_path: Path) -> None:
    plateau = {"scheduler": {"type": "ReduceLROnPlateau", "patience": 9}}
    before, after = plateau | {"monitor": "val_loss"}, plateau | {"monitor": "val_accuracy"}
    ended = of_type(changed(tmp_path, before, after, live=True), EpochEnded)
    state = load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer["plateau"]
    assert (state["mode"], state["best"]) == (
        "max",
        max(each.metrics["accuracy"] for each in ended[CHANGED:]),
    )
    assert state["last_epoch"] == 5


def test_other_samples_held_back_make_other_figures(tmp_path: Path) -> None:
    before = {"data": {"source": "synthetic:spirals", "samples": 90}}
    after = {"data": {"source": "synthetic:spirals", "samples": 120, "noise": 0.3}}
    ended = of_type(changed(tmp_path, before, after, live=False), EpochEnded)
    assert ended[CHANGED].is_best


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("setting", [{"frozen": True}, {"lr_factor": 0.5}])
def test_a_network_of_which_other_weights_learn_is_still_judged_by_its_best(
    tmp_path: Path, setting: dict[str, Any], live: bool
) -> None:
    plan = {"early_stopping": {"patience": 3, "min_delta": 10.0}}
    ended = of_type(changed(tmp_path, plan, plan, live=live, first_layer=setting), EpochEnded)
    assert [each.epoch for each in ended] == [1, 2, 3, 4]
    assert progress(tmp_path)["best_value"] == min(each.figures["val_loss"] for each in ended)


@pytest.mark.parametrize("live", [True, False])
def test_another_network_is_judged_anew_as_it_cannot_take_the_best_weights_of_the_first(
    tmp_path: Path, live: bool
) -> None:
    plan = {
        "early_stopping": {"patience": 2, "min_delta": 10.0},
        "scheduler": {"type": "ReduceLROnPlateau", "patience": 9},
    }
    events = changed(tmp_path, plan, plan, live=live, first_layer={"out_features": 9})
    ended = of_type(events, EpochEnded)
    assert [each.epoch for each in ended] == [1, 2, 3, 4, 5]  # the third would have been the last
    assert ended[CHANGED].is_best
    (*_, last) = of_type(events, RunEnded)
    assert last.state == "finished", last.reason
    assert last.best_epoch is not None
    assert f"The weights are those of epoch {last.best_epoch}, the best." in last.reason
    state = load_checkpoint(checkpoint_folder(tmp_path, "last")).trainer
    losses = [each.figures["val_loss"] for each in ended[CHANGED:]]
    assert (state["progress"]["best_value"], state["plateau"]["best"]) == (min(losses), losses[0])
