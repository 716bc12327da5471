"""Joining two ports by a drag: what fits is offered, what does not says why before the mouse is released."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsPathItem

from builder.canvas.node_item import NodeItem, PortState
from builder.canvas.ports import Port
from builder.canvas.routes import loose
from builder.canvas.scene import CanvasScene
from builder.session import Session
from graph.connection import refusal
from graph.document import Edge, Edit, Graph, PortRef
from graph.edits import Batch, Connect, Disconnect

SNAP = 22.0  # canvas units within which the curve's end jumps to a port

Tell = Callable[[str], None]
DropOnNothing = Callable[[PortRef, QPointF], None]


class Wire:
    """An edge in the making, or an existing one being moved.

    Args:
        anchor: the port where it stays.
        moved: the edge whose other end was taken off.
        tell: shows a sentence beside the mouse; an empty one hides it.
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
        self._graph = session.graph if moved is None else _without(session.graph, moved)
        self._start = scene.nodes[anchor.ref.node].port_pos(anchor.ref)
        self._refusals: dict[PortRef, str | None] = {}
        self._shown: set[str] = set()
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
        if port != self._target:
            self._target = port
            self._show_states()
        self._scene.aim(item.node_id if item and port and reason is None else None)
        end = item.port_pos(port.ref) if item and port and reason is None else at
        ends = (self._start, end) if self._anchor.is_output else (end, self._start)
        self._curve.setPath(loose(*ends))
        self._curve.setPen(self._scene.style_.preview_pen(reason is not None))
        self._tell(reason or "")

    def finish(self, at: QPointF) -> None:
        self.move(at)
        target = self._target
        reason = self.reason(target) if target else None
        self.cancel()
        if target is None and self._moved is None:
            self._drop_on_nothing(self._anchor.ref, at)
        elif reason is not None:
            self._session.message.emit(reason)
        else:
            edit = self._edit(target)
            if edit is not None:
                self._session.apply(edit)

    def cancel(self) -> None:
        self._tell("")
        self._scene.removeItem(self._curve)
        self._scene.mark({})
        self._scene.aim(None)
        self._scene.hide_edge(None)

    def _edit(self, target: Port | None) -> Edit | None:
        if target is None:
            return Disconnect((self._moved,)) if self._moved else None
        source, sink = self._ends(target.ref)
        if self._moved is None:
            return Connect(source, sink)
        if (source, sink) == (self._moved.source, self._moved.target):
            return None
        return Batch("Move edge", (Disconnect((self._moved,)), Connect(source, sink)))

    def _ends(self, other: PortRef) -> tuple[PortRef, PortRef]:
        return (self._anchor.ref, other) if self._anchor.is_output else (other, self._anchor.ref)

    def _refusal(self, port: Port) -> str | None:
        graph = self._graph
        if port.is_output == self._anchor.is_output:
            side, other = ("output", "input") if port.is_output else ("input", "output")
            return f"{graph.nodes[port.ref.node].name}.{port.ref.port} is an {side} too. Drop on an {other}."
        return refusal(graph, *self._ends(port.ref))

    def _under(self, at: QPointF) -> tuple[NodeItem | None, Port | None]:
        """The port at the mouse; over a card the first that fits, or one that tells why none does."""
        hit = self._scene.hit(at, SNAP)
        if hit.node is None:
            return None, None
        if hit.port is not None:
            return hit.node, None if hit.port.ref == self._anchor.ref else hit.port
        if hit.node.node_id == self._anchor.ref.node:
            return hit.node, None
        sides = [port for port in hit.node.ports if port.is_output != self._anchor.is_output]
        best = next((port for port in sides if self.reason(port) is None), None)
        return hit.node, best or next(iter(sides), None)

    def _show_offers(self) -> None:
        """Marks the ports of the cards in sight; others as soon as the mouse comes by."""
        view = self._scene.views()[0]
        area = view.mapToScene(view.viewport().rect()).boundingRect()
        self._shown = set(self._scene.nodes_in(area))
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


def _without(graph: Graph, edge: Edge) -> Graph:
    """The graph as it is while one of its edges is in the hand."""
    return Graph(graph.nodes.values(), [each for each in graph.edges if each != edge], graph.catalog)
