"""What layers keep for the backward pass; every rule is what torch's autograd saves."""

from __future__ import annotations

from graph.catalog.call import LayerCall, Saved
from graph.dims import Dim
from graph.shapes import Shape, TensorSpec


def saves_nothing(call: LayerCall) -> Saved:
    """Nothing: the gradient needs no values."""
    return Saved()


def saves_unknown(call: LayerCall) -> None:
    """None: what is inside the layer is not known here."""


def saves_output(call: LayerCall) -> Saved:
    """The output, from which the gradient is computed."""
    return Saved(outputs=(0,))


def saves_both(call: LayerCall) -> Saved:
    """The inputs and the output."""
    return Saved(tuple(range(len(call.inputs))), (0,))


def saves_indices(call: LayerCall) -> Saved:
    """The input, and for every output where in the input it comes from, which may be an output itself."""
    if len(call.outputs) > 1:
        return Saved(inputs=(0,), outputs=(1,))
    return Saved(inputs=(0,), own=(TensorSpec(call.outputs[0].shape, "int64"),))


def saves_input_and_as_much(call: LayerCall) -> Saved:
    """The input, and one more tensor of its size."""
    return Saved(inputs=(0,), own=(TensorSpec(call.inputs[0].shape, call.outputs[0].dtype),))


def saves_statistics(call: LayerCall, *groups: Dim) -> Saved:
    """The input, and the mean and inverse deviation of each group, in float32."""
    return Saved(inputs=(0,), own=(TensorSpec(groups), TensorSpec(groups)))


def dropped(shape: Shape, call: LayerCall, p: float, *, factors: bool = False) -> tuple[TensorSpec, ...]:
    """What dropout with probability `p` keeps; `factors` where these are numbers on any device."""
    if p in (0, 1):
        return (TensorSpec((), call.outputs[0].dtype),) if p else ()
    dtype = call.outputs[0].dtype
    return (TensorSpec(shape, dtype) if factors else mask(shape, dtype, call),)


def mask(shape: Shape, dtype: str, call: LayerCall) -> TensorSpec:
    """What tells dropped entries from kept ones: a factor for each on the CPU, a byte for each elsewhere."""
    return TensorSpec(shape, dtype if call.compute.device == "cpu" else "bool")
