"""Nodes that nothing is computed for: what comes in goes on to whoever reads from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from graph.catalog.call import Params
from graph.catalog.spec import LayerSpec
from graph.document import Edge, Graph, PortRef
from graph.mistakes import Site, no_stand_in
from graph.problems import Problem
from graph.receiving import Tensors
from graph.shapes import TensorSpec


@dataclass(frozen=True)
class Passed:
    """What a bypassed node gives.

    Args:
        outputs: by port; None where that is not known, or nobody reads it.
        passes: the input that stands in for an output, by output; None while that is not known.
        problems: why it cannot be bypassed.
    """

    outputs: Tensors
    passes: Mapping[str, str] | None = None
    problems: tuple[Problem, ...] = ()


def pass_on(
    site: Site,
    params: Params,
    inputs: Tensors,
    problems: tuple[Problem, ...],
    read: Set[str],
    usual: Callable[[], Tensors],
) -> Passed:
    """What a bypassed node gives: what it is given.

    Args:
        site: the node.
        params: its parameters, as far as they are sound.
        inputs: what comes in, in the order of the ports.
        problems: what is wrong with the edges to it.
        read: the outputs that edges use.
        usual: tells what the node would give.
    """
    names = _outputs(site.spec, params, read)
    used = [name for name in names if name in read]
    has_ends = bool(site.spec.inputs and site.spec.outputs)
    if not has_ends or (used and not inputs):
        problems += (no_stand_in(site, bool(inputs), (), used),)
    if problems:
        return Passed(dict.fromkeys(names), problems=problems)
    if not inputs:
        return Passed(dict.fromkeys(names), {})
    found = _stand_ins(inputs, used or names[:1], usual)
    passes = {output: port for output, port in found.items() if port is not None}
    outputs = {name: inputs[passes[name]] if name in passes else None for name in names}
    if len(passes) == len(found):
        return Passed(outputs, passes)
    missing = [output for output, port in found.items() if port is None]
    is_known = None not in inputs.values()
    return Passed(outputs, problems=(no_stand_in(site, True, missing, used),) if is_known else ())


def without_passed(graph: Graph, order: Iterable[str], passes: Mapping[str, Mapping[str, str]]) -> Graph:
    """The graph without some nodes; what fed them feeds their readers.

    Args:
        graph: read, never written.
        order: ids of all nodes, each behind those it reads from.
        passes: for each of the nodes, the input that stands in for an output.
    """
    origins: dict[PortRef | None, PortRef | None] = {}
    for node_id in order:
        for output, port in passes.get(node_id, {}).items():
            edge = graph.incoming(node_id).get(port)
            source = edge.source if edge else None
            is_passed = source is not None and source.node in passes
            origins[PortRef(node_id, output)] = origins.get(source) if is_passed else source
    edges = []
    for edge in graph.edges:
        if edge.target.node in passes:
            continue
        if edge.source.node not in passes:
            edges.append(edge)
        elif (source := origins.get(edge.source)) is not None:
            edges.append(Edge(source, edge.target, edge.extra))
    kept = (node for node in graph.nodes.values() if node.id not in passes)
    computed = Graph(kept, edges, graph.catalog)
    computed.silenced = graph.silenced
    return computed


def _outputs(spec: LayerSpec, params: Params, read: Iterable[str]) -> list[str]:
    """The outputs that parameters tell of, and those of a variable number of them that are read."""
    ports = {port: spec.output_port(port) for port in sorted(read)}
    numbered = [name for name, port in ports.items() if port is not None and port.variadic]
    return list(dict.fromkeys([*spec.names_of_outputs(params), *numbered]))


def _stand_ins(inputs: Tensors, read: Sequence[str], usual: Callable[[], Tensors]) -> dict[str, str | None]:
    """The input that takes the place of each output that is read; None where no input can.

    A single output is the only input, or the first that is like what the node would give, or else the first.
    Of several outputs each needs an input that is like it.
    """
    first = next(iter(inputs))
    if len(inputs) == len(read) == 1:
        return {read[0]: first}
    given = usual()
    found = {output: _alike(inputs, given.get(output)) for output in read}
    return {read[0]: found[read[0]] or first} if len(read) == 1 else found


def _alike(inputs: Tensors, tensor: TensorSpec | None) -> str | None:
    """The first input with the shape and dtype of a tensor."""
    if tensor is None:
        return None
    wanted = (tensor.shape, tensor.dtype)
    fitting = (port for port, given in inputs.items() if given and (given.shape, given.dtype) == wanted)
    return next(fitting, None)
