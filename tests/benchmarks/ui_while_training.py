"""How the window feels while a network trains at full speed in it, and what that costs the training."""

from __future__ import annotations

import json
from statistics import median, quantiles
from typing import Any

from tests.benchmarks._children import run_child

ROUNDS = 6
FASHION = {"source": "torchvision:FashionMNIST", "root": "/usr/share/datasets/fashion-mnist"}
CASES: dict[str, dict[str, Any]] = {  # template -> what its plan says otherwise
    "MLP": {"data": FASHION, "batch_size": 128, "epochs": 12},  # short steps, epochs of 469
    "SmallCNN": {"epochs": 4},  # long steps on the digits
}

HEADLESS = """
import json, sys
from pathlib import Path
from graph.templates import template
from runtime.control import Control
from runtime.events import StepsRecorded
from runtime.launch import run

project = template(sys.argv[2]).project()
project.training = {**project.training, **json.loads(sys.argv[3])}
times = []
for event in run(project, Path("run"), Control()):
    if isinstance(event, StepsRecorded):
        times += event.times
print(json.dumps({"ms a step": 1e3 * (times[-1] - times[0]) / (len(times) - 1)}))
"""
WINDOW = """
import json, sys, time
from PySide6.QtCore import QSettings, Qt, QTimer
from shiboken6 import delete
from builder.app import make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager
from graph.edits import SetTraining
from graph.templates import template
from runtime.events import StepsRecorded

app = make_application()
window = MainWindow(ThemeManager(app, "light"), QSettings())
window.resize(1600, 1000)
window.show()
project = template(sys.argv[2]).project()
project.training = {**project.training, **json.loads(sys.argv[3])}
window.files.new_project(project)
times, lateness, last = [], [], [0.0]

def note(events):
    for event in events:
        if isinstance(event, StepsRecorded):
            times.extend(event.times)

window.controller.events.connect(note)

def tick():
    now = time.perf_counter()
    if times and window.controller.is_active:
        lateness.append(1e3 * (now - last[0]))
    last[0] = now

timer = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
timer.timeout.connect(tick)
timer.start()
window.loader.loaded.connect(window.runs.train)
window.controller.ended.connect(lambda ended: app.quit())
cpu, wall = time.thread_time(), time.perf_counter()
app.exec()
cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
lateness.sort()
frames = window.training.dashboard.frames
figures = {
    "ms a step": 1e3 * (times[-1] - times[0]) / (len(times) - 1),
    "tick p50": lateness[len(lateness) // 2],
    "tick p99": lateness[int(len(lateness) * 0.99)],
    "tick worst": lateness[-1],
    "window's share of a core": cpu / wall,
    "memory, MB": int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) / 1024,
    "curves repainted a second": frames / (times[-1] - times[0]),
}
window.session.document.mark_saved()
window.close()
delete(window)
print(json.dumps(figures))
"""


def run() -> dict[str, Any]:
    """Milliseconds, medians of rounds in which headless and window take turns; a tick is due every 16 ms.

    On a machine that does other things as well, the window's share of a core says more than the ratios.
    """
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    ratios: dict[str, list[float]] = {}
    for name, changes in CASES.items():
        rounds = [
            (run_child(HEADLESS, name, json.dumps(changes)), run_child(WINDOW, name, json.dumps(changes)))
            for _ in range(ROUNDS)
        ]
        figures[name] = {key: round(median(pair[1][key] for pair in rounds), 2) for key in rounds[0][1]}
        peers[f"{name} headless, ms a step"] = round(median(pair[0]["ms a step"] for pair in rounds), 2)
        slower = [pair[1]["ms a step"] / pair[0]["ms a step"] for pair in rounds]
        ratios[f"{name}: window / headless, quartiles"] = [round(each, 3) for each in quantiles(slower)]
    return {"figures": figures, "peers": peers, "ratios": ratios}
