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
    old, new = dict.fromkeys(before.edges), dict.fromkeys(after.edges)
    both = ((before.nodes.get(node.id), node) for node in after.nodes.values())
    return Touched(
        added=tuple(node for node in after.nodes.values() if node.id not in before.nodes),
        changed=tuple(node.id for was, node in both if was is not None and _is_other(was, node)),
        removed=tuple(node_id for node_id in before.nodes if node_id not in after.nodes),
        joined=tuple(edge for edge in new if edge not in old),
        cut=tuple(edge for edge in old if edge not in new),
    )


def _is_other(was: Node, node: Node) -> bool:
    if was is node:
        return False
    return _meaning(was) != _meaning(node)


def _meaning(node: Node) -> tuple[object, ...]:
    return node.type, node.name, node.params, node.bypassed
