"""What the lists of search boxes paint alike: the row under the cursor, and matched letters bold."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QStyle

from builder.theme import Theme

ROW_CORNER = 4  # pixels
LEAST_STRETCH = 80  # per cent of its usual width that a text keeps


def draw_row_back(painter: QPainter, rect: QRect, state: QStyle.StateFlag, theme: Theme) -> None:
    """Draws the ground of a row that is current or under the mouse; nothing behind others."""
    if state & QStyle.StateFlag.State_Selected:
        token = "selection"
    elif state & QStyle.StateFlag.State_MouseOver:
        token = "hover"
    else:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(token))
    painter.drawRoundedRect(rect, ROW_CORNER, ROW_CORNER)


def mirrored(painter: QPainter, part: QRect, row: QRect) -> QRect:
    """Where a part of a row is, that was reckoned from the left: the other way round where that is read."""
    is_turned = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft  # may be "as the text is" too
    return QStyle.visualRect(painter.layoutDirection(), row, part) if is_turned else part


def draw_marked(
    painter: QPainter, text: str, letters: Iterable[int], room: QRect, fonts: tuple[QFont, QFont]
) -> int:
    """Draws a text with some letters bold, narrower and then cut where there is no room; gives its width.

    Args:
        painter: with the pen for the text.
        text: in one line.
        letters: indices of the bold ones.
        room: where; the text stands at the end from which is read, at the top.
        fonts: the usual one and the bold one.
    """
    body, strong = (_narrowed(each, fonts[1], text, room.width()) for each in fonts)
    shown = QFontMetrics(strong).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    if shown != text:
        painter.setFont(body)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, shown)
        return room.width()
    bold = _bold(letters, strong)
    if not bold:
        metrics = QFontMetrics(body)
        width = metrics.horizontalAdvance(text)
        painter.setFont(body)
        left = _started(painter, room, width)
        painter.drawText(left, room.top() + metrics.ascent(), text)
        return width
    layout = QTextLayout(text, body)
    layout.setFormats(bold)
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    width = round(line.naturalTextWidth())
    layout.draw(painter, QPoint(_started(painter, room, width), room.top()))
    return width


def _started(painter: QPainter, room: QRect, width: int) -> int:
    """The left edge of a text that begins where reading begins."""
    return mirrored(painter, QRect(room.left(), room.top(), width, room.height()), room).left()


def _narrowed(font: QFont, widest: QFont, text: str, width: int) -> QFont:
    """A font in which a text that is a little too long fits."""
    wanted = QFontMetrics(widest).horizontalAdvance(text)
    if wanted <= width or wanted * LEAST_STRETCH > 100 * width:
        return font
    narrow = QFont(font)
    narrow.setStretch(100 * width // wanted)
    return narrow


def _bold(letters: Iterable[int], strong: QFont) -> list[QTextLayout.FormatRange]:
    """What is bold: one range for letters side by side, as each range is laid out and drawn by itself."""
    spans = list[QTextLayout.FormatRange]()
    for letter in letters:
        if spans and letter == spans[-1].start + spans[-1].length:
            spans[-1].length += 1
        else:
            spans.append(_span(letter, strong))
    return spans


def _span(letter: int, strong: QFont) -> QTextLayout.FormatRange:
    span = QTextLayout.FormatRange()
    span.start, span.length, span.format = letter, 1, QTextCharFormat()
    span.format.setFontWeight(strong.weight())
    return span
