"""Rows that may be more than there is room for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget


def scrolling(rows: QLayout, parent: QWidget) -> QScrollArea:
    """Rows in an area that scrolls up and down, without a frame."""
    page = QWidget(parent)
    page.setLayout(rows)
    area = QScrollArea(parent)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def can_scroll(widget: QWidget) -> bool:
    """Whether a widget stands in an area that has more than is seen of it."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent is not None and parent.verticalScrollBar().maximum() > 0
