"""The run folder: everything a run leaves behind, written while it runs and readable by anyone.

RUN/run.json         how the run stands, its plan, seed, versions, device, start and end (UTC)
RUN/project.netloom  what was trained
RUN/metrics.jsonl    one line per optimizer step and per epoch
RUN/checkpoints/     last and best
RUN/lock             is locked while somebody writes the run
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from graph import storage
from graph.atomic import way_out, write_atomic
from graph.document import Project
from runtime.events import (
    CheckpointKind,
    EpochEnded,
    Event,
    GraphChanged,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from runtime.metric_lines import epoch_line, line_of, step_lines
from runtime.run_lock import RunLock, is_open_file

RUN_FILE = "run.json"
PROJECT_FILE = "project.netloom"
METRICS_FILE = "metrics.jsonl"
START_FACTS = (  # of RunStarted, by the names that run.json has for them too
    "device", "precision", "parameters", "epochs", "steps_per_epoch", "total_steps", "train_samples",
    "val_samples", "class_names",
)  # fmt: skip


class RunError(Exception):
    """A run folder cannot be used or read; the text says why and what to do."""


def utc_now() -> str:
    """The time as run.json writes it, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class RunFolder:
    """Writes a run's folder as its events pass by; each one reaches the disk, so a killed run is readable.

    Args:
        path: the run folder; made if missing.
        now: gives the time for run.json.
    """

    def __init__(self, path: Path, now: Callable[[], str] = utc_now) -> None:
        self.path = path
        self._now = now
        self._about: dict[str, Any] = {}
        self._metrics: IO[str] | None = None
        self._lock = RunLock(path)

    def create(self, project: Project) -> None:
        """Starts a fresh run.

        Raises:
            RunError: the folder already holds a run that took steps, which would be lost, or cannot be made.
            StorageError: nothing can be written there.
        """
        can_resume = (self.path / "checkpoints").exists()
        if can_resume or _size(self.path / METRICS_FILE):
            raise RunError(
                f"The folder {self.path} already holds a run. Expected an empty or new folder. "
                f"Choose another one, or {'resume the run' if can_resume else 'delete it'}."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"The run folder {self.path} cannot be made: {error.strerror or error}. {way_out(error)}."
            ) from error
        self._take_lock()
        storage.save(project, self.path / PROJECT_FILE)
        self._about = {
            "name": project.name,
            "state": "running",
            "reason": "",
            "started": self._now(),
            "ended": None,
        }
        self._open(project)

    def reopen(self, project: Project, step: int, epoch: int) -> None:
        """Goes on with the run in this folder within an epoch, forgetting what it measured after `step`.

        Raises:
            RunError: there is no run, or another process writes it.
        """
        about = _read_json(self.path / RUN_FILE)
        self._take_lock()
        resumed = [*about.get("resumed", ()), {"step": step, "at": self._now()}]
        self._about = about | {"state": "running", "reason": "", "ended": None, "resumed": resumed}
        kept = [line for line, values in _metrics(self.path) if not _is_after(values, step, epoch)]
        write_atomic(self.path / METRICS_FILE, "".join(line + "\n" for line in kept).encode())
        storage.save(project, self.path / PROJECT_FILE)
        self._open(project)

    def change(self, project: Project, plan: Mapping[str, Any]) -> None:
        """Keeps an edited project as what is trained from now on."""
        storage.save(project, self.path / PROJECT_FILE)
        self.update(plan=plan)

    def is_gone(self) -> bool:
        """Whether somebody deleted or moved the folder, or its metrics, since it was opened."""
        if self._metrics is None:
            return False
        try:
            return not is_open_file(self.path / METRICS_FILE, self._metrics.fileno())
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False  # a disk that does not answer: whatever is written next says why

    def restore(self, project: Project) -> str:
        """Makes the folder anew in its place, with what the run measured as far as that can still be read.

        Gives what the user should know of it.

        Raises:
            RunError: another run is written there by now.
            OSError: it cannot be made.
            StorageError: the project cannot be written there.
        """
        metrics, self._metrics = self._metrics, None  # nothing goes to what may be another run's
        assert metrics is not None, "the folder was opened"
        with metrics:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.release()
            self._take_lock()
            kept = self._put_back(metrics)
        storage.save(project, self.path / PROJECT_FILE)
        self._metrics = (self.path / METRICS_FILE).open("a+", encoding="utf-8")
        self.update()
        return (
            f"The run folder {self.path} or its metrics were deleted or moved while the run goes on. "
            f"It was made anew in its place, {kept}, and is written on."
        )

    def _put_back(self, metrics: IO[str]) -> str:
        """Writes what a file held that is deleted but still open; gives how that went, in words."""
        try:
            with (self.path / METRICS_FILE).open("x", encoding="utf-8") as file:
                metrics.seek(0)
                shutil.copyfileobj(metrics, file)
        except FileExistsError:
            return "with the metrics that somebody put there"
        except OSError:
            return "without what was measured before"
        return "with all that was measured so far"

    def _take_lock(self) -> None:
        if not self._lock.take():
            raise RunError(
                f"The run in {self.path} is being written by another process. Expected one that has ended. "
                "Stop it there, or wait for its end."
            )

    def _open(self, project: Project) -> None:
        self._metrics = (self.path / METRICS_FILE).open("a+", encoding="utf-8")
        plan = dict(project.training)
        self.update(plan=plan, seed=plan.get("seed"), versions=_versions(), device=None, host=platform.node())

    def update(self, **facts: object) -> None:
        """Notes facts about the run in run.json."""
        self._about |= facts
        _write_json(self.path, self._about)

    def record(self, event: Event) -> None:
        """Writes down what an event says, if the folder keeps it."""
        match event:
            case RunStarted():
                self.update(**{name: getattr(event, name) for name in START_FACTS})
            case StepsRecorded():
                self._append(step_lines(event))
            case EpochEnded():
                self._append([epoch_line(event)])
            case PlanChanged() | GraphChanged():
                self._append([line_of(event="change", step=event.step, changes=event.changes)])
            case RunEnded():
                self.finish(event)

    def finish(self, ended: RunEnded) -> None:
        """Notes how the run ended and closes the folder; changes nothing in one that was never opened.

        Raises:
            OSError: the disk is full; run.json is as before.
        """
        if self._metrics is None:
            self._lock.release()
            return
        metrics, self._metrics = self._metrics, None
        with suppress(OSError):  # lines that a full disk did not take; whoever wrote them was told
            metrics.close()
        try:
            self.update(
                state=ended.state,
                reason=ended.reason,
                node=ended.node,
                step=ended.step,
                best_epoch=ended.best_epoch,
                ended=self._now(),
            )
        finally:
            self._lock.release()

    def _append(self, lines: list[str]) -> None:
        if self._metrics is not None:
            self._metrics.write("".join(lines))
            self._metrics.flush()


