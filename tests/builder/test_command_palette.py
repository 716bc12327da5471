"""The command palette: everything there is, the likeliest first, by key and by mouse."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.command_search import Command, rank
from graph.storage import save
from graph.templates import template, templates

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def command(title, category="Edit", about="", fault=""):
    return Command(title, title, category, lambda: None, about=about, fault=fault)


def titles(query, commands, used=()):
    return [found.command.title for found in rank(query, commands, used)]


UNDO, DUPLICATE, UNPACK = command("Undo"), command("Duplicate"), command("Unpack block", "Graph")
EXPORT = command("Export Python", "File", "Writes the model as a file that needs torch only.")


@pytest.mark.parametrize(("query", "first"), [
    ("undo", "Undo"), ("UND", "Undo"), ("unp", "Unpack block"), ("block", "Unpack block"),
    ("ub", "Unpack block"), ("dpl", "Duplicate"), ("graph", "Unpack block"), ("torch", "Export Python"),
    ("py exp", "Export Python"),
])  # fmt: skip
def test_what_comes_first(query, first):
    assert titles(query, [EXPORT, DUPLICATE, UNPACK, UNDO])[0] == first


def test_of_equal_matches_the_one_used_last_comes_first():
    assert titles("un", [UNPACK, UNDO]) == ["Unpack block", "Undo"]
    assert titles("un", [UNPACK, UNDO], used=["Undo"]) == ["Undo", "Unpack block"]
    assert titles("", [EXPORT, UNDO, UNPACK], used=["Unpack block", "Undo"]) == [
        "Unpack block", "Undo", "Export Python",
    ]  # fmt: skip
    assert titles("undo", [UNPACK, UNDO], used=["Unpack block"]) == ["Undo"]  # use does not beat a match


def test_what_cannot_be_done_stands_behind_what_can():
    assert titles("", [command("Save", fault="No project is open."), UNDO]) == ["Undo", "Save"]


def test_letters_far_apart_and_common_words_find_nothing():
    assert titles("the", [command("Save", about="Saves the project.")]) == []
    assert titles("gyo", [command("Drag layers to another place")]) == []
    assert titles("undo xyz", [UNDO]) == []


def test_matched_letters_spell_the_query():
    (found,) = rank("ubl", [UNPACK])
    assert "".join(found.command.title[index] for index in found.letters).casefold() == "ubl"


# -- in the window


@pytest.fixture
def palette(window):
    """A window with a network and the focus on its canvas; `ask` opens the palette and types."""
    window.files.new_project(template("SmallCNN").project())
    window.activateWindow()
    window.canvas.setFocus()
    palette = window.tools.commands

    def ask(text):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_P, CONTROL | SHIFT)
        QTest.keyClicks(palette.picker.field, text)
        return palette.commands

    palette.ask = ask
    return palette


def press(palette, key):
    QTest.keyClick(palette.picker.field, key)


def test_a_few_letters_and_enter_do_it_where_the_focus_was(window, palette):
    assert palette.ask("select a")[0].id == "edit.select_all"
    assert palette.picker.isVisible()
    press(palette, Qt.Key.Key_Return)
    assert not palette.picker.isVisible()
    assert set(window.session.selection) == set(window.session.graph.nodes)
    assert window.canvas.hasFocus()


def test_it_lies_at_the_top_in_the_middle(window, palette):
    palette.ask("")
    frame = palette.picker.geometry()
    assert abs(frame.center().x() - window.rect().center().x()) <= 1
    assert frame.top() < window.height() // 8


def test_arrow_keys_walk_and_come_in_at_the_other_end(palette):
    count = len(palette.ask("theme"))
    assert count >= 3
    assert palette.picker.current == 0
    press(palette, Qt.Key.Key_Down)
    assert palette.picker.current == 1
    for _ in range(2):
        press(palette, Qt.Key.Key_Up)
    assert palette.picker.current == count - 1


def test_escape_leaves_everything_as_it_was(window, palette):
    window.layers.setFocus()
    before = QApplication.focusWidget()
    palette.ask("delete")
    press(palette, Qt.Key.Key_Escape)
    assert not palette.picker.isVisible()
    assert QApplication.focusWidget() is before
    assert window.session.document.undo_label is None


def test_its_own_shortcut_closes_it(window, palette):
    palette.ask("")
    QTest.keyClick(palette.picker.field, Qt.Key.Key_P, CONTROL | SHIFT)
    assert not palette.picker.isVisible()
    assert window.canvas.hasFocus()


def test_a_click_does_it(window, palette):
    palette.ask("dark theme")
    view = palette.picker.list
    at = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), LEFT, NO_KEY, at)
    assert window.themes.theme.is_dark
    assert not palette.picker.isVisible()


def test_a_click_beside_it_closes_it_and_goes_there(window, palette):
    palette.ask("")
    QTest.mouseClick(window.canvas.viewport(), LEFT, NO_KEY, QPoint(5, window.canvas.height() - 20))
    assert not palette.picker.isVisible()
    assert window.canvas.hasFocus()


def test_what_cannot_be_done_says_why_and_stays_undone(window, palette):
    found = palette.ask("undo")
    assert found[0].id == "edit.undo"
    row = palette.picker.rows[0]
    assert row.fault == "Nothing to undo."
    assert row.spoken == "Undo, Nothing to undo., Ctrl+Z"
    press(palette, Qt.Key.Key_Return)
    assert palette.picker.isVisible()
    assert palette.picker.hint.text() == "Undo: Nothing to undo."


def test_typed_keys_do_not_reach_the_canvas(window, palette):
    palette.ask("")
    QTest.keyClick(palette.picker.field, Qt.Key.Key_A, CONTROL)
    press(palette, Qt.Key.Key_F)
    assert palette.picker.field.text() == "f"
    assert window.session.selection == ()


def test_every_action_stands_in_it_with_its_keys(window, palette):
    listed = {each.id: each for each in palette.ask("")}
    for spec in window.actions_:
        assert listed[spec.id].fault == window.actions_.why_disabled(spec.id)
        assert bool(listed[spec.id].keys) == bool(spec.shortcuts)


def test_templates_recent_projects_and_panels_stand_in_it(window, palette, tmp_path):
    listed = {each.id for each in palette.ask("")}
    assert {f"template:{each.name}" for each in templates()} <= listed
    press(palette, Qt.Key.Key_Escape)
    palette.ask("template resnet")
    press(palette, Qt.Key.Key_Return)
    assert window.session.project.name == "ResNet18"
    path = tmp_path / "mine.netloom"
    save(template("MLP").project(), path)
    window.files.recent.add(path)
    assert palette.ask("open mine")[0].id == f"recent:{path}"
    press(palette, Qt.Key.Key_Return)
    assert window.session.document.path == path
    assert palette.ask("go to code")[0].id == "panel:Code"
    press(palette, Qt.Key.Key_Return)
    assert window.code.isVisible()
    assert window.docks["Code"].isAncestorOf(QApplication.focusWidget())


def test_what_was_used_is_remembered_and_stands_on_top(window, palette, settings):
    palette.ask("zoom in")
    press(palette, Qt.Key.Key_Return)
    palette.ask("fit")
    press(palette, Qt.Key.Key_Return)
    assert [each.id for each in palette.ask("")][:2] == ["view.fit", "view.zoom_in"]
    assert list(settings.value("palette/used")) == ["view.fit", "view.zoom_in"]


def test_nothing_found_says_so(palette):
    assert palette.ask("qqzz") == []
    assert palette.picker.hint.text() == "No command matches “qqzz”."
    assert not palette.picker.list.isVisible()
    press(palette, Qt.Key.Key_Return)
    assert palette.picker.isVisible()


def test_on_the_welcome_page_it_offers_what_can_be_done_there(window):
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL | SHIFT)
    palette = window.tools.commands
    assert palette.commands[0].id == "file.new"
    assert {each.id: each.fault for each in palette.commands}["panel:Code"] == "No project is open."
