"""A node as a card, and far out as a block in its family's colour."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from builder.canvas.face import Face, Line, block_size
from builder.canvas.heat import text_color
from builder.canvas.node_marks import paint_marks
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, Port, card_extent, ports_of
from builder.canvas.style import (
    CORNER,
    DETAIL_SCALE,
    NAME_SCALE,
    PORT_RADIUS,
    ROUND_SCALE,
    CanvasStyle,
)
from graph.blocks import CATEGORY as BLOCKS
from graph.cards import is_dot
from graph.catalog.spec import LayerSpec
from graph.document import Node, PortRef
from graph.problems import Problem

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

OVERHANG = 12.0  # ports and halo stand out of the card by at most this
BADGE = QPointF(CARD_WIDTH - 16, 18)
BADGE_RADIUS = 7.0
SHEET = 4.0  # what is seen of the sheet behind the card of a block
DOT_RADIUS = 6.0  # of a point that an edge runs through
MUTED = 0.45  # how much is seen of a node that is bypassed


class PortState(Enum):
    """How a port is drawn."""

    NORMAL = "normal"
    HOVER = "hover"
    OFFERED = "offered"
    REFUSED = "refused"
    ERROR = "error"


class NodeItem:
    """One node of the scene's graph, as it is drawn.

    Made when first seen; it keeps nothing but what can be read anew.

    Args:
        node_id: which node.
        scene: knows where it stands and in which state it is.
    """

    def __init__(self, node_id: str, scene: CanvasScene) -> None:
        self.node_id = node_id
        self._scene = scene
        self._face: Face | None = None
        self.ports: tuple[Port, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self.card = QRectF()
        self.refresh()

    def refresh(self) -> None:
        """Reads the node anew; texts are laid out again only when next painted."""
        session = self._scene.session
        self.ports = ports_of(session.graph, self.node, session.result(self.node_id))
        self.is_dot, self.is_bypassed = is_dot(self._spec), self.node.bypassed
        self.is_marked = self.node.pinned or self.is_bypassed
        extent = card_extent(session.graph, self.node, session.result(self.node_id))
        self.card = QRectF(0, 0, *extent)
        self.problems = session.marks_of(self.node_id)
        self._face = None

    def pos(self) -> QPointF:
        """Where the top left corner of the card is shown, in scene coordinates."""
        return QPointF(*self._scene.geometry.corner(self.node_id))

    @property
    def area(self) -> QRectF:
        """The card, in scene coordinates."""
        return self.card.translated(self.pos())

    @property
    def is_selected(self) -> bool:
        return self.node_id in self._scene.selected

    @property
    def is_hovered(self) -> bool:
        return self._scene.hovered == self.node_id

    @property
    def is_target(self) -> bool:
        """Whether an edge that is being dragged would end here."""
        return self._scene.target == self.node_id

    def port_state(self, ref: PortRef) -> PortState:
        """How a port is drawn now: as a gesture asks for, else red at an edge that cannot be."""
        marked = self._scene.marks.get(self.node_id, {}).get(ref)
        return marked or (PortState.ERROR if ref in self._scene.wrong else PortState.NORMAL)

    def port(self, ref: PortRef) -> Port | None:
        """The port as it is drawn; None if the card does not show it."""
        return next((port for port in self.ports if port.ref == ref), None)

    def port_pos(self, ref: PortRef) -> QPointF:
        """Where an edge meets a port, in scene coordinates."""
        port = self.port(ref)
        return self.pos() + (QPointF(port.x, port.y) if port else QPointF(0, self.card.height() / 2))

    def port_near(self, at: QPointF, radius: float) -> Port | None:
        """The port nearest to a scene position, if one lies within the radius."""
        local = at - self.pos()
        if self.is_dot:
            return self._dot_port(local, radius)
        ports = [(abs(p.x - local.x()) + abs(p.y - local.y()), i, p) for i, p in enumerate(self.ports)]
        near = min(ports, default=None)
        return near[2] if near is not None and near[0] <= radius * 1.25 else None

    @property
    def leads_back(self) -> bool:
        """Whether it is a point on an edge's way back: what feeds it stands to its right, readers left."""
        if not self.is_dot:
            return False
        graph, nodes, x = self._scene.session.graph, self._scene.nodes, self.area.center().x()
        sources = [edge.source for edge in graph.incoming(self.node_id).values()]
        targets = [edge.target for edge in graph.outgoing(self.node_id)]
        starts, ends = ([nodes[ref.node].port_pos(ref).x() for ref in refs] for refs in (sources, targets))
        return bool(starts and ends) and min(starts) > x > max(ends)

    def _dot_port(self, local: QPointF, radius: float) -> Port | None:
        """The port beside a point that edges run through; the point itself is taken to be moved."""
        off = local - self.card.center()
        if not DOT_RADIUS < max(abs(off.x()), abs(off.y())) <= DOT_RADIUS + radius:
            return None
        is_right = off.x() > 0
        return next((p for p in self.ports if p.is_output == (is_right != self.leads_back)), None)

    def is_badge(self, at: QPointF) -> bool:
        """Whether a scene position is on the badge."""
        return bool(self.problems) and (at - self.pos() - BADGE).manhattanLength() < 2 * BADGE_RADIUS

    def is_title(self, at: QPointF) -> bool:
        """Whether a scene position is on the name, which a double-click edits."""
        return not self.is_dot and 0 <= at.y() - self.pos().y() < HEADER_HEIGHT * 0.6

    @property
    def severity(self) -> str | None:
        """`error`, `warning`, or None for a node without problems."""
        return severity_of(self.problems)

    @property
    def passes(self) -> Mapping[str, str]:
        """Of a bypassed node, the input that stands in for an output, by output."""
        return self._scene.session.result(self.node_id).passes or {}

    @property
    def style(self) -> CanvasStyle:
        """What it is painted with."""
        return self._scene.style_

    @property
    def node(self) -> Node:
        """The node as the document has it."""
        return self._scene.session.graph.nodes[self.node_id]

    @property
    def _spec(self) -> LayerSpec | None:
        return self._scene.session.graph.catalog.get(self.node.type)

    @property
    def is_plain(self) -> bool:
        """Whether nothing about it but its colour and name is seen from half way off."""
        return not (self.is_dot or self.is_marked or self.problems or self.is_selected or self.is_hovered)

    @property
    def is_still(self) -> bool:
        """Whether it looks the same until it is read anew: no gesture, overlay or wrong edge marks it."""
        scene = self._scene
        if self.is_dot or scene.heat is not None or self.node_id in scene.marks:
            return False
        if self.is_selected or self.is_hovered or self.is_target:
            return False
        return not (scene.wrong and any(port.ref in scene.wrong for port in self.ports))

    def lay_out(self, size: int) -> None:
        """Lays out the texts of its card if they are not yet; with a size given, the name on its block."""
        if size:
            self.block_name(size)
        else:
            self.face.lay_out()

    @property
    def face(self) -> Face:
        """Its texts, laid out when first asked for."""
        if self._face is None:
            result = self._scene.session.result(self.node_id)
            self._face = Face(self.node, self._spec, result, self.ports, bool(self.problems), self.style)
        return self._face

    @property
    def block_color(self) -> QColor:
        """The colour of its block: of its family, or of what an overlay tells about it."""
        heat = self._scene.heat
        return self.style.family(self._spec).color if heat is None else heat.color(self.node_id)

    def block_name(self, size: int) -> tuple[Line, QPen]:
        """The name on its block, in a size as `block_size` tells it, and what it is written with."""
        line = self.face.block_name(size, self.card.height())
        if self.is_bypassed:
            return line, self.style.text
        return line, line.pen if self._scene.heat is None else QPen(text_color(self.block_color))

    def paint(self, painter: QPainter, scale: float) -> None:
        """Draws it in scene coordinates.

        Args:
            painter: set up for scene coordinates.
            scale: pixels for one canvas unit, which says how much of it can be read.
        """
        if self.is_dot:
            self._paint_dot(painter, scale)
            return
        at = self.pos()
        painter.translate(at)
        if self.is_bypassed:
            painter.setOpacity(MUTED)
        if scale < DETAIL_SCALE:
            self._paint_block(painter, scale)
        else:
            self._paint_card(painter, self.face)
            mark = self._scene.heat.mark(self.node_id) if self._scene.heat is not None else None
            if mark is not None:
                mark.paint(painter, self.card)
        if self.is_marked:
            painter.setOpacity(1.0)
            paint_marks(painter, self, scale)
        painter.translate(-at)

    def _paint_dot(self, painter: QPainter, scale: float) -> None:
        style, centre = self.style, self.area.center()
        token = "selected" if self.is_selected or self.is_target else "hover" if self.is_hovered else "normal"
        radius = max(DOT_RADIUS if token != "normal" else DOT_RADIUS - 1, 2.5 / scale)
        is_wrong = self.severity == "error"
        painter.setPen(style.port_ring)
        brush = style.badge["error"] if is_wrong else style.border[token].color()
        painter.setBrush(style.muted.color() if token == "normal" and not is_wrong else brush)
        painter.drawEllipse(centre, radius, radius)

    def _paint_block(self, painter: QPainter, scale: float) -> None:
        style = self.style
        emphasis = self.is_selected or self.is_hovered or self.severity == "error"
        if emphasis:
            grow = 3.0 / scale
            token = "selected" if self.is_selected else "hover"
            painter.setPen(Qt.PenStyle.NoPen)
            error = self.severity == "error" and not self.is_selected
            painter.setBrush(style.badge["error"] if error else style.border[token].color())
            painter.drawRoundedRect(
                self.card.adjusted(-grow, -grow, grow, grow), CORNER + grow, CORNER + grow
            )
        if scale < ROUND_SCALE:
            painter.fillRect(self.card, self.block_color)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.block_color)
            painter.drawRoundedRect(self.card, CORNER, CORNER)
        if scale >= NAME_SCALE:
            painter.setOpacity(1.0)  # a name is read on a muted block too
            line, pen = self.block_name(block_size(scale))
            line.paint(painter, pen)
        if self.problems:
            self._paint_far_badge(painter, scale)

    def _paint_card(self, painter: QPainter, face: Face) -> None:
        style, card = self.style, self.card
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.shadow)
        painter.drawRoundedRect(card.translated(0, 1.5), CORNER, CORNER)
        if self._spec is not None and self._spec.category == BLOCKS:  # more than one sheet
            painter.setPen(style.border["normal"])
            painter.setBrush(style.fill)
            painter.drawRoundedRect(card.translated(SHEET, SHEET), CORNER, CORNER)
        if self.is_selected:
            painter.setPen(style.halo)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card, CORNER + 1, CORNER + 1)
        selected = self.is_selected or self.is_target
        painter.setPen(style.border["selected" if selected else "hover" if self.is_hovered else "normal"])
        painter.setBrush(style.fill)
        painter.drawRoundedRect(card, CORNER, CORNER)
        painter.fillPath(style.stripe, style.family(self._spec).brush)
        painter.setPen(style.hairline)
        painter.drawLine(QPointF(1, HEADER_HEIGHT), QPointF(CARD_WIDTH - 1, HEADER_HEIGHT))
        for line in face.lines:
            if not self.is_bypassed or line.at.y() < HEADER_HEIGHT:  # there is the way through
                line.paint(painter)
        self.paint_ports(painter)
        if self.problems:
            self._paint_badge(painter)

    def paint_ports(self, painter: QPainter) -> None:
        """Draws the ports, in coordinates of the card."""
        style = self.style
        for port in self.ports:
            state = self.port_state(port.ref)
            pen, brush = style.ports[state.value]
            big = state in (PortState.HOVER, PortState.OFFERED)
            radius = PORT_RADIUS + (1.5 if state is PortState.HOVER else 0)
            painter.setPen(pen if not port.is_connected or big else style.port_ring)
            painter.setBrush(brush if port.is_connected or state is PortState.HOVER else style.fill)
            painter.drawEllipse(QPointF(port.x, port.y), radius, radius)

    def _paint_far_badge(self, painter: QPainter, scale: float) -> None:
        """The badge at the corner of a block, as large on the screen as on a card where it fits."""
        factor = min(1 / scale, self.card.height() / (3 * BADGE_RADIUS))
        inward = max((BADGE_RADIUS + 1) * factor - OVERHANG, 0.0)
        painter.save()
        painter.translate(self.card.topRight() + QPointF(-inward, inward))
        painter.scale(factor, factor)
        painter.translate(-BADGE)
        self._paint_badge(painter)
        painter.restore()

    def _paint_badge(self, painter: QPainter) -> None:
        style = self.style
        painter.setPen(style.badge_ring)
        painter.setBrush(style.badge[self.severity or "warning"])
        painter.drawEllipse(BADGE, BADGE_RADIUS, BADGE_RADIUS)
        painter.setPen(style.badge_mark)
        painter.drawLine(BADGE + QPointF(0, -3), BADGE + QPointF(0, 0.5))
        painter.drawPoint(BADGE + QPointF(0, 3.5))


def severity_of(problems: tuple[Problem, ...]) -> str | None:
    """`error`, `warning`, or None without problems.

    An input that is merely not connected yet is a warning here: every new node has one.
    """
    if not problems:
        return None
    wrong = any(problem.is_error and problem.code != "not-connected" for problem in problems)
    return "error" if wrong else "warning"
