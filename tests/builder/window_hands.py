"""What tests of the window do with it and look up in it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtTest import QTest


def press(qtbot, window, key, modifiers=Qt.KeyboardModifier.ControlModifier):
    window.activateWindow()
    qtbot.keyClick(window.focusWidget() or window, key, modifiers)


def node_of(window, type_name):
    return next(node for node in window.session.graph.nodes.values() if node.type == type_name)


def let_go():
    """Lets go of what Qt believes pressed: modifiers since a key with them, a button since a double click."""
    held, beside = QGuiApplication.mouseButtons(), QWindow()
    beside.resize(9, 9)
    if QGuiApplication.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        QTest.keyRelease(beside, Qt.Key.Key_Control)
    for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
        if held & button:
            QTest.mouseRelease(beside, button)
