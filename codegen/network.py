"""A project's graph as a program sees it: what is computed, in which order, and who reads what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph.catalog.call import LayerCall
from graph.catalog.code import BlockCode, Boundary, Expression, Function, Module, Stored
from graph.catalog.spec import LayerSpec
from graph.dims import symbol
from graph.document import Graph, Node, PortRef
from graph.flow import flow_order, live_nodes
from graph.inference import Inference
from graph.shapes import TensorSpec

UNKNOWN = symbol("?")  # a size that differs between the instances of a block and has no name


@dataclass(frozen=True)
class Operation:
    """A node that the program computes, an argument, or a result.

    Args:
        node: as drawn.
        spec: its type.
        call: everything known about it.
        sources: the outputs it reads, in the order of its inputs.
        refs: its own outputs, in order.
    """

    node: Node
    spec: LayerSpec
    call: LayerCall
    sources: tuple[PortRef, ...]
    refs: tuple[PortRef, ...]

    @property
    def is_input(self) -> bool:
        return isinstance(self.spec.code, Boundary) and not self.spec.inputs

    @property
    def is_stored(self) -> bool:
        """Whether it is a tensor that the network keeps."""
        return isinstance(self.spec.code, Stored)

    @property
    def is_given(self) -> bool:
        """Whether its value is there before `forward` begins."""
        return self.is_input or self.is_stored

    @property
    def is_output(self) -> bool:
        return isinstance(self.spec.code, Boundary) and not self.spec.outputs

    @property
    def wraps(self) -> bool:
        """Whether it is written around the call that feeds it."""
        code = self.spec.code
        can_wrap = isinstance(code, BlockCode) or (isinstance(code, Module | Function) and code.wraps)
        return can_wrap and len(self.sources) == 1

    @property
    def gives_tuple(self) -> bool:
        """Whether its call gives several values, or a tuple of one."""
        return len(self.refs) > 1 or any(port.variadic for port in self.spec.outputs)

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to write, such as for a Squeeze without a dim of size 1."""
        code = self.spec.code
        return isinstance(code, Expression) and code.write(("x",) * len(self.sources), self.call) == "x"


class Network:
    """The operations that lead to an Output.

    Args:
        graph: free of errors; nodes of it that nothing is computed for are left out.
        inference: what is known about its nodes.
        all_inputs: whether Inputs that lead nowhere are arguments too, as a block's are.

    Attributes:
        inputs: the arguments, in the order of the document.
        outputs: the results, in the order of the document.
        operations: by node id, each behind those it reads from.
        readers: who reads an output; absent where nobody does.
    """

    def __init__(self, graph: Graph, inference: Inference, *, all_inputs: bool = False) -> None:
        self._inference, graph = inference, inference.computed
        live = live_nodes(graph)
        if all_inputs:
            live |= {node.id for node in graph.nodes.values() if node.type == "Input"}
        drawn = {node_id: _operation(graph, inference, node_id) for node_id in graph.nodes if node_id in live}
        outputs = [node_id for node_id, operation in drawn.items() if operation.is_output]
        self._passed_through: dict[PortRef, PortRef] = {}
        self.operations: dict[str, Operation] = {}
        self.readers: dict[PortRef, list[str]] = {}
        for node_id in flow_order(outputs, lambda node_id: [ref.node for ref in drawn[node_id].sources]):
            self._add(drawn[node_id])
        self.operations |= {node_id: op for node_id, op in drawn.items() if op.is_input}
        self.inputs = tuple(operation for operation in drawn.values() if operation.is_input)
        self.outputs = tuple(self.operations[node_id] for node_id in outputs)

    def tensor(self, source: PortRef) -> TensorSpec:
        """What an output gives."""
        tensor = self._inference.output(source)
        assert tensor is not None
        return tensor

    def used_ports(self, operation: Operation) -> list[PortRef]:
        """The outputs of an operation that something reads."""
        return [ref for ref in operation.refs if ref in self.readers]

    def _add(self, operation: Operation) -> None:
        """Files an operation behind those it reads from."""
        sources = tuple(self._passed_through.get(ref, ref) for ref in operation.sources)
        if sources != operation.sources:
            operation = replace(operation, sources=sources)
        if operation.changes_nothing:
            (ref,) = operation.refs
            self._passed_through[ref] = sources[0]
            return
        self.operations[operation.node.id] = operation
        for ref in sources:
            self.readers.setdefault(ref, []).append(operation.node.id)


def _operation(graph: Graph, inference: Inference, node_id: str) -> Operation:
    node, result, incoming = graph.nodes[node_id], inference.result(node_id), graph.incoming(node_id)
    sources = tuple(incoming[port].source for port in result.inputs)
    refs = tuple(PortRef(node_id, port) for port in result.outputs)
    return Operation(node, graph.catalog[node.type], result.call(), sources, refs)
