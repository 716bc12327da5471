"""A loose piece of a graph put into an edge: one node, or several that are joined."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from graph.cards import overlap
from graph.connection import refusal
from graph.document import Edge, Edit, EditError, Graph, PortRef, Position, Project, apply_all
from graph.edits import Connect, Disconnect, MoveNodes
from graph.inserting import behind, room_behind


@dataclass(frozen=True)
class Piece:
    """Nodes that are joined to no others.

    Attributes:
        entry: the one input that something can be led into.
        exit: the one output that leads nowhere yet.
    """

    entry: PortRef
    exit: PortRef

    def refusal(self, graph: Graph, edge: Edge) -> str | None:
        """Why it cannot be put into an edge, in a sentence; None if it can."""
        return refusal(graph, edge.source, self.entry) or refusal(
            graph, self.exit, edge.target, replaced=edge
        )


@dataclass(frozen=True)
class PutIntoEdge:
    """Puts a loose piece into an edge; where it would lie upon an end of it, room is made.

    Args:
        positions: its nodes, and where they are put.
        edge: which edge.

    Raises:
        EditError: the nodes are no such piece, or do not fit there.
    """

    positions: Mapping[str, Position]
    edge: Edge

    label = "Insert into edge"

    def apply(self, project: Project) -> Edit:
        graph, piece = project.graph, loose_piece(project.graph, self.positions)
        if piece is None:
            raise EditError("What is put into an edge has edges to others, or not one free input and output.")
        if reason := piece.refusal(graph, self.edge):
            raise EditError(reason)
        edits: list[Edit] = [
            MoveNodes(self._places(graph, piece)),
            Disconnect((self.edge,)),
            Connect(self.edge.source, piece.entry),
            Connect(piece.exit, self.edge.target),
        ]
        return apply_all(project, edits, self.label)

    def _places(self, graph: Graph, piece: Piece) -> dict[str, Position]:
        """Where everything comes to stand: as it was dropped, or in a room of its own between the ends."""
        before, after = graph.nodes[self.edge.source.node], graph.nodes[self.edge.target.node]
        wanted = self.positions.values()
        if not any(overlap(each, end.position) for each in wanted for end in (before, after)):
            return dict(self.positions)
        left, right = min(x for x, _ in wanted), max(x for x, _ in wanted)
        goal, first = behind(before, after), self.positions[piece.entry.node]
        dx, dy = goal[0] - left, goal[1] - first[1]
        moved = {node_id: (x + dx, y + dy) for node_id, (x, y) in self.positions.items()}
        return {**room_behind(graph, before, after, right - left), **moved}


def loose_piece(graph: Graph, node_ids: Collection[str]) -> Piece | None:
    """Nodes as a piece that can be put into an edge; None if they are not one.

    They are joined to no others, and have together one free first input and one output that leads nowhere.
    """
    entries, exits = list[PortRef](), list[PortRef]()
    for node_id in node_ids:
        spec = graph.catalog.get(graph.nodes[node_id].type)
        if spec is None or spec.first_input is None or spec.first_output is None:
            return None
        fed, leading = graph.incoming(node_id), tuple(graph.outgoing(node_id))
        neighbours = {edge.source.node for edge in fed.values()} | {edge.target.node for edge in leading}
        if not all(each in node_ids for each in neighbours):
            return None
        if spec.first_input not in fed:
            entries.append(PortRef(node_id, spec.first_input))
        if not leading:
            exits.append(PortRef(node_id, spec.first_output))
    return Piece(entries[0], exits[0]) if len(entries) == len(exits) == 1 else None
