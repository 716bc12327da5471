"""From the start of the process to a window that answers, beside a bare one and one that loads torch."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.benchmarks._children import run_child

ROUNDS = 5

# The window has been painted, and an event that was posted after that has been handled.
NETLOOM = """
import json, sys, time
started = float(sys.argv[1])
from PySide6.QtCore import QElapsedTimer, QSettings, QTimer
from shiboken6 import delete
from builder.app import make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager

app = make_application()
window = MainWindow(ThemeManager(app, "light"), QSettings())
if len(sys.argv) > 2:
    from graph.templates import template
    window.files.new_project(template(sys.argv[2]).project())
window.show()
figures, ticks, clock = {}, [], QElapsedTimer()

def interactive():
    figures["interactive"] = time.time() - started
    figures["torch waits"] = "torch" not in sys.modules
    clock.start()
    tick.start()

def count():
    ticks.append(clock.restart())
    if window.loader.is_loaded:
        app.quit()

tick = QTimer(interval=16)
tick.timeout.connect(count)
QTimer.singleShot(0, interactive)
app.exec()
figures["torch loaded"] = time.time() - started
figures["worst tick"] = max(ticks) / 1e3
window.close()
delete(window)
print(json.dumps(figures))
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
print(json.dumps(figures))
"""


def run() -> dict[str, Any]:
    """Milliseconds from the start of the process, medians; and the worst 60 Hz tick while torch loads."""
    rounds = [_round() for _ in range(ROUNDS)]
    figures = {name: round(1e3 * median(each[name] for each in rounds)) for name in rounds[0]}
    peers = {name: figures.pop(name) for name in ("bare QMainWindow", "bare QMainWindow after torch")}
    ratio = round(figures["interactive"] / peers["bare QMainWindow"], 1)
    return {"figures": figures, "peers": peers, "ratios": {"interactive / bare QMainWindow": ratio}}


def _round() -> dict[str, float]:
    welcome, project = run_child(NETLOOM), run_child(NETLOOM, "SmallCNN")
    assert welcome["torch waits"]
    return {
        "interactive": welcome["interactive"],
        "interactive with SmallCNN": project["interactive"],
        "torch loaded": welcome["torch loaded"],
        "worst tick while torch loads": welcome["worst tick"],
        "bare QMainWindow": run_child(BARE)["interactive"],
        "bare QMainWindow after torch": run_child(BARE, "torch")["interactive"],
    }
