"""What a monkey does at the window: single events, and whole gestures as the events they are made of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from shiboken6 import isValid

from builder.layer_list import MIME_TYPE
from builder.main_window import MainWindow

Step = Callable[[], object]

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NONE, CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
HELD = (NONE, NONE, NONE, CTRL, SHIFT, ALT)
KEYS = (
    *"abcdefglmnpr0123456789=*", "Space", "Tab", "Delete", "Backspace", "Escape", "Return", "F2", "F8",
    "Left", "Right", "Up", "Down", "Home", "End",
)  # fmt: skip
WORDS = (
    "conv",
    "lin",
    "relu",
    "add",
    "norm",
    "pool",
    "flat",
    "drop",
    "x",
    "zz",
    "3",
    "stride=2",
    "lay",
    "un",
)
VALUES = ("1", "0", "-3", "16", "64", "3, 3", "0.5", "same", "nonsense", "", "99999")
ACTIONS_LEFT_OUT = ("file.", "window.", "run.", "help.", "edit.preferences")  # files, windows, browsers, runs


class Gestures:
    """Makes up what to do next.

    Args:
        window: with a project open.
        chance: decides.
    """

    def __init__(self, window: MainWindow, chance: random.Random) -> None:
        self._window, self._random = window, chance
        self._kinds: tuple[tuple[float, str, Callable[[], Iterable[Step]]], ...] = (
            (3, "move", self._move), (1, "press", self._press), (2, "release", self._release),
            (3, "click", self._click), (1, "double-click", self._double_click), (1, "menu", self._menu),
            (2, "wheel", self._wheel), (3, "key", self._key), (2, "panel", self._panel),
            (2, "undo", self._undo), (1, "redo", self._redo), (2, "choose", self._choose),
            (1, "pan", self._pan), (2, "connect", self._connect), (2, "drag", self._drag),
            (1, "marquee", self._marquee), (1, "cut edges", self._cut), (2, "add", self._add),
            (1, "drop", self._drop), (1, "rename", self._rename), (2, "parameter", self._parameter),
            (1, "find", self._find), (1, "command", self._command),
            (0.5, "dock", self._dock), (1, "resize", self._resize),
            *self._of_actions(),
        )  # fmt: skip

    def next(self) -> tuple[str, list[Step]]:
        """A name, and the events one after the other."""
        weights = [weight for weight, _, _ in self._kinds]
        _, name, make = self._random.choices(self._kinds, weights)[0]
        return name, list(make())

    def _of_actions(self) -> Iterator[tuple[float, str, Callable[[], list[Step]]]]:
        """Every action by itself, and by its keys."""
        allowed = [spec for spec in self._window.actions_ if not spec.id.startswith(ACTIONS_LEFT_OUT)]
        for spec in allowed:
            yield 5 / len(allowed), spec.id, partial(list, [self._window.actions_[spec.id].trigger])
            for keys in spec.shortcuts[:1]:
                yield 2 / len(allowed), f"keys of {spec.id}", partial(list, [partial(self._press_keys, keys)])

    def _press_keys(self, keys: str) -> None:
        QTest.keySequence(self._target(), QKeySequence(keys))

    # -- where

    @property
    def _port(self) -> QWidget:
        return self._window.canvas.viewport()

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self._window.canvas

    def _held(self) -> Qt.KeyboardModifier:
        return self._random.choice(HELD)

    def _anywhere(self) -> QPoint:
        return QPoint(self._random.randrange(self._port.width()), self._random.randrange(self._port.height()))

    def _seen(self) -> list[str]:
        return self._window.canvas.graph_scene.nodes_in(self._window.canvas.visible_area)

    def _somewhere(self) -> QPoint:
        """A place in the canvas; often one where something is."""
        scene, ids = self._window.canvas.graph_scene, self._seen()
        spots = [scene.annotations.rect(each).center() for each in scene.annotations.ids]
        spots += [
            scene.annotations.rect(each).bottomRight() - QPointF(4, 4) for each in scene.annotations.ids
        ]
        if ids:
            item = scene.nodes[self._random.choice(ids)]
            spots += [item.area.center(), item.area.topLeft() + QPointF(20, 12)] * 3
            spots += [item.port_pos(each.ref) for each in item.ports]
            edges = self._window.session.graph.outgoing(item.node_id)
            spots += [scene.edges[edge].path.pointAtPercent(0.5) for edge in edges]
        if spots and self._random.random() < 0.7:
            at = self._window.canvas.mapFromScene(self._random.choice(spots))
            if self._port.rect().contains(at):
                return at
        return self._anywhere()

    def _port_spot(self, is_input: bool) -> QPoint:
        """Where a port of a card in sight is; anywhere without one."""
        scene = self._window.canvas.graph_scene
        items = [scene.nodes[each] for each in self._seen()]
        refs = [(item, port.ref) for item in items for port in item.ports if port.is_output != is_input]
        if not refs:
            return self._anywhere()
        item, ref = self._random.choice(refs)
        return self._window.canvas.mapFromScene(item.port_pos(ref))

    # -- single events

    def _move(self) -> list[Step]:
        return [partial(QTest.mouseMove, self._port, self._somewhere())]

    def _press(self) -> list[Step]:
        button = self._random.choice((LEFT, LEFT, LEFT, MIDDLE))
        return [partial(QTest.mousePress, self._port, button, self._held(), self._somewhere())]

    def _release(self) -> list[Step]:
        button = self._random.choice((LEFT, LEFT, LEFT, MIDDLE))
        return [partial(QTest.mouseRelease, self._port, button, self._held(), self._somewhere())]

    def _click(self) -> list[Step]:
        return [partial(QTest.mouseClick, self._port, LEFT, self._held(), self._somewhere())]

    def _double_click(self) -> list[Step]:
        return [partial(QTest.mouseDClick, self._port, LEFT, self._held(), self._somewhere())]

    def _menu(self) -> list[Step]:
        return [partial(QTest.mouseClick, self._port, RIGHT, NONE, self._somewhere())]

    def _wheel(self) -> list[Step]:
        at, turn = QPointF(self._somewhere()), QPoint(0, self._random.choice((-240, -120, 120, 240)))
        event = QWheelEvent(
            at, QPointF(self._port.mapToGlobal(at.toPoint())), QPoint(), turn, Qt.MouseButton.NoButton,
            self._held(), Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        return [partial(QApplication.sendEvent, self._port, event)]

    def _key(self) -> list[Step]:
        return [partial(self._hit, self._random.choice(KEYS), self._held())]

    def _hit(self, name: str, held: Qt.KeyboardModifier = NONE) -> None:
        """A key, wherever the focus is."""
        if len(name) == 1:
            QTest.keyClicks(self._target(), name)
        else:
            QTest.keyClick(self._target(), getattr(Qt.Key, f"Key_{name}"), held)

    def _typed(self, text: str) -> list[Step]:
        return [partial(self._hit, letter) for letter in text]

    def _undo(self) -> list[Step]:
        return [self._window.session.undo] * self._random.choice((1, 1, 2, 5))

    def _redo(self) -> list[Step]:
        return [self._window.session.redo] * self._random.choice((1, 1, 2, 5))

    def _choose(self) -> list[Step]:
        """Selects some of all that there is, as a basis for what comes next."""
        graph = self._window.session.graph
        everything = [*graph.nodes, *graph.frames, *graph.notes]
        count = min(self._random.choice((1, 1, 2, 3, 6, 20)), len(everything))
        return [partial(self._window.session.select, self._random.sample(everything, count))]

    # -- gestures

    def _dragged(
        self, at: QPoint, to: QPoint, held: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT
    ) -> list[Step]:
        between = (at + (to - at) * share / 4 for share in (1, 2, 3, 4))
        return [
            partial(QTest.mousePress, self._port, button, held, at),
            *(partial(QTest.mouseMove, self._port, each) for each in between),
            partial(QTest.mouseRelease, self._port, button, held, to),
        ]

    def _pan(self) -> list[Step]:
        return self._dragged(self._anywhere(), self._anywhere(), button=MIDDLE)

    def _connect(self) -> list[Step]:
        spots = [self._port_spot(False), self._port_spot(True)]
        self._random.shuffle(spots)
        return self._dragged(*spots)

    def _drag(self) -> list[Step]:
        return self._dragged(self._somewhere(), self._somewhere(), self._random.choice((NONE, NONE, SHIFT)))

    def _marquee(self) -> list[Step]:
        return self._dragged(self._anywhere(), self._anywhere(), self._random.choice((NONE, CTRL, SHIFT)))

    def _cut(self) -> list[Step]:
        return self._dragged(self._anywhere(), self._anywhere(), ALT)

    def _resize(self) -> list[Step]:
        """Pulls a frame or a note at its corner."""
        annotations = self._window.canvas.graph_scene.annotations
        if not annotations.ids:
            return [self._window.actions_["graph.note"].trigger]
        rect = annotations.rect(self._random.choice(annotations.ids))
        corner = self._window.canvas.mapFromScene(rect.bottomRight() - QPointF(4, 4))
        return self._dragged(corner, self._anywhere())

    def _add(self) -> list[Step]:
        asked = [partial(self._window.canvas.setFocus), partial(self._hit, "Space")]
        down = [partial(self._hit, "Down")] * self._random.randrange(3)
        return [*asked, *self._typed(self._random.choice(WORDS)), *down, partial(self._hit, "Return")]

    def _drop(self) -> list[Step]:
        """Drops a layer from the palette."""
        types = sorted(self._window.session.graph.catalog)
        data = QMimeData()
        data.setData(MIME_TYPE, self._random.choice(types).encode())
        event = QDropEvent(QPointF(self._somewhere()), Qt.DropAction.CopyAction, data, LEFT, NONE)
        return [lambda: self._window.canvas.dropEvent(event), data.clear]  # it lives as long as the event

    def _rename(self) -> list[Step]:
        """Types a name where the title is."""
        name = [*self._typed(self._random.choice(WORDS)), partial(self._hit, "Return")]
        chosen = partial(
            self._window.session.select, self._random.sample(self._seen(), k=min(len(self._seen()), 1))
        )
        return [chosen, self._window.actions_["edit.rename"].trigger, *name]

    def _parameter(self) -> list[Step]:
        """Types a value into a field of the inspector."""
        ids = list(self._window.session.graph.nodes)
        chosen = self._random.sample(ids, min(self._random.choice((1, 1, 2)), len(ids)))
        typed = [*self._typed(self._random.choice(VALUES)), partial(self._hit, "Return")]
        return [partial(self._window.session.select, chosen), self._focus_field, *typed]

    def _focus_field(self) -> None:
        fields = [each for each in self._window.inspector.findChildren(QLineEdit) if each.isVisible()]
        if fields:
            field = self._random.choice(fields)
            field.setFocus(Qt.FocusReason.MouseFocusReason)
            field.selectAll()

    def _find(self) -> list[Step]:
        asked = [self._window.actions_["edit.find"].trigger, *self._typed(self._random.choice(WORDS))]
        further = [partial(self._hit, self._random.choice(("Return", "F3", "Down")))] * 3
        return [*asked, *further, partial(self._hit, "Escape")]

    def _command(self) -> list[Step]:
        """Finds an action in the command palette."""
        asked = [self._window.actions_["view.commands"].trigger]
        down = [partial(self._hit, "Down")] * self._random.randrange(4)
        return [*asked, *self._typed(self._random.choice(WORDS)), *down, self._take_command]

    def _take_command(self) -> None:
        """Takes the command in hand, unless it is one that a monkey shall not have."""
        tool = self._window.tools.commands
        row = tool.picker.current
        command = tool.commands[row].id if 0 <= row < len(tool.commands) else ""
        is_allowed = not command.startswith((*ACTIONS_LEFT_OUT, "recent:", "template:"))
        self._hit("Return" if is_allowed else "Escape")

    def _dock(self) -> list[Step]:
        """Shows, hides, floats or raises a panel."""
        dock = self._random.choice(list(self._window.docks))
        turn = partial(dock.setFloating, not dock.isFloating())
        return [self._random.choice((dock.toggleViewAction().trigger, dock.raise_, dock.show, turn))]

    def _panel(self) -> list[Step]:
        """Gives the focus to anything in the window that takes it, and changes it by a key."""
        takers = [
            widget for widget in self._window.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not self._window.run_bar.isAncestorOf(widget)
            and not self._window.training.isAncestorOf(widget)
        ]  # fmt: skip
        if not takers:
            return []
        widget = self._random.choice(takers)
        key = self._random.choice(("Up", "Down", "Space", "Left", "Return"))

        def focus() -> None:
            if isValid(widget):
                widget.setFocus(Qt.FocusReason.MouseFocusReason)

        return [focus, partial(self._hit, key)]
