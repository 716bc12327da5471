"""Hits the real window with random mouse and key events, and looks at what that did.

python -m tests.monkey --events 100000 --seed 1

Nothing may raise, nothing may be warned of, and undo leads back to the very bytes that were there at first.
What took long is told; on a machine that does nothing else, no event should take 100 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from types import TracebackType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt, QTimer, qInstallMessageHandler
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import delete, isValid

from builder.app import OFFSCREEN_NOISE, make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager
from graph.document import Document
from graph.storage import to_bytes
from graph.templates import template
from tests.builder.conftest import Answers

STALL = 0.1  # seconds
STUCK = 10  # looks at a menu that has its own event loop, before it is closed
TEMPLATES = ("SmallCNN", "UNet", "ResNet18", "GPT")
MOST_NODES = 400  # beyond which a selection is deleted: pasting doubles without end
LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
HELD = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
KEYS = (
    *"abcdefglmnpr0123456789=*", "Space", "Tab", "Delete", "Backspace", "Escape", "Return", "F2", "F8",
    "Left", "Right", "Up", "Down", "Home", "End",
)  # fmt: skip
ACTIONS_LEFT_OUT = ("file.", "window.", "run.", "help.", "edit.preferences")  # files, windows, browsers, runs


@dataclass
class Outcome:
    """What happened."""

    events: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stalls: Counter[str] = field(default_factory=Counter)
    worst: float = 0.0
    steps_undone: int = 0
    is_back: bool = False

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong; how long it took is another matter."""
        return self.is_back and not (self.errors or self.warnings)

    def __str__(self) -> str:
        stalls = ", ".join(f"{count} x {name}" for name, count in self.stalls.most_common(8)) or "none"
        lines = [
            f"{self.events:,} events, {self.steps_undone:,} steps undone, "
            f"{'back to the first bytes' if self.is_back else 'NOT back to the first bytes'}",
            f"worst event {self.worst * 1e3:.0f} ms; over {STALL * 1e3:.0f} ms: {stalls}",
            *(f"error: {each}" for each in self.errors[:5]),
            *(f"warning: {each}" for each in self.warnings[:5]),
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
        self._kinds: tuple[tuple[float, str, Callable[[], None]], ...] = (
            (5, "move", self._move), (3, "press", self._press), (3, "release", self._release),
            (3, "click", self._click), (1, "double-click", self._double_click), (1, "menu", self._menu),
            (2, "wheel", self._wheel), (4, "key", self._key), (3, "action", self._undo),
            (2, "panel", self._panel), (1, "undo", self._undo),
        )  # fmt: skip
        self._actions = [spec.id for spec in window.actions_ if not spec.id.startswith(ACTIONS_LEFT_OUT)]

    def do(self) -> str:
        """One event; returns its kind."""
        weights = [weight for weight, _, _ in self._kinds]
        _, name, work = self._random.choices(self._kinds, weights)[0]
        popup = QApplication.activePopupWidget()
        if popup is not None and self._random.random() < 0.6:
            name, work = "popup", lambda: self._answer(popup)
        elif len(self._window.session.graph.nodes) > MOST_NODES:
            name, work = "thin out", self._thin_out
        elif name == "action":
            action_id = self._random.choice(self._actions)
            name, work = action_id, self._window.actions_[action_id].trigger
        work()
        QApplication.processEvents()
        return name

    def let_go(self) -> None:
        """Lets go of whatever is held or open."""
        for _ in range(3):
            popup = QApplication.activePopupWidget()
            QTest.keyClick(popup or self._canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(self._canvas.viewport(), LEFT)
        QTest.mouseRelease(self._canvas.viewport(), MIDDLE)
        QApplication.processEvents()

    @property
    def _canvas(self) -> QWidget:
        return self._window.canvas

    def _somewhere(self) -> QPoint:
        """A place in the canvas; often one where a card is."""
        port = self._canvas.viewport()
        scene = self._window.canvas.graph_scene
        ids = scene.nodes_in(self._window.canvas.visible_area)
        if ids and self._random.random() < 0.7:
            item = scene.nodes[self._random.choice(ids)]
            spots = [item.area.center(), item.area.topLeft() + QPointF(20, 12)]
            spots += [item.port_pos(each.ref) for each in item.ports]
            at = self._window.canvas.mapFromScene(self._random.choice(spots))
            if port.rect().contains(at):
                return at
        return QPoint(self._random.randrange(port.width()), self._random.randrange(port.height()))

    def _held(self) -> Qt.KeyboardModifier:
        return self._random.choice(HELD)

    def _move(self) -> None:
        QTest.mouseMove(self._canvas.viewport(), self._somewhere())

    def _press(self) -> None:
        button = self._random.choice((LEFT, LEFT, LEFT, MIDDLE))
        QTest.mousePress(self._canvas.viewport(), button, self._held(), self._somewhere())

    def _release(self) -> None:
        button = self._random.choice((LEFT, LEFT, LEFT, MIDDLE))
        QTest.mouseRelease(self._canvas.viewport(), button, self._held(), self._somewhere())

    def _click(self) -> None:
        QTest.mouseClick(self._canvas.viewport(), LEFT, self._held(), self._somewhere())

    def _double_click(self) -> None:
        QTest.mouseDClick(self._canvas.viewport(), LEFT, self._held(), self._somewhere())

    def _menu(self) -> None:
        QTest.mouseClick(self._canvas.viewport(), RIGHT, pos=self._somewhere())

    def _wheel(self) -> None:
        at = QPointF(self._somewhere())
        turn = QPoint(0, self._random.choice((-240, -120, 120, 240)))
        port = self._canvas.viewport()
        event = QWheelEvent(
            at, QPointF(port.mapToGlobal(at.toPoint())), QPoint(), turn, Qt.MouseButton.NoButton,
            self._held(), Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, event)

    def _key(self) -> None:
        target = QApplication.focusWidget() or self._canvas
        name = self._random.choice(KEYS)
        if len(name) == 1:
            QTest.keyClicks(target, name)
        else:
            QTest.keyClick(target, getattr(Qt.Key, f"Key_{name}"), self._held())

    def _panel(self) -> None:
        """Gives the focus to anything in the window that takes it, and changes it by a key."""
        takers = [
            widget for widget in self._window.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not self._window.run_bar.isAncestorOf(widget)
            and not self._window.training.isAncestorOf(widget)
        ]  # fmt: skip
        if not takers:
            return
        widget = self._random.choice(takers)
        widget.setFocus(Qt.FocusReason.MouseFocusReason)
        key = self._random.choice(("Up", "Down", "Space", "Left", "Return"))
        if isValid(widget):
            QTest.keyClick(widget, getattr(Qt.Key, f"Key_{key}"))

    def _answer(self, popup: QWidget) -> None:
        key = self._random.choice(("Escape", "Down", "Down", "Up", "Return"))
        QTest.keyClick(popup, getattr(Qt.Key, f"Key_{key}"))

    def _undo(self) -> None:
        self._window.session.undo()

    def _thin_out(self) -> None:
        session = self._window.session
        session.select(self._random.sample(list(session.graph.nodes), len(session.graph.nodes) * 3 // 4))
        self._window.canvas.delete_selection()


def torment(window: MainWindow, events: int, seed: int, outcome: Outcome) -> None:
    """Lets a monkey at a window that shows a project, and then undoes all of it."""
    session = window.session
    before = to_bytes(session.project)
    monkey = Monkey(window, seed)
    for _ in range(events):
        start = perf_counter()
        name = monkey.do()
        took = perf_counter() - start
        outcome.events += 1
        outcome.worst = max(outcome.worst, took)
        if took > STALL:
            outcome.stalls[name] += 1
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
        place = trace
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
        outcome.errors.append(f"{kind.__name__}: {error} ({where})")

    def note_warning(kind: object, context: object, text: str) -> None:
        if not text.startswith("This plugin does not support") and text != OFFSCREEN_NOISE:
            outcome.warnings.append(text)

    waiting = [0, -1]  # ticks without an event, and how many events there had been

    def close_dialog() -> None:
        dialog, popup = QApplication.activeModalWidget(), QApplication.activePopupWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
        waiting[:] = (waiting[0] + 1 if waiting[1] == outcome.events else 0), outcome.events
        if popup is not None and waiting[0] > STUCK:
            popup.close()

    closer = QTimer(interval=20)
    closer.timeout.connect(close_dialog)
    closer.start()
    before, sys.excepthook = sys.excepthook, note_error
    handler = qInstallMessageHandler(note_warning)
    try:
        yield
    finally:
        closer.stop()
        sys.excepthook = before
        qInstallMessageHandler(handler)


def main(arguments: list[str] | None = None) -> int:
    """Runs from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--template", choices=TEMPLATES, help="all in turn without it")
    options = parser.parse_args(arguments)
    app, is_good = make_application(), True
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(ThemeManager(app, "light"), settings, Answers())
        window.loader.start = lambda: None  # type: ignore[method-assign]  # nothing is trained
        window.resize(1440, 900)
        window.show()
        names = (options.template,) if options.template else TEMPLATES
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
