"""What a table of runs tells of each, as texts and as what rows are sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from builder.panels.figures import duration, number
from builder.texts import later, tr, tr_made
from runtime.metric_choices import METRICS
from runtime.run_summary import RunStatus, RunSummary

Key: TypeAlias = tuple[bool, float | str]  # what is not known comes last

NONE = "–"
STATUS_TEXTS: dict[RunStatus, str] = {
    "running": later("Running"),
    "finished": later("Finished"),
    "stopped": later("Stopped"),
    "failed": later("Failed"),
    "interrupted": later("Interrupted"),
    "damaged": later("Damaged"),
}
STATUS_COLORS: dict[RunStatus, str] = {
    "running": "accent",
    "finished": "success",
    "stopped": "text_muted",
    "failed": "error",
    "interrupted": "warning",
    "damaged": "error",
}
TITLES = {"train_loss": later("train loss"), "val_loss": later("val loss")}


@dataclass(frozen=True)
class Column:
    """One thing that is told of a run.

    Args:
        title: of the column.
        text: what stands in it.
        key: what the rows are sorted by.
        is_number: whether it stands on the right.
    """

    title: str
    text: Callable[[RunSummary], str]
    key: Callable[[RunSummary], Key]
    is_number: bool = True


def status_text(run: RunSummary) -> str:
    """How a run stands, in a word."""
    return tr(STATUS_TEXTS[run.status])


def reason_text(run: RunSummary) -> str:
    """Why a run is no more, in a sentence; empty where there is nothing to say."""
    if run.status == "interrupted":
        return tr("Whatever trained it ended without a word. It can be resumed from its last checkpoint.")
    return tr_made(run.reason)


def best_text(run: RunSummary) -> str:
    """The best figure and its epoch: `val accuracy 95.3% · epoch 7`."""
    if run.best is None:
        return NONE
    return tr("{figure} · epoch {epoch}", figure=best_figure(run), epoch=run.best_epoch)


def best_figure(run: RunSummary) -> str:
    """The best figure and what it is of: `val accuracy 95.3%`."""
    return NONE if run.best is None else f"{metric_title(run.metric)} {best_value(run)}"


def best_value(run: RunSummary) -> str:
    """The best figure alone."""
    if run.best is None:
        return NONE
    spec = METRICS.get(run.metric.partition("_")[2].partition(".")[0])
    return f"{run.best:.2%}" if spec is not None and spec.is_fraction else number(run.best)


def metric_title(metric: str) -> str:
    """What a metric of the run folder is called: `val accuracy` for `val_accuracy`."""
    name, _, output = metric.partition(".")
    return tr(TITLES[name]) + f" {output}".rstrip() if name in TITLES else metric.replace("_", " ", 1)


def started_text(run: RunSummary) -> str:
    """When a run began, in local time."""
    try:
        moment = datetime.fromisoformat(run.started).astimezone()
    except ValueError:
        return NONE
    return moment.strftime("%Y-%m-%d %H:%M")


def epochs_text(run: RunSummary) -> str:
    """How many epochs of how many."""
    return f"{run.epoch:,} / {run.epochs:,}" if run.epochs else f"{run.epoch:,}"


def _number_text(value: float | None) -> str:
    return NONE if value is None else number(value)


def _key(value: float | str | None) -> Key:
    return (True, "") if value is None or value == "" else (False, value)


COLUMNS: tuple[Column, ...] = (
    Column(later("Run"), lambda run: run.name, lambda run: _key(run.name), is_number=False),
    Column(later("State"), status_text, lambda run: _key(status_text(run)), is_number=False),
    Column(later("Started"), started_text, lambda run: _key(run.started), is_number=False),
    Column(later("Epochs"), epochs_text, lambda run: _key(float(run.epoch))),
    Column(later("Steps"), lambda run: f"{run.step:,}", lambda run: _key(float(run.step))),
    Column(later("Best"), best_text, lambda run: _key(run.best)),
    Column(later("Val loss"), lambda run: _number_text(run.val_loss), lambda run: _key(run.val_loss)),
    Column(
        later("Time"),
        lambda run: NONE if run.seconds is None else duration(run.seconds),
        lambda run: _key(run.seconds),
    ),
    Column(later("Device"), lambda run: run.device or NONE, lambda run: _key(run.device), is_number=False),
    Column(
        later("Parameters"),
        lambda run: NONE if run.parameters is None else f"{run.parameters:,}",
        lambda run: _key(None if run.parameters is None else float(run.parameters)),
    ),
)
