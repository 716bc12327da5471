"""The action that shows and hides the minimap, in every window and from then on."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builder.preferences import Preferences
from graph.templates import template


def test_shift_m_hides_the_minimap_and_that_is_remembered(window, qtbot, settings):
    window.files.new_project(template("ResNet18").project())
    window.canvas.zoom_reset()
    qtbot.waitUntil(window.minimap.isVisible)
    action = window.actions_["view.minimap"]
    assert action.isChecked()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert not window.minimap.isVisible()
    assert not action.isChecked()
    assert not Preferences(settings).minimap
    QTest.keyClick(window.canvas, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert window.minimap.isVisible()
    assert Preferences(settings).minimap


def test_the_tick_in_the_preferences_does_the_same(window, qtbot):
    window.files.new_project(template("ResNet18").project())
    window.canvas.zoom_reset()
    qtbot.waitUntil(window.minimap.isVisible)
    window.actions_["edit.preferences"].trigger()
    dialog = window.tools.preferences_dialog
    assert dialog.minimap.isChecked()
    QTest.mouseClick(dialog.minimap, Qt.MouseButton.LeftButton, pos=dialog.minimap.rect().center() / 4)
    assert not window.minimap.isVisible()
    assert not window.actions_["view.minimap"].isChecked()
    dialog.close()
