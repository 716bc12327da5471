"""File > Export figure: fields, preview, and what happens on Export."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox

from builder.figure.options import FIGURE_FORMATS
from graph.edits import RemoveNodes
from graph.templates import template


@pytest.fixture
def editor(window):
    window.files.new_project(template("SmallCNN").project())
    return window


def opened(qtbot, window):
    window.actions_["file.export_figure"].trigger()
    dialog = window.figures.dialog
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def choose(qtbot, field, text):
    """Picks an entry with the keyboard."""
    field.setFocus()
    index = field.findText(text, Qt.MatchFlag.MatchStartsWith)
    assert index >= 0, f"{text} is not offered"
    while field.currentIndex() != index:
        qtbot.keyClick(field, Qt.Key.Key_Down if field.currentIndex() < index else Qt.Key.Key_Up)


def tick(qtbot, box):
    """Ticks a box with the keyboard."""
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_figure_is_written_as_the_fields_say_and_they_are_remembered(qtbot, editor, answers, tmp_path):
    answers.save_answer = tmp_path / "net.pdf"
    dialog = opened(qtbot, editor)
    choose(qtbot, dialog.kind, "PDF")
    choose(qtbot, dialog.width_, "One column")
    tick(qtbot, dialog.is_folded)
    press(qtbot, dialog.export_button)
    assert (tmp_path / "net.pdf").read_bytes().startswith(b"%PDF-")
    assert answers.asked == ["save SmallCNN.pdf"]
    assert not dialog.isVisible()
    again = opened(qtbot, editor)
    assert again.kind.currentText() == "PDF"
    assert again.width_.currentText().startswith("One column")
    assert again.is_folded.isChecked()
    press(qtbot, again.cancel_button)


def test_a_selection_of_several_layers_is_what_is_meant(qtbot, editor):
    graph = editor.session.graph
    editor.session.select([graph.by_name("conv1").id])
    dialog = opened(qtbot, editor)
    assert dialog.what.currentText() == "Whole graph"
    assert dialog.node_ids == ()
    press(qtbot, dialog.cancel_button)
    editor.session.select([graph.by_name("conv1").id, graph.by_name("norm1").id])
    dialog = opened(qtbot, editor)
    assert dialog.what.currentText() == "Selection, 2 layers"
    assert len(dialog.figure.node_ids) == 2
    choose(qtbot, dialog.what, "Whole graph")
    assert len(dialog.figure.node_ids) == len(graph.nodes)
    press(qtbot, dialog.cancel_button)


def test_the_size_is_told_and_text_too_small_to_read(qtbot, editor):
    dialog = opened(qtbot, editor)
    assert "mm" in dialog.facts.text()
    assert dialog.warning.text() == ""
    choose(qtbot, dialog.width_, "One column")
    assert dialog.facts.text().startswith("85 × ")
    assert "too small to be read on paper: give it more width, fold it into rows" in dialog.warning.text()
    tick(qtbot, dialog.is_folded)
    assert dialog.warning.text() == ""
    choose(qtbot, dialog.kind, "PNG")
    before = dialog.facts.text()
    assert "pixels" in before
    choose(qtbot, dialog.scale, "4")
    assert dialog.facts.text() != before
    press(qtbot, dialog.cancel_button)


def test_the_preview_shows_what_would_be_drawn(qtbot, editor):
    dialog = opened(qtbot, editor)
    first = dialog.preview.grab().toImage()
    choose(qtbot, dialog.style_, "Dark")
    assert dialog.preview.grab().toImage() != first
    press(qtbot, dialog.cancel_button)


def test_fields_without_effect_say_why(qtbot, editor):
    dialog = opened(qtbot, editor)
    assert FIGURE_FORMATS[dialog.kind.currentData()].has_pixels is False
    for field in (*dialog.findChildren(QComboBox), *dialog.findChildren(QAbstractButton)):
        assert field.isEnabled() or field.toolTip(), field.accessibleName()
    assert dialog.scale.toolTip() == "Only for PNG: SVG and PDF have no pixels."
    assert dialog.is_folded.toolTip() == "Choose a width to fold the graph to."
    press(qtbot, dialog.cancel_button)


def test_a_folder_that_is_gone_is_told_and_the_dialog_stays(qtbot, editor, answers, tmp_path):
    answers.save_answer = tmp_path / "gone" / "net.svg"
    dialog = opened(qtbot, editor)
    press(qtbot, dialog.export_button)
    assert len(answers.errors) == 1
    assert answers.errors[0].startswith("Cannot export the figure: ")
    assert answers.errors[0].endswith("Make the folder or choose another place.")
    assert dialog.isVisible()
    answers.save_answer = tmp_path / "net.svg"
    press(qtbot, dialog.export_button)
    assert (tmp_path / "net.svg").is_file()
    assert not dialog.isVisible()


def test_calling_it_off_writes_nothing(qtbot, editor, answers, tmp_path):
    dialog = opened(qtbot, editor)
    press(qtbot, dialog.export_button)  # and then no file
    assert dialog.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert answers.errors == []
    assert list(Path(tmp_path).glob("*.svg")) == []


def test_the_block_that_is_shown_is_drawn(qtbot, window, answers, tmp_path):
    window.files.new_project(template("ResNet18").project())
    window.session.show_block("BasicBlock")
    answers.save_answer = tmp_path / "block.svg"
    dialog = opened(qtbot, window)
    assert dialog.what.currentText() == "Block BasicBlock"
    press(qtbot, dialog.export_button)
    assert answers.asked == ["save BasicBlock.svg"]
    assert ">64×32×32<" in (tmp_path / "block.svg").read_text()


def test_an_empty_graph_cannot_be_exported_and_says_so(qtbot, window):
    window.files.new_project()
    window.session.apply(RemoveNodes(list(window.session.graph.nodes)))
    dialog = opened(qtbot, window)
    assert not dialog.export_button.isEnabled()
    assert dialog.export_button.toolTip() == "There are no layers to draw."
    press(qtbot, dialog.cancel_button)
