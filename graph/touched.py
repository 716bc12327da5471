"""Which nodes and edges two states of a graph do not share, for showing a change before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from graph.model import Edge, Graph, Node


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    Attributes:
        added: nodes that are there only afterwards.
        changed: ids of nodes that compute something else afterwards; to stand elsewhere is no change.
        removed: ids of nodes that are gone.
        joined: edges that are there only afterwards.
        cut: edges that are gone.
    """

    added: tuple[Node, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    joined: tuple[Edge, ...] = ()
    cut: tuple[Edge, ...] = ()


def touched(before: Graph, after: Graph) -> Touched:
    """What makes one graph the other."""
    were, are = before.nodes, after.nodes
    old, new = before.nodes_apart(after)
    cut, joined = before.edges_apart(after)
    return Touched(
        added=tuple(node for node in new if node.id not in were),
        changed=tuple(node.id for node in new if node.id in were and _is_other(were[node.id], node)),
        removed=tuple(node.id for node in old if node.id not in are),
        joined=tuple(joined),
        cut=tuple(cut),
    )


def _is_other(was: Node, node: Node) -> bool:
    return _meaning(was) != _meaning(node)


def _meaning(node: Node) -> tuple[object, ...]:
    return node.type, node.name, node.params, node.bypassed
