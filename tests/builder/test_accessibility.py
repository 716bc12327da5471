"""The window without a mouse or without eyes: where the focus is is seen, and what is selected is said."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from builder.canvas.spoken import selection_text
from graph.document import PortRef
from graph.edits import Connect, RemoveNodes
from graph.templates import template
from tests.builder.test_reasons import described, name_of


@pytest.fixture
def editor(qtbot, window):
    window.files.new_project(template("SmallCNN").project())
    qtbot.waitActive(window)
    return window


def node_id(window, name):
    return window.session.graph.by_name(name).id


def spoken(window):
    """What a screen reader reads of the canvas."""
    interface = QAccessible.queryAccessibleInterface(window.canvas)
    return interface.text(QAccessible.Text.Description)


def test_the_canvas_says_what_is_selected(editor):
    assert spoken(editor) == "18 layers, no problems, nothing selected"
    editor.session.select([node_id(editor, "conv1")])
    assert spoken(editor) == "conv1, Conv2d 3×3, p1 → 32, output N×32×28×28, no problems"
    editor.session.select([node_id(editor, "conv1"), node_id(editor, "norm1")])
    assert spoken(editor) == "2 layers selected: conv1, norm1"


def test_the_canvas_says_what_the_arrow_keys_lead_to(qtbot, editor):
    editor.canvas.setFocus()
    editor.session.select([node_id(editor, "conv1")])
    before = spoken(editor)
    qtbot.keyClick(editor.canvas, Qt.Key.Key_Right)
    chosen = editor.session.graph.nodes[editor.session.selection[0]]
    assert spoken(editor) == selection_text(editor.session)
    assert spoken(editor).startswith(f"{chosen.name}, {chosen.type}")
    assert spoken(editor) != before or chosen.name == "conv1"


def test_the_canvas_says_what_is_wrong_and_when_it_is_mended(editor):
    editor.session.select([node_id(editor, "fc")])
    editor.session.apply(RemoveNodes([node_id(editor, "squeeze")]))
    editor.session.apply(
        Connect(PortRef(node_id(editor, "gap"), "out"), PortRef(node_id(editor, "fc"), "in"))
    )
    editor.session.settle()
    assert "1 problem, fc: " in spoken(editor)
    editor.session.undo()
    editor.session.undo()
    editor.session.settle()
    assert spoken(editor).endswith("no problems")


def test_several_outputs_are_told_by_name(qtbot, window):
    window.files.new_project(template("LSTMClassifier").project())
    lstm = next(each for each in window.session.graph.nodes.values() if each.type == "LSTM")
    window.session.select([lstm.id])
    assert "outputs out N×" in spoken(window)


PAGES = ["Layers", "Inspector", "Problems", "Training", "Code", "Log"]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("page", [*PAGES, "welcome", "canvas"])
def test_everything_that_takes_the_focus_has_a_name_and_shows_it(qtbot, editor, mode, page):
    editor.themes.set_mode(mode)
    if page == "welcome":
        editor.close_project()
        qtbot.waitUntil(lambda: bool(editor.welcome.cards))
        area = editor.welcome
    elif page == "canvas":
        area = editor.editor
    else:
        editor.session.select([node_id(editor, "conv1")])
        editor.docks.reveal(page)
        area = editor.docks[page].widget()
    qtbot.waitUntil(lambda: editor.isActiveWindow())
    assert focus_faults(area) == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_likewise_in_dialogs(qtbot, editor, mode):
    editor.themes.set_mode(mode)
    editor.tools.show_preferences()
    editor.tools.show_shortcuts()
    editor.figures.export_figure()
    figure = editor.figures.dialog
    for dialog in (figure, editor.tools.shortcut_dialog, editor.tools.preferences_dialog):
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        assert focus_faults(dialog) == []
        dialog.close()


def test_a_style_that_hides_the_focus_is_found_out(qtbot, editor):
    sheet = editor.themes.parent().styleSheet()
    editor.themes.parent().setStyleSheet(re.sub(r":focus\b", ":pressed", sheet))
    editor.session.select([node_id(editor, "conv1")])
    assert len(focus_faults(editor.docks["Inspector"].widget())) > 5


def focus_faults(area):
    """What takes the focus in an area and has no name, or looks the same with and without the focus."""
    faults, visited = [], 0
    for widget in [each for each in area.findChildren(QWidget) if takes_focus(each)]:
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if QApplication.focusWidget() is not widget:
            continue
        visited += 1
        with_focus = outline(widget)
        widget.clearFocus()
        if outline(widget) == with_focus:
            faults.append(f"no focus seen: {described(widget)}")
        if not (name_of(widget) or widget.accessibleName()):
            faults.append(f"no name: {described(widget)}")
    assert visited, "nothing there takes the focus"
    return faults


def takes_focus(widget):
    parts = (QComboBox, QAbstractSpinBox, QAbstractItemView, QLineEdit)
    is_part = widget.objectName().startswith("qt_") or isinstance(widget.parentWidget(), parts)
    can = widget.isVisible() and widget.isEnabled() and not is_part
    return can and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def outline(widget):
    """How a widget looks, without the cursor of a text that is being typed."""
    if isinstance(widget, QPlainTextEdit):
        widget.setCursorWidth(0)
    QApplication.processEvents()
    image = widget.grab().toImage()
    if not isinstance(widget, (QLineEdit, QAbstractSpinBox)):
        return image
    return [image.pixel(x, y) for x in range(image.width()) for y in (0, 1, image.height() - 1)]
