"""Hits the real window with random mouse and key events, and looks at what that did.

python -m tests.monkey --events 100000 --seed 1

Nothing may raise, nothing may be warned of, what is known of the layers must be what a fresh look finds, and
undo leads back to the very bytes that were there at first.
What took long is told; on a machine that does nothing else, no event should take 100 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import delete

from builder.app import OFFSCREEN_NOISE, make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager
from graph.document import Document
from graph.storage import to_bytes
from graph.templates import template
from tests.builder.conftest import Answers
from tests.monkey_gestures import LEFT, MIDDLE, Gestures, Step
from tests.monkey_watch import Stopwatch, stale, way

STUCK = 10  # looks at a menu that has its own event loop, before it is closed
TEMPLATES = ("SmallCNN", "UNet", "ResNet18", "GPT")
MOST_NODES = 400  # beyond which a selection is deleted: pasting doubles without end
LOOKED_OVER = 20  # events until what the window knows is compared with a fresh look
BROKEN_OFF = 0.02  # how often a gesture is left where it is, for another


@dataclass
class Outcome:
    """What happened."""

    events: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    watch: Stopwatch = field(default_factory=Stopwatch)
    steps_undone: int = 0
    is_back: bool = False

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong; how long it took is another matter."""
        return self.is_back and not (self.errors or self.warnings)

    def __str__(self) -> str:
        lines = [
            f"{self.events:,} events of {1e3 * self.watch.seconds / max(self.events, 1):.1f} ms on average, "
            f"{self.steps_undone:,} steps undone, "
            f"{'back to the first bytes' if self.is_back else 'NOT back to the first bytes'}",
            *self.watch.lines(),
            *(f"error: {count} x {each}" for each, count in Counter(self.errors).most_common(8)),
            *(f"warning: {count} x {each}" for each, count in Counter(self.warnings).most_common(8)),
        ]
        return "\n".join(lines)


class Monkey:
    """Does anything at all to a window.

    Args:
        window: with a project open.
        seed: makes what it does repeatable.
    """

    def __init__(self, window: MainWindow, seed: int) -> None:
        self._window, self._random = window, random.Random(seed)
        self._gestures = Gestures(window, self._random)
        self._name, self._rest = "", deque[Step]()

    def do(self) -> str:
        """One event; returns its kind."""
        name, work = self._next()
        work()
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # as an event loop would
        return name

    def let_go(self) -> None:
        """Lets go of whatever is held or open."""
        for _ in range(3):
            popup = QApplication.activePopupWidget()
            QTest.keyClick(popup or self._window.canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(self._window.canvas.viewport(), LEFT)
        QTest.mouseRelease(self._window.canvas.viewport(), MIDDLE)
        self._window.problems.all_fixes.call_off()
        QApplication.processEvents()

    def _next(self) -> tuple[str, Step]:
        popup, graph = QApplication.activePopupWidget(), self._window.session.graph
        if popup is not None and self._random.random() < 0.6:
            return "popup", lambda: self._answer(popup)
        if len(graph.nodes) + len(graph.frames) + len(graph.notes) > MOST_NODES:
            return "thin out", self._thin_out
        if self._random.random() < BROKEN_OFF:
            self._rest.clear()
        while not self._rest:
            self._name, steps = self._gestures.next()
            self._rest.extend(steps)
        return self._name, self._rest.popleft()

    def _answer(self, popup: QWidget) -> None:
        key = self._random.choice(("Escape", "Down", "Down", "Up", "Return"))
        QTest.keyClick(popup, getattr(Qt.Key, f"Key_{key}"))

    def _thin_out(self) -> None:
        session, graph = self._window.session, self._window.session.graph
        everything = [*graph.nodes, *graph.frames, *graph.notes]
        session.select(self._random.sample(everything, len(everything) * 3 // 4))
        self._window.canvas.delete_selection()


def torment(window: MainWindow, events: int, seed: int, outcome: Outcome) -> None:
    """Lets a monkey at a window that shows a project, and then undoes all of it.

    Args:
        window: what is to bear it.
        events: how many.
        seed: which ones.
        outcome: takes down what happens.
    """
    session = window.session
    before = to_bytes(session.project)
    monkey = Monkey(window, seed)
    with outcome.watch.running():
        for _ in range(events):
            outcome.watch.start()
            name = monkey.do()
            outcome.watch.stop(name)
            outcome.events += 1
            if outcome.events % LOOKED_OVER == 0:
                outcome.errors.extend(stale(session))
    monkey.let_go()
    while session.document.undo_label is not None:
        session.undo()
        outcome.steps_undone += 1
    QApplication.processEvents()
    outcome.is_back = to_bytes(session.project) == before


@contextmanager
def watched(outcome: Outcome) -> Iterator[None]:
    """Takes down what is raised and warned of, and closes dialogs that would wait for somebody."""

    def note_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        outcome.errors.append(f"{kind.__name__}: {error} ({way(trace)})")

    def note_warning(kind: object, context: object, text: str) -> None:
        if not text.startswith("This plugin does not support") and text != OFFSCREEN_NOISE:
            outcome.warnings.append(text)

    closer = QTimer(interval=20)
    closer.timeout.connect(_closing(outcome))
    closer.start()
    before, sys.excepthook = sys.excepthook, note_error
    handler = qInstallMessageHandler(note_warning)
    try:
        yield
    finally:
        closer.stop()
        sys.excepthook = before
        qInstallMessageHandler(handler)


def _closing(outcome: Outcome) -> Callable[[], None]:
    """A look at what is open: a dialog is refused, a menu closed that nothing else gets past."""
    waiting = [0, -1]  # looks without an event, and how many events there had been

    def look() -> None:
        dialog, popup = QApplication.activeModalWidget(), QApplication.activePopupWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
        waiting[:] = (waiting[0] + 1 if waiting[1] == outcome.events else 0), outcome.events
        if popup is not None and waiting[0] > STUCK:
            popup.close()

    return look


def _set_aside(window: MainWindow) -> None:
    """Keeps Python from looking for garbage among what stays, as the application does with PyTorch loaded."""
    assert window.workspace
    window.windows.garbage.start(is_kept=True)
    window.windows.garbage.stop(is_kept=True)


def main(arguments: list[str] | None = None) -> int:
    """Runs from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--template", choices=TEMPLATES, help="all in turn without it")
    options = parser.parse_args(arguments)
    app, is_good = make_application(), True
    names = (options.template,) if options.template else TEMPLATES
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(ThemeManager(app, "light"), settings, Answers())
        window.loader.start = lambda: None  # type: ignore[method-assign]  # nothing is trained
        window.resize(1440, 900)
        window.show()
        _set_aside(window)
        for index, name in enumerate(names):
            outcome = Outcome()
            window.files.show(Document(template(name).project()))
            with watched(outcome):
                torment(window, options.events // len(names), options.seed + index, outcome)
            sys.stdout.write(f"{name}, seed {options.seed + index}: {outcome}\n")
            sys.stdout.flush()
            is_good = is_good and outcome.is_good
        window.session.document.mark_saved()
        window.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        delete(window)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
