"""A run folder as the events that its run told: what somebody sees who did not start it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from runtime.events import (
    EndState,
    EpochEnded,
    Event,
    GraphChanged,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from runtime.metrics_tail import MOST_LINES, Line, MetricsTail
from runtime.run_summary import status_of
from runtime.runs import Run, read_run

LOST = "Interrupted: whatever trained it ended without a word."
ENDINGS: Mapping[str, EndState] = {"finished": "finished", "failed": "failed"}  # others were stopped
ARROW = " -> "  # stands in each change of a plan
PART = "loss."  # begins the loss of an Output that has its own
TRAIN_PARTS = ("train_loss.", "train_accuracy.")
VAL = "val_"
WRONG: tuple[type[Exception], ...] = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)  # a line that is not what it seemed to be


class Replay:
    """Tells a run's events in order, however long it is, and those that are new since the last time.

    Args:
        folder: of the run.
        until: the last step that is told; None tells all.

    Attributes:
        restarts: how often the run went back to an earlier step; it is then told from its start again.
    """

    def __init__(self, folder: Path, until: int | None = None) -> None:
        self._folder, self._until = folder, until
        self._tail = MetricsTail(folder)
        self._run: Run | None = None
        self._has_started = self._has_ended = self._is_done = False

    @property
    def restarts(self) -> int:
        return self._tail.restarts

    @property
    def is_over(self) -> bool:
        """Whether the run has ended and everything was told."""
        return self._has_ended

    def read(self, most: int = MOST_LINES) -> list[Event]:
        """What comes next, up to so many steps; empty where there is nothing new.

        Raises:
            RunError: the folder holds no run that can be read.
        """
        while not self._is_done:
            lines = self._lines(most)
            events = self._told(lines)
            if events or not lines:
                return events
        return []

    def _lines(self, most: int) -> list[Line]:
        """The next lines that are to be told."""
        restarts, lines = self.restarts, self._tail.read(most)
        if self.restarts != restarts:
            self._has_started = False
        if lines:
            self._has_ended = False  # somebody went on with it
        if self._until is not None and lines and _step(lines[-1]) > self._until:
            self._is_done = True
            return [line for line in lines if _step(line) <= self._until]
        return lines

    def _told(self, lines: Sequence[Line]) -> list[Event]:
        if self._run is None or not lines or not self._has_started:
            self._run = read_run(self._folder)
        return [*self._start(self._run), *events_of(lines, self._run), *self._end(self._run, lines)]

    def _start(self, run: Run) -> Iterator[Event]:
        if not self._has_started and run.device is not None:
            self._has_started = True
            yield _started(run, self._until)

    def _end(self, run: Run, lines: Sequence[Line]) -> Iterator[Event]:
        if lines or self._has_ended or self._until is not None:
            return
        status = status_of(run)
        if status == "running":
            return
        self._has_ended = True
        reason = LOST if status == "interrupted" else str(run.reason or "")
        yield RunEnded(ENDINGS.get(status, "stopped"), reason, step=_whole(run.about.get("step")))


def events_of(lines: Sequence[Line], run: Run) -> Iterator[Event]:
    """What lines of metrics.jsonl tell; those of a kind that is not known are left out."""
    for kind, group in groupby(lines, lambda line: (line.get("event"), line.get("epoch"), *_parts(line))):
        match kind[0]:
            case "step":
                yield from _steps(list(group))
            case "epoch":
                for line in group:
                    yield from _epoch(line)
            case "change":
                for line in group:
                    yield _change(line, run)


def _started(run: Run, until: int | None) -> RunStarted:
    about, names = run.about, run.about.get("class_names")
    return RunStarted(
        run_dir=str(run.path),
        device=str(run.device),
        precision=str(about.get("precision") or run.plan.get("precision") or ""),
        epochs=_whole(about.get("epochs") or run.plan.get("epochs")),
        steps_per_epoch=_whole(about.get("steps_per_epoch")),
        total_steps=_whole(about.get("total_steps")),
        train_samples=_whole(about.get("train_samples")),
        val_samples=_whole(about.get("val_samples")),
        parameters=_whole(about.get("parameters")),
        class_names=tuple(map(str, names)) if isinstance(names, list) else (),
        resumed_at=_resumed_at(run, until),
    )


def _resumed_at(run: Run, until: int | None) -> tuple[int, ...]:
    """After which of the told steps the run was resumed; a later resume may have gone back further."""
    found: list[int] = []
    entries = run.about.get("resumed")
    for entry in entries if isinstance(entries, list) else ():
        step = _whole(entry.get("step")) if isinstance(entry, dict) else 0
        found = [*(each for each in found if each < step), *([step] if step else [])]
    return tuple(step for step in found if until is None or step < until)


def _steps(lines: Sequence[Line]) -> Iterator[StepsRecorded]:
    """The lines of an epoch's steps; a gap between two begins another record."""
    begin = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or _step(lines[end]) != _step(lines[end - 1]) + 1:
            with suppress(*WRONG):
                yield _record(lines[begin:end])
            begin = end


def _record(lines: Sequence[Line]) -> StepsRecorded:
    def column(key: str) -> tuple[float, ...]:
        return tuple(_number(line.get(key)) for line in lines)

    return StepsRecorded(
        lines[0]["step"],
        lines[0]["epoch"],
        column("loss"),
        column("lr"),
        column("grad_norm"),
        column("time"),
        {key.removeprefix(PART): column(key) for key in _parts(lines[0])},
    )


def _epoch(line: Line) -> Iterator[EpochEnded]:
    try:
        yield EpochEnded(
            line["epoch"] + 0,
            line["step"] + 0,
            _number(line.get("train_loss")),
            _known(line.get("train_accuracy")),
            _known(line.get("val_loss")),
            _numbers({key.removeprefix(VAL): line[key] for key in line if _is_metric(key)}),
            _number(line.get("seconds")),
            bool(line.get("is_best")),
            tuple(tuple(map(int, row)) for row in line.get("confusion") or ()),
            _whole(line.get("skipped_steps")),
            _numbers({key: line[key] for key in line if key.startswith(TRAIN_PARTS)}),
        )
    except WRONG:
        return


def _change(line: Line, run: Run) -> PlanChanged | GraphChanged:
    changes = tuple(map(str, line.get("changes") or ()))
    if all(ARROW in change for change in changes):
        total = _whole(run.about.get("total_steps"))
        return PlanChanged(_step(line), changes, _whole(run.plan.get("epochs")), total)
    return GraphChanged(_step(line), changes, 0, ())


def _is_metric(key: str) -> bool:
    return key.startswith(VAL) and key != "val_loss"


def _parts(line: Line) -> tuple[str, ...]:
    return tuple(key for key in line if key.startswith(PART))


def _step(line: Line) -> int:
    return _whole(line.get("step"))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _number(value: Any) -> float:
    """A figure; null stands for one that is not finite."""
    return math.nan if value is None else float(value)


def _known(value: Any) -> float | None:
    return None if value is None else float(value)


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in values.items() if value is not None}
