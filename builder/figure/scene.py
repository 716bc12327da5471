"""The canvas's scene, cards and edges as a figure shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF

from builder.canvas.annotation_layer import AnnotationLayer
from builder.canvas.edge_item import EdgeItem, EdgesOf
from builder.canvas.lazy_items import LazyItems
from builder.canvas.node_item import NodeItem, PortState
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT, card_height
from builder.canvas.scene import CanvasScene
from builder.canvas.style import CanvasStyle
from builder.figure.folding import Tracks
from builder.figure.style import PrintStyle
from builder.session import Session
from graph.document import Edge, Node, Note, PortRef

CURVE = 12.0  # canvas units from a corner of a folded edge to where it begins to turn
ARROW = (8.0, 3.2)  # length and half the width of an arrow head, in canvas units


class FigureScene(CanvasScene):
    """A scene in which nothing is selected, under the mouse or wrong."""

    def __init__(self, session: Session, style: CanvasStyle) -> None:
        super().__init__(session, style)
        nodes = session.graph.nodes
        self.nodes = LazyItems(lambda: nodes, lambda node_id: FigureNode(node_id, self))
        self.edges = LazyItems(lambda: EdgesOf(session.graph), lambda edge: FigureEdge(edge, self))
        self.tracks: Mapping[Edge, Tracks] = {}
        self.annotations = FigureAnnotations(self, [*session.graph.frames, *session.graph.notes])
        self.selected, self.wrong = frozenset(), frozenset()

    def show_annotations(self, ids: Iterable[str]) -> None:
        """Shows these frames and notes, and no others."""
        self.annotations = FigureAnnotations(self, ids)


class FigureAnnotations(AnnotationLayer):
    """Some of the frames and notes of a scene, none of them selected."""

    def __init__(self, scene: CanvasScene, shown: Iterable[str]) -> None:
        super().__init__(scene)
        self._ids = frozenset(shown)

    @property
    def ids(self) -> list[str]:
        return [each for each in super().ids if each in self._ids and not self._is_blank(each)]

    def is_selected(self, item_id: str) -> bool:
        return False

    def _is_blank(self, item_id: str) -> bool:
        """Whether it is a note that only asks to be written."""
        item = self.get(item_id)
        return isinstance(item, Note) and not item.text.strip()


class FigureNode(NodeItem):
    """A card without a badge and a pin; inputs at which nothing arrives are left out."""

    @property
    def node(self) -> Node:
        node = super().node
        return node.with_(pinned=False) if node.pinned else node

    def refresh(self) -> None:
        super().refresh()
        self.problems = ()
        if self.is_dot:
            return
        self.ports = tuple(port for port in self.ports if port.is_output or port.is_connected)
        rows = [round((port.y - HEADER_HEIGHT) / ROW_HEIGHT + 0.5) for port in self.ports]
        self.card = QRectF(0, 0, CARD_WIDTH, card_height(max(rows, default=1)))

    def port_state(self, ref: PortRef) -> PortState:
        return PortState.NORMAL

    def paint_ports(self, painter: QPainter) -> None:
        """In print an arrow head where an edge arrives, and nothing where it leaves."""
        if not isinstance(self.style, PrintStyle):
            super().paint_ports(painter)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.style.theme.color("edge"))
        length, half = ARROW
        for port in (port for port in self.ports if not port.is_output):
            tip = QPointF(port.x, port.y)
            back = [tip + QPointF(-length, -half), tip + QPointF(-length, half)]
            painter.drawPolygon(QPolygonF([tip, *back]))


class FigureEdge(EdgeItem):
    """An edge that keeps to the tracks that its scene has for it."""

    def __init__(self, edge: Edge, scene: FigureScene) -> None:
        super().__init__(edge, scene)
        self._figure_scene = scene

    @property
    def path(self) -> QPainterPath:
        tracks = self._figure_scene.tracks.get(self.edge)
        return super().path if tracks is None else rounded(self._corners(tracks))

    @property
    def label_at(self) -> QPointF:
        tracks = self._figure_scene.tracks.get(self.edge)
        if tracks is None:
            return super().label_at
        points = self._corners(tracks)
        runs = [(one, other) for one, other in pairwise(points) if one.y() == other.y()]
        one, other = max(runs, key=lambda run: abs(run[1].x() - run[0].x()))
        return (one + other) / 2

    def _corners(self, tracks: Tracks) -> list[QPointF]:
        """From the start along each track to the end."""
        points = [self.start]
        for index, track in enumerate(tracks):
            last = points[-1]
            points.append(QPointF(last.x(), track) if index % 2 else QPointF(track, last.y()))
        return [*points, QPointF(tracks[-1], self.end.y()), self.end]


def rounded(points: Sequence[QPointF]) -> QPainterPath:
    """Straight runs from point to point that turn smoothly."""
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before))
        path.quadTo(corner, _towards(corner, after))
    path.lineTo(points[-1])
    return path


def _towards(corner: QPointF, other: QPointF) -> QPointF:
    """Where a turn at a corner begins or ends: on the way to another point, half way at most."""
    length = QLineF(corner, other).length()
    return corner if length == 0 else corner + (other - corner) * min(CURVE / length, 0.5)
