"""Ways through a graph: what leads to nodes, what they lead to, and the next one in a direction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from graph.annotations import Position
from graph.model import Graph, Node

Way = Literal["left", "right", "up", "down"]
SIDEWAYS = 2.0  # how much farther a node seems for what it lies beside the way


def upstream(graph: Graph, node_ids: Iterable[str]) -> set[str]:
    """Ids of the nodes, and of all that lead to them."""
    return _reached(node_ids, graph.predecessors)


def downstream(graph: Graph, node_ids: Iterable[str]) -> set[str]:
    """Ids of the nodes, and of all that they lead to."""
    return _reached(node_ids, graph.successors)


def neighbour(graph: Graph, node_id: str, way: Way) -> str | None:
    """The node that an arrow key leads to; None if there is none.

    Left is a node that feeds it and right one that it feeds, the nearest of several. Up and down lie those
    that share a source or a reader with it; without any, whatever is nearest.
    """
    node = graph.nodes[node_id]
    if way in ("left", "right"):
        joined = graph.predecessors(node_id) if way == "left" else graph.successors(node_id)
        near = [graph.nodes[each] for each in dict.fromkeys(joined) if each != node_id]
        return min(near, key=lambda each: _distance(node, each), default=node).id if near else None
    siblings = _beyond(graph, node, way, _siblings(graph, node_id))
    others = siblings or _beyond(graph, node, way, graph.nodes)
    return min(others, key=lambda each: _distance(node, each)).id if others else None


def nearest(graph: Graph, position: Position) -> str | None:
    """The node whose corner is nearest to a position, to begin a journey; None in an empty graph."""
    here = Node("", "", "", position=position)
    nodes = graph.nodes.values()
    return min(nodes, key=lambda each: _distance(here, each)).id if nodes else None


def _reached(start: Iterable[str], following: Callable[[str], Iterator[str]]) -> set[str]:
    found = set(start)
    queue = list(found)
    while queue:
        fresh = set(following(queue.pop())) - found
        found |= fresh
        queue.extend(fresh)
    return found


def _siblings(graph: Graph, node_id: str) -> set[str]:
    """The nodes that read what a node reads from, and those that feed what it feeds."""
    sources, readers = set(graph.predecessors(node_id)), set(graph.successors(node_id))
    found = {each for source in sources for each in graph.successors(source)}
    found |= {each for reader in readers for each in graph.predecessors(reader)}
    return found - sources - readers - {node_id}


def _beyond(graph: Graph, node: Node, way: Way, candidates: Iterable[str]) -> list[Node]:
    """The nodes that lie above a node, or below it; of those at its height, none."""
    sign = -1 if way == "up" else 1
    nodes = (graph.nodes[each] for each in candidates)
    return [each for each in nodes if sign * (each.position[1] - node.position[1]) > 0]


def _distance(one: Node, other: Node) -> tuple[float, str]:
    dx, dy = (abs(a - b) for a, b in zip(one.position, other.position, strict=True))
    return (SIDEWAYS * dx + dy, other.id)
