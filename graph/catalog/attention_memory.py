"""What multi-head attention holds in memory."""

from __future__ import annotations

from graph.catalog.call import LayerCall, Saved
from graph.catalog.saving import mask
from graph.catalog.transformer_memory import Moment, copied_projections, is_frozen
from graph.shapes import TensorSpec


def saves_heads(call: LayerCall) -> Saved:
    """Copies of the inputs, their projections, the weights of every head, and the answers they give.

    Inputs of equal shapes are taken for one tensor, of which torch keeps one copy.
    """
    p, (query, key, value), out = call.params, call.inputs[:3], call.outputs[0]
    weights = call.outputs[1]
    scores = TensorSpec((int(p.num_heads), *weights.shape), out.dtype)
    dropped = (mask(scores.shape, out.dtype, call), scores) if p.dropout else ()
    keys = TensorSpec((weights.shape[0], weights.shape[2], p.embed_dim), out.dtype)
    is_one = query.shape == key.shape == value.shape
    unscaled = (out,) if is_one and not (p.add_bias_kv or p.add_zero_attn) else ()
    reads = not is_frozen(call)
    ordered = (query,) if is_one else (query, key, value)
    copies = ordered if p.batch_first and reads else ()
    projected = (*unscaled, out, keys, keys)
    answers = (out,) if reads else ()
    steps = query.shape[1 if p.batch_first else 0]
    copied = copied_projections(call, steps, (3 if is_one else 1) * int(p.embed_dim) ** 2)
    projecting = ((out, keys, keys, *ordered, *copied),) if copied else ()
    weighing = (*copies, *projected, scores, scores, *dropped)  # without the answers
    # The mean of the heads' weights is added up in float32.
    exact = (TensorSpec(scores.shape), TensorSpec(weights.shape)) if call.compute.autocast else ()
    before = (*projecting, (*projected, scores, scores))
    return Saved(
        () if p.batch_first or not reads else (0, 1, 2),
        own=(*copies, *projected, scores, *dropped, *answers),
        forward=(exact,),
        returning=_returning(call, copies, projected, (scores, *dropped), keys),
        passing=((*projected, scores, *exact),),
        until=(*projecting, weighing),
        before=before,
    )


def _returning(
    call: LayerCall, copies: Moment, projected: Moment, scores: Moment, keys: TensorSpec
) -> tuple[Moment, ...]:
    """Moments on the way back: through what makes the result, the weights, and the projections.

    The gradient of the result is there besides; later that of a projection takes its place.

    Args:
        call: the layer.
        copies: of the inputs.
        projected: what is kept of projections.
        scores: what is kept of the weights.
        keys: a projection of the keys.
    """
    p, out, trained = call.params, call.outputs[0], not is_frozen(call)
    square, dtype = int(p.embed_dim) ** 2, out.dtype
    is_lower = call.compute.autocast is not None
    casts = TensorSpec((4 * square * is_lower,), dtype)
    last = TensorSpec((square * trained,))
    gathered = (out, keys, keys)
    answering = (*copies, *projected, *scores, *[out] * (2 + trained + is_lower), casts, last)
    weighing = (*copies, *projected, *scores, scores[-1], scores[-1], casts, last)
    joining = (*copies, *gathered, *gathered, keys, *[keys] * trained, casts, last)
    reading = (*copies, *gathered, casts, TensorSpec((3 * square * trained,), dtype), last)
    return answering, weighing, joining, reading
