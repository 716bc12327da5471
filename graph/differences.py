"""What makes one project another, told as what was done to it: whichever edits did it, in words of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph.model import Edge, Graph, Node, PortRef
from graph.problems import shown
from graph.project import Project

MAX_VALUE = 40  # characters of a value
UNSET = object()


def differences(before: Project, after: Project) -> list[str]:
    """Each difference as a phrase that begins with a verb: `inserts flatten1 between pool1 and fc`.

    Where things stand on the canvas makes no difference.
    """
    phrases = [*_graph_phrases(before.graph_of(None), after.graph_of(None))]
    for name in before.blocks.keys() & after.blocks.keys():
        inside = _graph_phrases(before.blocks[name].graph, after.blocks[name].graph)
        phrases += [f"{phrase} in {name}" for phrase in inside]
    phrases += [f"adds block {name}" for name in after.blocks if name not in before.blocks]
    phrases += [f"deletes block {name}" for name in before.blocks if name not in after.blocks]
    for key, old, new in _changes(_flat(before.training), _flat(after.training)):
        phrases.append(_set_phrase(key, old, new, "for training"))
    if before.name != after.name:
        phrases.append(f"renames the project to {after.name}")
    return phrases


def _graph_phrases(before: Graph, after: Graph) -> Iterator[str]:
    told: set[Edge] = set()  # edges that another phrase speaks of
    were, are = before.nodes, after.nodes
    old, new = before.nodes_apart(after)
    added = [node for node in new if node.id not in were]
    removed = [node for node in old if node.id not in are]
    for node in added:
        yield _added_phrase(node, before, after, told)
    for node in removed:
        told.update(before.incoming(node.id).values(), before.outgoing(node.id))
        yield f"removes {node.name} ({node.type})"
    for node in new:
        if node.id in were:
            yield from _node_phrases(were[node.id], node, after)
    yield from _edge_phrases(before, after, told)
    if before.silenced != after.silenced:
        yield "changes which warnings about the whole are silenced"


def _added_phrase(node: Node, before: Graph, after: Graph, told: set[Edge]) -> str:
    """An insertion where the node stands in the way of an edge that was there."""
    for into in after.incoming(node.id).values():
        for out in after.outgoing(node.id):
            bridged = Edge(into.source, out.target)
            if before.edge_into(out.target) == bridged:
                told.update((bridged, into, out))
                ends = after.nodes[into.source.node].name, after.nodes[out.target.node].name
                return f"inserts {node.name} ({node.type}) between {ends[0]} and {ends[1]}"
    return f"adds {node.name} ({node.type})"


def _node_phrases(old: Node, new: Node, graph: Graph) -> Iterator[str]:
    if old.type != new.type:
        yield f"replaces {old.name} ({old.type}) by {new.type}"
    if old.name != new.name:
        yield f"renames {old.name} to {new.name}"
    for key, before, after in _changes(old.params, new.params):
        yield _set_phrase(key, before, after, f"of {new.name}", _default(graph, new, key))
    if old.bypassed != new.bypassed:
        yield f"{'bypasses' if new.bypassed else 'computes'} {new.name}"
    if old.silenced != new.silenced:
        yield f"changes which warnings are silenced at {new.name}"


def _edge_phrases(before: Graph, after: Graph, told: set[Edge]) -> Iterator[str]:
    cut, joined = before.edges_apart(after)
    for edge in cut:
        if edge not in told and after.edge_into(edge.target) is None:
            yield f"takes {_end(before, edge.source)} off {_end(before, edge.target)}"
    for edge in joined:
        if edge not in told:
            yield f"connects {_end(after, edge.source)} to {_end(after, edge.target)}"


def _end(graph: Graph, ref: PortRef) -> str:
    """A node's name, with the port where the usual one is not meant."""
    name = graph.nodes[ref.node].name
    return name if ref.port in ("in", "out") else f"{name}.{ref.port}"


def _default(graph: Graph, node: Node, key: str) -> object:
    """What a parameter is that a node does not set; UNSET if that is nothing that could be named."""
    spec = graph.catalog.get(node.type)
    default = None if spec is None else spec.defaults.get(key)
    return UNSET if default is None else default


def _set_phrase(key: str, old: object, new: object, where: str, default: object = UNSET) -> str:
    if new is UNSET and default is not UNSET:
        return f"{_set_phrase(key, old, default, where)}, its default"
    if new is UNSET:
        return f"unsets {key} {where}, which was {shown(old, MAX_VALUE)}"
    if old is UNSET:
        return f"sets {key} {where} to {shown(new, MAX_VALUE)}"
    return f"changes {key} {where} from {shown(old, MAX_VALUE)} to {shown(new, MAX_VALUE)}"


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key, UNSET), new.get(key, UNSET)
        if before is not after and before != after:
            yield key, before, after


def _flat(values: Mapping[str, Any], stem: str = "") -> dict[str, Any]:
    """A plan with the entries of its parts under names such as `optimizer.lr`."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{stem}{key}.")
        else:
            flat[f"{stem}{key}"] = value
    return flat
