"""Ends of a graph that lead to no Output, so that what is computed there goes nowhere."""

from __future__ import annotations

from collections import deque
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

    def tell(self, faulty: Container[str]) -> Iterator[None]:
        """Works out bit by bit what is told of them, once they are known; to be begun anew after a change."""
        told = self._told or {}
        for node_id in [each for each, problem in told.items() if problem is None and each not in faulty]:
            doomed: list[str] = []
            yield from only_for(self._graph, node_id, doomed)
            told[node_id] = dead_branch(self._graph.nodes[node_id], doomed)
            yield

    def problems(self, faulty: Container[str]) -> list[Problem]:
        """Of those that have no fault of their own that explains them, once they are known."""
        deque(self.tell(faulty), maxlen=0)
        told = self._told or {}
        return [problem for node_id, problem in told.items() if problem and node_id not in faulty]


def only_for(graph: Graph, node_id: str, found: list[str]) -> Iterator[None]:
    """Finds bit by bit a node, all that leads to it and nowhere else, and what it alone leads to.

    Args:
        graph: where they are.
        node_id: of the node.
        found: a list that their ids are put into, empty at first.
    """
    found.append(node_id)
    seen = {node_id}
    edges_ahead, edges_behind = dict[str, int](), dict[str, int]()  # to nodes that were not looked at yet
    for number, reached in enumerate(found):  # which grows meanwhile
        for edges, ends, edges_of in (
            (edges_ahead, graph.predecessors(reached), graph.outgoing),
            (edges_behind, graph.successors(reached), lambda each: graph.incoming(each).values()),
        ):
            for each in ends:
                left = edges.get(each)
                edges[each] = left = (left or sum(1 for _ in edges_of(each))) - 1
                if not left and each not in seen:
                    seen.add(each)
                    found.append(each)
        if not number % CHUNK:
            yield
