"""What comes into a layer: in the order of its ports, and whether the layer takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from graph.catalog.call import Inputs
from graph.catalog.spec import LayerSpec, PortSpec, variadic_index
from graph.shapes import TensorSpec

Tensors = Mapping[str, TensorSpec | None]  # by port; None where unknown


def in_order(spec: LayerSpec, given: Tensors) -> Tensors:
    """What comes in by port, in the order of the ports; without what leads to a port that is not there."""
    if spec.sole_input is not None and len(given) == 1 and spec.sole_input.name in given:
        return given
    ordered: dict[str, TensorSpec | None] = {}
    for port in spec.inputs:
        if port.name in given and not port.variadic:
            ordered[port.name] = given[port.name]
        elif port.variadic:
            numbered = {index: name for name in given if (index := variadic_index(port, name)) is not None}
            ordered |= {numbered[index]: given[numbered[index]] for index in sorted(numbered)}
    return ordered


def accepted(spec: LayerSpec, inputs: Tensors) -> Inputs | None:
    """All that comes in, if the layer takes it; None if something is missing, unknown or does not fit."""
    sole = spec.sole_input
    if sole is not None and inputs:
        tensor = inputs[sole.name]
        if tensor is None or objection(spec, sole, tensor) is not None:
            return None
        return Inputs((tensor,), spec.input_names)
    tensors = []
    for name, tensor in inputs.items():
        port = spec.input_port(name)
        if tensor is None or port is None or objection(spec, port, tensor) is not None:
            return None
        tensors.append(tensor)
    return None if unfed(spec, inputs) else Inputs(tensors, inputs)


def unfed(spec: LayerSpec, inputs: Mapping[str, object]) -> list[PortSpec]:
    """Inputs that need an edge, or more of them, than there are."""
    return [
        port
        for port in spec.inputs
        if (len(inputs) < port.min_count if port.variadic else port.name not in inputs and not port.optional)
    ]


def objection(spec: LayerSpec, port: PortSpec, tensor: TensorSpec) -> Literal["dtype", "map", "ndim"] | None:
    """What about a tensor an input does not take; None if it takes it."""
    if tensor.dtype not in port.dtypes:
        return "dtype"
    if tensor.is_map and not port.maps:
        return "map"
    ndim = len(tensor.shape)
    if (port.ndims and ndim not in port.ndims) or (not ndim and spec.outputs):
        return "ndim"
    return None
