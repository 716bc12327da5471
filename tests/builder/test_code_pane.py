"""The code pane: lines and nodes find each other, and an update disturbs nobody who reads."""

import keyword

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QTextCursor

from builder.panels.code_pane import CodePane
from builder.panels.highlighter import LINES
from builder.theme import dark, light

SOURCE = '''from torch import nn


class Net(nn.Module):
    """Turns x into y.

    It is not if or for anything.
    """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)  # 3x3
        self.head = nn.Linear(32, 10)

    def forward(self, image):
        x = self.conv1(image)
        return self.head(x)
'''
SPANS = {"n1": [12, 16], "n2": [13, 17]}


@pytest.fixture
def pane(qtbot):
    pane = CodePane(light())
    qtbot.addWidget(pane)
    pane.resize(700, 400)
    pane.show()
    return pane


def test_python_stands_as_ever_in_a_window_that_is_read_from_the_right(pane):
    pane.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    pane.resize(300, 120)  # so that there is something to scroll
    pane.show_source(SOURCE, SPANS)
    view = pane.view
    assert view.verticalScrollBar().isVisible()
    assert view.verticalScrollBar().parentWidget().x() > view.viewport().x(), "not upon the numbers"


def colors(view, line):
    """The text's colour of each character of a line, as the highlighter set it."""
    block = view.document().findBlockByNumber(line - 1)
    result = [None] * len(block.text())
    for span in block.layout().formats():
        for index in range(span.start, min(span.start + span.length, len(result))):
            result[index] = span.format.foreground().color().name()
    return result


def color_of(view, line, text):
    start = view.document().findBlockByNumber(line - 1).text().index(text)
    found = set(colors(view, line)[start : start + len(text)])
    assert len(found) == 1, f"{text} has several colours: {found}"
    return found.pop()


def go_to(view, line):
    cursor = view.textCursor()
    cursor.setPosition(view.document().findBlockByNumber(line - 1).position())
    view.setTextCursor(cursor)


def test_source_is_shown_as_it_is(pane):
    pane.show_source(SOURCE, SPANS)
    assert pane.source() == SOURCE
    assert pane.view.isReadOnly()
    assert pane.explanation() == ""


def test_python_is_coloured(pane):
    pane.show_source(SOURCE, SPANS)
    theme = light()
    assert color_of(pane.view, 1, "from") == theme.code_keyword
    assert color_of(pane.view, 4, "class") == theme.code_keyword
    assert color_of(pane.view, 4, "Net") == theme.code_name
    assert color_of(pane.view, 12, "self") == theme.code_self
    assert color_of(pane.view, 12, "32") == theme.code_number
    assert color_of(pane.view, 12, "# 3x3") == theme.code_comment
    assert color_of(pane.view, 12, "nn.Conv2d(") is None


def test_docstring_stays_a_string_over_its_lines(pane):
    pane.show_source(SOURCE, SPANS)
    for line, text in ((5, '"""Turns x into y.'), (7, "It is not if or for anything."), (8, '"""')):
        assert color_of(pane.view, line, text) == light().code_string
    assert color_of(pane.view, 10, "def") == light().code_keyword


@pytest.mark.parametrize("text", ["'it\\'s # no comment'", '"a"', 'rb"x"', "'''one line'''"])
def test_strings_are_whole(pane, text):
    pane.show_source(f"x = {text}  # end\n", {})
    assert color_of(pane.view, 1, text) == light().code_string
    assert color_of(pane.view, 1, "# end") == light().code_comment


def test_keywords_inside_names_are_none(pane):
    pane.show_source("format = is_for + classes1\n", {})
    assert set(colors(pane.view, 1)) == {None}


@pytest.mark.parametrize("word", keyword.kwlist)
def test_every_keyword_is_coloured(pane, word):
    pane.show_source(f"{word}\n", {})
    assert color_of(pane.view, 1, word) == light().code_keyword


def test_selected_nodes_have_their_lines_marked(pane, qtbot):
    pane.show_source(SOURCE, SPANS)
    with qtbot.assertNotEmitted(pane.node_activated):
        pane.highlight_node(["n1"])
    assert pane.view.marked() == {12, 16}
    marked = [selection.cursor.blockNumber() + 1 for selection in pane.view.extraSelections()]
    assert marked == [12, 16]
    pane.highlight_node(["n1", "n2", "stranger"])
    assert pane.view.marked() == {12, 13, 16, 17}
    pane.highlight_node([])
    assert pane.view.extraSelections() == []


def test_mark_moves_along_with_the_node(pane):
    pane.show_source(SOURCE, SPANS)
    pane.highlight_node(["n1"])
    pane.show_source("# one line more\n" + SOURCE, {"n1": [13, 17]})
    assert pane.view.marked() == {13, 17}


def test_cursor_in_a_line_names_its_node(pane, qtbot):
    pane.show_source(SOURCE, SPANS)
    with qtbot.waitSignal(pane.node_activated) as seen:
        go_to(pane.view, 13)
    assert seen.args == ["n2"]
    with qtbot.assertNotEmitted(pane.node_activated):
        go_to(pane.view, 2)


