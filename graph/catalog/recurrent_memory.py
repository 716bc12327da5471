"""What recurrent layers hold in memory on a CPU: step by step, or in one kernel of oneDNN for all steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graph.catalog.saving import mask
from graph.catalog.settings import FROZEN
from graph.catalog.spec import LayerCall, Params, Saved
from graph.catalog.transformer_memory import copied_projections
from graph.dims import Dim
from graph.shapes import ITEM_BYTES, TensorSpec

LINE = 64  # bytes; rows of oneDNN's workspace start at a multiple of it
BAD_ROW = 256  # numbers; a row of a multiple of it gets a line more, as its columns would share cache lines

Kept = Callable[[Params, Dim, bool], Dim]  # by the number of steps, and whether states stay in float32


@dataclass(frozen=True)
class Sizes:
    """What a call is about.

    Args:
        p: the layer's parameters.
        gates: how many gates it has.
        batch: how many sequences there are.
        steps: how many steps they have.
        dtype: of its matrix products.
    """

    p: Params
    gates: int
    batch: Dim
    steps: Dim
    dtype: str

    @property
    def is_lower(self) -> bool:
        """Whether precision is lower than that of the weights."""
        return self.dtype != "float32"

    @property
    def directions(self) -> int:
        return 2 if self.p.bidirectional else 1

    @property
    def output(self) -> int:
        """Numbers that one direction gives at every step."""
        return int(self.p.get("proj_size") or self.p.hidden_size)

    @property
    def widths(self) -> list[int]:
        """Numbers that each layer reads at every step."""
        deeper = self.directions * self.output
        return [int(self.p.input_size), *[deeper] * (int(self.p.num_layers) - 1)]

    def weights(self, width: int) -> int:
        """Numbers that one direction of a layer multiplies with that reads so many."""
        projection = int(self.p.hidden_size * self.p.get("proj_size", 0))
        return int(self.gates * self.p.hidden_size * (width + self.output)) + projection

    def row(self, size: int) -> int:
        """Numbers that a row of oneDNN's workspace takes."""
        line = LINE // ITEM_BYTES[self.dtype]
        rounded = -(-size // line) * line
        return rounded if rounded % BAD_ROW else rounded + line


def sizes_of(call: LayerCall, gates: int) -> Sizes:
    """The sizes of a call of a layer with so many gates."""
    given, p = call.inputs[0], call.params
    batch, steps = given.shape[:2] if p.batch_first else given.shape[1::-1]
    return Sizes(p, gates, batch, steps, call.compute.autocast or call.outputs[0].dtype)


def saves_steps(call: LayerCall, gates: int, within: Kept) -> Saved:
    """The input in the order of time, first states, what each layer keeps, and masks between layers.

    Where the weights are frozen, autocast copies them anew at every step, and inputs are not kept.

    Args:
        call: the layer.
        gates: how many it has.
        within: numbers that one direction of one layer keeps of a sample.
    """
    sizes, out = sizes_of(call, gates), call.outputs[0]
    p, directions, is_frozen = call.params, sizes.directions, bool(call.params.get(FROZEN.name))
    kept = within(p, sizes.steps, out.dtype != sizes.dtype) * (int(p.num_layers) * directions) + _states(call)
    all_gates = TensorSpec((sizes.batch, sizes.steps, gates * int(p.hidden_size)), sizes.dtype)
    # Outputs are there several times before they are joined, unless the backward pass needs them anyway.
    held = directions * (directions + (p.num_layers > 1))
    joined = TensorSpec((held, sizes.batch, sizes.steps, sizes.output), out.dtype)
    recurrent = gates * int(p.hidden_size) * sizes.output  # weights of one direction of a layer
    copied = recurrent * directions * int(p.num_layers) * (is_frozen and sizes.is_lower)
    copies = TensorSpec((sizes.steps, copied), sizes.dtype)
    projected = copied_projections(call, sizes.steps, gates * int(p.hidden_size * p.input_size))
    return Saved(
        () if is_frozen else _inputs(call),
        own=(
            *_between(call, sizes, again=not is_frozen),
            TensorSpec((sizes.batch, kept), sizes.dtype),
            copies,
        ),
        forward=((all_gates,) if out.dtype == sizes.dtype else (all_gates, joined),),
        # Gradients of each step's weights are added up: those so far, those of the step, and their sum.
        backward=() if is_frozen else (TensorSpec((2, recurrent), sizes.dtype),),
        passing=((all_gates, joined), (all_gates, *projected)),
        weights=True,
    )


def saves_fused(call: LayerCall, gates: int) -> Saved:
    """What the kernel for all steps keeps: sequences, and a workspace for each layer and direction."""
    sizes = sizes_of(call, gates)
    spaces = sum((_workspace(sizes, width) for width in sizes.widths), start=0)
    kept = sizes.directions * (spaces + 2 * int(call.params.hidden_size) * len(sizes.widths)) + _states(call)
    return Saved(
        _inputs(call),
        (0,),
        own=(*_between(call, sizes), TensorSpec((sizes.batch, kept), sizes.dtype)),
        backward=_on_the_way_back(sizes),
        passing=(_passing(call, sizes),),
        weights=True,
    )


def _inputs(call: LayerCall) -> tuple[int, ...]:
    """The input, which is kept as it came if it is in the order of time."""
    return () if call.params.batch_first else (0,)


def _states(call: LayerCall) -> Dim:
    """Numbers of a sample's first states, which are like the last."""
    return sum((state.shape[0] * state.shape[2] for state in call.outputs[1:]), start=0)


def _between(call: LayerCall, sizes: Sizes, *, again: bool = True) -> tuple[TensorSpec, ...]:
    """The input in the order of time, unless it is not kept `again`, and what goes from layer to layer."""
    p, given, out = call.params, call.inputs[0], call.outputs[0]
    times = (p.num_layers - 1) * (sizes.directions if sizes.is_lower else 1)
    between = TensorSpec((times * sizes.steps, sizes.batch, out.shape[-1]), sizes.dtype)
    dropped = (mask(between.shape, sizes.dtype, call),) if p.dropout and p.num_layers > 1 else ()
    ordered = (TensorSpec((sizes.directions, *given.shape), sizes.dtype),) if p.batch_first and again else ()
    return (*ordered, between, *dropped)


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


def _scratch(sizes: Sizes) -> TensorSpec:
    """The gates that are being computed: of all steps, or of one in lower precision."""
    row = sizes.row(sizes.gates * int(sizes.p.hidden_size))
    return TensorSpec((sizes.batch, 1 if sizes.is_lower else sizes.steps, row))


def _passing(call: LayerCall, sizes: Sizes) -> tuple[TensorSpec, ...]:
    """What is there inside the last layer, with copies of its weights."""
    width, given = max(sizes.widths), call.inputs[0]
    ordered = (given,) if call.params.batch_first else ()
    read = (TensorSpec((sizes.batch, sizes.steps, width), sizes.dtype),)
    weights = TensorSpec((1 + sizes.is_lower, sizes.weights(width)), sizes.dtype)
    space = TensorSpec((sizes.batch, _workspace(sizes, width)), sizes.dtype)
    has_read = len(sizes.widths) > 1
    return (*ordered, *(read if has_read else ()), weights, space, _scratch(sizes))


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
        _scratch(sizes),
    )


def kept_by_rnn(p: Params, steps: Dim, has_exact_states: bool) -> Dim:
    """The hidden state of every step."""
    return steps * int(p.hidden_size)


def kept_by_gru(p: Params, steps: Dim, has_exact_states: bool) -> Dim:
    """Gates, their parts and the hidden state of every step."""
    return ((7 + has_exact_states) * steps - 1) * int(p.hidden_size)


def kept_by_lstm(p: Params, steps: Dim, has_exact_states: bool) -> Dim:
    """Gates, states and the projection of every step."""
    return steps * int(7 * p.hidden_size + p.proj_size)
