"""Somebody at the window, who does with mouse and keyboard what people do."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.builder.canvas.driver import Driver

PATIENCE = 120_000  # milliseconds; PyTorch may have to be loaded
CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class Person:
    """Somebody at the window, with two hands."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.hands = Driver(window.canvas, window.session)

    def add(self, word):
        """Adds a layer behind the selected one: Space, a word, Enter."""
        self.window.canvas.setFocus()
        QTest.keyClick(self.window.canvas, Qt.Key.Key_Space)
        assert self.window.canvas.search.isVisible()
        self.hands.type(word)

    def set(self, name, text):
        """Types a value into the inspector."""
        self.replace(self.window.inspector.page.form.field(name), text)

    def replace(self, field, text):
        """Types a text in place of the one in a field."""
        field.setFocus()
        self.wait(field.hasFocus)
        QTest.keyClick(field, Qt.Key.Key_A, CTRL)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Tab)

    def press(self, key, modifiers=CTRL):
        """Presses a key wherever the focus is."""
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifiers)

    def click(self, widget):
        assert widget.isVisible()
        assert widget.isEnabled()
        QTest.mouseClick(widget, LEFT)

    def wait(self, condition):
        self.qtbot.waitUntil(condition, timeout=PATIENCE)
