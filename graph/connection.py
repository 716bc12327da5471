"""The one rule on which ports may be joined, asked while dragging and again at commit."""

from __future__ import annotations

from graph.catalog.params import Value
from graph.catalog.spec import SAME_DTYPE, PortSpec
from graph.document import Edge, Graph, Node, PortRef
from graph.shapes import DTYPES

Origins = dict[PortRef, PortRef]  # by output, one further up that its dtype comes from


def refusal(
    graph: Graph,
    source: PortRef,
    target: PortRef,
    origins: Origins | None = None,
    *,
    replaced: Edge | None = None,
) -> str | None:
    """Why an edge from `source` to `target` cannot be, in a sentence; None if it can.

    Args:
        graph: where it would be.
        source: an output.
        target: an input.
        origins: kept by somebody who only adds edges meanwhile, so that no way up is followed twice.
        replaced: an edge that goes at the same time.
    """
    for ref in (source, target):
        if ref.node not in graph.nodes:
            return f"There is no node {ref.node}."
    from_name, to_name = graph.nodes[source.node].name, graph.nodes[target.node].name
    output, target_port = _output(graph, source), _input(graph, target)
    if output is None:
        return f"{from_name} has no output called {source.port}."
    if output.when and not graph.nodes[source.node].params.get(output.when):
        return f"{from_name} gives {source.port} only with {output.when} = true. Set that first."
    if target_port is None:
        return f"{to_name} has no input called {target.port}."
    taken = graph.edge_into(target)
    if taken is not None and taken != replaced:
        owner = graph.nodes[taken.source.node].name
        return f"{to_name}.{target.port} already gets {owner}.{taken.source.port}. Remove that edge first."
    if source.node == target.node:
        return f"{from_name} cannot feed itself."
    if source.node in graph.reachable(target.node):
        return f"{to_name} already leads to {from_name}: this edge would close a cycle."
    given = possible_dtypes(graph, source, origins)
    if not set(given) & set(target_port.dtypes):
        origin = dtype_origin(graph, source)
        way_out = f" Set the dtype of {origin.name} to {target_port.dtypes[0]}." if origin else ""
        return (
            f"{to_name} takes {_one_of(target_port.dtypes)}, but {from_name} gives {_one_of(given)}.{way_out}"
        )
    return None


def possible_dtypes(graph: Graph, source: PortRef, origins: Origins | None = None) -> tuple[str, ...]:
    """The dtypes that an output may carry; `origins` as of `refusal`."""
    ref = _upstream(graph, source, origins)
    node, port = graph.nodes[ref.node], _output(graph, ref)
    if port is None or node.bypassed:
        return DTYPES
    if port.dtype_param:
        dtype = _set_dtype(graph, node, port)
        return (dtype,) if dtype in DTYPES else DTYPES
    return graph.catalog[node.type].inputs[0].dtypes if port.dtypes == (SAME_DTYPE,) else port.dtypes


def dtype_origin(graph: Graph, source: PortRef) -> Node | None:
    """The node whose parameter says the dtype that an output carries, if one does."""
    ref = _upstream(graph, source)
    port = _output(graph, ref)
    node = graph.nodes[ref.node]
    return node if port is not None and port.dtype_param and not node.bypassed else None


def _set_dtype(graph: Graph, node: Node, port: PortSpec) -> Value:
    """What a node's parameter says about the dtype of an output; anything at all, as it is not checked."""
    param = graph.catalog[node.type].param(port.dtype_param)
    return node.params.get(port.dtype_param, param.default if param else None)


def _upstream(graph: Graph, source: PortRef, origins: Origins | None = None) -> PortRef:
    """The output where a dtype comes from, followed through layers that keep it or are bypassed."""
    start, seen = source, set[str]()
    known = origins if origins is not None else {}
    while source.node not in seen:
        seen.add(source.node)
        source = known.get(source, source)
        port, incoming = _output(graph, source), graph.incoming(source.node)
        keeps = port is not None and (port.dtypes == (SAME_DTYPE,) or graph.nodes[source.node].bypassed)
        if not keeps or not incoming:
            break
        source = next(iter(incoming.values())).source
    if origins is not None and source != start:
        origins[start] = source
    return source


def _output(graph: Graph, ref: PortRef) -> PortSpec | None:
    spec = graph.catalog.get(graph.nodes[ref.node].type)
    return spec.output_port(ref.port) if spec else None


def _input(graph: Graph, ref: PortRef) -> PortSpec | None:
    spec = graph.catalog.get(graph.nodes[ref.node].type)
    return spec.input_port(ref.port) if spec else None


def _one_of(dtypes: tuple[str, ...]) -> str:
    return " or ".join(dtypes) if len(dtypes) <= 3 else f"{', '.join(dtypes[:-1])} or {dtypes[-1]}"
