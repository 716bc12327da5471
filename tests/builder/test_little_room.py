"""Texts where there is little room: broken into lines, narrower, or in short; nothing covers layers."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter

from builder.canvas.legend import Legend
from builder.panels.elided import BREAK, breakable
from builder.panels.problem_card import ProblemCard
from builder.row_paint import draw_marked
from builder.theme import font, light
from graph.edits import MoveNodes, RenameNode
from graph.problems import Problem
from graph.templates import template


def test_only_very_long_words_are_made_breakable():
    usual = "conv1: kernel_size is 9, but the input is 7 x 7."
    assert breakable(usual) == usual
    name = "stem_of_the_first_stage_with_a_long_name"
    assert breakable(f"{name}: no edge.").replace(BREAK, "") == f"{name}: no edge."
    assert max(map(len, breakable(name).split(BREAK))) == 10


def test_a_card_breaks_a_name_that_is_longer_than_a_line(qtbot):
    name = "a_name_that_is_longer_than_a_line_of_a_card_of_288_pixels"
    card = ProblemCard(light())
    qtbot.addWidget(card)
    card.show_problem(Problem("no-output", "error", "n1", f"{name}: nothing is connected to its input."))
    card.resize(288, card.heightForWidth(288))
    card.show()
    label = card._text
    assert card.text == card.accessibleName() == f"{name}: nothing is connected to its input."
    assert card.width() == 288
    room = QRect(0, 0, label.width(), 10_000)
    needed = QFontMetrics(label.font()).boundingRect(room, 0x1000, label.text())
    assert needed.width() <= label.width()


def drawn(text, width):
    """A picture of a text in a row that is so wide, and the column in which its ink ends."""
    image = QImage(400, 30, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    with QPainter(image) as painter:
        draw_marked(painter, text, (), QRect(0, 0, width, 30), (font("body"), font("strong")))
    return image, max(x for x in range(400) for y in range(30) if image.pixelColor(x, y).lightness() < 128)


def test_a_row_that_is_a_little_too_long_is_drawn_narrower_before_it_is_cut(qapp):
    name, metrics = "Conv2dNormActivation", QFontMetrics(font("strong"))
    whole = metrics.horizontalAdvance(name)
    for share, is_cut in ((1.1, False), (0.88, False), (0.6, True)):
        room = round(share * whole)
        picture, end = drawn(name, room)
        assert end <= room
        cut = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        assert (picture == drawn(cut, room)[0]) == (is_cut or cut == name)


@pytest.fixture
def cnn(window):
    window.files.new_project(template("SmallCNN").project())
    return window


def test_a_hint_says_where_a_value_comes_from_only_where_that_fits(cnn):
    cnn.session.select([cnn.session.graph.by_name("conv2").id])
    field = cnn.inspector.node_page.form.field("in_channels")
    field.resize(300, field.height())
    assert field.lineEdit().placeholderText() == "32  from relu1"
    field.resize(70, field.height())
    assert field.lineEdit().placeholderText() == "32"
    field.resize(300, field.height())
    assert field.lineEdit().placeholderText() == "32  from relu1"
    assert "relu1 gives" in field.toolTip()


def test_the_legend_goes_to_a_corner_where_it_covers_no_layer(cnn, qtbot):
    cnn.files.new_project(template("LinearModel").project())
    canvas = cnn.canvas
    legend = canvas.findChild(Legend)
    cnn.watch.show_gradient_overlay()
    corner = canvas.graph_scene.bounds().topLeft()
    canvas.zoom_reset()
    canvas.centerOn(corner.x() + canvas.width() / 2 - 8, corner.y() + canvas.height() / 2 - 8)
    qtbot.waitUntil(lambda: not covers_layers(canvas, legend))
    assert legend.isVisible()
    assert canvas.rect().contains(legend.geometry())


def test_the_legend_lies_where_it_covers_least_and_folds_away(cnn, qtbot, settings):
    canvas, (first, second, third, *rest) = cnn.canvas, cnn.session.graph.nodes
    legend = canvas.findChild(Legend)
    canvas.zoom_reset()
    left, top, right, bottom = canvas.mapToScene(canvas.viewport().rect()).boundingRect().getCoords()
    spots = dict.fromkeys(rest, (left + 20, bottom - 90))
    spots |= {first: (left + 20, top + 20), second: (left + 30, top + 20), third: (right - 200, top + 20)}
    cnn.session.apply(MoveNodes(spots))
    cnn.watch.show_gradient_overlay()
    assert legend.x() > canvas.width() / 2, "one card lies there, and more in the other corners"
    assert covers_layers(canvas, legend)
    height = legend.height()
    qtbot.mouseClick(legend.title, Qt.MouseButton.LeftButton)
    assert not legend.note.isVisible()
    assert legend.height() < height
    assert settings.value("canvas/legend_folded", type=bool), "as it was left, it is found again"
    qtbot.mouseClick(legend.title, Qt.MouseButton.LeftButton)
    assert legend.note.isVisible()
    assert legend.height() == height


def covers_layers(canvas, legend):
    seen = legend.geometry().translated(-canvas.viewport().pos())
    return canvas.graph_scene.is_blocked(canvas.mapToScene(seen).boundingRect())


def test_a_long_name_widens_nothing(cnn):
    width = cnn.inspector.width()
    node = cnn.session.graph.by_name("conv2").id
    cnn.session.select([node])
    cnn.session.apply(RenameNode(node, "a_name_that_is_longer_than_a_line_of_the_inspector"))
    assert cnn.inspector.width() == width
