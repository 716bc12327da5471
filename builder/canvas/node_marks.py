"""What is drawn upon a card for what was done with its node: a way through while bypassed, a pin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from builder.canvas.ports import CARD_WIDTH
from builder.canvas.style import DETAIL_SCALE
from graph.document import PortRef

if TYPE_CHECKING:
    from builder.canvas.node_item import NodeItem

PIN = QPointF(CARD_WIDTH - 15, 46)
DASHES = [4.0, 3.0]


def paint_marks(painter: QPainter, item: NodeItem, scale: float) -> None:
    """Draws the marks of a card, in the card's own coordinates."""
    node = item.node
    if node.bypassed:
        _paint_way_through(painter, item, scale)
    if node.pinned and scale >= DETAIL_SCALE:
        _paint_pin(painter, item)


def _paint_way_through(painter: QPainter, item: NodeItem, scale: float) -> None:
    """A dashed line from each input that is passed on to the output that gives it."""
    pen = QPen(item.style.theme.color("edge"), max(1.75, 1.5 / scale))
    pen.setDashPattern(DASHES)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    for output, port in item.passes.items():
        ends = (item.port(PortRef(item.node_id, port)), item.port(PortRef(item.node_id, output)))
        if ends[0] is not None and ends[1] is not None:
            painter.drawLine(*(QPointF(end.x, end.y) for end in ends if end is not None))


def _paint_pin(painter: QPainter, item: NodeItem) -> None:
    color = item.style.muted.color()
    painter.save()
    painter.translate(PIN)
    painter.rotate(35)
    pen = QPen(color, 1.5)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawLine(QPointF(0, 1), QPointF(0, 6))
    painter.drawLine(QPointF(-3.5, 1), QPointF(3.5, 1))
    painter.setBrush(color)
    painter.drawRoundedRect(-2, -6, 4, 6, 1.5, 1.5)
    painter.restore()
