"""Which ports an edge from a port could end at, the likeliest first, and why not at the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest

from builder.canvas.geometry import Geometry
from builder.canvas.ports import Port, ports_of
from builder.fuzzy import NO_FIT, fit
from builder.session import Session
from graph.connection import refusal
from graph.document import Edge, Graph, Node, PortRef

MOST = 1000  # nodes that are looked at; of more, the nearest
BEHIND = 4.0  # how much farther a node seems that lies against the flow


@dataclass(frozen=True, slots=True)
class Partner:
    """A port at which an edge could end.

    Attributes:
        ref: which one.
        title: `conv1`, or `conv1.in` where the node has several on that side.
        reason: why the edge cannot end there; empty if it can.
        replaced: the edge that goes for it.
        letters: indices of the title's letters that were typed.
    """

    ref: PortRef
    title: str
    reason: str = ""
    replaced: Edge | None = None
    letters: tuple[int, ...] = ()


def side_of(session: Session, node_id: str, is_output: bool) -> list[Port]:
    """The outputs of a node, or its inputs."""
    node = session.graph.nodes[node_id]
    ports = ports_of(session.graph, node, session.result(node_id))
    return [port for port in ports if port.is_output == is_output]


def title_of(graph: Graph, port: Port) -> str:
    """`conv1`; `lstm1.h` where the node has several ports on that side."""
    name = graph.nodes[port.ref.node].name
    return f"{name}.{port.ref.port}" if port.label else name


def partners(session: Session, geometry: Geometry, anchor: Port, query: str = "") -> list[Partner]:
    """The ports where an edge could end: those that fit, the nearest along the flow first; then the rest.

    Inputs that have an edge, which would be replaced, come behind those that are free.

    Args:
        session: whose graph it is.
        geometry: says what is near.
        anchor: where the edge begins.
        query: letters of the names that are looked for.
    """
    graph, word = session.graph, query.strip().casefold()
    x, y = geometry.port(anchor.ref, anchor.is_output)

    def distance(node: Node) -> float:
        dx, dy = node.position[0] - x, node.position[1] - y
        ahead = dx if anchor.is_output else -dx
        return (ahead if ahead > 0 else BEHIND * -ahead) + abs(dy)

    others = (node for node in graph.nodes.values() if node.id != anchor.ref.node)
    near = nsmallest(MOST, _named(others, word), key=distance)
    found = [each for node in near for each in _ports(session, anchor, node, word)]
    return sorted(found, key=lambda each: (bool(each.reason), each.replaced is not None))


def _named(nodes: Iterable[Node], word: str) -> Iterator[Node]:
    """The nodes whose name or type fits a word; a point before the name of a port is part of it."""
    name = word.partition(".")[0]
    for node in nodes:
        if not name or fit(name, node.name) != NO_FIT or fit(name, node.type) != NO_FIT:
            yield node


def _ports(session: Session, anchor: Port, node: Node, word: str) -> Iterator[Partner]:
    graph = session.graph
    for port in side_of(session, node.id, not anchor.is_output):
        ends = (anchor.ref, port.ref) if anchor.is_output else (port.ref, anchor.ref)
        title = title_of(graph, port)
        letters = fit(word, title)[1] if word else ()
        if "." in word and not letters:
            continue
        there = graph.edge_into(ends[1])
        if there is not None and there.source == ends[0]:
            continue  # they are joined already
        yield Partner(port.ref, title, refusal(graph, *ends, replaced=there) or "", there, letters)
