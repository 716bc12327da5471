"""Which ends of edges are drawn as wrong."""

from __future__ import annotations

from collections.abc import Iterable

from graph.document import Graph, PortRef
from graph.problems import Problem


def wrong_ports(graph: Graph, problems: Iterable[Problem]) -> frozenset[PortRef]:
    """Both ends of every edge that carries what its target cannot take."""
    wrong = set[PortRef]()
    for problem in problems:
        if problem.node is None or problem.port is None or problem.node not in graph.nodes:
            continue
        edge = graph.incoming(problem.node).get(problem.port)
        if edge is not None and problem.is_error:
            wrong |= {edge.source, edge.target}
    return frozenset(wrong)
