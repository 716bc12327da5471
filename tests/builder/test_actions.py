"""Actions: no dead buttons, no silent ones, no shortcut that eats typing."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from builder.actions import ACTIONS, Actions, ActionSpec
from builder.icons import names

UNDO = ActionSpec("edit.undo", "&Undo", "Edit", "undo", ("Ctrl+Z",), "undo", "Takes back the last change.")
FIT = ActionSpec("view.fit", "&Fit...", "View", "fit_view", ("F",), "fit", scope="canvas")


class Owner:
    def __init__(self):
        self.calls = []

    def undo(self):
        self.calls.append("undo")

    def fit_view(self):
        self.calls.append("fit")


@pytest.fixture
def window(qtbot):
    """A window with a canvas and a line edit."""
    window = QWidget()
    qtbot.addWidget(window)
    window.canvas = QWidget(focusPolicy=Qt.FocusPolicy.StrongFocus)
    window.field = QLineEdit()
    column = QVBoxLayout(window)
    column.addWidget(window.canvas)
    column.addWidget(window.field)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def test_every_declared_action_is_whole(window):
    actions = Actions(window)
    for spec in actions:
        assert not spec.icon or spec.icon in names(), spec.id
        assert spec.tooltip.endswith("."), spec.id
        assert all(not key.isEmpty() for key in actions[spec.id].shortcuts()), spec.id
    assert len(list(actions)) == len(ACTIONS)


def test_train_and_stop_have_their_keys(window):
    actions = Actions(window)
    assert "Ctrl+Enter" in actions["run.train"].toolTip()
    assert "Ctrl+." in actions["run.stop"].toolTip()


def test_window_shortcut_works_everywhere_and_canvas_shortcut_only_there(window, qtbot):
    owner = Owner()
    actions = Actions(window, [UNDO, FIT])
    actions.bind(owner)
    actions.install("window", window)
    actions.install("canvas", window.canvas)
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert owner.calls == ["fit", "undo"]
    window.field.setFocus()
    qtbot.keyClick(window.field, Qt.Key.Key_F)
    assert window.field.text() == "f"
    assert owner.calls == ["fit", "undo"]


def test_an_action_without_a_handler_is_named(window):
    with pytest.raises(AttributeError, match=r"view\.fit needs fit_view\(\)"):
        Actions(window, [UNDO, FIT]).bind(type("Half", (), {"undo": lambda self: None})())


def test_handlers_may_be_spread_over_several_owners(window):
    one, two = type("One", (), {"undo": Owner.undo})(), Owner()
    one.calls = []
    actions = Actions(window, [UNDO, FIT])
    actions.bind(one, two)
    actions["edit.undo"].trigger()
    actions["view.fit"].trigger()
    assert (one.calls, two.calls) == (["undo"], ["fit"])


def test_a_disabled_action_says_why_and_an_enabled_one_what_it_does(window):
    actions = Actions(window, [UNDO])
    assert actions["edit.undo"].toolTip() == "Undo (Ctrl+Z)\nTakes back the last change."
    actions.disable("edit.undo", "Nothing to undo.")
    assert not actions["edit.undo"].isEnabled()
    assert actions["edit.undo"].toolTip() == "Undo (Ctrl+Z)\nNothing to undo."
    assert actions.why_disabled("edit.undo") == "Nothing to undo."
    actions.set_enabled("edit.undo", True, "Nothing to undo.")
    assert actions["edit.undo"].isEnabled()
    assert actions["edit.undo"].toolTip().endswith("Takes back the last change.")
    assert actions.why_disabled("edit.undo") == ""


def test_another_text_keeps_the_reason(window):
    actions = Actions(window, [UNDO])
    actions.disable("edit.undo", "Nothing to undo.")
    actions.set_text("edit.undo", "&Undo move")
    assert actions["edit.undo"].toolTip() == "Undo move (Ctrl+Z)\nNothing to undo."
    assert not actions["edit.undo"].isEnabled()


def test_a_checkable_action_hands_its_state_on(window):
    seen = []
    spec = ActionSpec("view.grid", "Grid", "View", "show_grid", checkable=True)
    actions = Actions(window, [spec])
    actions.bind(type("Owner", (), {"show_grid": lambda self, on: seen.append(on)})())
    actions["view.grid"].trigger()
    actions["view.grid"].trigger()
    assert seen == [True, False]


def test_a_shortcut_is_given_once(window):
    other = ActionSpec("edit.back", "Back", "Edit", "undo", ("Ctrl+Z",))
    with pytest.raises(ValueError, match=r"edit\.back and edit\.undo share"):
        Actions(window, [UNDO, other])


def test_menus_and_palette_find_actions_by_category_and_title(window):
    actions = Actions(window, [UNDO, FIT])
    assert actions.in_category("View") == [actions["view.fit"]]
    assert [spec.title for spec in actions] == ["Undo", "Fit"]
