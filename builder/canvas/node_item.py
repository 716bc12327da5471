"""A node as a card, and far out as a block in its family's colour."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from builder.canvas.face import Face
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, Port, card_height, ports_of
from builder.canvas.style import (
    CORNER,
    DETAIL_SCALE,
    NAME_SCALE,
    PORT_RADIUS,
    ROUND_SCALE,
    CanvasStyle,
    stripe_path,
)
from builder.session import Session
from graph.blocks import CATEGORY as BLOCKS
from graph.catalog.spec import LayerSpec
from graph.document import Node, PortRef
from graph.problems import Problem

OVERHANG = 12.0  # ports and halo stand out of the card by at most this
BADGE = QPointF(CARD_WIDTH - 16, 18)
BADGE_RADIUS = 7.0
SHEET = 4.0  # what is seen of the sheet behind the card of a block


class PortState(Enum):
    """How a port is drawn."""

    NORMAL = "normal"
    HOVER = "hover"
    OFFERED = "offered"
    REFUSED = "refused"
    ERROR = "error"


class NodeItem(QGraphicsItem):
    """Shows one node of the session's graph. Reads the model, never writes it.

    Args:
        node_id: which node.
        session: where it is read from.
        style: what it is painted with.
    """

    def __init__(self, node_id: str, session: Session, style: CanvasStyle) -> None:
        super().__init__()
        self.node_id = node_id
        self._session, self._style = session, style
        self._face: Face | None = None
        self._stripe = stripe_path()
        self.is_selected = self.is_hovered = self.is_target = False
        self._states: dict[PortRef, PortState] = {}  # during a gesture
        self._wrong: set[PortRef] = set()
        self.ports: tuple[Port, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self.card = self._bounds = QRectF(0, 0, CARD_WIDTH, 0)
        self.setPos(*self._node.position)
        self.refresh()

    def refresh(self) -> bool:
        """Reads the node anew; texts are laid out again only when next painted.

        Returns:
            Whether it now shows other ports.
        """
        ports = ports_of(self._session.graph, self._node, self._session.result(self.node_id))
        height = card_height(ports)
        if height != self.card.height():
            self.prepareGeometryChange()
            self.card = QRectF(0, 0, CARD_WIDTH, height)
            self._bounds = self.card.adjusted(-OVERHANG, -OVERHANG, OVERHANG, OVERHANG)
        has_other_ports, self.ports = ports != self.ports, ports
        self.problems = self._session.marks_of(self.node_id)
        self._face = None
        self.update()
        return has_other_ports

    def set_style(self, style: CanvasStyle) -> None:
        """Shows itself in another theme."""
        self._style, self._face = style, None
        self.update()

    def set_flags(self, **flags: bool) -> None:
        """Sets `is_selected`, `is_hovered` or `is_target`."""
        if any(getattr(self, name) != value for name, value in flags.items()):
            for name, value in flags.items():
                setattr(self, name, value)
            self.setZValue(1.0 if self.is_selected else 0.0)
            self.update()

    def mark(self, states: Mapping[PortRef, PortState]) -> None:
        """Shows ports in other states than their usual one, as long as a gesture asks for it."""
        if states != self._states:
            self._states = dict(states)
            self.update()

    def set_wrong(self, ref: PortRef, is_wrong: bool) -> None:
        """Shows whether an edge at this port carries what its target cannot take."""
        (self._wrong.add if is_wrong else self._wrong.discard)(ref)
        self.update()

    def port_state(self, ref: PortRef) -> PortState:
        """How a port is drawn now."""
        return self._states.get(ref) or (PortState.ERROR if ref in self._wrong else PortState.NORMAL)

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
        ports = [(abs(p.x - local.x()) + abs(p.y - local.y()), i, p) for i, p in enumerate(self.ports)]
        near = min(ports, default=None)
        return near[2] if near is not None and near[0] <= radius * 1.25 else None

    def is_badge(self, at: QPointF) -> bool:
        """Whether a scene position is on the badge."""
        return bool(self.problems) and (at - self.pos() - BADGE).manhattanLength() < 2 * BADGE_RADIUS

    def is_title(self, at: QPointF) -> bool:
        """Whether a scene position is on the name, which a double-click edits."""
        return 0 <= at.y() - self.y() < HEADER_HEIGHT * 0.6

    @property
    def severity(self) -> str | None:
        """`error`, `warning`, or None for a node without problems.

        An input that is merely not connected yet is a warning here: every new node has one.
        """
        if not self.problems:
            return None
        wrong = any(problem.is_error and problem.code != "not-connected" for problem in self.problems)
        return "error" if wrong else "warning"

    @property
    def _node(self) -> Node:
        return self._session.graph.nodes[self.node_id]

    @property
    def _spec(self) -> LayerSpec | None:
        return self._session.graph.catalog.get(self._node.type)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.card)
        return path

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._face is None:
            result = self._session.result(self.node_id)
            self._face = Face(self._node, self._spec, result, self.ports, bool(self.problems), self._style)
        scale = painter.worldTransform().m11()
        if scale < DETAIL_SCALE:
            self._paint_block(painter, self._face, scale)
        else:
            self._paint_card(painter, self._face)

    def _paint_block(self, painter: QPainter, face: Face, scale: float) -> None:
        style = self._style
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
        brush = style.family(self._spec).brush
        if scale < ROUND_SCALE:
            painter.fillRect(self.card, brush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(brush)
            painter.drawRoundedRect(self.card, CORNER, CORNER)
        if scale >= NAME_SCALE:
            face.block_name(scale, self.card.height()).paint(painter)
        if self.problems:
            self._paint_far_badge(painter, scale)

    def _paint_card(self, painter: QPainter, face: Face) -> None:
        style, card = self._style, self.card
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
        painter.fillPath(self._stripe, style.family(self._spec).brush)
        painter.setPen(style.hairline)
        painter.drawLine(QPointF(1, HEADER_HEIGHT), QPointF(CARD_WIDTH - 1, HEADER_HEIGHT))
        for line in face.lines:
            line.paint(painter)
        self._paint_ports(painter)
        if self.problems:
            self._paint_badge(painter)

    def _paint_ports(self, painter: QPainter) -> None:
        style = self._style
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
        style = self._style
        painter.setPen(style.badge_ring)
        painter.setBrush(style.badge[self.severity or "warning"])
        painter.drawEllipse(BADGE, BADGE_RADIUS, BADGE_RADIUS)
        painter.setPen(style.badge_mark)
        painter.drawLine(BADGE + QPointF(0, -3), BADGE + QPointF(0, 0.5))
        painter.drawPoint(BADGE + QPointF(0, 3.5))
