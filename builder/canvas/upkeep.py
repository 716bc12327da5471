"""Keeps what a scene knows of nodes and edges up to date: where they are, and the items that were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from builder.canvas.grid_index import Box
from builder.canvas.routes import may_be_blocked
from graph.document import Edge

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

MANY = 300  # boxes; to repaint all that is seen then costs less than to repaint them


class Upkeep:
    """Reads nodes and edges of a scene anew, and takes them away."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene

    def refresh(self, node_id: str, is_told: bool) -> bool:
        """Reads a node anew; returns whether its ports may now be elsewhere.

        Args:
            node_id: which one.
            is_told: whether its card may say something else, not just stand elsewhere.
        """
        geometry, item = self._scene.geometry, self._scene.nodes.made(node_id)
        before = item.ports if item else None
        if item is not None and is_told:
            item.refresh()
        self._scene.loading.take(node_id)
        is_new = not geometry.is_placed(node_id)
        box = None if is_new else geometry.card(node_id)
        geometry.place_node(node_id)
        return is_new or geometry.card(node_id) != box or (item is not None and item.ports != before)

    def drop_node(self, node_id: str) -> None:
        """Forgets a node that is gone."""
        self._scene.loading.take(node_id)
        self._scene.nodes.drop(node_id)
        self._scene.geometry.drop_node(node_id)
        self._scene.far.drop(node_id)

    def drop_edge(self, edge: Edge) -> None:
        """Forgets an edge that is gone."""
        self._scene.edges.drop(edge)
        self._scene.geometry.drop_edge(edge)
        self._scene.selected_edges.discard(edge)

    def place_edges(self, edges: Iterable[Edge]) -> None:
        """Notes where edges are."""
        for edge in edges:
            self._scene.geometry.place_edge(edge)

    def refresh_edges(self, node_ids: Iterable[str]) -> None:
        """Has the edges of these nodes run anew, and those behind points, which may turn round with them."""
        edges, is_point = set(self.edges_of(node_ids)), self._scene.geometry.is_point
        points = {ref.node for e in edges for ref in (e.source, e.target) if is_point(ref.node)}
        for edge in edges.union(self.edges_of(points)):
            item = self._scene.edges.made(edge)
            if item is not None:
                item.refresh()
        self._scene.redraw(self.boxes_of(points))

    def reroute(self, boxes: list[Box]) -> list[Box]:
        """Has edges that run along a row around cards run anew where something came or went.

        Returns:
            What is to be redrawn for that.
        """
        geometry, edges = self._scene.geometry, self._scene.edges
        made = edges.all_made()
        if len(boxes) > MANY or not made:
            near = {item.edge for item in made}
        else:
            near = {edge for box in boxes for edge in geometry.edges_in(box)}
        rerouted = []
        for edge in near:
            item = edges.made(edge)
            if item is not None and may_be_blocked(item.start, item.end):
                item.refresh()
                rerouted.append(geometry.edge(edge))
        return rerouted

    def edges_of(self, node_ids: Iterable[str]) -> Iterator[Edge]:
        """The edges into and out of nodes."""
        graph = self._scene.session.graph
        for node_id in node_ids:
            yield from graph.incoming(node_id).values()
            yield from graph.outgoing(node_id)

    def boxes_of(self, node_ids: Iterable[str]) -> list[Box]:
        """What these nodes and their edges cover, as they were placed last; one large box for many nodes."""
        graph, geometry = self._scene.session.graph, self._scene.geometry
        placed = [i for i in node_ids if geometry.is_placed(i)]
        if len(placed) > MANY:
            return [geometry.card(i) for i in placed]
        boxes = [geometry.card(i) for i in placed]
        known = [i for i in placed if i in graph.nodes]
        return [*boxes, *(geometry.edge(e) for e in self.edges_of(known) if geometry.has_edge(e))]
