"""Training in a thread of the window's process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from runtime.control import Control
from runtime.events import EpochEnded, Event, RunEnded, RunStarted, StateChanged, StepsRecorded
from runtime.runs import read_run
from runtime.thread import TrainingThread
from tests.runtime.training import of_type, spiral_project

PATIENCE = 30_000  # milliseconds


class Listener:
    """Drains a thread whenever it says that something changed."""

    def __init__(self, thread: TrainingThread) -> None:
        self.thread = thread
        self.events: list[Event] = []

    def drain(self) -> list[Event]:
        self.events += self.thread.drain()
        return self.events

    def saw(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.drain())


def start(tmp_path: Path, **training: object) -> tuple[TrainingThread, Listener]:
    thread = TrainingThread(spiral_project(**training), tmp_path, Control())  # type: ignore[arg-type]
    listener = Listener(thread)
    thread.start()
    return thread, listener


def test_a_run_ends_and_its_thread_with_it(tmp_path: Path, qtbot: QtBot) -> None:
    thread = TrainingThread(spiral_project(), tmp_path, Control())
    with qtbot.waitSignals([thread.changed, thread.finished], timeout=PATIENCE):
        thread.start()
    events = thread.drain()
    assert thread.isFinished()
    assert events[-1] == RunEnded("finished", step=10, best_epoch=events[-1].best_epoch)  # type: ignore[union-attr]
    assert sum(len(record.losses) for record in of_type(events, StepsRecorded)) == 10
    assert len(of_type(events, EpochEnded)) == 2
    assert read_run(tmp_path).state == "finished"


def test_stop_and_wait_ends_a_long_run(tmp_path: Path, qtbot: QtBot) -> None:
    thread, listener = start(tmp_path, epochs=100_000)
    qtbot.waitUntil(lambda: listener.saw(StepsRecorded), timeout=PATIENCE)
    assert thread.stop_and_wait()
    assert thread.isFinished()
    assert listener.drain()[-2] != StateChanged("running")
    assert of_type(listener.events, RunEnded)[0].state == "stopped"
    assert read_run(tmp_path).state == "stopped"


def test_a_run_pauses_and_goes_on_from_the_window(tmp_path: Path, qtbot: QtBot) -> None:
    thread, listener = start(tmp_path, epochs=100_000)
    qtbot.waitUntil(lambda: listener.saw(StepsRecorded), timeout=PATIENCE)
    thread.control.pause()
    qtbot.waitUntil(lambda: StateChanged("paused") in listener.drain(), timeout=PATIENCE)
    assert thread.isRunning()
    thread.control.resume()
    qtbot.waitUntil(lambda: StateChanged("running") in listener.drain(), timeout=PATIENCE)
    assert thread.stop_and_wait()


def test_a_paused_run_can_be_stopped(tmp_path: Path, qtbot: QtBot) -> None:
    control = Control()
    control.pause()
    thread = TrainingThread(spiral_project(), tmp_path, control)
    listener = Listener(thread)
    thread.start()
    qtbot.waitUntil(lambda: StateChanged("paused") in listener.drain(), timeout=PATIENCE)
    assert thread.stop_and_wait()
    assert of_type(listener.drain(), RunEnded)[0].state == "stopped"


def test_drawing_on_does_not_touch_the_run(tmp_path: Path, qtbot: QtBot) -> None:
    project = spiral_project()
    thread = TrainingThread(project, tmp_path, Control())
    project.training = {"epochs": "broken"}
    with qtbot.waitSignal(thread.finished, timeout=PATIENCE):
        thread.start()
    assert of_type(thread.drain(), RunEnded)[0].state == "finished"


def test_a_failure_reaches_the_window_as_an_event(tmp_path: Path, qtbot: QtBot) -> None:
    thread = TrainingThread(spiral_project(epochs="many"), tmp_path, Control())
    with qtbot.waitSignals([thread.changed, thread.finished], timeout=PATIENCE):
        thread.start()
    (ended,) = thread.drain()
    assert isinstance(ended, RunEnded)
    assert ended.state == "failed"


def test_grad_mode_is_on_in_the_thread(tmp_path: Path, qtbot: QtBot) -> None:
    import torch

    thread = TrainingThread(spiral_project(), tmp_path, Control())
    with torch.inference_mode(), qtbot.waitSignal(thread.finished, timeout=PATIENCE):
        thread.start()
    events = thread.drain()
    assert of_type(events, RunStarted)
    assert of_type(events, RunEnded)[0].state == "finished"


def test_it_is_a_thread_of_qt(tmp_path: Path) -> None:
    assert isinstance(TrainingThread(spiral_project(), tmp_path, Control()), QThread)


@pytest.mark.parametrize("module", ["runtime.thread", "runtime.events", "runtime.control", "runtime.plan"])
def test_the_window_can_import_it_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode
        == 0
    )
