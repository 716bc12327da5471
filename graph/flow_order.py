"""The nodes of a graph in an order in which each comes behind what it depends on, kept up to date."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from math import inf

from graph.changes import Change
from graph.flow import CHUNK, cycles
from graph.model import Graph


class FlowOrder:
    """Ranks of the nodes of a graph.

    There are two: `rank`, which has every node behind what it reads and is at once true after most edits,
    and `exact`, which is that of the same graph read afresh and is worked out when it is asked for.

    Args:
        graph: read, never written.

    Attributes:
        cyclic: nodes on a cycle or behind one; they come last.
        cycles: the nodes of each cycle, by the first of them.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.cyclic: frozenset[str] = frozenset()
        self.cycles: Mapping[str, tuple[str, ...]] = {}
        self._rank: dict[str, float] = {}
        self._exact: dict[str, float] | None = None
        self._gone: dict[str, float] = {}  # ranks of nodes that were removed, which undo brings back
        self._last = 0.0
        self._edition = 0  # another after every change
        self.is_due = True

    @property
    def rank(self) -> Mapping[str, float]:
        """An order that is valid once nothing is due."""
        return self._rank

    @property
    def is_exact(self) -> bool:
        """Whether `exact` is known."""
        return self._exact is not None

    @property
    def exact(self) -> Mapping[str, float]:
        """Ranks from 0 on; nodes that depend on nothing come first, then in the order of the edges."""
        if self._exact is None:
            deque(self.sorting(), maxlen=0)
        assert self._exact is not None
        return self._exact

    def follow(self, change: Change) -> None:
        """Takes note of a change; `sorting` is due where ranks cannot be put right at once."""
        if not change.is_structural:
            return
        self._edition += 1
        if self._rank is self._exact:
            self._rank = dict(self._rank)
        self._exact = None
        for node_id in change.removed:
            if node_id in self._rank:
                self._gone[node_id] = self._rank.pop(node_id)
        if self.is_due or self.cyclic:
            self.is_due = True
            return
        for node_id in self._among_themselves(change.added):
            self._rank[node_id] = self._gone.pop(node_id) if node_id in self._gone else self._between(node_id)
        rank = self._rank
        self.is_due = any(rank[edge.source.node] >= rank[edge.target.node] for edge in change.connected)

    def sorting(self) -> Iterator[None]:
        """Works the exact order out bit by bit; to be begun anew after a change that comes between two."""
        graph, edition = self._graph, self._edition
        waiting = dict.fromkeys(graph.nodes, 0)
        behind: dict[str, list[str]] = {}
        for number, edge in enumerate(graph.edges):
            target = edge.target.node
            waiting[target] += 1
            behind.setdefault(edge.source.node, []).append(target)
            if not number % CHUNK:
                yield
                if edition != self._edition:
                    return
        ready = [node_id for node_id, count in waiting.items() if not count]
        ranks: dict[str, float] = {}
        for number, node_id in enumerate(ready):  # which grows meanwhile
            ranks[node_id] = float(number)
            for successor in behind.get(node_id, ()):
                waiting[successor] -= 1
                if not waiting[successor]:
                    ready.append(successor)
            if not number % CHUNK:
                yield
                if edition != self._edition:
                    return
        self._take(ranks, [] if len(ready) == len(waiting) else [i for i in graph.nodes if waiting[i] > 0])

    def _take(self, ranks: dict[str, float], cyclic: list[str]) -> None:
        """Takes the ranks of what is on no cycle and behind none, and puts the rest at the end of them."""
        first = len(ranks)
        ranks |= {node_id: float(rank) for rank, node_id in enumerate(cyclic, first)}
        self._exact = ranks
        if self.is_due:
            self._rank, self._gone, self._last = self._exact, {}, float(len(self._exact))
            self.cyclic = frozenset(cyclic)
            self.cycles = cycles(self._graph, cyclic) if cyclic else {}
            self.is_due = False

    def _between(self, node_id: str) -> float:
        """A rank for a new node: between what it reads and what reads it, or else at the end."""
        rank = self._rank
        before = max((rank[i] for i in self._graph.predecessors(node_id) if i in rank), default=-1.0)
        behind = min((rank[i] for i in self._graph.successors(node_id) if i in rank), default=inf)
        if behind < inf:
            return (before + behind) / 2
        self._last += 1.0
        return self._last

    def _among_themselves(self, node_ids: Iterable[str]) -> list[str]:
        """New nodes, each behind those of them that it reads; those on a cycle are left where they are."""
        new = dict.fromkeys(node_ids, 0)
        for node_id in new:
            new[node_id] = sum(source in new for source in self._graph.predecessors(node_id))
        ready = [node_id for node_id, count in new.items() if not count]
        for node_id in ready:  # which grows meanwhile
            for successor in self._graph.successors(node_id):
                if successor in new:
                    new[successor] -= 1
                    if not new[successor]:
                        ready.append(successor)
        return [*ready, *(node_id for node_id, count in new.items() if count > 0)]
