"""Which ends of edges are drawn as wrong."""

from __future__ import annotations

from collections.abc import Sequence

from graph.document import Graph, PortRef
from graph.problems import Problem


class WrongPorts:
    """Both ends of every edge that carries what its target cannot take."""

    def __init__(self) -> None:
        self._read: Sequence[Problem] = ()
        self._faults: list[tuple[str, str]] = []  # node and port, of the problems that were read last

    def find(self, graph: Graph, problems: Sequence[Problem]) -> frozenset[PortRef]:
        """Those of a graph; the very same problems, of which there may be 33,000, are read once."""
        if problems is not self._read:
            self._read = problems
            self._faults = [
                (problem.node, problem.port)
                for problem in problems
                if problem.port is not None and problem.node is not None and problem.is_error
            ]
        wrong = set[PortRef]()
        for node_id, port in self._faults:
            edge = graph.incoming(node_id).get(port) if node_id in graph.nodes else None
            if edge is not None:
                wrong |= {edge.source, edge.target}
        return frozenset(wrong)
