"""Boxes of the index of places as Qt's rectangles, and the other way round."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from builder.canvas.grid_index import Box


def box_of(area: QRectF) -> Box:
    """A rectangle as a box."""
    return area.left(), area.top(), area.right(), area.bottom()


def rect_of(box: Box) -> QRectF:
    """A box as a rectangle."""
    return QRectF(box[0], box[1], box[2] - box[0], box[3] - box[1])
