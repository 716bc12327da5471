"""What a table of runs says about each, read from their folders; needs no torch."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from runtime.metrics_tail import EPOCHS, MetricsTail, last_step
from runtime.run_lock import is_written
from runtime.runs import METRICS_FILE, PROJECT_FILE, RUN_FILE, Run, RunError, has_checkpoint, read_run

SILENCE = 3600.0  # seconds without a word after which a run on another machine counts as ended
PARTS = (RUN_FILE, PROJECT_FILE, METRICS_FILE, "checkpoints")  # one of them makes a folder that of a run

RunStatus = Literal["running", "finished", "stopped", "failed", "interrupted", "damaged"]
STATES: Mapping[str, RunStatus] = {
    "running": "running", "finished": "finished", "stopped": "stopped", "failed": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a table; None where a figure is not known.

    Attributes:
        folder: of the run.
        project: what the project was called.
        title: what the user calls the run; empty for nothing.
        status: `interrupted` if its process died without ending it, `damaged` if it cannot be read.
        reason: why it ended, or what is wrong with its folder.
        started: UTC, ISO 8601.
        seconds: of training.
        epoch: epochs that were ended.
        epochs: that were planned.
        step: optimizer steps taken.
        best_epoch: the epoch of the best checkpoint.
        metric: what tells the best epoch, by the name of the run folder.
        best: its value there.
        val_loss: of the last epoch.
        can_resume: whether there is a checkpoint to go on from.
    """

    folder: Path
    status: RunStatus
    project: str = ""
    title: str = ""
    reason: str = ""
    started: str = ""
    seconds: float | None = None
    epoch: int = 0
    epochs: int | None = None
    step: int = 0
    best_epoch: int | None = None
    metric: str = ""
    best: float | None = None
    val_loss: float | None = None
    device: str = ""
    parameters: int | None = None
    can_resume: bool = False

    @property
    def name(self) -> str:
        """What it is called for short: its folder's name, and its title if it has one."""
        return f"{self.folder.name} · {self.title}" if self.title else self.folder.name

    @property
    def age(self) -> tuple[str, str]:
        """Puts runs into the order in which they began: those of one second, too, by their folders."""
        return self.started, self.folder.name


class RunSummaries:
    """Summaries that are brought up to date by reading only what is new in each folder."""

    def __init__(self) -> None:
        self._known: dict[Path, _Known] = {}

    def of(self, folders: Iterable[Path]) -> list[RunSummary]:
        """The runs in some folders, in their order; damaged ones too."""
        wanted = list(folders)
        self._known = {folder: self._known.get(folder) or _Known(folder) for folder in wanted}
        return [self._known[folder].summary() for folder in wanted]


def run_folders(place: Path) -> list[Path]:
    """The run folders in a place, by name; the place itself, if it is one."""
    if (place / RUN_FILE).is_file():
        return [place]
    try:
        entries = sorted(place.iterdir())
    except OSError:
        return []
    return [each for each in entries if any((each / part).exists() for part in PARTS)]


def status_of(run: Run) -> RunStatus:
    """How a run stands, its process being looked for where it should be at work."""
    if run.state == "running" and not (is_written(run.path) or _is_heard_of(run)):
        return "interrupted"
    return STATES[run.state]


class _Known:
    """A run folder, as far as it was read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tail = MetricsTail(folder, only=EPOCHS)
        self._restarts = 0
        self._last: Mapping[str, Any] = {}
        self._best: Mapping[str, Any] = {}
        self._stamp: object = None
        self._summary = RunSummary(folder, "damaged")

    def summary(self) -> RunSummary:
        stamp = [_stamp(self._folder / part) for part in (RUN_FILE, METRICS_FILE)]
        if stamp != self._stamp or self._summary.status == "running":
            self._stamp, self._summary = stamp, self._read()
        return self._summary

    def _read(self) -> RunSummary:
        try:
            run = read_run(self._folder)
        except RunError as error:
            return RunSummary(self._folder, "damaged", reason=str(error))
        if not isinstance(run.plan, Mapping) or run.state not in STATES:
            return RunSummary(
                self._folder,
                "damaged",
                reason=f"{RUN_FILE} says that the run is {run.state!r}. Expected one of {', '.join(STATES)}.",
            )
        self._read_epochs()
        last, best, about = self._last, self._best, run.about
        metric = str(run.plan.get("monitor") or "")
        metric = metric if metric in best else "train_loss"
        step = last_step(self._folder)
        return RunSummary(
            self._folder,
            status_of(run),
            project=str(run.name),
            title=str(about.get("title") or ""),
            reason=str(run.reason or ""),
            started=str(run.started or ""),
            seconds=_number(step.get("time")) or _seconds(run),
            epoch=_whole(last.get("epoch")) or 0,
            epochs=_whole(run.plan.get("epochs")),
            step=_whole(step.get("step")) or 0,
            best_epoch=_whole(best.get("epoch")),
            metric=metric if best else "",
            best=_number(best.get(metric)),
            val_loss=_number(last.get("val_loss")),
            device=str(run.device or ""),
            parameters=_whole(about.get("parameters")),
            can_resume=has_checkpoint(self._folder, "last"),
        )

    def _read_epochs(self) -> None:
        while lines := self._tail.read():
            if self._tail.restarts != self._restarts:
                self._restarts, self._last, self._best = self._tail.restarts, {}, {}
            self._last = lines[-1]
            self._best = next((line for line in reversed(lines) if line.get("is_best")), self._best)


def _is_heard_of(run: Run) -> bool:
    """Whether a run of another machine, whose lock may not be seen here, wrote something lately."""
    if run.about.get("host") in (None, platform.node()):
        return False
    try:
        return time.time() - (run.path / METRICS_FILE).stat().st_mtime < SILENCE
    except OSError:
        return False


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _seconds(run: Run) -> float | None:
    """From the start to the end by the clock on the wall."""
    try:
        return (datetime.fromisoformat(run.ended or "") - datetime.fromisoformat(run.started)).total_seconds()
    except (ValueError, TypeError):
        return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
