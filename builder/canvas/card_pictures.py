"""Pictures of cards at the zoom at which they are seen: to copy one costs a tenth of drawing the card."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform

from builder.canvas.face import Face
from builder.canvas.node_item import NodeItem

MOST_BYTES = 32 * 2**20  # that the pictures take together
MARGIN = 8.0  # canvas units by which ports stand out of a card that is not emphasised
SHARES = 256  # of a pixel: by less than one of these a card may lie beside where its picture was made for

Key = tuple[float, int, int]  # scale, and where in a pixel its corner lies


@dataclass(slots=True)
class _Kept:
    """How a card was drawn last.

    Attributes:
        picture: None after the first time: a zoom shows most cards at each scale but once.
    """

    face: Face
    key: Key
    picture: QPixmap | None = None


class CardPictures:
    """Draws cards on the screen, from pictures those that look as they did."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._bytes = 0

    def clear(self) -> None:
        """Forgets every picture."""
        self._kept.clear()
        self._bytes = 0

    def paint(self, painter: QPainter, items: Iterable[NodeItem], scale: float) -> None:
        """Draws cards in their order; arguments as of `NodeItem.paint`."""
        world, device = painter.worldTransform(), painter.deviceTransform()
        flat = device.inverted()[0] * world  # one unit is a pixel of the device
        for item in items:
            at = device.map(item.pos())
            picture = self._picture(painter, item, scale, device.m11(), at) if item.is_still else None
            if picture is None:
                item.paint(painter, scale)
            else:
                margin = ceil(MARGIN * device.m11())
                painter.setTransform(flat)
                painter.drawPixmap(floor(at.x()) - margin, floor(at.y()) - margin, picture)
                painter.setTransform(world)

    def _picture(
        self, painter: QPainter, item: NodeItem, scale: float, ratio: float, at: QPointF
    ) -> QPixmap | None:
        """The picture of a card at a place in pixels; None where it is drawn like this for the first time."""
        key = ratio, floor(at.x() % 1 * SHARES), floor(at.y() % 1 * SHARES)
        kept = self._kept.get(item.node_id)
        if kept is None or kept.face is not item.face or kept.key != key:
            if kept is not None and kept.picture is not None:
                self._bytes -= _bytes_of(kept.picture)
            self._kept[item.node_id] = _Kept(item.face, key)
            return None
        if kept.picture is None:
            kept.picture = _drawn(painter, item, scale, ratio, QPointF(at.x() % 1, at.y() % 1))
            self._bytes += _bytes_of(kept.picture)
            if self._bytes > MOST_BYTES:
                self.clear()  # those in sight are there again two repaints later
                return None
        return kept.picture


def _drawn(painter: QPainter, item: NodeItem, scale: float, ratio: float, share: QPointF) -> QPixmap:
    margin = ceil(MARGIN * ratio)
    width, height = (ceil(side * ratio) + 2 * margin + 1 for side in item.card.size().toTuple())
    picture = QPixmap(width, height)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as own:
        own.setRenderHints(painter.renderHints())
        corner = QPointF(margin, margin) + share - item.pos() * ratio
        own.setTransform(QTransform(ratio, 0, 0, ratio, corner.x(), corner.y()))
        item.paint(own, scale)
    return picture


def _bytes_of(picture: QPixmap) -> int:
    return 4 * picture.width() * picture.height()
