"""The graph as items: one for each node and edge, made and updated only when the session says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Slot
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from builder.canvas.edge_item import EdgeItem
from builder.canvas.node_item import NodeItem
from builder.canvas.ports import Port
from builder.canvas.routes import may_be_blocked
from builder.canvas.style import CanvasStyle
from builder.session import Session
from graph.document import Change, Edge, PortRef

PORT_REACH = 12.0  # canvas units around a port that count as the port


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies under the mouse: a port of a node, a node, an edge, or nothing."""

    node: NodeItem | None = None
    port: Port | None = None
    edge: EdgeItem | None = None


NOTHING = Hit()


class CanvasScene(QGraphicsScene):
    """Mirrors the session's graph."""

    def __init__(self, session: Session, style: CanvasStyle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self._session = session
        self.style_ = style
        self.nodes: dict[str, NodeItem] = {}
        self.edges: dict[Edge, EdgeItem] = {}
        self.selected_edges: set[Edge] = set()
        self._wrong: frozenset[PortRef] = frozenset()
        session.changed.connect(self.follow)
        session.problems_changed.connect(self.follow_problems)
        session.selection_changed.connect(self.show_selection)
        session.document_replaced.connect(self.rebuild)
        session.scope_changed.connect(self.rebuild)
        self.rebuild()

    @Slot()
    def rebuild(self) -> None:
        """Makes every item anew."""
        self.clear()
        self.nodes, self.edges, self._wrong = {}, {}, frozenset()
        self.selected_edges = set()
        graph = self._session.graph
        self._add_nodes(graph.nodes)
        self._add_edges(graph.edges)
        self._show_tensors(graph.edges)
        self._show_wrong_ports()
        self.show_selection(self._session.selection)

    def set_style(self, style: CanvasStyle) -> None:
        """Shows everything in another theme."""
        self.style_ = style
        for item in (*self.nodes.values(), *self.edges.values()):
            item.set_style(style)

    @Slot(object, object)
    def follow(self, change: Change, touched: frozenset[str]) -> None:
        """Updates what a change of the document touched, and nothing else."""
        for edge in change.disconnected:
            self.removeItem(self.edges.pop(edge))
            self.selected_edges.discard(edge)
        for node_id in change.removed:
            self.removeItem(self.nodes.pop(node_id))
        self._add_nodes(change.added)
        for node_id in (*change.moved, *change.updated):
            self.nodes[node_id].setPos(*self._session.graph.nodes[node_id].position)
        ends = {ref.node for e in (*change.connected, *change.disconnected) for ref in (e.source, e.target)}
        stale = {*touched, *change.updated, *ends, *self._with_other_problems()} & self.nodes.keys()
        shifted = [node_id for node_id in stale - set(change.added) if self.nodes[node_id].refresh()]
        self._add_edges(change.connected)
        self._show_tensors(set(self._edges_of(stale)))
        moves = bool(change.moved or change.added or change.removed)
        self.run_edges({*change.moved, *change.updated, *ends, *shifted}, and_blocked=moves)
        self._show_wrong_ports()

    @Slot()
    def follow_problems(self) -> None:
        """Shows what design rules have found after the change that they looked at was shown."""
        for node_id in tuple(self._with_other_problems()):
            self.nodes[node_id].refresh()

    @Slot(object)
    def show_selection(self, node_ids: Iterable[str]) -> None:
        """Marks the selected nodes."""
        selected = set(node_ids)
        for node_id, item in self.nodes.items():
            item.set_flags(is_selected=node_id in selected)

    def select_edges(self, edges: Iterable[Edge]) -> None:
        """Makes these edges the selected ones."""
        wanted = {edge for edge in edges if edge in self.edges}
        for edge in wanted ^ self.selected_edges:
            if edge in self.edges:
                self.edges[edge].set_flags(is_selected=edge in wanted)
        self.selected_edges = wanted

    def run_edges(self, node_ids: Iterable[str], and_blocked: bool = False) -> None:
        """Runs the edges of these nodes anew, and on wish every edge whose way other cards may block."""
        for edge in {*self._edges_of(node_ids), *(self._blockable() if and_blocked else ())}:
            self._run(self.edges[edge])

    def hit(self, at: QPointF, reach: float = PORT_REACH) -> Hit:
        """What lies at a scene position; a port before a node, a node before an edge."""
        around = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        found = self.items(
            around, Qt.ItemSelectionMode.IntersectsItemBoundingRect, Qt.SortOrder.DescendingOrder
        )
        cards = [item for item in found if isinstance(item, NodeItem)]
        for card in cards:
            port = card.port_near(at, reach)
            if port is not None:
                return Hit(card, port)
        for card in cards:
            if card.card.contains(at - card.pos()):
                return Hit(card)
        edges = (item for item in found if isinstance(item, EdgeItem))
        return next((Hit(edge=edge) for edge in edges if edge.shape().contains(at)), NOTHING)

    def nodes_in(self, area: QRectF) -> list[str]:
        """Ids of the nodes whose cards touch a rectangle, in the order of the file."""
        found = set(self.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect))
        return [
            i
            for i, item in self.nodes.items()
            if item in found and area.intersects(item.card.translated(item.pos()))
        ]

    def bounds(self, node_ids: Iterable[str] = ()) -> QRectF:
        """The rectangle around these nodes, or around all."""
        area = QRectF()
        for node_id in list(node_ids) or self.nodes:
            item = self.nodes[node_id]
            area = area.united(item.card.translated(item.pos()))
        return area

    def ends_of(self, item: EdgeItem) -> tuple[QPointF, QPointF]:
        """Where an edge starts and ends."""
        return (
            self.nodes[item.edge.source.node].port_pos(item.edge.source),
            self.nodes[item.edge.target.node].port_pos(item.edge.target),
        )

    def _add_nodes(self, node_ids: Iterable[str]) -> None:
        for node_id in node_ids:
            self.nodes[node_id] = NodeItem(node_id, self._session, self.style_)
            self.addItem(self.nodes[node_id])

    def _add_edges(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            item = self.edges[edge] = EdgeItem(edge, self.style_)
            self._run(item)
            self.addItem(item)

    def _run(self, item: EdgeItem) -> None:
        start, end = self.ends_of(item)
        item.place(start, end, self._is_blocked)

    def _is_blocked(self, area: QRectF) -> bool:
        found = self.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        return any(_covers(item, area) for item in found)

    def _blockable(self) -> Iterator[Edge]:
        return (edge for edge, item in self.edges.items() if may_be_blocked(*self.ends_of(item)))

    def _edges_of(self, node_ids: Iterable[str]) -> Iterator[Edge]:
        graph = self._session.graph
        for node_id in node_ids:
            if node_id in graph.nodes:
                yield from graph.incoming(node_id).values()
                yield from graph.outgoing(node_id)

    def _show_tensors(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            self.edges[edge].set_tensor(self._session.inference.output(edge.source))

    def _with_other_problems(self) -> Iterator[str]:
        """Nodes whose problems changed though their result did not, such as a dead branch's."""
        marks_of = self._session.marks_of
        return (
            i
            for i, item in self.nodes.items()
            if item.problems is not marks_of(i) and item.problems != marks_of(i)
        )

    def _show_wrong_ports(self) -> None:
        """Marks both ends of every edge that carries what its target cannot take."""
        graph, wrong = self._session.graph, set()
        for problem in self._session.problems:
            if problem.node is None or problem.port is None or problem.node not in graph.nodes:
                continue
            edge = graph.incoming(problem.node).get(problem.port)
            if edge is not None and problem.is_error:
                wrong |= {edge.source, edge.target}
        for ref in wrong ^ self._wrong:
            if ref.node in self.nodes:
                self.nodes[ref.node].set_wrong(ref, ref in wrong)
        self._wrong = frozenset(wrong)
        for edge, item in self.edges.items():
            item.set_wrong(edge.target in wrong)


def _covers(item: QGraphicsItem, area: QRectF) -> bool:
    return isinstance(item, NodeItem) and item.card.translated(item.pos()).intersects(area)
