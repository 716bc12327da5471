"""Laying out 2,000 nodes, beside networkx's own layered placement and a plain layered layout with sweeps."""

from __future__ import annotations

import random
from typing import Any

import networkx as nx

from graph.document import Edge, Graph, Node, PortRef
from graph.layout import arrange, as_edit, drawing_of
from tests.benchmarks._networks import mixed
from tests.benchmarks._timing import best, rounded
from tests.graph.drawings import crossings_of
from tests.graph.plain_layout import plain_layout

SIZE = 2000
ROUNDS = 5


def run() -> dict[str, Any]:
    """Milliseconds, and pairs of edges that cross in what comes out.

    `network` is chains, residual blocks and branches by turns; `tangle` joins layers at random, each to
    others within the 40 before it, two in three more than once.
    """
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    ratios: dict[str, float] = {}
    for name, graph in (("network", mixed(SIZE)), ("tangle", tangle(SIZE))):
        drawn, again = drawing_of(graph), laid_out(graph)
        timed = {
            "read the graph": best(lambda _, g=graph: drawing_of(g), ROUNDS),
            "lay out": best(lambda _, d=drawn: arrange(d, keeps_order=False), ROUNDS),
            "lay out again": best(lambda _, d=again: arrange(d), ROUNDS),
        }
        floor = {
            "networkx multipartite_layout": best(lambda _, g=graph: multipartite(g), ROUNDS),
            "plain layered layout": best(lambda _, d=drawn: plain_layout(d), 3),
        }
        figures[name] = rounded(timed)
        peers[name] = rounded(floor)
        ratios[f"{name}: lay out / plain"] = round(timed["lay out"] / floor["plain layered layout"], 2)
        figures[name]["crossings"] = crossings_of(drawn, arrange(drawn, keeps_order=False).positions)
        peers[name]["crossings, plain"] = crossings_of(drawn, plain_layout(drawn))
    return {"figures": figures, "peers": peers, "ratios": ratios}


def tangle(num_nodes: int) -> Graph:
    """Layers joined at random."""
    dice = random.Random(1)
    nodes = [Node(f"n{i}", "Add", f"add{i}") for i in range(num_nodes)]
    edges = []
    for target in range(1, num_nodes):
        for port in range(1 + (dice.random() < 2 / 3)):
            source = dice.randrange(max(0, target - 40), target)
            edges.append(Edge(PortRef(f"n{source}", "out"), PortRef(f"n{target}", f"in{port}")))
    return Graph(nodes, edges)


def laid_out(graph: Graph) -> Any:
    """The drawing of a graph once it has been laid out."""
    edit = as_edit(graph, arrange(drawing_of(graph), keeps_order=False))
    positions = edit.edits[0].positions if edit is not None else {}
    for node_id, position in positions.items():
        graph.replace_node(graph.nodes[node_id].with_(position=position))
    return drawing_of(graph)


def multipartite(graph: Graph) -> object:
    """Columns by topological generation, in no particular order within."""
    flow = nx.DiGraph()
    flow.add_nodes_from(graph.nodes)
    flow.add_edges_from((edge.source.node, edge.target.node) for edge in graph.edges)
    for layer, names in enumerate(nx.topological_generations(flow)):
        for name in names:
            flow.nodes[name]["layer"] = layer
    return nx.multipartite_layout(flow, subset_key="layer")
