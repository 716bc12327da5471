"""What flows where in a graph: cycles, and what leads to a result."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from graph.model import Graph

CHUNK = 200  # nodes or edges between two chances to stop


def cycles(graph: Graph, cyclic: list[str]) -> dict[str, tuple[str, ...]]:
    """The nodes of each cycle, by the first of them."""
    import networkx  # here, as it takes 0.1 s that only a file with a cycle is worth

    within = networkx.DiGraph([(node_id, after) for node_id in cyclic for after in graph.successors(node_id)])
    knots = ([n for n in cyclic if n in knot] for knot in networkx.strongly_connected_components(within))
    return {knot[0]: tuple(knot) for knot in knots if len(knot) > 1 or within.has_edge(knot[0], knot[0])}


def flow_order(ends: Iterable[str], sources: Callable[[str], Iterable[str]]) -> Iterable[str]:
    """Everything that leads to `ends`, each behind what it reads, one whole branch after the other.

    Args:
        ends: ids of nodes; those that come first are worked out first.
        sources: ids of the nodes that a node reads from; no node leads to itself.
    """
    done: dict[str, None] = {}
    stack = list(reversed(list(ends)))
    while stack:
        node_id = stack[-1]
        waiting = [source for source in sources(node_id) if source not in done]
        if waiting and node_id not in done:
            stack.extend(reversed(waiting))
        else:
            done.setdefault(stack.pop())
    return done


def live_nodes(graph: Graph) -> frozenset[str]:
    """Ids of the Outputs and of all nodes that lead to one."""
    live = set[str]()
    deque(living(graph, live), maxlen=0)
    return frozenset(live)


def living(graph: Graph, live: set[str]) -> Iterator[None]:
    """Finds `live_nodes` bit by bit, and puts them into a set that is empty at first."""
    queue = [node.id for node in graph.nodes.values() if node.type == "Output"]
    live.update(queue)
    for number, node_id in enumerate(queue):  # which grows meanwhile
        for edge in graph.incoming(node_id).values():
            source = edge.source.node
            if source not in live:
                live.add(source)
                queue.append(source)
        if not number % CHUNK:
            yield
