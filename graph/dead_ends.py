"""Ends of a graph that lead to no Output, so that what is computed there goes nowhere."""

from __future__ import annotations

from collections.abc import Container, Iterator

from graph.flow import CHUNK, living
from graph.mistakes import dead_branch
from graph.model import Graph
from graph.problems import Problem


class DeadEnds:
    """The dead ends of a graph, with what is told of each, kept until the data flow is another."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._told: dict[str, Problem | None] | None = None

    @property
    def are_known(self) -> bool:
        """Whether they were found."""
        return self._told is not None

    def forget(self) -> None:
        """Takes note that the data flow is another."""
        self._told = None

    def find(self, computed: Graph) -> Iterator[None]:
        """Finds them bit by bit; to be begun anew after a change.

        Args:
            computed: the graph without the nodes that nothing is computed for.
        """
        live, ends = set[str](), dict[str, Problem | None]()
        yield from living(computed, live)
        for number, node_id in enumerate(computed.nodes if live else ()):
            if node_id not in live and not any(computed.outgoing(node_id)):
                ends[node_id] = None
            if not number % CHUNK:
                yield
        self._told = ends

    def problems(self, faulty: Container[str]) -> list[Problem]:
        """Of those that have no fault of their own that explains them, once they are known."""
        told, found = self._told or {}, []
        for node_id, earlier in told.items():
            if node_id not in faulty:
                told[node_id] = problem = earlier or dead_branch(self._graph, self._graph.nodes[node_id])
                found.append(problem)
        return found
