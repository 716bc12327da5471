"""A network as a small picture: a coloured block a layer, a line an edge."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import inf

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from builder.theme import Theme
from graph.document import Graph

BLOCK_WIDTH, BLOCK_HEIGHT = 28.0, 14.0  # pixels, at most
FILL = 0.62  # how much of the distance between two blocks a block takes
MARGIN = 10.0  # pixels


def paint_thumbnail(painter: QPainter, area: QRectF, graph: Graph, theme: Theme) -> None:
    """Draws a graph into an area, as its nodes stand on the canvas."""
    if not graph.nodes:
        return
    block = QRectF(0, 0, BLOCK_WIDTH, BLOCK_HEIGHT)
    places = _places(graph, area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN), block)
    block.setWidth(min(BLOCK_WIDTH, FILL * _least_gap(place.x() for place in places.values())))
    block.setHeight(min(BLOCK_HEIGHT, FILL * _least_gap(place.y() for place in places.values())))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("edge"), 1.0))
    for edge in graph.edges:
        painter.drawPath(_curve(places[edge.source.node], places[edge.target.node], block))
    painter.setPen(Qt.PenStyle.NoPen)
    for node in graph.nodes.values():
        spec = graph.catalog.get(node.type)
        painter.setBrush(theme.color(theme.family_color(spec.category if spec else "")))
        block.moveCenter(places[node.id])
        painter.drawRoundedRect(block, 2.5, 2.5)


def _places(graph: Graph, area: QRectF, block: QRectF) -> dict[str, QPointF]:
    """Centres of the nodes, so that the whole graph fits into the area."""
    xs = [node.position[0] for node in graph.nodes.values()]
    ys = [node.position[1] for node in graph.nodes.values()]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    across = (area.width() - block.width()) / width if width else 1.0
    down = min((area.height() - block.height()) / height, across) if height else 1.0
    middle = QPointF((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    return {
        node.id: area.center()
        + QPointF((node.position[0] - middle.x()) * across, (node.position[1] - middle.y()) * down)
        for node in graph.nodes.values()
    }


def _least_gap(values: Iterable[float]) -> float:
    """The smallest distance between two different values; infinite if all are the same."""
    ordered = sorted({round(value, 1) for value in values})
    return min((after - before for before, after in pairwise(ordered)), default=inf)


def _curve(start: QPointF, end: QPointF, block: QRectF) -> QPainterPath:
    """An edge from right side to left side; one that leads back goes from below to above."""
    if end.x() > start.x():
        side, reach = QPointF(block.width() / 2, 0), QPointF((end.x() - start.x()) / 3, 0)
    else:
        side, reach = QPointF(0, block.height() / 2), QPointF(0, (end.y() - start.y()) / 3)
    path = QPainterPath(start + side)
    path.cubicTo(start + side + reach, end - side - reach, end - side)
    return path
