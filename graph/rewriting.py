"""Rewrites a graph at once, in a given order, with an exact way back."""

from __future__ import annotations

from dataclasses import dataclass

from graph.document import Edge, Edit, Frame, Graph, Node, Note, Project
from graph.shelf import ItemT, Shelf


@dataclass(frozen=True)
class Rewrite:
    """Gives a graph other nodes, edges, frames and notes. What stays keeps its order.

    Args:
        nodes: all of them, as they shall stand in the file.
        edges: likewise; each end is an output or an input of one of the nodes.
        frames: likewise.
        notes: likewise.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    frames: tuple[Frame, ...]
    notes: tuple[Note, ...]

    label = "Rewrite"

    def apply(self, project: Project) -> Edit:
        graph = project.graph
        before = Rewrite(
            tuple(graph.nodes.values()),
            tuple(graph.edges),
            tuple(graph.frames.values()),
            tuple(graph.notes.values()),
        )
        ids, edges = {node.id for node in self.nodes}, set(self.edges)
        graph.delete_edges([edge for edge in before.edges if edge not in edges])
        graph.delete_nodes([node.id for node in before.nodes if node.id not in ids])
        _insert_nodes(graph, self.nodes)
        fresh = [n for n, edge in enumerate(self.edges) if graph.edge_into(edge.target) != edge]
        graph.insert_edges([self.edges[n] for n in fresh], fresh)
        _rewrite(graph.frames, self.frames)
        _rewrite(graph.notes, self.notes)
        return before


def _insert_nodes(graph: Graph, nodes: tuple[Node, ...]) -> None:
    fresh = [n for n, node in enumerate(nodes) if node.id not in graph.nodes]
    for node in nodes:
        earlier = graph.nodes.get(node.id)
        if earlier is not None and earlier != node:
            graph.replace_node(node, "moved" if earlier.with_(position=node.position) == node else "updated")
    graph.insert_nodes([nodes[n] for n in fresh], fresh)


def _rewrite(shelf: Shelf[ItemT], items: tuple[ItemT, ...]) -> None:
    kept = {item.id for item in items}
    shelf.delete([item_id for item_id in shelf if item_id not in kept])
    for item in items:
        if item.id in shelf and shelf[item.id] != item:
            shelf.replace(item)
    fresh = [n for n, item in enumerate(items) if item.id not in shelf]
    shelf.insert([items[n] for n in fresh], fresh)
