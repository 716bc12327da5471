"""What an LSTM holds in memory on a CPU: one kernel of oneDNN computes all steps."""

from __future__ import annotations

from graph.catalog.call import LayerCall, Saved
from graph.catalog.recurrent_sizes import Sizes, between_layers, first_states, inputs_kept, sizes_of
from graph.catalog.settings import FROZEN
from graph.dims import Dim, below
from graph.shapes import TensorSpec

LARGE_BATCH = 128  # from which on the forward pass multiplies what it reads step by step


def saves_fused(call: LayerCall, gates: int) -> Saved:
    """What the kernel for all steps keeps: sequences, and a workspace for each layer and direction."""
    sizes = sizes_of(call, gates)
    spaces = sum((_workspace(sizes, width) for width in sizes.widths), start=0)
    kept = sizes.directions * spaces + 2 * int(call.params.hidden_size) * sizes.runs + first_states(call)
    return Saved(
        inputs_kept(call),
        (0,),
        own=(*between_layers(call, sizes), TensorSpec((sizes.batch, kept), sizes.dtype)),
        backward=_on_the_way_back(sizes),
        passing=(_passing(call, sizes),),
        weights=True,
    )


def _workspace(sizes: Sizes, width: int) -> Dim:
    """Numbers of a sample in the workspace of one direction of a layer that reads so many at every step.

    Gates in the precision of the products; states of each step in it, their gradients and the cells in
    float32. What goes from layer to layer is as wide as the wider of input and output.

    Source: https://uxlfoundation.github.io/oneDNN/dev_guide_rnn.html
    """
    steps, hidden = sizes.steps, int(sizes.p.hidden_size)
    wide, narrow = (10, 7) if sizes.is_lower else (6, 5)  # in numbers of that precision
    states = wide * sizes.row(max(width, hidden)) + narrow * sizes.row(hidden)
    return steps * sizes.row(sizes.gates * hidden) + (steps + 1) * states - sizes.row(hidden)


def _scratch(sizes: Sizes, *, returns: bool) -> TensorSpec:
    """The gates that are being computed: of all steps, or of one in lower precision.

    The forward pass of a large batch computes step by step, too.

    Source: `merge_gemm_layer` in https://github.com/uxlfoundation/oneDNN/blob/main/src/cpu/rnn/rnn_utils.hpp
    """
    row = sizes.row(sizes.gates * int(sizes.p.hidden_size))
    together = 0 if sizes.is_lower else 1 if returns else below(sizes.batch, LARGE_BATCH)
    return TensorSpec((sizes.batch * (1 + (sizes.steps - 1) * together), row))


def _passing(call: LayerCall, sizes: Sizes) -> tuple[TensorSpec, ...]:
    """What is there inside the last layer, with copies of its weights."""
    width, given = max(sizes.widths), call.inputs[0]
    ordered = (given,) if call.params.batch_first else ()
    read = (TensorSpec((sizes.batch, sizes.steps, width), sizes.dtype),)
    weights = TensorSpec((1 + sizes.is_lower, sizes.weights(width)), sizes.dtype)
    space = TensorSpec((sizes.batch, _workspace(sizes, width)), sizes.dtype)
    has_read = len(sizes.widths) > 1
    return (*ordered, *(read if has_read else ()), weights, space, _scratch(sizes, returns=False))


def _on_the_way_back(sizes: Sizes) -> tuple[TensorSpec, ...]:
    """Gradients of the last layer's sequences, and those of its weights as the kernel lays them out.

    It computes the latter even for frozen weights.
    """
    width, places = sizes.widths[-1], (sizes.batch, sizes.steps)
    weights = sizes.weights(width)
    trained = not sizes.p.get(FROZEN.name)
    every = (
        trained * sizes.directions * sum(map(sizes.weights, sizes.widths))
    )  # whose gradients count already
    laid_out = (5 * weights - every) // 2 if sizes.is_lower else 2 * weights - every
    ordered = TensorSpec((*places, sizes.output), sizes.dtype)
    exact = (TensorSpec((*places, sizes.output)),) if sizes.is_lower else ()
    return (
        ordered,
        *exact,
        TensorSpec((*places, width)),
        TensorSpec((max(0, laid_out),)),
        _scratch(sizes, returns=True),
    )
