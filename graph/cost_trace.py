"""A forward pass as memory sees it: which tensors are made, read, and kept for the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from graph.blocks import block_ports
from graph.catalog.call import Compute, Inputs, LayerCall, Saved
from graph.catalog.code import BlockCode, Boundary, Stored
from graph.catalog.rules import promoted
from graph.catalog.settings import FROZEN
from graph.catalog.spec import LayerSpec
from graph.cost_variables import computed_order, last_holders
from graph.dims import Dim
from graph.inference import Inference
from graph.pace import Pace, unpaced
from graph.shapes import FLOATS, ITEM_BYTES, TensorSpec, num_elements

WEIGHT_BYTES = ITEM_BYTES["float32"]
LOWERED = ("lower", "inside")  # what autocast makes of layers whose weights it copies
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
        forward: bytes that are there only while the forward pass is inside the layer, moment by moment.
        backward: bytes that are there only while the backward pass is, moment by moment, beyond what is
            kept and the gradients of all weights.
        gives_late: whether gradients of what it reads are among them, and not there from the first on.
        casts: bytes of the copies of its weights in the lower precision.
        cached: those of weights that get a gradient, which autocast keeps until the loss is there.
        keeps_casts: whether autograd holds them all until the layer's turn in the backward pass.
        parameters: how many numbers it has as weights.
        trained: how many of them get a gradient.
        gradient: bytes of that gradient, once it is there in float32.
        is_known: whether it is known what the layer keeps.
        frees: memory that variables of the generated code refer to until the layer is done.
        refused: what of the layer PyTorch does not have in this precision, in words; empty where it has all.
    """

    node: str
    reads: tuple[Value, ...]
    makes: tuple[Value, ...]
    keeps: tuple[Storage, ...]
    forward: tuple[Dim, ...]
    backward: tuple[Dim, ...]
    gives_late: bool
    casts: int
    cached: int
    keeps_casts: bool
    parameters: int
    trained: int
    gradient: Dim
    is_known: bool = True
    frees: tuple[Storage, ...] = ()
    refused: str = ""


def trace(inference: Inference, compute: Compute, pace: Pace = unpaced) -> list[Step]:
    """The steps of a forward pass in training mode; nodes whose shapes are not known are left out.

    Kernels and mixed precision are a CPU's, where all of it was measured: one without instructions for
    float16. On other devices norms compute in float32, dropout keeps a byte
    for each number, and weights are not copied for products of their own.

    Args:
        inference: of the network.
        compute: what it is run with.
        pace: at which it is gone through.

    Source: https://docs.pytorch.org/docs/stable/amp.html
    """
    steps: list[Step] = []
    _walk(inference, compute, pace, steps)
    return steps


def bytes_of(spec: TensorSpec) -> Dim:
    """Bytes of a tensor, by its symbols."""
    return num_elements(spec.shape) * ITEM_BYTES[spec.dtype]


def _walk(
    inference: Inference,
    compute: Compute,
    pace: Pace,
    steps: list[Step],
    given: Mapping[str, Value] = MappingProxyType({}),
    owner: str = "",
) -> dict[str, Value]:
    """Adds the steps of a graph, and gives what comes to its Outputs, by their id.

    Args:
        inference: of the graph.
        compute: what it is run with.
        pace: at which its nodes are looked at.
        steps: is added to.
        given: what a block's Inputs give, by their id.
        owner: the node that the graph is inside of, if it is a block's.
    """
    values = {(node_id, "out"): value for node_id, value in given.items()}
    results: dict[str, Value] = {}
    graph, order = inference.computed, computed_order(inference, given)
    done: dict[str, int] = {}
    for node_id in pace(order):
        result, spec = inference.result(node_id), graph.catalog[graph.nodes[node_id].type]
        edges = graph.incoming(node_id)
        reads = tuple(values[edges[port].source.node, edges[port].source.port] for port in result.inputs)
        if isinstance(spec.code, BlockCode):
            made = _walk_block(spec.code, result.call(), reads, compute, pace, steps, owner or node_id)
        elif owner and isinstance(spec.code, Boundary):
            results[node_id] = reads[0]
            continue
        else:
            steps.append(_step(owner or node_id, spec, result.call(), reads, compute))
            made = steps[-1].makes
        values.update(((node_id, port), value) for port, value in zip(result.outputs, made, strict=True))
        done[node_id] = len(steps) - 1
    holders = last_holders(graph, list(done))
    held: dict[int, list[Storage]] = {}
    for (node_id, _), value in values.items():
        if node_id in done:
            held.setdefault(done[holders[node_id]], []).append(value.storage)
    for index, storages in held.items():
        _hold(steps, index, storages)
    return results


