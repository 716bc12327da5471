"""Closes the window at random moments of a training, and looks at what is left.

python -m tests.closing --times 50 --seed 1

The process has to end by itself with exit code 0 and without a word of complaint, within 5 seconds; the last
checkpoint has to hold the last step that was recorded; and the run has to go on from there. Prints a line of
JSON for each time, and exits with 1 if one went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.storage import save
from runtime import launch
from runtime.checkpoint import CheckpointError, checkpoint_folder, load_checkpoint
from runtime.control import Control
from runtime.events import RunEnded, RunStarted, StepsRecorded
from runtime.runs import read_run
from tests.runtime.training import spiral_project

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 5.0  # seconds from the request to close to the end of the process
PATIENCE = 120  # seconds after which it counts as hung
MOST_LOOKS = 40  # at the run's events, about 15 a second, before the window is closed
COMPLAINTS = ("Traceback", "QThread", "QObject", "Fatal", "terminate called")

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
import builder.app as app
from builder.main_window import MainWindow

looks, pauses = int(sys.argv[2]), sys.argv[3] == "True"

class Window(MainWindow):
    def show(self):
        super().show()
        self.looks = 0
        self.files.open_project(Path(sys.argv[1]))
        self.controller.events.connect(self.look)
        self.actions_["run.train"].trigger()
        QTimer.singleShot(0, self, lambda: self.look([]))

    def look(self, events):
        if self.looks == looks:
            if pauses:
                self.actions_["run.pause"].trigger()
            print("closing", flush=True)
            self.close()
        self.looks += 1

app.MainWindow = Window
raise SystemExit(app.open_window((), theme="light"))
"""


@dataclass(frozen=True)
class Moment:
    """When the window is closed.

    Args:
        looks: at the run's events before; 0 closes it as soon as the run was asked for.
        pauses: whether the run is paused first.
    """

    looks: int
    pauses: bool


def any_moment(rng: random.Random) -> Moment:
    """One as good as any other."""
    return Moment(rng.randint(0, MOST_LOOKS), rng.random() < 0.25)


def closed(moment: Moment, folder: Path) -> tuple[float, list[str]]:
    """Trains in a window in a process of its own and closes it.

    Returns:
        Seconds from the request to close to the end of the process, and what went wrong.
    """
    path = folder / "spirals.netloom"
    save(spiral_project(epochs=10**6), path)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment |= {name: str(folder / "user") for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-c", WINDOW, str(path), str(moment.looks), str(moment.pauses)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begin = time.monotonic()
        try:
            _, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return PATIENCE, [f"it did not end within {PATIENCE} seconds"]
        seconds = time.monotonic() - begin
    wrong = [f"exit code {process.returncode}"] if process.returncode else []
    wrong += [line for line in errors.splitlines() if any(words in line for words in COMPLAINTS)]
    return seconds, wrong + left_behind(folder / "spirals.runs" / "0001")


def left_behind(run_dir: Path) -> list[str]:
    """What is wrong with the folder of a run whose window was closed."""
    run = read_run(run_dir)
    if run.state != "stopped":
        return [f"the run is {run.state}: {run.reason}"]
    recorded = max((line["step"] for line in run.metrics() if line["event"] == "step"), default=0)
    try:
        saved = load_checkpoint(checkpoint_folder(run_dir, "last")).trainer["progress"]["step"]
    except CheckpointError as error:
        return [f"{recorded} steps, and no checkpoint: {error}"] if recorded else []
    if saved != recorded:
        return [f"the checkpoint holds step {saved}, and step {recorded} was recorded last"]
    return resumed(run_dir, saved)


def resumed(run_dir: Path, step: int) -> list[str]:
    """What is wrong with a run that goes on for a few steps."""
    control, started, first = Control(), None, None
    for event in launch.run(spiral_project(epochs=10**6), run_dir, control, resume=True):
        if isinstance(event, RunStarted):
            started = event.start_step
        if isinstance(event, StepsRecorded):
            first = first or event.first_step
            control.request_stop()
        if isinstance(event, RunEnded) and event.state != "stopped":
            return [f"it does not go on: {event.reason}"]
    if (started, first) != (step, step + 1):
        return [f"it goes on at step {first} after step {step}"]
    return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Closes the window as often as asked; 1 if something went wrong once."""
    parser = argparse.ArgumentParser(prog="python -m tests.closing", description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rng, code, slowest = random.Random(options.seed), 0, 0.0
    for number in range(1, options.times + 1):
        moment = any_moment(rng)
        with tempfile.TemporaryDirectory(prefix="netloom-closing-") as folder:
            seconds, wrong = closed(moment, Path(folder))
        if seconds > LIMIT:
            wrong.append(f"it took {seconds:.1f} seconds to end")
        slowest, code = max(slowest, seconds), code or int(bool(wrong))
        told: dict[str, Any] = {"number": number, "looks": moment.looks, "pauses": moment.pauses}
        sys.stdout.write(json.dumps({**told, "seconds": round(seconds, 2), "wrong": wrong}) + "\n")
        sys.stdout.flush()
    sys.stdout.write(
        json.dumps({"times": options.times, "slowest": round(slowest, 2), "ok": not code}) + "\n"
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
