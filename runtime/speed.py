"""Whether `torch.compile` or channels last makes a network's steps faster here, measured and not guessed.

A process of its own measures: PyTorch's compiler cannot be stopped otherwise, and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from graph.project import Project
from graph.storage import save
from runtime.control import Control
from runtime.events import DataProgress
from runtime.failure import TrainingFailure

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "runtime.speed_child")
LIMIT = 180.0  # seconds for everything
LOOK = 0.1  # seconds between two looks at whether to stop
LEAST = 0.03  # share of the time that has to be won, beyond what the measurement may be off


@dataclass(frozen=True, slots=True)
class Way:
    """How steps are computed."""

    compile: bool = False
    channels_last: bool = False

    def __str__(self) -> str:
        names = ("torch.compile" if self.compile else "", "channels last" if self.channels_last else "")
        return " and ".join(filter(None, names)) or "plain"


PLAIN = Way()


@dataclass(frozen=True, slots=True)
class WayTimed:
    """What was measured of a way, each round beside the plain one.

    Attributes:
        plain_ms: of a plain step, the median.
        step_ms: of a step this way.
        low, high: of the rounds' shares of the plain time, the quarters; 0.5 is twice as fast.
        first_seconds: of the first step, in which a network is compiled.
        fault: why it cannot be had; empty if it can.
    """

    way: Way
    plain_ms: float = 0.0
    step_ms: float = 0.0
    low: float = 1.0
    high: float = 1.0
    first_seconds: float = 0.0
    fault: str = ""

    @property
    def text(self) -> str:
        """The figures in a few words."""
        if self.fault:
            return self.fault
        compiling = f"; {self.first_seconds:.1f} s to compile" if self.way.compile else ""
        share = f"{self.step_ms / self.plain_ms:.0%} of {self.plain_ms:.3g} ms without"
        return f"{self.step_ms:.3g} ms a step, {share}{compiling}"


@dataclass(frozen=True, slots=True)
class SpeedStarted:
    """What is going to be measured.

    Attributes:
        device: where.
        total_steps: of the run that is planned.
        now: as the plan has it.
        ways: those beside the plain one.
    """

    device: str
    total_steps: int
    now: Way
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What the figures say.

    Attributes:
        way: to take; None where it is best left as it is.
        text: why, in words.
    """

    way: Way | None
    text: str


SpeedEvent = DataProgress | SpeedStarted | WayTimed


def measure_speed(
    project: Project, control: Control, data_folder: Path | None = None, *, limit: float = LIMIT
) -> Iterator[SpeedEvent]:
    """Times steps of a copy of a project's network in every way that its device has.

    Args:
        project: read, never changed.
        control: stops it at once.
        data_folder: where relative paths start; the working directory when None.
        limit: seconds after which what is not measured yet is told as such.

    Raises:
        TrainingFailure: the project cannot be trained as it is.
    """
    deadline = time.monotonic() + limit
    with tempfile.TemporaryDirectory(prefix="netloom-speed-") as folder:
        path = Path(folder) / "project.netloom"
        save(project, path)
        with _child(path, data_folder or Path()) as process:
            try:
                yield from _told(process, control, deadline, limit)
            finally:
                _end(process)


def judged(started: SpeedStarted, timed: Sequence[WayTimed]) -> Recommendation:
    """What the measured ways say for a run as long as the one planned."""
    known = [each for each in timed if not each.fault]
    seconds = _seconds(started, known)
    best = min(seconds, key=lambda way: seconds[way])
    fault = next((each.fault for each in timed if each.way == started.now), "")
    if fault:
        return Recommendation(best, f"The plan asks for {started.now}, which was not to be had: {fault}")
    if not known:
        return Recommendation(None, "Nothing could be measured, so the plan is best left as it is.")
    now = seconds.get(started.now, seconds[PLAIN])  # a stop may have come before it was measured
    won = now - seconds[best]
    if best == started.now or won < LEAST * now:
        kept = "As it is the run is as fast as it gets" if best == started.now else "It makes no difference"
        return Recommendation(None, " ".join([f"{kept}.", *_paybacks(started, known)]))
    times = f"{now / max(seconds[best], 1e-9):.2g} times as fast"
    return Recommendation(
        best,
        f"With {best} the run of {started.total_steps:,} steps takes about {_duration(seconds[best])} in "
        f"place of {_duration(now)}, {times}.",
    )


def _seconds(started: SpeedStarted, known: Sequence[WayTimed]) -> dict[Way, float]:
    """How long the planned run takes each way; what is new has to win by more than the noise."""
    plain_ms = min((each.plain_ms for each in known), default=0.0)
    seconds = {PLAIN: started.total_steps * plain_ms / 1e3}
    for each in known:
        share = each.low if each.way == started.now else each.high
        seconds[each.way] = started.total_steps * plain_ms * share / 1e3 + each.first_seconds
    return seconds


def _paybacks(started: SpeedStarted, timed: Sequence[WayTimed]) -> Iterator[str]:
    """Where compiling would win, but not in a run of this length."""
    for each in timed:
        saved = each.plain_ms * (1 - each.high) / 1e3
        if each.way.compile and each.way != started.now and saved > 0:
            yield (
                f"{each.way} pays for its {each.first_seconds:.0f} s of compiling after "
                f"{each.first_seconds / saved:,.0f} steps, and the run has {started.total_steps:,}."
            )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _child(path: Path, data_folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*COMMAND, str(path), str(data_folder.resolve())],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def _told(
    process: subprocess.Popen[str], control: Control, deadline: float, limit: float
) -> Iterator[SpeedEvent]:
    """What the process says, up to its end, a stop or the deadline."""
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), name="speed", daemon=True)
    reader.start()
    left: list[Way] | None = None  # those not measured yet, once they are known
    fault = ""
    while not (control.stopped or fault):
        try:
            line = lines.get(timeout=LOOK)
        except queue.Empty:
            fault = "" if time.monotonic() < deadline else f"not through within {limit:.0f} s"
            continue
        if line is None:
            fault = "the process that measured it ended"
            continue
        event = _event(json.loads(line))
        if isinstance(event, SpeedStarted):
            left = list(event.ways)
        if isinstance(event, WayTimed) and left is not None:
            left.remove(event.way)
        yield event
    if left is None and fault:
        raise TrainingFailure(
            f"Nothing was measured: {fault}. Expected figures. Give it more time or memory."
        )
    yield from (WayTimed(way, fault=fault) for way in left or () if fault)


def _read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    with suppress(ValueError):  # closed meanwhile
        for line in stream:
            if line.startswith("{"):
                lines.put(line)
    lines.put(None)


def _event(said: dict[str, object]) -> SpeedEvent:
    """An event from the line that the process printed."""
    match said.pop("event"):
        case "data":
            return DataProgress(**said)  # type: ignore[arg-type]
        case "started":
            return SpeedStarted(
                str(said["device"]), int(said["total_steps"]), _way(said["now"]),  # type: ignore[call-overload]
                tuple(_way(each) for each in said["ways"]),  # type: ignore[attr-defined]
            )  # fmt: skip
        case "timed":
            return WayTimed(_way(said.pop("way")), **said)  # type: ignore[arg-type]
    raise TrainingFailure(str(said["text"]))


def _way(said: object) -> Way:
    return Way(**said)  # type: ignore[arg-type]


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the process and the compilers that it started, and waits for it."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
    else:
        process.kill()
    process.wait()
