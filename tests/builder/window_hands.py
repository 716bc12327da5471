"""What tests of the window do with it and look up in it."""

from PySide6.QtCore import Qt


def press(qtbot, window, key, modifiers=Qt.KeyboardModifier.ControlModifier):
    window.activateWindow()
    qtbot.keyClick(window.focusWidget() or window, key, modifiers)


def node_of(window, type_name):
    return next(node for node in window.session.graph.nodes.values() if node.type == type_name)
