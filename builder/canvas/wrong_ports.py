"""Which ends of edges are drawn as wrong."""

from __future__ import annotations

from collections.abc import Iterable

from graph.document import Graph, PortRef
from graph.problems import Problem


def wrong_ports(graph: Graph, errors: Iterable[Problem]) -> frozenset[PortRef]:
    """Both ends of every edge of a graph that carries what its target cannot take, by what is wrong in it."""
    wrong = set[PortRef]()
    for problem in errors:
        if problem.port is not None and problem.node in graph.nodes:
            edge = graph.incoming(problem.node).get(problem.port)
            if edge is not None:
                wrong |= {edge.source, edge.target}
    return frozenset(wrong)
