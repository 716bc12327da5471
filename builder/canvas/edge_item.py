"""An edge as a curve: thicker for larger tensors, with the shape that flows through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QStaticText

from builder.canvas.captions import dims_text, edge_width
from builder.canvas.face import static_text
from builder.canvas.ports import CARD_WIDTH, ROW_HEIGHT
from builder.canvas.routes import LABEL_ROOM, middle, route, route_left
from builder.canvas.style import DETAIL_SCALE
from graph.document import Edge, Graph
from graph.shapes import TensorSpec

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

GRAB = 12.0  # width within which the mouse is on the edge
PADDING = 4.0


def far_width(width: float, scale: float) -> float:
    """How thick an edge is drawn from afar, in canvas units: a little more than a pixel at least."""
    return round(max(width, 1.2 / scale), 1)


class EdgesOf(Collection[Edge]):
    """The edges of a graph, with a look-up that does not search them all."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __contains__(self, edge: object) -> bool:
        return isinstance(edge, Edge) and self._graph.edge_into(edge.target) == edge

    def __iter__(self) -> Iterator[Edge]:
        return iter(self._graph.edges)

    def __len__(self) -> int:
        return self._graph.num_edges


class EdgeItem:
    """One edge of the scene's graph, as it is drawn.

    Made when first seen; it keeps nothing but what can be read anew.
    """

    def __init__(self, edge: Edge, scene: CanvasScene) -> None:
        self.edge = edge
        self._scene = scene
        self._path: QPainterPath | None = None
        self._width: float | None = None
        self._grab: QPainterPath | None = None
        self._area: QRectF | None = None
        self._label: QStaticText | None = None
        self._label_box: QRectF | None = None
        self._is_label_on_curve = False

    def refresh(self) -> None:
        """Reads anew where it runs and what flows through it."""
        self._path = self._grab = self._area = self._width = self._label = self._label_box = None

    @property
    def start(self) -> QPointF:
        """Centre of its output port, in scene coordinates."""
        return self._scene.nodes[self.edge.source.node].port_pos(self.edge.source)

    @property
    def end(self) -> QPointF:
        """Centre of its input port, in scene coordinates."""
        return self._scene.nodes[self.edge.target.node].port_pos(self.edge.target)

    @property
    def path(self) -> QPainterPath:
        """The curve, in scene coordinates."""
        if self._path is None:
            nodes = self._scene.nodes
            back = nodes[self.edge.source.node].leads_back, nodes[self.edge.target.node].leads_back
            ends = self.start, self.end
            self._path = route_left(*ends, *back) if any(back) else route(*ends, self._scene.is_blocked)
        return self._path

    @property
    def label_at(self) -> QPointF:
        """Where on the curve its label is, in scene coordinates."""
        return middle(self.path)

    @property
    def label_on_curve(self) -> QRectF | None:
        """The box of its label where that stands upon the curve itself."""
        if self._scene.nodes[self.edge.source.node].is_dot:
            return None
        _, box = self._laid_out_label()
        return box if self._is_label_on_curve else None

    @property
    def area(self) -> QRectF:
        """What the curve, its pen and its label cover, in scene coordinates."""
        if self._area is None:
            self._area = self.path.controlPointRect().adjusted(-LABEL_ROOM, -24, LABEL_ROOM, 36)
        return self._area

    @property
    def tensor(self) -> TensorSpec | None:
        """What flows through it; None while unknown."""
        return self._scene.session.output(self.edge.source)

    @property
    def width(self) -> float:
        """How thick it is, in canvas units."""
        if self._width is None:
            self._width = round(edge_width(self.tensor), 1)
        return self._width

    @property
    def is_selected(self) -> bool:
        return self.edge in self._scene.selected_edges

    @property
    def is_wrong(self) -> bool:
        """Whether its target cannot take what flows through it."""
        return self.edge.target in self._scene.wrong

    @property
    def state(self) -> str:
        """How it is drawn, as `CanvasScene.state_of` tells."""
        return self._scene.state_of(self.edge)

    def lay_out(self, with_label: bool) -> None:
        """Finds where it runs, and what its label says and where, if it is not known yet."""
        _ = self.area
        if with_label:
            self._laid_out_label()

    def is_at(self, at: QPointF) -> bool:
        """Whether a scene position is on the edge, or so near that it counts."""
        return self._around.contains(at)

    def crosses(self, area: QRectF) -> bool:
        """Whether its curve runs through a rectangle; what a bow encloses is not part of it."""
        return self._around.intersects(area)

    @property
    def _around(self) -> QPainterPath:
        """The band along its curve in which the mouse is on it."""
        if self._grab is None:
            stroker = QPainterPathStroker()
            stroker.setWidth(GRAB)
            self._grab = stroker.createStroke(self.path)
        return self._grab

    def paint(self, painter: QPainter, scale: float) -> None:
        """Draws it in scene coordinates; arguments as of `NodeItem.paint`."""
        width = self.width if scale >= DETAIL_SCALE else far_width(self.width, scale)
        painter.setPen(self._scene.style_.edge_pen(self.state, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)

    def paint_label(self, painter: QPainter) -> None:
        """Writes what flows through it, in scene coordinates; where it runs through points, once."""
        if self._scene.nodes[self.edge.source.node].is_dot:
            return
        style, (label, box) = self._scene.style_, self._laid_out_label()
        if self._is_label_on_curve:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.label_back)
            painter.drawRoundedRect(box, PADDING, PADDING)
        painter.setPen(style.error_text if self.is_wrong else style.muted)
        painter.setFont(style.fonts["label"])
        painter.drawStaticText(box.topLeft() + QPointF(PADDING, 0), label)

    def _laid_out_label(self) -> tuple[QStaticText, QRectF]:
        if self._label is None:
            self._label = static_text(dims_text(self.tensor), self._scene.style_.fonts["label"])
            self._label_box = None
        if self._label_box is None:
            self._label_box = self._placed_label(self._label)
        return self._label, self._label_box

    def _placed_label(self, label: QStaticText) -> QRectF:
        """Above a level edge, upon a curved one; below the cards where the gap between them is too narrow."""
        width = label.size().width() + 2 * PADDING
        height = QFontMetricsF(self._scene.style_.fonts["label"]).height()
        start, end = self.start, self.end
        centre, gap = self.label_at, end.x() - start.x()
        is_level = abs(end.y() - start.y()) < 2 and abs(centre.y() - start.y()) < 2
        top = centre.y() - height / 2
        if 0 < gap < CARD_WIDTH and width - 2 * PADDING > gap:
            top = max(start.y(), end.y()) + ROW_HEIGHT / 2 + 2
        elif is_level:
            top = centre.y() - height - 4
        self._is_label_on_curve = top < centre.y() < top + height
        return QRectF(centre.x() - width / 2, top, width, height)
