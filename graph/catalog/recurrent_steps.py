"""What recurrent layers hold in memory that PyTorch computes step by step."""

from __future__ import annotations

from collections.abc import Callable

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.recurrent_sizes import Sizes, between_layers, first_states, inputs_kept, sizes_of
from graph.catalog.settings import FROZEN
from graph.catalog.transformer_memory import Moment, copied_projections
from graph.dims import Dim
from graph.shapes import TensorSpec

Kept = Callable[[Params, Dim, bool], Dim]  # by the number of steps, and whether states stay in float32


def saves_steps(call: LayerCall, gates: int, within: Kept) -> Saved:
    """The input in the order of time, first states, what each layer keeps, and masks between layers.

    Where the weights are frozen, autocast copies them anew at every step, and inputs are not kept.

    Args:
        call: the layer.
        gates: how many it has.
        within: numbers that one direction of one layer keeps of a sample.
    """
    sizes = sizes_of(call, gates)
    is_frozen = bool(call.params.get(FROZEN.name))
    has_exact_states = call.outputs[0].dtype != sizes.dtype
    each = within(call.params, sizes.steps, has_exact_states)
    runs = sizes.runs
    # What projects a state is cast anew at every step in any case, as it is a view of the weight.
    copied = (sizes.recurrent * is_frozen + sizes.projection) * sizes.is_lower

    def copies(count: int) -> TensorSpec:
        return TensorSpec((sizes.steps, copied * count), sizes.dtype)

    def kept(count: int) -> TensorSpec:
        return TensorSpec((sizes.batch, each * count + first_states(call)), sizes.dtype)

    returning = [
        (*between_layers(call, sizes, before=run // sizes.directions), kept(there), copies(there), *moment)
        for run in sorted({0, runs - 1})
        for is_begun, moment in _turns(sizes, run)
        for there in [run + is_begun]
    ]
    spread = (_spread(call, sizes),) if _spread(call, sizes) else ()
    return Saved(
        () if is_frozen else inputs_kept(call),
        own=(*between_layers(call, sizes, again=not is_frozen), copies(runs), kept(runs)),
        forward=((_all_gates(sizes), _joined(call, sizes, is_apart=has_exact_states)),),
        returning=() if is_frozen else tuple(returning),
        passing=(*_passing(call, sizes), (_all_gates(sizes), _joined(call, sizes, is_apart=True))),
        until=spread,
        before=spread,
        weights=True,
    )


def _all_gates(sizes: Sizes) -> TensorSpec:
    """What comes of the input for all gates of all steps, in one product."""
    return TensorSpec((sizes.batch, sizes.steps, sizes.gates * int(sizes.p.hidden_size)), sizes.dtype)


def _joined(call: LayerCall, sizes: Sizes, *, is_apart: bool) -> TensorSpec:
    """Outputs of single steps, of directions and of the layer before, beyond the layer's own.

    Args:
        call: the layer.
        sizes: of the call.
        is_apart: whether outputs of steps are not among what is kept anyway.
    """
    directions = sizes.directions
    held = directions * (directions + (len(sizes.widths) > 1)) if is_apart else directions * (directions > 1)
    return TensorSpec((held, sizes.batch, sizes.steps, sizes.output), call.outputs[0].dtype)


def _turns(sizes: Sizes, run: int) -> list[tuple[bool, Moment]]:
    """Moments of one run over all steps, which one direction of one layer makes, on the way back.

    First gradients of its recurrent weights are added up: those so far, those of a step, and their sum.
    Then gradients of all gates are laid side by side, and become those of what the layer read.

    Returns:
        Each with whether the run has what it keeps still before it.
    """
    widths = [width for width in sizes.widths for _ in range(sizes.directions)]
    hidden, width = sizes.gates * int(sizes.p.hidden_size), widths[run]
    later = sum(map(sizes.learned, widths[run + 1 :]))
    copies = sum(map(sizes.weights, widths[: run + 1])) * sizes.is_lower
    there = (TensorSpec((later,)), TensorSpec((copies,), sizes.dtype))
    gradients, recurrent = _all_gates(sizes), TensorSpec((sizes.recurrent,), sizes.dtype)
    multiplying = sizes.product(hidden, sizes.batch, sizes.output, turned=True)
    of_inputs = TensorSpec((sizes.batch, sizes.steps, width), sizes.dtype)
    of_weights = TensorSpec((sizes.recurrent + width * hidden,), sizes.dtype)
    return [
        (True, (*there, recurrent, recurrent, recurrent)),
        (True, (*there, recurrent, recurrent, multiplying)),
        (False, (*there, recurrent, gradients, gradients)),
        (False, (*there, gradients, of_inputs, of_weights)),
    ]


def _passing(call: LayerCall, sizes: Sizes) -> list[Moment]:
    """What is there besides an output where nothing is kept: in a run, and while a later one reads its input.

    Until there is an output, it stands for those of single steps, or for that of the run before.
    """
    hidden, out, gates = sizes.gates * int(sizes.p.hidden_size), call.outputs[0], _all_gates(sizes)
    weights = TensorSpec((sizes.recurrent * sizes.is_lower,), sizes.dtype)
    moments: list[Moment] = [(gates, weights, sizes.product(sizes.batch, sizes.output, hidden))]
    others = (gates,) * (sizes.directions - 1)  # the first direction's are there until the second's are
    if others:
        moments.append((*others, *(_spread(call, sizes) or (gates,))))
    if len(sizes.widths) > 1:
        read = TensorSpec((len(others), *out.shape), out.dtype)
        cast = TensorSpec((out.dtype != sizes.dtype, *out.shape), sizes.dtype)
        weights = TensorSpec((hidden * sizes.widths[-1] * sizes.is_lower,), sizes.dtype)
        space = sizes.product(sizes.batch * sizes.steps, sizes.widths[-1], hidden)
        moments.append((gates, *others, read, cast, weights, space))
    return moments


def _spread(call: LayerCall, sizes: Sizes) -> Moment:
    """What is there while the input is multiplied by frozen weights, if that is one product for each step."""
    hidden, width = sizes.gates * int(sizes.p.hidden_size), int(sizes.p.input_size)
    copied = copied_projections(call, sizes.steps, hidden * width)
    if not copied:
        return ()
    if not sizes.p.batch_first:
        return (_all_gates(sizes), *copied)
    read = TensorSpec((sizes.batch, sizes.steps, width), sizes.dtype)
    return (_all_gates(sizes), *copied, read, sizes.product(sizes.batch, width, hidden))


def kept_by_rnn(p: Params, steps: Dim, has_exact_states: bool) -> Dim:
    """The hidden state of every step."""
    return steps * int(p.hidden_size)


def kept_by_gru(p: Params, steps: Dim, has_exact_states: bool) -> Dim:
    """Gates, their parts and the hidden state of every step."""
    return ((7 + has_exact_states) * steps - 1) * int(p.hidden_size)


def kept_by_lstm(p: Params, steps: Dim, has_exact_states: bool) -> Dim:
    """Gates, states and the projection of every step; what is multiplied only where weights learn from it."""
    read = 0 if p.get(FROZEN.name) else int(p.hidden_size + p.proj_size)
    return steps * (6 * int(p.hidden_size) + read)
