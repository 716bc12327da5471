"""Matched letters are bold, and only these."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from builder.picker import Picker, Row
from builder.row_paint import draw_marked
from builder.theme import font, light


@pytest.mark.parametrize("bold", ["mmm.....", "mm..mm..", "....m.mm", "m......."])
def test_every_run_of_matched_letters_is_bold(qapp: QApplication, bold: str) -> None:
    body, strong = font("body"), font("strong")
    body.setPixelSize(40)  # a letter too few or too many makes more than a pixel
    strong.setPixelSize(40)
    letters = [index for index, mark in enumerate(bold) if mark == "m"]
    wide, usual = (QFontMetricsF(each).horizontalAdvance("m") for each in (strong, body))
    image = QImage(600, 60, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    width = draw_marked(painter, "m" * len(bold), letters, QRect(0, 0, 600, 60), (body, strong))
    painter.end()
    assert wide - usual > 1.5
    assert width == pytest.approx(len(letters) * wide + (len(bold) - len(letters)) * usual, abs=0.6)


def inked(picker: Picker) -> tuple[list[int], int]:
    """The columns of the second row that anything is drawn in, and how many pixels that are."""
    row = picker.list.visualRect(picker.list.model().index(1, 0)).adjusted(4, 4, -4, -4)
    image = picker.list.viewport().grab(row).toImage()
    ground = image.pixel(image.width() // 2, 0)
    drawn = [
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixel(x, y) != ground
    ]
    return sorted({x for x, _ in drawn}), len(drawn)


def blocks(columns: list[int]) -> list[int]:
    """How wide that is what is drawn on either side of the widest gap."""
    at = max(range(len(columns) - 1), key=lambda each: columns[each + 1] - columns[each])
    return [columns[at] - columns[0], columns[-1] - columns[at + 1]]


def test_a_row_read_from_the_right_is_the_same_the_other_way_round(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(700, 400)
    parent.show()
    picker = Picker("Search", "What?", light(), parent)
    picker.setFixedWidth(600)
    picker.show_rows([Row("First"), Row("Train on and on", "Run", "Ctrl+T", (0, 1))])
    picker.open()
    columns, amount = inked(picker)
    picker.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    mirrored, same = inked(picker)
    assert same == pytest.approx(amount, rel=0.1), "nothing lies upon anything, and nothing is gone"
    width = 600
    assert columns[0] < 60 < width - 90 < columns[-1], "title and keys, as it is read from the left"
    assert mirrored[0] < 60 < width - 90 < mirrored[-1]
    assert blocks(mirrored) == pytest.approx(blocks(columns)[::-1], abs=3), "the keys are at the other end"
