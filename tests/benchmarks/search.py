"""From a key to the ranked list on the screen: find in 10,000 nodes, the command palette, the layers."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.benchmarks._networks import project

NODES = 10_000
QUERIES = ("conv2d_n99", "relu n1", "kernel_size=3", "cvd99", "batchnorm 32", "zzz")
COMMANDS = ("theme", "select all", "exp py", "template resnet", "qqzz")
LAYERS = ("conv", "bn", "deconv", "pixel", "covn2d")
ROUNDS = 3
QUIET = 1_000  # milliseconds without a thread after which nothing more is to come
STEP = 100  # milliseconds


def run() -> dict[str, Any]:
    """Milliseconds a key: median, 95th percentile and longest, with the list painted; and a bare scan."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings
    from shiboken6 import delete

    from builder.app import make_application
    from builder.main_window import MainWindow
    from builder.theme import ThemeManager
    from graph.document import Document

    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(ThemeManager(make_application(), "light"), settings)
        window.resize(1280, 800)
        window.loader.start = lambda: None  # type: ignore[method-assign]  # nothing here needs PyTorch
        window.show()
        window.files.show(Document(project(NODES)))
        _settle(window)
        figures = _figures(window)
        names = [node.name for node in window.session.graph.nodes.values()]
        window.session.document.mark_saved()
        window.close()
        delete(window)
    peers = {"bare_scan_of_the_names_ms": _scan(names)}
    ratio = figures["find"]["median_ms"] / peers["bare_scan_of_the_names_ms"]
    return {
        "figures": {"nodes": NODES, **figures},
        "peers": peers,
        "ratios": {"find_vs_scan": round(ratio, 1)},
    }


def _figures(window: Any) -> dict[str, dict[str, float]]:
    tools, canvas = window.tools, window.canvas
    tools.show_find()
    _settle(window)
    found = _typed(tools.finder.picker.field, QUERIES, lambda: tools.finder.picker)
    tools.finder.picker.close_quietly()
    tools.show_commands()
    commands = _typed(tools.commands.picker.field, COMMANDS, lambda: tools.commands.picker)
    tools.show_commands()
    canvas.add_node_at_cursor()
    layers = _typed(canvas.search.field, LAYERS, lambda: canvas.search)
    canvas.search.close_quietly()
    return {"find": found, "commands": commands, "layers": layers}


def _settle(window: Any) -> None:
    """Has the window painted, and waits for what is worked out behind it.

    Not with `QTest.qWait`, which lets no thread run Python: what a network of this size costs takes two
    seconds, and these would come to pass between the keys.
    """
    from PySide6.QtCore import QEventLoop, QTimer

    from builder.background import Job

    loop, quiet = QEventLoop(), 0
    while quiet < QUIET:
        QTimer.singleShot(STEP, loop.quit)
        loop.exec()
        jobs = (*window.findChildren(Job), *window.session.findChildren(Job))
        quiet = 0 if any(job.isRunning() for job in jobs) else quiet + STEP


def _typed(field: Any, queries: tuple[str, ...], popup: Callable[[], Any]) -> dict[str, float]:
    """Every key of every query, each followed by the painting of the popup."""
    from PySide6.QtTest import QTest

    times = []
    for query in queries * ROUNDS:
        field.clear()
        for letter in query:
            start = perf_counter()
            QTest.keyClicks(field, letter)
            popup().grab()
            times.append((perf_counter() - start) * 1e3)
    times.sort()
    return {
        "keys": len(times),
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[int(len(times) * 0.95)], 2),
        "longest_ms": round(times[-1], 2),
    }


def _scan(names: list[str]) -> float:
    """The median of looking for each beginning of each query in a list of names, and no more than that."""
    times = []
    for query in QUERIES * ROUNDS:
        for end in range(1, len(query) + 1):
            start = perf_counter()
            [name for name in names if query[:end] in name.casefold()]
            times.append((perf_counter() - start) * 1e3)
    return round(statistics.median(times), 2)
