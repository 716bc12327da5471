"""How the window feels while a network trains at full speed in it, and what that costs the training."""

from __future__ import annotations

import json
from statistics import quantiles
from typing import Any

from tests.benchmarks._children import run_child
from tests.benchmarks._turns import take_turns

# How many turns, and how many seconds each: short ones of many steps, as machines have slow moments that last
# for a tenth of a second.
TURNS = {"MLP": (240, 0.3), "SmallCNN": (16, 3.0)}
FASHION = {"source": "torchvision:FashionMNIST", "root": "/usr/share/datasets/fashion-mnist"}
CASES: dict[str, dict[str, Any]] = {  # template -> what its plan says otherwise
    "MLP": {"data": FASHION, "batch_size": 128, "epochs": 12},  # short steps, epochs of 469
    "SmallCNN": {"epochs": 4},  # long steps on the digits
}
ENDLESS = 1_000_000  # epochs
LONG_PAST = ("MLP", "MLP, 12 curves of a million points")  # the case that is run once more, and its name then

PROJECT = """
import json, sys, time
from graph.templates import template
from runtime.events import StepsRecorded

project = template(sys.argv[2]).project()
project.training = {**project.training, **json.loads(sys.argv[3])}
times, origin = [], float("inf")  # of steps in seconds; what to add to make them readings of perf_counter
epochs = {}  # the times of each

def note(event):
    global origin
    if isinstance(event, StepsRecorded):
        if not times:
            print("training", flush=True)
        times.extend(event.times)
        epochs.setdefault(event.epoch, []).extend(event.times)
        origin = min(origin, time.perf_counter() - times[-1])  # the event that came soonest says it best

def print_times():
    print(json.dumps([[origin + each for each in of_epoch] for of_epoch in epochs.values()]))
"""
HEADLESS = (
    PROJECT
    + """
from pathlib import Path
from threading import Thread
from runtime.control import Control
from runtime.launch import run

control = Control()

def stop_at_the_end():
    sys.stdin.read()
    control.request_stop()

Thread(target=stop_at_the_end, daemon=True).start()
for event in run(project, Path("run"), control):
    note(event)
print_times()
"""
)
WINDOW = (
    PROJECT
    + """
from runtime.host_memory import share_memory_among_threads

share_memory_among_threads()  # as the command that opens the window does

from PySide6.QtCore import QSettings, QSocketNotifier, Qt, QTimer
from shiboken6 import delete
from builder.app import make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager

CHARTS = "loss,accuracy,lr,grad_norm,quality,update_ratio,speed,memory"
CURVES = (
    "loss", "smoothed_loss", "lr", "grad_norm", "update_ratio", "samples_per_second", "memory",
    "val_loss", "train_accuracy", "val_accuracy", "val_f1", "val_top5",
)

def add_a_past():
    from builder.panels.history import Series

    steps = range(-999_999, 1)  # the run's own go on from there
    values = tuple(2 / (2 + step / 1e6) for step in steps)
    dashboard = window.training.dashboard
    dashboard.feed([StepsRecorded(steps[0], 0, values, values, values, (0.0,) * len(steps))])
    for name in CURVES[4:]:
        dashboard.history.series.setdefault(name, Series()).extend(steps, values)

app = make_application()
settings = QSettings()
if has_past := len(sys.argv) > 4:
    settings.setValue("dashboard/charts", CHARTS)
window = MainWindow(ThemeManager(app, "light"), settings)
window.resize(1600, 1000)
window.show()
window.files.new_project(project)
if has_past:
    window.controller.started.connect(add_a_past)
window.controller.events.connect(lambda events: [note(event) for event in events])
window.loader.loaded.connect(window.runs.train)
window.controller.ended.connect(lambda ended: app.quit())

def close():
    window.session.document.mark_saved()
    window.close()
    delete(window)
"""
)
BESIDE_HEADLESS = (
    WINDOW
    + """
end = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
end.activated.connect(window.controller.stop)
end.activated.connect(lambda: end.setEnabled(False))
app.exec()
close()
print_times()
"""
)
TICKING = (
    WINDOW
    + """
START = 1.0  # seconds of the run's first steps in which charts are made and nobody has looked at one yet
IDLE = 4.0  # seconds, of which as many do not count, in which the window has nothing to do
intervals, idle, last, loaded = [], [], [0.0], [float("inf")]

def tick():
    now = time.perf_counter()
    if times and times[-1] > times[0] + START and window.controller.is_active:
        intervals.append(1e3 * (now - last[0]))
    elif START < now - loaded[0] < IDLE:
        idle.append(1e3 * (now - last[0]))
    last[0] = now

def idle_first():
    loaded[0] = time.perf_counter()
    QTimer.singleShot(round(1e3 * IDLE), window.runs.train)

window.loader.loaded.disconnect(window.runs.train)
window.loader.loaded.connect(idle_first)
began = []
window.controller.started.connect(lambda: began.extend((time.thread_time(), time.perf_counter())))

timer = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
timer.timeout.connect(tick)
timer.start()
app.exec()
cpu, wall = time.thread_time() - began[0], time.perf_counter() - began[1]
intervals.sort()
idle.sort()
frames = window.training.dashboard.frames
figures = {
    "ms a step": 1e3 * (times[-1] - times[0]) / (len(times) - 1),
    "tick p50": intervals[len(intervals) // 2],
    "tick p99": intervals[int(len(intervals) * 0.99)],
    "tick worst": intervals[-1],
    "tick p99, idle": idle[int(len(idle) * 0.99)],
    "window's share of a core": cpu / wall,
    "memory, MB": int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) / 1024,
    "curves repainted a second": frames / (times[-1] - times[0]),
}
close()
print(json.dumps(figures))
"""
)


def run() -> dict[str, Any]:
    """Milliseconds of a run in the window, and of one without as its floor.

    A tick is the time from one event of a timer of 16 ms to the next: 16.2 where nothing is late.

    A run in the window and one without take short turns at the machine, which has faster and slower
    moments; the ratio is of the time that a step took, over all turns, as quartiles of pairs of turns, and of
    those turns of each that only a quarter of its turns were quicker than, where little else disturbed it.
    What happens between two epochs does not count, as some turns have more of it than others.
    """
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    ratios: dict[str, Any] = {}
    for name, changes in CASES.items():
        figures[name] = _ticks(name, changes)
        endless = json.dumps({**changes, "epochs": ENDLESS})
        rates = take_turns((HEADLESS, BESIDE_HEADLESS), (name, endless), *TURNS[name])
        headless, window = (sum(column) / len(rates) for column in zip(*rates, strict=True))
        figures[name]["ms a step, taking turns"] = round(1e3 / window, 3)
        peers[f"{name} headless, ms a step, taking turns"] = round(1e3 / headless, 3)
        ratios[f"{name}: window / headless"] = round(headless / window, 3)
        pairs = quantiles(alone / watched for alone, watched in rates)
        ratios[f"{name}: window / headless, quartiles"] = [round(each, 3) for each in pairs]
        alone, watched = (quantiles(column)[-1] for column in zip(*rates, strict=True))
        ratios[f"{name}: window / headless, in quick turns"] = round(alone / watched, 3)
    case, title = LONG_PAST
    figures[title] = _ticks(case, CASES[case], "with a past")
    return {"figures": figures, "peers": peers, "ratios": ratios}


def _ticks(name: str, changes: dict[str, Any], *more: str) -> dict[str, float]:
    found = run_child(TICKING, name, json.dumps(changes), *more)
    return {key: round(value, 2) for key, value in found.items()}