@dataclass(frozen=True, slots=True)
class Run:
    """One run as its folder tells it.

    Attributes:
        state: running, finished, stopped or failed.
        started: UTC, ISO 8601.
        about: all of run.json.
    """

    path: Path
    name: str
    state: str
    reason: str
    plan: Mapping[str, Any]
    seed: int | None
    device: str | None
    started: str
    ended: str | None
    about: Mapping[str, Any] = field(repr=False)

    def metrics(self) -> Iterator[dict[str, Any]]:
        """The lines of metrics.jsonl in order; a line cut off by a crash is left out.

        What a line is about stands under `event`: `step`, `epoch`, `change`, or what a later version tells.
        """
        return (values for _, values in _metrics(self.path))

    def epochs(self) -> list[dict[str, Any]]:
        """The epoch lines alone."""
        return [line for line in self.metrics() if line.get("event") == "epoch"]


def read_run(path: Path) -> Run:
    """The run in a folder.

    Raises:
        RunError: there is no readable run.json.
    """
    about = _read_json(path / RUN_FILE)
    return Run(
        path=path,
        name=about.get("name", path.name),
        state=about.get("state", "failed"),
        reason=about.get("reason", ""),
        plan=about.get("plan", {}),
        seed=about.get("seed"),
        device=about.get("device"),
        started=about.get("started", ""),
        ended=about.get("ended"),
        about=about,
    )


def rename_run(folder: Path, title: str) -> None:
    """Notes what the user calls a run; an empty title takes its name away.

    Raises:
        RunError: there is no readable run.json, or somebody writes the run.
        OSError: it cannot be written.
    """
    about, lock = _read_json(folder / RUN_FILE), RunLock(folder)
    if not lock.take():
        raise RunError(f"The run in {folder} is going on. Rename it when it has ended.")
    try:
        _write_json(folder, about | {"title": title})
    finally:
        lock.release()


def has_checkpoint(folder: Path, kind: CheckpointKind) -> bool:
    """Whether a run has saved such weights; in the midst of a save they are the earlier ones."""
    return any((folder / "checkpoints" / name).is_dir() for name in (kind, f"{kind}.old"))


def _metrics(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whole lines of metrics.jsonl, and what they say."""
    try:
        with (path / METRICS_FILE).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                with suppress(ValueError):
                    values = json.loads(line)
                    if line.endswith("\n") and isinstance(values, dict):
                        yield line.rstrip("\n"), values
    except FileNotFoundError:
        return


def _is_after(values: Mapping[str, Any], step: int, epoch: int) -> bool:
    """Whether a line was measured after a step within an epoch; one that names no step stays."""
    at, of = values.get("step", 0), values.get("epoch", 0)
    return (isinstance(at, int) and at > step) or (
        values.get("event") == "epoch" and isinstance(of, int) and of >= epoch
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(
            f"There is no readable run in {path.parent} ({error}). Choose a folder that a run wrote."
        ) from error
    if not isinstance(about, dict):
        raise RunError(f"{path} holds no run. Expected a JSON object. Choose a folder that a run wrote.")
    return about


def _write_json(folder: Path, about: Mapping[str, Any]) -> None:
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    write_atomic(folder / RUN_FILE, text.encode())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for name in ("netloom", "torch", "torchvision"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # run from a source checkout
    return versions