def test_arrow_keys_walk_from_node_to_node(pane, qtbot):
    pane.show_source(SOURCE, SPANS)
    seen = []
    pane.node_activated.connect(seen.append)
    pane.view.setFocus()
    go_to(pane.view, 11)
    qtbot.keyClick(pane.view, Qt.Key.Key_Down)
    qtbot.keyClick(pane.view, Qt.Key.Key_Right)
    qtbot.keyClick(pane.view, Qt.Key.Key_Down)
    assert seen == ["n1", "n2"]


def test_first_of_several_nodes_answers_for_a_line(pane, qtbot):
    pane.show_source(SOURCE, {"n1": [16], "n2": [16]})
    with qtbot.waitSignal(pane.node_activated) as seen:
        go_to(pane.view, 16)
    assert seen.args == ["n1"]


def test_update_keeps_selection_and_scroll_position(pane, qtbot):
    long = SOURCE + "".join(f"value{index} = {index}\n" for index in range(200))
    pane.show_source(long, SPANS)
    cursor = pane.view.textCursor()
    start = long.index("value50 ")
    cursor.setPosition(start)
    cursor.setPosition(start + len("value50"), QTextCursor.MoveMode.KeepAnchor)
    pane.view.setTextCursor(cursor)
    pane.view.verticalScrollBar().setValue(60)
    with qtbot.assertNotEmitted(pane.node_activated):
        pane.show_source(long.replace("kernel_size=3", "kernel_size=5, padding=2\n        # wider"), SPANS)
    assert pane.view.textCursor().selectedText() == "value50"
    assert pane.view.verticalScrollBar().value() == 60
    assert "kernel_size=5" in pane.source()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nb\nc\n"),
        ("a\nb\nc\n", "a\nc\n"),
        ("a\nc\n", "a\nb\nc\n"),
        ("a\na\na\n", "a\na\n"),
        ("a\n", "b\nb\nb"),
        ("a\nb", ""),
        ("x = '😀'\ny\n", "x = '😀'\nz\n"),
        ("same\nold\nsame", "same\nnew 😀\nnew\nsame"),
    ],
)
def test_any_update_ends_in_the_new_text(pane, old, new):
    pane.show_source(old, {})
    pane.show_source(new, {})
    assert pane.source() == new


def test_mark_out_of_view_is_scrolled_to(pane):
    pane.show_source("\n" * 300 + SOURCE, {"n1": [312, 316]})
    pane.highlight_node(["n1"])
    first = pane.view.firstVisibleBlock().blockNumber() + 1
    assert first < 312 <= first + pane.view.viewport().height() / pane.view.fontMetrics().lineSpacing()


def test_without_a_source_it_lists_the_problems(pane):
    pane.show_source(SOURCE, SPANS)
    pane.show_problems(["linear1: the input is (N, 64, 5, 5) & <wrong>.", "conv2: no input."])
    assert pane.source() == ""
    assert "linear1: the input is (N, 64, 5, 5) & <wrong>." in pane.explanation()
    assert "conv2: no input." in pane.explanation()
    assert not pane.copy_button.isEnabled()
    assert "problems" in pane.save_button.toolTip()
    pane.show_source(SOURCE, SPANS)
    assert pane.source() == SOURCE
    assert pane.copy_button.isEnabled()


def test_an_empty_graph_is_no_problem_but_an_invitation(pane):
    pane.show_problems([])
    assert "Add a layer" in pane.explanation()


def test_copy_and_save(pane, qtbot):
    pane.show_source(SOURCE, SPANS)
    qtbot.mouseClick(pane.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == SOURCE
    assert pane.copy_button.text() == "Copied"
    with qtbot.waitSignal(pane.save_requested):
        qtbot.mouseClick(pane.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: pane.copy_button.text() == "Copy")


def test_theme_recolours_text_and_marks(pane, qtbot):
    pane.show_source(SOURCE, SPANS)
    pane.highlight_node(["n2"])
    with qtbot.assertNotEmitted(pane.node_activated):
        pane.set_theme(dark())
    assert color_of(pane.view, 1, "from") == dark().code_keyword
    assert pane.view.extraSelections()[0].format.background().color() == QColor(dark().code_line)


def test_a_hidden_text_is_recoloured_once_it_is_seen(pane):
    pane.show_source(SOURCE, SPANS)
    pane.hide()
    pane.set_theme(dark())
    assert color_of(pane.view, 1, "from") == light().code_keyword
    pane.show()
    assert color_of(pane.view, 1, "from") == dark().code_keyword


def test_many_lines_are_coloured_bit_by_bit(pane, qtbot):
    docstring = ['"""Begins', "goes on", 'ends"""']
    lines = [*["x = 1"] * (LINES - 1), *docstring, *["y = 2"] * LINES]
    pane.show_source("\n".join(lines), {})
    assert set(colors(pane.view, len(lines))) == {None}
    for theme in (light(), dark(), light()):
        pane.set_theme(theme)
        qtbot.waitUntil(lambda theme=theme: set(colors(pane.view, len(lines))) != {None})
        assert color_of(pane.view, 1, "1") == theme.code_number
        assert color_of(pane.view, LINES + 1, "goes on") == theme.code_string
        assert (
            color_of(pane.view, LINES + 3, "2") == color_of(pane.view, len(lines), "2") == theme.code_number
        )
