"""Joining two ports by a drag: what fits is offered, what does not says why before the mouse is released."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGraphicsPathItem

from builder.canvas.hitting import hit_at
from builder.canvas.node_item import NodeItem, PortState
from builder.canvas.ports import Port
from builder.canvas.routes import loose
from builder.canvas.scene import CanvasScene
from builder.session import Session
from builder.texts import later, tr, tr_made
from graph.connection import refusal
from graph.document import Edge, Edit, PortRef
from graph.edits import Batch, Connect, Disconnect
from graph.joining import PutBetween, layer_between

SNAP = 22.0  # canvas units within which the curve's end jumps to a port

CTRL = Qt.KeyboardModifier.ControlModifier
TWO_INPUTS = "{port} is an input too. Drop on an output."
TWO_OUTPUTS = "{port} is an output too. Drop on an input."

Tell = Callable[[str, str], None]
DropOnNothing = Callable[[PortRef, QPointF], None]


class Wire:
    """An edge in the making, or an existing one being moved.

    Args:
        anchor: the port where it stays.
        moved: the edge whose other end was taken off.
        tell: shows a sentence beside the mouse in the role of a note; an empty one hides it.
        drop_on_nothing: asks for a layer to join to the anchor.
    """

    def __init__(
        self,
        scene: CanvasScene,
        session: Session,
        anchor: Port,
        *,
        moved: Edge | None = None,
        tell: Tell,
        drop_on_nothing: DropOnNothing,
    ) -> None:
        self._scene, self._session, self._anchor, self._moved = scene, session, anchor, moved
        self._tell, self._drop_on_nothing = tell, drop_on_nothing
        self._start = scene.nodes[anchor.ref.node].port_pos(anchor.ref)
        self._refusals: dict[PortRef, str | None] = {}
        self._offers: dict[PortRef, PutBetween | None] = {}
        self._shown, self._seen = set[str](), QRectF()
        self._target: Port | None = None
        self._curve = QGraphicsPathItem()
        self._curve.setZValue(5)
        scene.addItem(self._curve)
        if moved is not None:
            scene.hide_edge(moved)
        self._show_offers()

    @property
    def target(self) -> Port | None:
        """The port that the free end is at."""
        return self._target

    def reason(self, port: Port) -> str | None:
        """Why the edge cannot end at a port; None if it can."""
        if port.ref not in self._refusals:
            self._refusals[port.ref] = self._refusal(port)
        return self._refusals[port.ref]

    def move(self, at: QPointF) -> None:
        item, port = self._under(at)
        reason = self.reason(port) if port else None
        self._show_offers()
        if port != self._target:
            self._target = port
            self._show_states()
        is_open = reason is None or (port is not None and self._offer(port) is not None)
        self._scene.aim(item.node_id if item and port and is_open else None)
        end = item.port_pos(port.ref) if item and port and is_open else at
        ends = (self._start, end) if self._anchor.is_output else (end, self._start)
        self._curve.setPath(loose(*ends))
        self._curve.setPen(self._scene.style_.preview_pen(not is_open))
        self._tell(*(self._said(port) if port else ("", "card")))

    def finish(self, at: QPointF) -> None:
        self.move(at)
        target = self._target
        reason = self.reason(target) if target else None
        offer = self._offer(target) if target else None
        self.cancel()
        if target is None and self._moved is None:
            self._drop_on_nothing(self._anchor.ref, at)
        elif offer is not None and (reason or QGuiApplication.keyboardModifiers() & CTRL):
            gone = self._moved is not None and self._moved.target != offer.target
            edits = (Disconnect((self._moved,)), offer) if gone and self._moved else (offer,)
            self._session.apply(Batch(offer.label, edits))
        elif reason is not None:
            self._session.message.emit(reason)
        else:
            edit = self._edit(target)
            if edit is not None:
                self._session.apply(edit)

    def cancel(self) -> None:
        self._tell("", "card")
        self._scene.removeItem(self._curve)
        self._scene.mark({})
        self._scene.aim(None)
        self._scene.hide_edge(None)

    def _edit(self, target: Port | None) -> Edit | None:
        if target is None:
            return Disconnect((self._moved,)) if self._moved else None
        source, sink = self._ends(target.ref)
        if Edge(source, sink) in (self._moved, self._session.graph.edge_into(sink)):
            return None
        gone = dict.fromkeys(each for each in (self._moved, self._replaced(target)) if each)
        if not gone:
            return Connect(source, sink)
        return Batch(
            later("Move edge") if self._moved else later("Replace edge"),
            (Disconnect(tuple(gone)), Connect(source, sink)),
        )

    def _replaced(self, port: Port) -> Edge | None:
        """The edge that feeds an input already, and goes if another one comes."""
        return self._session.graph.edge_into(self._ends(port.ref)[1])

    def _offer(self, port: Port) -> PutBetween | None:
        """The layer that is needed between the anchor and a port; None if none is, or no single one helps."""
        if port.ref not in self._offers:
            ends, session = self._ends(port.ref), self._session
            is_other = port.is_output != self._anchor.is_output
            offer = layer_between(session.graph, session.inference, *ends) if is_other else None
            self._offers[port.ref] = offer
        return self._offers[port.ref]

    def _said(self, port: Port) -> tuple[str, str]:
        """What stands beside the mouse over a port, and in which role."""
        reason, offer, replaced = self.reason(port), self._offer(port), self._replaced(port)
        if reason is not None:
            return (
                (reason, "error-card")
                if offer is None
                else (tr("Release to put {layer} in between.", layer=_told(offer)), "card")
            )
        if offer is not None:
            return tr(
                "The shapes do not fit. Hold Ctrl to put {layer} in between.", layer=_told(offer)
            ), "warning-card"
        if replaced is None or replaced == self._moved or replaced.source == self._ends(port.ref)[0]:
            return "", "card"
        name = self._session.graph.nodes[replaced.source.node].name
        return tr("Replaces the edge from {name}.{port}.", name=name, port=replaced.source.port), "card"

    def _ends(self, other: PortRef) -> tuple[PortRef, PortRef]:
        return (self._anchor.ref, other) if self._anchor.is_output else (other, self._anchor.ref)

    def _refusal(self, port: Port) -> str | None:
        graph = self._session.graph
        if port.is_output == self._anchor.is_output:
            name = f"{graph.nodes[port.ref.node].name}.{port.ref.port}"
            return tr(TWO_OUTPUTS if port.is_output else TWO_INPUTS, port=name)
        reason = refusal(graph, *self._ends(port.ref), replaced=self._replaced(port))
        return tr_made(reason) if reason else reason

    def _under(self, at: QPointF) -> tuple[NodeItem | None, Port | None]:
        """The port at the mouse; over a card the first that fits, or one that tells why none does."""
        hit = hit_at(self._scene, at, SNAP)
        if hit.node is None:
            return None, None
        if hit.port is not None:
            return hit.node, None if hit.port.ref == self._anchor.ref else hit.port
        if hit.node.node_id == self._anchor.ref.node:
            return hit.node, None
        sides = [port for port in hit.node.ports if port.is_output != self._anchor.is_output]
        fits = [port for port in sides if self.reason(port) is None]
        free = (port for port in fits if port.is_output or not self._replaced(port))
        return hit.node, next(free, None) or next(iter(fits or sides), None)

    def _show_offers(self) -> None:
        """Marks the ports of the cards in sight; others as soon as they come there."""
        view = self._scene.views()[0]
        area = view.mapToScene(view.viewport().rect()).boundingRect()
        if area != self._seen:
            self._seen = area
            self._shown.update(self._scene.nodes_in(area))
            self._show_states()

    def _show_states(self) -> None:
        items = [self._scene.nodes[node_id] for node_id in self._shown]
        self._scene.mark({i.node_id: {port.ref: self._state(port) for port in i.ports} for i in items})

    def _state(self, port: Port) -> PortState:
        if port.ref == self._anchor.ref:
            return PortState.HOVER
        if self.reason(port) is not None:
            return PortState.REFUSED
        return (
            PortState.HOVER
            if self._target is not None and port.ref == self._target.ref
            else PortState.OFFERED
        )


def _told(offer: PutBetween) -> str:
    value = next(iter(offer.params.values()), None)
    of = f" ({value})" if isinstance(value, str) else ""
    return f"{offer.type}{of}"
