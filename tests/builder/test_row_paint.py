"""Matched letters are bold, and only these."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication

from builder.row_paint import draw_marked
from builder.theme import font


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