def _walk_block(
    code: BlockCode,
    call: LayerCall,
    reads: tuple[Value, ...],
    compute: Compute,
    pace: Pace,
    steps: list[Step],
    owner: str,
) -> tuple[Value, ...]:
    """Adds the steps of all repetitions of a block, and gives what comes out of the last."""
    entrances, exits = block_ports(code.block.graph)
    made: tuple[Value, ...] = ()
    for body in code.bodies(call):
        given = dict(zip(entrances, reads, strict=True))
        results = _walk(body.inference, compute, pace, steps, given, owner)
        _hold(steps, len(steps) - 1, [value.storage for value in reads])
        made = tuple(results[node_id] for node_id in exits)
        reads = (made[0], *reads[1:])
    return made


def _hold(steps: list[Step], index: int, storages: Iterable[Storage]) -> None:
    """Notes that variables refer to this memory until a step is done."""
    if steps:
        steps[index] = replace(steps[index], frees=(*steps[index].frees, *storages))


def _step(node_id: str, spec: LayerSpec, call: LayerCall, reads: tuple[Value, ...], compute: Compute) -> Step:
    given = tuple(_cast(value, _dtype_inside(spec, value.spec.dtype, compute)) for value in reads)
    inputs = Inputs((value.spec for value in given), call.inputs.ports)
    dtypes = [_dtype_given(spec, inputs, output.dtype, compute) for output in call.outputs]
    outputs = tuple(replace(output, dtype=d) for output, d in zip(call.outputs, dtypes, strict=True))
    ran = LayerCall(inputs, outputs, call.params, compute, not given or given[0].in_order)
    parameters = spec.parameters(call)
    trained = spec.trained_when_frozen(call) if call.params.get(FROZEN.name) else parameters
    goes_on = any(value.needs_grad for value in reads)
    sparse = spec.sparse_gradient(call) if trained else None
    needs_grad = trained > 0 or goes_on
    makes = tuple(_made(spec, given, output, needs_grad) for output in outputs)
    kept = spec.saves(ran)
    is_known, saved = kept is not None, kept or Saved()
    keeps = _kept(saved, given, makes) if needs_grad else ()
    passing = saved.passing if trained < parameters and not goes_on else ()
    own = {value.storage for value in given} - {value.storage for value in reads} - set(keeps)
    copies = sum((storage.bytes for storage in own), start=0)
    moments = [_total(moment) for moment in passing or saved.forward or ((),)]
    yet_to_keep = saved.until if needs_grad else saved.before
    first = 0 if passing and not saved.before else -1
    forward = [moment + copies * (not passing or index == first) for index, moment in enumerate(moments)]
    to_come = _total(outputs) + (_total(saved.own) if needs_grad else 0)
    forward += [_total(moment) + copies - to_come for moment in yet_to_keep]
    item_bytes = ITEM_BYTES[compute.autocast] if compute.autocast and spec.autocast in LOWERED else 0
    casts = (trained if passing else parameters) * item_bytes
    keeps_casts = goes_on or (saved.weights and needs_grad)
    gradients = trained * (item_bytes or WEIGHT_BYTES)
    counted = _total(saved.own) + gradients + casts * keeps_casts
    returning = [_total(moment) - counted for moment in saved.returning] or [_total(saved.backward)]
    return Step(
        node_id,
        reads,
        makes,
        keeps,
        forward=tuple(forward),
        backward=tuple(returning) if needs_grad else (0,),
        gives_late=bool(saved.returning),
        casts=casts,
        cached=trained * item_bytes,
        keeps_casts=keeps_casts,
        parameters=parameters,
        trained=trained,
        gradient=trained * WEIGHT_BYTES if sparse is None else sparse,
        is_known=is_known,
        refused=spec.refuses(call._replace(inputs=_as_they_come(reads, call), compute=compute)),
    )


def _as_they_come(reads: tuple[Value, ...], call: LayerCall) -> Inputs:
    return Inputs((value.spec for value in reads), call.inputs.ports)


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
