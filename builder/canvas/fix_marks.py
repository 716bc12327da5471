"""What a remedy would change, marked on the canvas while somebody points at it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import isValid

from builder.canvas.boxes import rect_of
from builder.canvas.placement import CARD_HEIGHT
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT
from builder.canvas.routes import loose, middle
from builder.canvas.scene import CanvasScene
from builder.canvas.style import CORNER
from builder.fix_preview import tried_out
from builder.session import Session
from graph.document import Edge, EditError, Node, PortRef
from graph.problems import Fix
from graph.scopes import LocatedProblem
from graph.touched import Touched, touched

GAP = 6.0  # canvas units between a card and the outline around it
TAG = (112.0, 24.0)  # canvas units of what stands for a layer where no card has room
FIRST_ROW = HEADER_HEIGHT + ROW_HEIGHT / 2  # from the top of a card to its first port
ADDED, CHANGED, REMOVED = "success", "warning", "error"
ABOVE = 6.0  # the cards and what gestures add


class FixMarks(QObject):
    """Outlines what a remedy would add, change and remove in the graph that is shown."""

    def __init__(self, session: Session, scene: CanvasScene) -> None:
        super().__init__(scene)
        self._session, self._scene = session, scene
        self.item: MarksItem | None = None
        for signal in (session.changed, session.document_replaced, session.scope_changed):
            signal.connect(self.hide)

    @Slot(object, object)
    def show(self, located: LocatedProblem | None, fix: Fix | None) -> None:
        """Marks what a remedy of a problem would change; nothing without one."""
        self.hide()
        if located is None or fix is None or not fix.edits:
            return
        found = self._touched(located, fix)
        if found != Touched():
            self._scene.mark_cut(edge for edge in found.cut if edge in self._scene.edges)
            self.item = MarksItem(self._scene, found)
            self._scene.addItem(self.item)

    @Slot()
    def hide(self) -> None:
        """Marks nothing any more."""
        item, self.item = self.item, None
        if item is not None:
            if isValid(item):  # a scene that shows another graph has dropped it
                self._scene.removeItem(item)
            self._scene.mark_cut(())

    def _touched(self, located: LocatedProblem, fix: Fix) -> Touched:
        """What changes in the graph that is shown; of one inside a block, the block that stands for it."""
        session, scope = self._session, self._session.scope
        if session.block != located.block:
            is_inside = len(located.path) > len(scope) and located.path[: len(scope)] == scope
            return Touched(changed=(located.path[len(scope)],)) if is_inside else Touched()
        try:
            after = tried_out(session.project, fix, located.block)
        except EditError:
            return Touched()  # the panel says why
        return touched(session.graph, after.graph_of(located.block))


class MarksItem(QGraphicsItem):
    """The outlines, and the layers that are not there yet."""

    def __init__(self, scene: CanvasScene, found: Touched) -> None:
        super().__init__()
        self.found, self._scene = found, scene
        self.outlines = dict.fromkeys(found.changed, CHANGED) | dict.fromkeys(found.removed, REMOVED)
        self.ghosts = {node.id: _ghost_box(scene, node, found) for node in found.added}
        self._curves = [curve for edge in found.joined if (curve := self._curve(edge)) is not None]
        boxes = [self._around(node_id) for node_id in self.outlines]
        boxes += [*self.ghosts.values(), *(curve.controlPointRect() for curve in self._curves)]
        self._bounds = boxes[0] if boxes else QRectF()
        for box in boxes:
            self._bounds = self._bounds.united(box)
        self.setZValue(ABOVE)

    def boundingRect(self) -> QRectF:
        return self._bounds.adjusted(-4 * GAP, -4 * GAP, 4 * GAP, 4 * GAP)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for curve in self._curves:
            painter.setPen(self._pen(ADDED, 2.0, is_dashed=True))
            painter.drawPath(curve)
        for node_id, token in self.outlines.items():
            painter.setPen(self._pen(token, 2.5, is_dashed=token == REMOVED))
            painter.drawRoundedRect(self._around(node_id), CORNER + GAP, CORNER + GAP)
        for node in self.found.added:
            self._paint_ghost(painter, node, self.ghosts[node.id])

    def _paint_ghost(self, painter: QPainter, node: Node, box: QRectF) -> None:
        style = self._scene.style_
        painter.setPen(self._pen(ADDED, 2.0, is_dashed=True))
        painter.setBrush(style.fill)
        painter.drawRoundedRect(box, CORNER, CORNER)
        painter.setPen(self._color(ADDED))
        painter.setFont(style.fonts["name"])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"+ {node.type}")
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _around(self, node_id: str) -> QRectF:
        return rect_of(self._scene.geometry.card(node_id)).adjusted(-GAP, -GAP, GAP, GAP)

    def _curve(self, edge: Edge) -> QPainterPath | None:
        """The curve of an edge that is not there yet."""
        start, end = self._end(edge.source, is_output=True), self._end(edge.target, is_output=False)
        return loose(start, end) if start is not None and end is not None else None

    def _end(self, ref: PortRef, is_output: bool) -> QPointF | None:
        ghost = self.ghosts.get(ref.node)
        if ghost is not None:
            down = FIRST_ROW if ghost.height() > TAG[1] else ghost.height() / 2
            return QPointF(ghost.right() if is_output else ghost.left(), ghost.top() + down)
        return self._scene.nodes[ref.node].port_pos(ref) if ref.node in self._scene.nodes else None

    def _pen(self, token: str, width: float, is_dashed: bool) -> QPen:
        pen = QPen(self._color(token), width)
        pen.setCosmetic(True)  # as clear from afar
        if is_dashed:
            pen.setDashPattern([3.0, 3.0])
        return pen

    def _color(self, token: str) -> QColor:
        return self._scene.style_.theme.color(token)


def _ghost_box(scene: CanvasScene, node: Node, found: Touched) -> QRectF:
    """Where a layer that is not there yet is drawn: in its place, or as a tag upon the edge it goes into."""
    card = QRectF(*node.position, CARD_WIDTH, CARD_HEIGHT)
    bridged = next((edge for edge in found.cut if _is_bridged(edge, node, found)), None)
    if bridged is None or not scene.is_blocked(card):
        return card
    at = middle(scene.edges[bridged].path)
    return QRectF(at.x() - TAG[0] / 2, at.y() - TAG[1] / 2, *TAG)


def _is_bridged(edge: Edge, node: Node, found: Touched) -> bool:
    """Whether a new node takes the place of an edge."""
    into = any(each.source == edge.source and each.target.node == node.id for each in found.joined)
    return into and any(each.source.node == node.id and each.target == edge.target for each in found.joined)
