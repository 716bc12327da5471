"""What the memory of recurrent layers is worked out from, whichever way they compute."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.call import LayerCall, Params, Processor
from graph.catalog.onednn import product_space, row
from graph.catalog.saving import mask
from graph.dims import Dim
from graph.shapes import TensorSpec


@dataclass(frozen=True)
class Sizes:
    """What a call is about.

    Args:
        p: the layer's parameters.
        gates: how many gates it has.
        batch: how many sequences there are.
        steps: how many steps they have.
        dtype: of its matrix products.
        processor: what multiplies on a CPU.
    """

    p: Params
    gates: int
    batch: Dim
    steps: Dim
    dtype: str
    processor: Processor

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

    @property
    def runs(self) -> int:
        """How often all steps are gone through: by each direction of each layer."""
        return self.directions * int(self.p.num_layers)

    @property
    def recurrent(self) -> int:
        """Numbers of one run that states are multiplied with."""
        return self.gates * int(self.p.hidden_size) * self.output

    @property
    def projection(self) -> int:
        """Numbers that one run projects its states with."""
        return int(self.p.hidden_size * self.p.get("proj_size", 0))

    def learned(self, width: int) -> int:
        """Numbers that a run learns whose layer reads so many."""
        return self.weights(width) + 2 * self.gates * int(self.p.hidden_size) * bool(self.p.bias)

    def weights(self, width: int) -> int:
        """Numbers that one direction of a layer multiplies with that reads so many."""
        return int(self.gates * self.p.hidden_size * (width + self.output)) + self.projection

    def product(self, rows: Dim, inner: Dim, columns: Dim, *, turned: bool = False) -> TensorSpec:
        """What a product of two matrices takes for itself."""
        return product_space(rows, inner, columns, self.dtype, self.processor, turned=turned)

    def row(self, size: int) -> int:
        """Numbers that a row of oneDNN's workspace takes."""
        return row(size, self.dtype)


def sizes_of(call: LayerCall, gates: int) -> Sizes:
    """The sizes of a call of a layer with so many gates."""
    given, p = call.inputs[0], call.params
    batch, steps = given.shape[:2] if p.batch_first else given.shape[1::-1]
    dtype = call.compute.autocast or call.outputs[0].dtype
    return Sizes(p, gates, batch, steps, dtype, call.compute.processor)


def inputs_kept(call: LayerCall) -> tuple[int, ...]:
    """The input, which is kept as it came if it is in the order of time."""
    return () if call.params.batch_first else (0,)


def first_states(call: LayerCall) -> Dim:
    """Numbers of a sample's first states, which are like the last."""
    return sum((state.shape[0] * state.shape[2] for state in call.outputs[1:]), start=0)


def between_layers(
    call: LayerCall, sizes: Sizes, *, again: bool = True, before: int | None = None
) -> tuple[TensorSpec, ...]:
    """The input in the order of time, and what goes from layer to layer.

    Args:
        call: the layer.
        sizes: of the call.
        again: whether the input is kept.
        before: the layer up to which the rest is meant; the last if None.
    """
    p, given, out = call.params, call.inputs[0], call.outputs[0]
    handed = int(p.num_layers) - 1 if before is None else before
    times = handed * (sizes.directions if out.dtype != sizes.dtype else 1)  # each direction casts it
    between = TensorSpec((times * sizes.steps, sizes.batch, out.shape[-1]), sizes.dtype)
    dropped = (mask(between.shape, sizes.dtype, call),) if p.dropout and handed else ()
    ordered = (TensorSpec((sizes.directions, *given.shape), sizes.dtype),) if p.batch_first and again else ()
    return (*ordered, between, *dropped)
