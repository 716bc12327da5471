"""What attention, and the layers of transformers around it, hold in memory."""

from __future__ import annotations

from graph.catalog.call import LayerCall, Saved
from graph.catalog.saving import mask
from graph.catalog.settings import FROZEN
from graph.catalog.spec import SavedRule
from graph.dims import Dim
from graph.shapes import Shape, TensorSpec

Moment = tuple[TensorSpec, ...]


def is_frozen(call: LayerCall) -> bool:
    """Whether a layer's weights get no gradient, so that what they are multiplied with is not kept."""
    return bool(call.params.get(FROZEN.name))


def copied_projections(call: LayerCall, steps: Dim, numbers: int) -> Moment:
    """What projections copy of frozen weights in lower precision: on a CPU, mostly once for each step.

    PyTorch multiplies a sequence that does not lie in memory step by step by frozen weights as one product a
    step, and oneDNN wants the weights of each of them.

    Args:
        call: the layer.
        steps: how many there are.
        numbers: of the weights.
    """
    lower = call.compute.autocast
    if lower is None or not is_frozen(call):
        return ()
    has_kernel = call.compute.device == "cpu" and not call.compute.has_no_kernels
    is_spread = has_kernel and bool(call.params.batch_first) == call.in_order
    return (TensorSpec((1 + steps * is_spread, numbers), lower),)


def saves_stacks(*stacks: tuple[str, int, int | None], normed: bool = False) -> SavedRule:
    """What stacks of transformer layers keep.

    Args:
        stacks: the parameter with the number of layers, if there is one; the input; and that with the memory.
        normed: whether there is a norm behind each stack.
    """

    def saves(call: LayerCall) -> Saved:
        p, own, inputs = call.params, list[TensorSpec](), set[int]()
        passing: list[Moment] = []
        for layers, first, memory in stacks:
            given = _batch_first(call, first)
            attended = None if memory is None else _batch_first(call, memory)
            layer = _kept_by_layer(call, given, attended)
            before = own + layer * (int(p.get(layers, 1)) - 1)
            own += layer * int(p.get(layers, 1))
            own += _kept_by_norm(call, given) if normed else []
            passing += _moments_of_layer(call, given, attended)
            if p.norm_first or not (p.batch_first or is_frozen(call)):
                inputs.add(first)
                own.remove(TensorSpec(given, _flowing(call)))  # the first layer keeps its input as it came
        projecting = _projecting(call, given)
        return Saved(
            tuple(sorted(inputs)),
            own=tuple(own),
            backward=_on_the_way_back(call, given),
            passing=tuple(passing),
            until=((*before, *projecting),) if projecting else (),
        )

    return saves


def _flowing(call: LayerCall) -> str:
    """The dtype of what flows past the parts of a layer, which is that of the input."""
    return call.inputs[0].dtype


def _kept_by_attention(call: LayerCall, queries: Shape, keys: Shape | None) -> list[TensorSpec]:
    """Inputs, projections and answers; where dropout keeps the CPU from its faster kernel, the scores, too.

    Args:
        call: the layer.
        queries: what attends.
        keys: the memory that is attended to; None for attention to itself.
    """
    p, dtype, (batch, steps, _) = call.params, call.compute.autocast or "float32", queries
    fused, is_cast, reads = _is_fused(call), call.compute.autocast is not None, not is_frozen(call)
    spread = 0 if fused else 2 - 2 * is_cast if keys is None else 1 - is_cast
    exact = dtype if fused else "float32"
    if keys is None:
        own = [TensorSpec((1 + reads, *queries), dtype), TensorSpec((3 + spread, *queries), exact)]
    else:
        own = [TensorSpec((1 + reads, *queries), dtype), TensorSpec(queries, exact)]
        copied = reads * int(p.batch_first)
        own += [TensorSpec((copied, *keys), dtype), TensorSpec((2 + spread, *keys), exact)]
    scores = (batch, int(p.nhead), steps, steps if keys is None else keys[1])
    dropped = [mask(queries, dtype, call)] if p.dropout else []
    if fused:
        return [*own, *dropped, TensorSpec(scores[:-1])]
    return [*own, *dropped, TensorSpec((3, *scores))]


