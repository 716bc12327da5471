"""Somebody at a window that shows blocks, with real keys and clicks."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph.storage import to_bytes
from tests.builder.canvas.driver import Driver

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT = Qt.MouseButton.LeftButton


class Hands:
    """Somebody at the window."""

    def __init__(self, window, qtbot):
        self.window, self.session, self.qtbot = window, window.session, qtbot
        self.driver = Driver(window.canvas, window.session)
        self.focus()

    @property
    def bytes(self):
        return to_bytes(self.session.project)

    @property
    def steps(self):
        return self.window.breadcrumb.texts

    def focus(self):
        self.window.activateWindow()
        self.window.canvas.setFocus()
        self.qtbot.waitUntil(self.window.canvas.hasFocus)

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        """A key on the canvas."""
        self.focus()
        QTest.keyClick(self.window.canvas, key, modifiers)

    def double_click(self, name):
        at = self.driver.at(self.driver.body(name))
        QTest.mouseClick(self.window.canvas.viewport(), LEFT, pos=at)
        QTest.mouseDClick(self.window.canvas.viewport(), LEFT, pos=at)

    def click(self, button):
        assert button.isVisible()
        QTest.mouseClick(button, LEFT)

    def select(self, *names):
        self.session.select([self.driver.id(name) for name in names])

    def names(self):
        return [node.name for node in self.session.graph.nodes.values()]
