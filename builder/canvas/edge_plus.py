"""The plus on the edge under the mouse, where a click inserts a layer."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter

from builder.canvas.edge_item import EdgeItem
from builder.canvas.style import DETAIL_SCALE, CanvasStyle

RADIUS = 6.5  # canvas units
ARM = 3.0
PLACES = (0.5, 0.38, 0.62, 0.28, 0.72)  # of the way along the edge, the best first


def plus_at(edge: EdgeItem) -> QPointF:
    """Where an edge has its plus: in its middle, or beside the label if that stands upon the edge."""
    label = edge.label_on_curve
    spots = [edge.path.pointAtPercent(place) for place in PLACES]
    return next((at for at in spots if label is None or not _around(at).intersects(label)), spots[0])


def is_on_plus(edge: EdgeItem, at: QPointF, zoom: float) -> bool:
    """Whether a scene position is on the plus of an edge; far out there is none."""
    return zoom >= DETAIL_SCALE and QLineF(plus_at(edge), at).length() <= RADIUS


def paint_plus(painter: QPainter, edge: EdgeItem, style: CanvasStyle) -> None:
    """Draws it in scene coordinates."""
    at = plus_at(edge)
    fill, pen = style.plus
    painter.setPen(style.port_ring)
    painter.setBrush(fill)
    painter.drawEllipse(at, RADIUS, RADIUS)
    painter.setPen(pen)
    painter.drawLine(at - QPointF(ARM, 0), at + QPointF(ARM, 0))
    painter.drawLine(at - QPointF(0, ARM), at + QPointF(0, ARM))


def _around(at: QPointF) -> QRectF:
    return QRectF(at.x() - RADIUS, at.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