def _is_fused(call: LayerCall) -> bool:
    """Whether one kernel computes the answers without keeping the scores."""
    return not call.params.dropout or call.compute.device != "cpu"


def _kept_by_feedforward(call: LayerCall, given: Shape) -> list[TensorSpec]:
    p, dtype, reads = call.params, call.compute.autocast or "float32", not is_frozen(call)
    inner = (*given[:-1], p.dim_feedforward)
    count = 2 if reads and (p.dropout or p.activation == "gelu") else 1
    dropped = [mask(inner, dtype, call), mask(given, dtype, call)] if p.dropout else []
    return [TensorSpec((int(reads), *given), dtype), TensorSpec((count, *inner), dtype), *dropped]


def _kept_by_norm(call: LayerCall, given: Shape) -> list[TensorSpec]:
    return [TensorSpec(given, _flowing(call)), TensorSpec((2, *given[:-1]))]


def _kept_by_layer(call: LayerCall, given: Shape, memory: Shape | None) -> list[TensorSpec]:
    norm = _kept_by_norm(call, given)
    across = [] if memory is None else [*_kept_by_attention(call, given, memory), *norm]
    return [*_kept_by_attention(call, given, None), *norm, *across, *_kept_by_feedforward(call, given), *norm]


def _on_the_way_back(call: LayerCall, given: Shape) -> Moment:
    """Gradients between the Linear layers, beyond what is no longer kept then."""
    p, dtype = call.params, call.compute.autocast or "float32"
    has_gone = not is_frozen(call) and (p.dropout or p.activation == "gelu")
    return (TensorSpec((1 if has_gone else 2, *given[:-1], p.dim_feedforward), dtype),)


def _batch_first(call: LayerCall, index: int) -> Shape:
    """The shape of an input, with the batch before the steps."""
    first, second, size = call.inputs[index].shape
    return (first, second, size) if call.params.batch_first else (second, first, size)


def _projecting(call: LayerCall, given: Shape) -> Moment:
    """What queries, keys and values come from; nothing where weights are not copied for each step."""
    copied = copied_projections(call, given[1], 3 * int(call.params.d_model) ** 2)
    return (TensorSpec((4, *given), call.compute.autocast or "float32"), *copied) if copied else ()


def _moments_of_layer(call: LayerCall, given: Shape, memory: Shape | None) -> list[Moment]:
    """What is there inside a layer where nothing is kept: projecting, attending, and in the Linear layers."""
    p, dtype = call.params, call.compute.autocast or "float32"
    in_order, projected = TensorSpec((6, *given), dtype), TensorSpec((3, *given), dtype)
    attending = [(projected, *_attending(call, given, keys)) for keys in (given, memory) if keys is not None]
    inner = TensorSpec((2 + bool(p.dropout), *given[:-1], p.dim_feedforward), dtype)
    weights = TensorSpec((int(p.d_model * p.dim_feedforward) * (dtype != "float32"),), dtype)
    between = (TensorSpec(given, _flowing(call)), inner, weights)
    return [_projecting(call, given), (in_order,), *attending, between]


def _attending(call: LayerCall, queries: Shape, keys: Shape) -> Moment:
    """The answers; without the faster kernel all that leads to them, in float32."""
    is_cast = call.compute.autocast is not None
    if _is_fused(call):
        return (TensorSpec(queries, call.compute.autocast or "float32"),)
    scores = TensorSpec((3, *queries[:2], int(call.params.nhead), keys[1]))
    spread = TensorSpec((1 + is_cast, *queries)), TensorSpec((1 + is_cast, *keys))
    return (*spread, scores)
