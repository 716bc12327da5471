"""Where everything of a graph stands, and what stands where. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.canvas.grid_index import Box, GridIndex, united
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT, card_extent
from builder.canvas.routes import reach
from builder.session import Session
from graph.cards import DOT
from graph.document import Edge, PortRef, Position

FIRST_ROW = HEADER_HEIGHT + ROW_HEIGHT / 2  # from a card's top to its first port


class Geometry:
    """Boxes of the cards and edges of the session's graph, in scene coordinates.

    What was not placed yet is known by its id, and not found by where it is.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._nodes: GridIndex[str] = GridIndex()
        self._edges: GridIndex[Edge] = GridIndex()
        self._shown: dict[str, Position] = {}
        self._rough: Box | None = None  # what all cards cover, until all of them are placed

    def corner(self, node_id: str) -> Position:
        """The top left corner of a card: where the document has it, unless it is shown elsewhere."""
        return self._shown.get(node_id) or self._session.graph.nodes[node_id].position

    def card(self, node_id: str) -> Box:
        """The box of a card."""
        return self._nodes.box(node_id) if node_id in self._nodes else self._measured(node_id)

    def edge(self, edge: Edge) -> Box:
        """The box that a placed edge stays in, wherever exactly it runs."""
        return self._edges.box(edge)

    def port(self, ref: PortRef, is_output: bool) -> Position:
        """Where an edge meets a port, to the nearest row: what is seen from afar."""
        left, top, right, bottom = self.card(ref.node)
        if right - left == DOT:
            return (left + right) / 2, (top + bottom) / 2
        return (right if is_output else left), top + FIRST_ROW

    def ends(self, edge: Edge) -> Box:
        """Where an edge starts and where it ends, as seen from afar."""
        return *self.port(edge.source, True), *self.port(edge.target, False)

    def show_at(self, positions: Mapping[str, Position]) -> None:
        """Shows these nodes, and no others, elsewhere than the document has them; place both anew then."""
        self._shown = dict(positions)

    @property
    def shown_elsewhere(self) -> frozenset[str]:
        """Ids of the nodes that are not shown where the document has them."""
        return frozenset(self._shown)

    def is_elsewhere(self, node_id: str) -> bool:
        """Whether a node is not shown where the document has it."""
        return node_id in self._shown

    def is_point(self, node_id: str) -> bool:
        """Whether a node is drawn as a point that an edge runs through."""
        left, _, right, _ = self.card(node_id)
        return right - left == DOT

    def is_placed(self, node_id: str) -> bool:
        return node_id in self._nodes

    def has_edge(self, edge: Edge) -> bool:
        """Whether an edge was placed."""
        return edge in self._edges

    def place_node(self, node_id: str) -> None:
        """Notes where a card is now."""
        self._nodes.put(node_id, self._measured(node_id))

    def place_edge(self, edge: Edge) -> None:
        """Notes where an edge is now; both of its cards have been placed."""
        rows = self._rows_of(edge.source.node), self._rows_of(edge.target.node)
        start, end = self.port(edge.source, True), self.port(edge.target, False)
        self._edges.put(edge, reach(start, end, ROW_HEIGHT * (max(rows) - 1)))

    def drop_node(self, node_id: str) -> None:
        """Forgets a card."""
        self._nodes.discard(node_id)
        self._shown.pop(node_id, None)

    def drop_edge(self, edge: Edge) -> None:
        """Forgets an edge."""
        self._edges.discard(edge)

    def clear(self) -> tuple[object, ...]:
        """Forgets everything; gives what it knew."""
        known = self._nodes, self._edges
        self._nodes, self._edges, self._shown = GridIndex(), GridIndex(), {}
        self._rough = None
        return known

    def nodes_in(self, area: Box) -> dict[str, Box]:
        """The cards that an area touches, by id and in no order."""
        return self._nodes.find(area)

    def is_taken(self, area: Box) -> bool:
        """Whether an area touches any card."""
        return self._nodes.is_touched(area)

    def edges_in(self, area: Box) -> dict[Edge, Box]:
        """Edges whose boxes an area touches, with those, in no order."""
        return self._edges.find(area)

    def boxes_in(self, area: Box) -> list[Box]:
        """The boxes of all cards and edges that an area touches."""
        return [*self._nodes.boxes(area), *self._edges.boxes(area)]

    def bounds(self, node_ids: Iterable[str]) -> Box | None:
        """The box around cards; None without any."""
        return united(self.card(node_id) for node_id in node_ids)

    def extent(self) -> Box | None:
        """The box around all cards, to the row while they are still to be placed; None without any."""
        nodes = self._session.graph.nodes
        if not nodes:
            return None
        if len(self._nodes) == len(nodes):
            return self._nodes.extent()
        if self._rough is None:
            corners = self._session.corners
            assert corners is not None
            left, top, right, bottom = corners
            self._rough = left, top, right + CARD_WIDTH, bottom + HEADER_HEIGHT + ROW_HEIGHT
        return self._rough

    def _measured(self, node_id: str) -> Box:
        graph = self._session.graph
        width, height = card_extent(graph, graph.nodes[node_id], self._session.result(node_id))
        x, y = self.corner(node_id)
        return (x, y, x + width, y + height)

    def _rows_of(self, node_id: str) -> int:
        _, top, _, bottom = self.card(node_id)
        return max(round((bottom - top - HEADER_HEIGHT) / ROW_HEIGHT), 1)
