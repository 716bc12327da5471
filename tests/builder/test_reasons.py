"""Nothing in the window is mute: what cannot be used says why, and everything has a name to be read out."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)

from builder.window_actions import NEED_PROJECT
from graph.templates import template
from tests.graph.block_drawings import deep

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)


@pytest.fixture(params=["welcome", "empty", "network", "selected", "block"])
def shown(request, window, qtbot):
    """The window as it is met: on its welcome page, or with a project in some state."""
    if request.param == "empty":
        window.files.new_project()
    elif request.param in ("network", "selected"):
        window.files.new_project(template("SmallCNN").project())
    elif request.param == "block":
        window.files.new_project(deep())
        window.session.enter("n2")
    else:
        qtbot.waitUntil(lambda: bool(window.welcome.cards))
    if request.param == "selected":
        window.session.select([window.session.graph.by_name("conv1").id])
    return window


def menus_of(menu: QMenu) -> Iterator[QMenu]:
    yield menu
    for action in menu.actions():
        if action.menu() is not None:
            yield from menus_of(action.menu())


def all_menus(window) -> list[QMenu]:
    """Every menu of the menu bar, opened once, so that those filled late are full."""
    found = []
    for action in window.menuBar().actions():
        for menu in menus_of(action.menu()):
            menu.aboutToShow.emit()
            found.append(menu)
    return found


def says_more(action: QAction) -> bool:
    """Whether the tool tip tells more than the name."""
    name = action.text().replace("&", "").removesuffix("...")
    return action.toolTip().strip() not in ("", name)


def test_every_action_that_is_disabled_says_why(shown):
    actions = shown.actions_
    for spec in actions:
        if not actions[spec.id].isEnabled():
            reason = actions.why_disabled(spec.id)
            assert reason.endswith("."), spec.id
            assert reason in actions[spec.id].toolTip(), spec.id


def test_every_entry_of_a_menu_has_a_name_and_says_why_it_is_disabled(shown):
    for menu in all_menus(shown):
        assert menu.title()
        for action in menu.actions():
            if action.isSeparator():
                continue
            assert action.text(), menu.title()
            if not action.isEnabled():
                assert says_more(action), f"{menu.title()} > {action.text()}"
                assert menu.toolTipsVisible(), f"{menu.title()} > {action.text()}"


def test_every_action_is_in_a_menu_and_in_the_palette(shown):
    shown.tools.show_commands()
    listed = {command.id: command for command in shown.tools.commands.commands}
    shown.tools.show_commands()
    in_menus = {action.objectName() for menu in all_menus(shown) for action in menu.actions()}
    for spec in shown.actions_:
        assert spec.id in in_menus, spec.id
        assert listed[spec.id].fault == shown.actions_.why_disabled(spec.id)


def test_every_control_has_a_name_and_says_why_it_is_disabled(shown):
    nameless, mute = set(), set()
    for title in shown.docks.titles:
        if shown.tools.has_project:
            shown.docks.reveal(title)
        for widget in controls(shown):
            nameless |= set() if name_of(widget) else {described(widget)}
            if not widget.isEnabled() and widget.parentWidget().isEnabled() and not widget.toolTip():
                mute.add(described(widget))
    assert (nameless, mute) == (set(), set())


def test_every_control_of_the_dialogs_too(window):
    for dialog in (window.tools.shortcut_dialog, window.tools.preferences_dialog):
        dialog.open_again()
        for widget in controls(dialog):
            assert name_of(widget), described(widget)
            assert widget.isEnabled() or widget.toolTip(), described(widget)
        dialog.close()


def test_what_needs_a_project_is_off_on_the_welcome_page_only(window):
    actions = window.actions_
    for action_id in NEED_PROJECT:
        assert actions.why_disabled(action_id) == "No project is open.", action_id
    window.files.new_project(template("SmallCNN").project())
    for action_id in NEED_PROJECT:
        assert actions.why_disabled(action_id) != "No project is open.", action_id


def controls(window) -> Iterator[QWidget]:
    """What is seen and can be used; not the parts that Qt's own widgets are made of."""
    for widget in window.findChildren(QWidget):
        is_part = widget.objectName().startswith("qt_") or isinstance(
            widget.parentWidget(), (QComboBox, QAbstractSpinBox, QAbstractItemView, QLineEdit)
        )
        if isinstance(widget, CONTROLS) and widget.isVisible() and not is_part:
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says: its own name, its text, or that of the label that belongs to it."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    buddies = (label.text() for label in widget.window().findChildren(QLabel) if label.buddy() is widget)
    return widget.accessibleName() or text or next(buddies, "")


def described(widget: QWidget) -> str:
    """Where a widget is, to find it by."""
    names = [type(widget).__name__]
    while (widget := widget.parentWidget()) is not None:
        names.append(widget.objectName() or type(widget).__name__)
    return " in ".join(names[:6])
