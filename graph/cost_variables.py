"""In which order the generated code computes, and how long its variables refer to what it computed."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from graph.flow import flow_order
from graph.inference import Inference
from graph.model import Graph


def computed_order(inference: Inference, given: Container[str] = ()) -> list[str]:
    """The nodes that are computed, in the order of the generated code; those that are not known are left out.

    Args:
        inference: of the graph.
        given: ids of nodes whose values are there before.
    """
    graph = inference.computed
    known = {
        node_id: [graph.incoming(node_id)[port].source.node for port in inference.result(node_id).inputs]
        for node_id in graph.nodes
        if graph.catalog.get(graph.nodes[node_id].type) and inference.result(node_id).params is not None
    }
    read = {source for sources in known.values() for source in sources}
    ends = [node_id for node_id in known if node_id not in read]
    results_first = sorted(ends, key=lambda node_id: bool(graph.catalog[graph.nodes[node_id].type].outputs))
    return [
        node_id for node_id in flow_order(results_first, lambda n: known.get(n, ())) if node_id not in given
    ]


def last_holders(graph: Graph, order: Sequence[str]) -> Mapping[str, str]:
    """The node up to which a variable refers to what a node gives, by its id.

    What only the next statement reads is called `x` until the next such value takes that name. All else has
    a name of its own until the function returns.

    Args:
        graph: whose code it is.
        order: in which the nodes are computed.
    """
    holders: dict[str, str] = {}
    holder = order[-1] if order else ""
    for node_id, following in zip(reversed(order), [None, *reversed(order)], strict=False):
        passes_on = {edge.target.node for edge in graph.outgoing(node_id)} == {following}
        chained = passes_on and following is not None and len(_read_ports(graph, node_id)) == 1
        holders[node_id] = holder if chained else order[-1]
        holder = node_id if chained else holder
    return holders


def _read_ports(graph: Graph, node_id: str) -> set[str]:
    """The outputs of a node that something reads."""
    return {edge.source.port for edge in graph.outgoing(node_id)}
