"""A forward pass as memory sees it: which tensors are made, read, and kept for the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from graph.blocks import block_ports
from graph.catalog.rules import promoted
from graph.catalog.settings import FROZEN
from graph.catalog.spec import BlockCode, Boundary, Compute, Inputs, LayerCall, LayerSpec, Saved, Stored
from graph.dims import Dim
from graph.inference import Inference
from graph.model import Graph
from graph.shapes import FLOATS, ITEM_BYTES, TensorSpec, num_elements

LOWER = {"amp-bfloat16": "bfloat16", "amp-float16": "float16"}


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """A piece of memory, which several tensors may be views of.

    Args:
        bytes: its size.
        stays: whether it is there before the pass and after it: a batch, or numbers that the network keeps.
    """

    bytes: Dim
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor while the network runs.

    Args:
        storage: the memory that it lies in.
        spec: its shape, and the dtype that it really has, which mixed precision may change.
        needs_grad: whether the backward pass reaches it.
        in_order: whether its entries lie in memory in their order.
    """

    storage: Storage
    spec: TensorSpec
    needs_grad: bool = False
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer does to memory.

    Args:
        node: id of its node; of the block's, if it is inside one.
        reads: what comes in.
        makes: what it gives.
        keeps: memory that autograd holds until the layer's turn in the backward pass, each piece once.
        forward: bytes that are there only while the forward pass is inside the layer.
        backward: bytes that are there only while the backward pass is.
        cast_bytes: of the copies of its weights in the lower precision.
        parameters: how many numbers it has as weights.
        trained: how many of them get a gradient.
        is_known: whether it is known what the layer keeps.
    """

    node: str
    reads: tuple[Value, ...]
    makes: tuple[Value, ...]
    keeps: tuple[Storage, ...]
    forward: Dim
    backward: Dim
    cast_bytes: int
    parameters: int
    trained: int
    is_known: bool = True

    @property
    def needs_grad(self) -> bool:
        """Whether the backward pass goes on to what comes in."""
        return any(value.needs_grad for value in self.reads)


def trace(graph: Graph, inference: Inference, precision: str = "float32", device: str = "cpu") -> list[Step]:
    """The steps of a forward pass in training mode; nodes whose shapes are not known are left out."""
    steps: list[Step] = []
    _walk(graph, inference, Compute(device, LOWER.get(precision)), steps)
    return steps


def bytes_of(spec: TensorSpec) -> Dim:
    """Bytes of a tensor, by its symbols."""
    return num_elements(spec.shape) * ITEM_BYTES[spec.dtype]


def _walk(
    graph: Graph,
    inference: Inference,
    compute: Compute,
    steps: list[Step],
    given: Mapping[str, Value] = MappingProxyType({}),
    owner: str = "",
) -> dict[str, Value]:
    """Adds the steps of a graph, and gives what comes to its Outputs, by their id.

    Args:
        graph: to walk through.
        inference: of the graph.
        compute: what it is run with.
        steps: is added to.
        given: what a block's Inputs give, by their id.
        owner: the node that the graph is inside of, if it is a block's.
    """
    values = {(node_id, "out"): value for node_id, value in given.items()}
    results: dict[str, Value] = {}
    graph = inference.computed
    for node_id in (each for each in inference.order() if each in graph.nodes):
        result, spec = inference.result(node_id), graph.catalog.get(graph.nodes[node_id].type)
        if spec is None or result.params is None or node_id in given:
            continue
        edges = graph.incoming(node_id)
        reads = tuple(values[edges[port].source.node, edges[port].source.port] for port in result.inputs)
        if isinstance(spec.code, BlockCode):
            made = _walk_block(spec.code, result.call(), reads, compute, steps, owner or node_id)
        elif owner and isinstance(spec.code, Boundary):
            results[node_id] = reads[0]
            continue
        else:
            steps.append(_step(owner or node_id, spec, result.call(), reads, compute))
            made = steps[-1].makes
        values.update(((node_id, port), value) for port, value in zip(result.outputs, made, strict=True))
    return results


def _walk_block(
    code: BlockCode,
    call: LayerCall,
    reads: tuple[Value, ...],
    compute: Compute,
    steps: list[Step],
    owner: str,
) -> tuple[Value, ...]:
    """Adds the steps of all repetitions of a block, and gives what comes out of the last."""
    entrances, exits = block_ports(code.block.graph)
    made: tuple[Value, ...] = ()
    for body in code.bodies(call):
        given = dict(zip(entrances, reads, strict=True))
        results = _walk(code.block.graph, body.inference, compute, steps, given, owner)
        made = tuple(results[node_id] for node_id in exits)
        reads = (made[0], *reads[1:])
    return made


def _step(node_id: str, spec: LayerSpec, call: LayerCall, reads: tuple[Value, ...], compute: Compute) -> Step:
    given = tuple(_cast(value, _dtype_inside(spec, value.spec.dtype, compute)) for value in reads)
    inputs = Inputs((value.spec for value in given), call.inputs.ports)
    dtypes = [_dtype_given(spec, inputs, output.dtype, compute) for output in call.outputs]
    outputs = tuple(replace(output, dtype=d) for output, d in zip(call.outputs, dtypes, strict=True))
    ran = LayerCall(inputs, outputs, call.params, compute)
    parameters = spec.parameters(call)
    trained = spec.trained_when_frozen(call) if call.params.get(FROZEN.name) else parameters
    needs_grad = trained > 0 or any(value.needs_grad for value in reads)
    makes = tuple(_made(spec, given, output, needs_grad) for output in outputs)
    kept = spec.saves(ran)
    is_known, saved = kept is not None, kept or Saved()
    keeps = _kept(saved, given, makes) if needs_grad else ()
    casts = parameters * ITEM_BYTES[compute.autocast] if compute.autocast and spec.autocast == "lower" else 0
    forward, backward = _total(saved.forward), _total(saved.backward) if needs_grad else 0
    return Step(node_id, reads, makes, keeps, forward, backward, casts, parameters, trained, is_known)


def _total(tensors: tuple[TensorSpec, ...]) -> Dim:
    return sum((bytes_of(tensor) for tensor in tensors), start=0)


def _dtype_inside(spec: LayerSpec, dtype: str, compute: Compute) -> str:
    """What a layer computes in, given an input of this dtype."""
    if compute.autocast is None or dtype not in ("float32", compute.autocast):
        return dtype
    if spec.autocast == "lower":
        return compute.autocast
    return "float32" if spec.autocast == "float32" and compute.device != "cpu" else dtype


def _dtype_given(spec: LayerSpec, inputs: tuple[TensorSpec, ...], declared: str, compute: Compute) -> str:
    """What an output has, where the graph says `declared`."""
    if compute.autocast is None or declared != "float32" or spec.autocast == "fixed":
        return declared
    if spec.autocast == "lower":
        return compute.autocast
    floats = [tensor.dtype for tensor in inputs if tensor.dtype in FLOATS]
    return promoted(floats) if floats else declared


def _cast(value: Value, dtype: str) -> Value:
    if dtype == value.spec.dtype:
        return value
    spec = replace(value.spec, dtype=dtype)
    return Value(Storage(bytes_of(spec)), spec, value.needs_grad)


def _made(spec: LayerSpec, given: tuple[Value, ...], output: TensorSpec, needs_grad: bool) -> Value:
    needs_grad = needs_grad and output.dtype in FLOATS
    if not spec.inputs:
        is_weight = isinstance(spec.code, Stored) and spec.code.learned
        return Value(Storage(0 if is_weight else bytes_of(output), stays=True), output, needs_grad)
    is_view = spec.view in ("view", "reordered") or (spec.view == "view-in-order" and given[0].in_order)
    if not is_view or output.dtype != given[0].spec.dtype:
        return Value(Storage(bytes_of(output)), output, needs_grad)
    return Value(given[0].storage, output, needs_grad, given[0].in_order and spec.view != "reordered")


def _kept(saved: Saved, given: tuple[Value, ...], makes: tuple[Value, ...]) -> tuple[Storage, ...]:
    kept = [given[index].storage for index in saved.inputs] + [
        makes[index].storage for index in saved.outputs
    ]
    return (*dict.fromkeys(kept), *(Storage(bytes_of(tensor)) for tensor in saved.own))
