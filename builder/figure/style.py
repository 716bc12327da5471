"""How the canvas paints when it paints for a figure: without shadows, and for print thin and on white."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainterPath, QPen

from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT
from builder.canvas.style import CORNER, CanvasStyle
from builder.figure.options import Style
from builder.theme import Theme, dark, light

TINT = 0.24  # how much of a family's colour the head of a card has in print
THIN = 0.45  # how thick an edge is in print, as a share of its thickness on the screen
LINE = 0.75  # canvas units; the outline of a card in print


def figure_style(style: Style) -> CanvasStyle:
    """What a figure in this style is painted with."""
    if style == "print":
        found: CanvasStyle = PrintStyle()
    else:
        found = CanvasStyle(dark() if style == "dark" else light())
    found.shadow = QBrush(Qt.BrushStyle.NoBrush)
    for each in found.fonts.values():  # who searches a PDF for "flatten" does not type the ligature
        each.setFeature(QFont.Tag("liga"), 0)
    return found


class PrintStyle(CanvasStyle):
    """Thin dark lines on white; a layer family is a light tint in the head of a card."""

    def __init__(self) -> None:
        super().__init__(print_theme())
        self.stripe = _head()
        self.border = {state: QPen(self.theme.color("node_border"), LINE) for state in self.border}
        self.hairline = QPen(self.theme.color("border"), LINE / 2)

    def edge_pen(self, state: str, width: float) -> QPen:
        """The pen of an edge, thinner than on the screen."""
        return super().edge_pen(state, round(width * THIN, 2))


@cache
def print_theme() -> Theme:
    """Colours for paper."""
    theme = light()
    return replace(
        theme,
        name="print",
        canvas="#ffffff",
        node_fill="#ffffff",
        node_border="#3d434d",
        border="#3d434d",
        edge="#3d434d",
        port="#3d434d",
        text="#000000",
        text_muted="#33383f",
        family=MappingProxyType({family: _tint(color) for family, color in theme.family.items()}),
    )


def _tint(color: str) -> str:
    parts = QColor(color).getRgb()[:3]
    return QColor(*(round(255 - TINT * (255 - part)) for part in parts)).name()


def _head() -> QPainterPath:
    """The head of a card within its outline."""
    inset = LINE / 2
    card = QRectF(0, 0, CARD_WIDTH, 2 * HEADER_HEIGHT).adjusted(inset, inset, -inset, -inset)
    path, upper = QPainterPath(), QPainterPath()
    path.addRoundedRect(card, CORNER - inset, CORNER - inset)
    upper.addRect(QRectF(0, 0, CARD_WIDTH, HEADER_HEIGHT))
    return path.intersected(upper)
