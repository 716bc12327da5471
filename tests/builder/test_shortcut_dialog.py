"""The list of keys: look one up, press others, settle who has them, go back; with real keys and clicks."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hands:
    """Somebody at the dialog."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        QTest.keyClick(window, Qt.Key.Key_F1)
        self.dialog = window.tools.shortcut_dialog
        qtbot.waitUntil(self.dialog.isActiveWindow)
        self.editor = self.dialog.editor

    def press(self, key, modifiers=NO_KEY):
        """Presses a key in the field that waits for one."""
        QTest.mouseClick(self.editor.field, LEFT)
        QTest.keyClick(QApplication.focusWidget(), key, modifiers)

    def click(self, button):
        assert button.isVisible()
        assert button.isEnabled(), button.toolTip()
        QTest.mouseClick(button, LEFT)

    @property
    def keys(self):
        return [button.text() for button in self.editor.key_buttons]

    def shown(self, action_id):
        """The keys as the list shows them."""
        return self.dialog._items[action_id].text(1)


@pytest.fixture
def hands(window, qtbot):
    made = Hands(window, qtbot)
    yield made
    made.dialog.close()


def test_f1_lists_every_action_with_its_keys(hands):
    specs = list(hands.window.actions_)
    assert hands.dialog.listed == sorted(
        (spec.id for spec in specs), key=[s.id for s in _by_category(specs)].index
    )
    assert hands.shown("edit.redo") == "Ctrl+Y or Ctrl+Shift+Z"
    assert hands.dialog.search.hasFocus()


def _by_category(specs):
    categories = list(dict.fromkeys(spec.category for spec in specs))
    return sorted(specs, key=lambda spec: categories.index(spec.category))


def test_typing_searches_names_and_keys(hands):
    QTest.keyClicks(hands.dialog.search, "zoom")
    assert hands.dialog.listed == ["view.zoom_in", "view.zoom_out"]
    assert hands.editor.action_id == "view.zoom_in"
    hands.dialog.search.clear()
    QTest.keyClicks(hands.dialog.search, "ctrl+d")
    assert hands.dialog.listed == ["edit.duplicate", "go.down"]  # Ctrl+D and Ctrl+Down

    hands.dialog.search.clear()
    QTest.keyClicks(hands.dialog.search, "qqzz")
    assert hands.dialog.listed == []


def test_a_pressed_key_works_at_once_and_is_shown_everywhere(hands):
    hands.dialog.choose("view.theme_dark")
    hands.press(Qt.Key.Key_F9)
    assert hands.keys == ["F9"]
    assert hands.shown("view.theme_dark") == "F9"
    assert hands.editor.message.text() == "F9 is now a key of Dark theme."
    assert hands.window.actions_["view.theme_dark"].toolTip().startswith("Dark theme (F9)")
    hands.dialog.close()
    hands.window.activateWindow()
    hands.qtbot.waitUntil(hands.window.isActiveWindow)
    QTest.keyClick(hands.window, Qt.Key.Key_F9)
    assert hands.window.themes.theme.is_dark


def test_several_keys_and_taking_one_away(hands):
    hands.dialog.choose("edit.redo")
    hands.press(Qt.Key.Key_F10)
    assert hands.keys == ["Ctrl+Y", "Ctrl+Shift+Z", "F10"]
    hands.click(hands.editor.key_buttons[0])
    assert hands.keys == ["Ctrl+Shift+Z", "F10"]
    assert hands.window.actions_["edit.redo"].shortcuts() == [
        QKeySequence("Ctrl+Shift+Z"),
        QKeySequence("F10"),
    ]


def test_a_key_that_is_taken_is_offered_and_taken_over_only_when_wanted(hands):
    hands.dialog.choose("edit.rename")
    hands.press(Qt.Key.Key_D, CONTROL)
    assert hands.editor.message.text() == "Ctrl+D is a key of Duplicate now."
    assert hands.keys == ["F2"]
    QTest.keyClick(
        QApplication.focusWidget(), Qt.Key.Key_Space
    )  # the button that takes it over has the focus
    assert hands.keys == ["F2", "Ctrl+D"]
    assert hands.shown("edit.duplicate") == ""
    assert hands.editor.message.text() == "Ctrl+D is now a key of Rename, and no longer of Duplicate."
    assert not hands.editor.take_over_button.isVisible()


def test_choosing_another_action_withdraws_the_offer(hands):
    hands.dialog.choose("edit.rename")
    hands.press(Qt.Key.Key_D, CONTROL)
    hands.dialog.choose("edit.copy")
    assert not hands.editor.take_over_button.isVisible()
    assert hands.keys == ["Ctrl+C"]


def test_a_key_that_edits_text_is_refused_with_the_reason(hands):
    hands.dialog.choose("run.train")
    hands.press(Qt.Key.Key_T)
    assert hands.editor.message.text().startswith("T alone edits text")
    assert hands.editor.message.property("role") == "error"
    assert "T" not in hands.keys
    hands.dialog.choose("edit.rename")  # only on the canvas, where nothing is typed
    hands.press(Qt.Key.Key_R)
    assert hands.keys == ["F2", "R"]


def test_a_key_that_it_has_already_is_said_so(hands):
    hands.dialog.choose("edit.rename")
    hands.press(Qt.Key.Key_F2)
    assert hands.editor.message.text() == "F2 is a key of Rename already."


def test_one_is_reset(hands):
    hands.dialog.choose("edit.rename")
    assert not hands.editor.reset_button.isEnabled()
    assert hands.editor.reset_button.toolTip() == "These are the keys it came with."
    hands.press(Qt.Key.Key_D, CONTROL)
    hands.click(hands.editor.take_over_button)
    hands.dialog.choose("edit.duplicate")
    hands.click(hands.editor.reset_button)
    assert hands.keys == ["Ctrl+D"]
    assert hands.shown("edit.rename") == "F2"


def test_all_are_reset_when_that_is_meant(hands, answers, settings):
    assert hands.dialog.reset_all_button.toolTip() == "No key was changed."
    hands.dialog.choose("edit.rename")
    hands.press(Qt.Key.Key_F11)
    hands.click(hands.dialog.reset_all_button)
    assert answers.asked == ["confirm Reset all shortcuts?"]
    assert hands.shown("edit.rename") == "F2 or F11"
    answers.confirm_answer = True
    hands.click(hands.dialog.reset_all_button)
    assert hands.shown("edit.rename") == "F2"
    assert not [key for key in settings.allKeys() if key.startswith("shortcuts")]


def test_it_is_worked_by_keys_alone(hands):
    QTest.keyClicks(hands.dialog.search, "rename")
    QTest.keyClick(hands.dialog.search, Qt.Key.Key_Tab)
    assert hands.dialog.tree.hasFocus()
    QTest.keyClick(hands.dialog.tree, Qt.Key.Key_Return)
    assert hands.editor.field.isAncestorOf(QApplication.focusWidget()) or hands.editor.field.hasFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F7)
    assert hands.keys == ["F2", "F7"]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert not hands.editor.field.hasFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not hands.dialog.isVisible()


def test_gestures_of_the_mouse_are_listed_and_stay(hands):
    QTest.keyClicks(hands.dialog.search, "wheel")
    group = hands.dialog.tree.topLevelItem(hands.dialog.tree.topLevelItemCount() - 1)
    hands.dialog.tree.setCurrentItem(group.child(3))
    assert hands.dialog.tree.currentItem().text(1) == "Wheel"
    assert hands.editor.action_id == ""
    assert "stays as it is" in hands.editor.message.text()
    assert not hands.editor.field.isEnabled()
