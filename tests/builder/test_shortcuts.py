"""Shortcuts are changed at once, kept, and never do two things."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from builder.main_window import MainWindow
from builder.shortcuts import GROUP, Shortcuts
from builder.window_actions import ALL_ACTIONS
from graph.templates import template

CONTROL = Qt.KeyboardModifier.ControlModifier


def key(text):
    return QKeySequence(text)


def texts(shortcuts, action_id):
    return [each.toString(QKeySequence.SequenceFormat.PortableText) for each in shortcuts.keys(action_id)]


@pytest.fixture
def make(qapp, settings):
    """Gives a function that starts anew with the same settings."""
    return lambda: Shortcuts(ALL_ACTIONS, settings)


def test_a_key_is_added_shown_and_kept(make, settings):
    shortcuts = make()
    shortcuts.add("graph.pack", key("Ctrl+K"))
    shortcuts.remove("graph.pack", key("Ctrl+G"))
    assert shortcuts.text("graph.pack") == "Ctrl+K"
    assert texts(make(), "graph.pack") == ["Ctrl+K"]
    assert [each for each in settings.allKeys() if each.startswith(GROUP)] == [f"{GROUP}/graph.pack"]


def test_enter_and_return_are_one_key_to_people(make):
    assert make().text("run.train") == "Ctrl+Enter"
    assert make().text("edit.redo") == "Ctrl+Y or Ctrl+Shift+Z", "others are all told"


def test_a_key_is_taken_from_whoever_had_it(make):
    shortcuts = make()
    assert shortcuts.rivals("graph.pack", key("Ctrl+D")) == ["edit.duplicate"]
    shortcuts.add("graph.pack", key("Ctrl+D"))
    assert texts(shortcuts, "graph.pack") == ["Ctrl+G", "Ctrl+D"]
    assert texts(shortcuts, "edit.duplicate") == []
    assert texts(make(), "edit.duplicate") == []  # having none is kept too


def test_reset_gives_the_declared_keys_back(make, settings):
    shortcuts = make()
    shortcuts.add("graph.pack", key("Ctrl+D"))
    shortcuts.reset("edit.duplicate")
    assert texts(shortcuts, "edit.duplicate") == ["Ctrl+D"]
    assert texts(shortcuts, "graph.pack") == ["Ctrl+G"]
    assert not settings.allKeys()  # nothing differs any more
    shortcuts.remove("edit.undo", key("Ctrl+Z"))
    shortcuts.add("edit.redo", key("Ctrl+Z"))
    shortcuts.reset_all()
    assert all(not shortcuts.is_changed(spec.id) for spec in ALL_ACTIONS)
    assert texts(shortcuts, "edit.undo") == ["Ctrl+Z"]


def test_keys_that_are_typed_are_refused_where_they_would_eat_text(make):
    shortcuts = make()
    for text in ("A", "Shift+A", "1", "Space", "Return", "Backspace", "Home", "Tab", "Shift+Del"):
        assert "alone edits text" in shortcuts.fault("run.train", key(text)), text
    for text in ("Ctrl+A", "Alt+1", "F5", "Shift+F5", "Ctrl+Return", "Meta+B"):
        assert shortcuts.fault("run.train", key(text)) == "", text
    for text in ("B", "Shift+B", "Space", "Backspace"):
        assert shortcuts.fault("edit.delete", key(text)) == "", text  # only while the canvas has the focus
    for text in ("Esc", "Left", "Shift+Down"):
        assert "on the canvas" in shortcuts.fault("edit.delete", key(text)), text
    with pytest.raises(ValueError, match="alone edits text"):
        shortcuts.add("run.train", key("A"))
    assert texts(shortcuts, "run.train") == ["Ctrl+Enter", "Ctrl+Return"]


def test_a_chosen_key_wins_over_one_declared_later(make, settings):
    settings.setValue(f"{GROUP}/graph.pack", "Ctrl+S")  # as if Save had had none when this was chosen
    shortcuts = make()
    assert texts(shortcuts, "graph.pack") == ["Ctrl+S"]
    assert texts(shortcuts, "file.save") == []


def test_nonsense_in_the_settings_is_left_out(make, settings):
    settings.setValue(f"{GROUP}/edit.undo", "no such key; Ctrl+J")
    settings.setValue(f"{GROUP}/edit.redo", "Ctrl+J; Ctrl+L; A")  # A would be typed
    settings.setValue(f"{GROUP}/gone.action", "Ctrl+M")
    settings.setValue(f"{GROUP}/file.new", 7)
    shortcuts = make()
    assert texts(shortcuts, "edit.undo") == ["Ctrl+J"]
    assert texts(shortcuts, "edit.redo") == ["Ctrl+L"]
    assert texts(shortcuts, "file.new") == ["Ctrl+N"]


def test_no_two_actions_share_a_declared_key(make):
    shortcuts = make()
    for spec in ALL_ACTIONS:
        for each in shortcuts.keys(spec.id):
            assert shortcuts.rivals(spec.id, each) == [], spec.id
            assert shortcuts.fault(spec.id, each) == "", spec.id


def test_in_the_window_new_keys_work_at_once_and_old_ones_no_more(window, settings):
    window.files.new_project(template("SmallCNN").project())
    window.activateWindow()
    window.canvas.setFocus()
    shortcuts = window.tools.shortcuts
    shortcuts.remove("edit.select_all", key("Ctrl+A"))
    shortcuts.add("edit.select_all", key("Ctrl+Y"))
    QTest.keyClick(window.canvas, Qt.Key.Key_A, CONTROL)
    assert window.session.selection == ()
    QTest.keyClick(window.canvas, Qt.Key.Key_Y, CONTROL)
    assert len(window.session.selection) == len(window.session.graph.nodes)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_P, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    palette = window.tools.commands
    QTest.keyClicks(palette.picker.field, "select all")
    assert palette.picker.rows[0].right == "Ctrl+Y"
    assert window.actions_["edit.select_all"].toolTip().startswith("Select all (Ctrl+Y)")


def test_space_on_the_canvas_taps_what_it_is_the_key_of(window):
    window.files.new_project(template("SmallCNN").project())
    window.activateWindow()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert window.canvas.search.isVisible()
    window.canvas.search.close_quietly()
    window.tools.shortcuts.add("edit.select_all", key("Space"))
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert not window.canvas.search.isVisible()
    assert len(window.session.selection) == len(window.session.graph.nodes)
    window.tools.shortcuts.remove("edit.select_all", key("Space"))
    window.session.select(())
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert window.session.selection == ()


def test_every_window_follows_also_one_that_is_opened_later(window, themes, settings, answers):
    early = MainWindow(themes, settings, answers, windows=window.windows)
    window.tools.shortcuts.add("graph.pack", key("Ctrl+K"))
    late = MainWindow(themes, settings, answers, windows=window.windows)
    for each in (window, early, late):
        assert key("Ctrl+K") in each.actions_["graph.pack"].shortcuts()
    for each in (early, late):
        each.close()
        delete(each)
    window.tools.shortcuts.reset("graph.pack")
    assert window.actions_["graph.pack"].shortcuts() == [key("Ctrl+G")]
