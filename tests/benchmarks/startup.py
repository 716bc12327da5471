"""From the start of the process to a window that answers, and what it costs to have that window open.

A window is said to answer when it has been painted and an event that was posted after that has been handled.
The command line is started as people start it, and watched from inside.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from graph.storage import save
from graph.templates import template
from tests.benchmarks._children import run_child

ROUNDS = 5
IDLE = 5  # seconds that the window is left alone
REST = 1.5  # seconds until a window has come to rest

WATCH = """
import json, sys, time
started, *projects = float(sys.argv[1]), *sys.argv[2:]
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
from builder.cli import main

figures, ticks, run = {}, [], QApplication.exec
rest, idle = REST, IDLE

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QApplication.instance().removeEventFilter(self)
            QTimer.singleShot(0, self.answer)
        return False

    def answer(self):
        figures["interactive"] = time.time() - started
        figures["torch waits"] = "torch" not in sys.modules
        self.last, self.loaded_at = time.monotonic(), None
        self.window = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QMainWindow))
        self.clock = QTimer(interval=16)
        self.clock.timeout.connect(self.tick)
        self.clock.start()

    def tick(self):
        now = time.monotonic()
        ticks.append(now - self.last)
        self.last = now
        if self.loaded_at is None and self.window.loader.is_loaded:
            self.loaded_at = now
            figures["torch loaded"] = time.time() - started
        if self.loaded_at is not None and now - self.loaded_at > rest:
            self.clock.stop()
            figures["worst tick"] = max(ticks)
            self.then()

    def then(self):
        QApplication.quit()

def watched():
    QApplication.instance().watch = Watch()
    QApplication.instance().installEventFilter(QApplication.instance().watch)
    return run()

QApplication.exec = staticmethod(watched)
START
main(["open", *projects])
print(json.dumps(figures))
"""
# What it costs to be left alone, and how much memory it then has.
IDLE_WINDOW = """
import psutil
process = psutil.Process()

def then(self):
    self.before, self.since = sum(process.cpu_times()[:2]), time.monotonic()
    QTimer.singleShot(1000 * idle, self.end)

def end(self):
    took = sum(process.cpu_times()[:2]) - self.before
    figures["idle CPU %"] = 100 * took / (time.monotonic() - self.since)
    figures["MB"] = process.memory_info().rss / 1e6
    QApplication.quit()

Watch.then, Watch.end = then, end
"""
TRAINED_WINDOW = """
import psutil

def then(self):
    self.window.controller.ended.connect(lambda ended: self.end(ended))
    self.window.actions_["run.train"].trigger()

def end(self, ended):
    assert ended.state == "finished", ended
    figures["MB after a run"] = psutil.Process().memory_info().rss / 1e6
    QApplication.quit()

Watch.then, Watch.end = then, end
"""
BARE = """
import json, sys, time
started = float(sys.argv[1])
if len(sys.argv) > 2:
    import torch
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

app = QApplication([])
window = QMainWindow()
window.show()
figures = {}

def interactive():
    figures["interactive"] = time.time() - started
    app.quit()

QTimer.singleShot(0, interactive)
app.exec()
import psutil
figures["MB"] = psutil.Process().memory_info().rss / 1e6
print(json.dumps(figures))
"""


def run() -> dict[str, Any]:
    """Milliseconds from the start, medians; the worst 60 Hz tick; what a window at rest takes."""
    with tempfile.TemporaryDirectory(prefix="netloom-bench-") as folder:
        project = Path(folder, "SmallCNN.netloom")
        save(template("SmallCNN").project(), project)
        rounds = [_round(project) for _ in range(ROUNDS)]
        open_window, trained = _child(IDLE_WINDOW, project), _child(TRAINED_WINDOW, project)
    figures: dict[str, float] = {}
    for name in rounds[0]:
        figures[name] = round(1e3 * median(each[name] for each in rounds))
    peers = {name: figures.pop(name) for name in ("bare QMainWindow", "bare QMainWindow after torch")}
    figures["idle_cpu_percent"] = round(open_window["idle CPU %"], 1)
    figures["memory_mb"] = round(open_window["MB"])
    figures["memory_trained_mb"] = round(trained["MB after a run"])
    peers["memory_mb, bare QMainWindow after torch"] = round(run_child(BARE, "torch")["MB"])
    ratio = round(figures["interactive"] / peers["bare QMainWindow"], 1)
    return {"figures": figures, "peers": peers, "ratios": {"interactive / bare QMainWindow": ratio}}


def _round(project: Path) -> dict[str, float]:
    welcome, opened = _child(), _child("", project)
    assert welcome["torch waits"]
    return {
        "interactive": welcome["interactive"],
        "interactive with SmallCNN": opened["interactive"],
        "torch loaded": welcome["torch loaded"],
        "worst tick while torch loads": welcome["worst tick"],
        "worst tick while torch loads, SmallCNN open": opened["worst tick"],
        "bare QMainWindow": run_child(BARE)["interactive"],
        "bare QMainWindow after torch": run_child(BARE, "torch")["interactive"],
    }


def _child(code: str = "", *projects: Path) -> dict[str, Any]:
    """What the watched window tells; the code says what it does once it is at rest."""
    watched = WATCH.replace("REST", repr(REST)).replace("IDLE", repr(IDLE)).replace("START", code)
    return run_child(watched, *map(str, projects))
