"""What is known about a node."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from graph.catalog.call import Inputs, LayerCall, Params

if TYPE_CHECKING:
    from graph.dims import Dim
    from graph.problems import Problem
    from graph.shapes import TensorSpec

NOTHING: Mapping[str, TensorSpec | None] = MappingProxyType({})


class NodeResult(NamedTuple):
    """What is known about a node.

    Args:
        inputs: by port name, in order; None where what comes in is unknown.
        outputs: by port name; None where unknown.
        params: complete with defaults and inferred values; None while something is wrong.
        parameters: how many numbers the node learns; None while unknown.
        flops: floating-point operations for a batch of one; None while unknown.
        problems: the node's own mistakes.
        pending: whether the shape is still being computed.
        passes: of a node that nothing is computed for, the input that stands in for an output, by output;
            None for any other node.
    """

    inputs: Mapping[str, TensorSpec | None] = NOTHING
    outputs: Mapping[str, TensorSpec | None] = NOTHING
    params: Params | None = None
    parameters: int | None = None
    flops: Dim | None = None
    problems: tuple[Problem, ...] = ()
    pending: bool = False
    passes: Mapping[str, str] | None = None

    def call(self) -> LayerCall:
        """The node as its cost rules and its code see it; only for a node without problems."""
        assert self.params is not None
        known = {port: tensor for port, tensor in self.inputs.items() if tensor is not None}
        outputs = tuple(spec for spec in self.outputs.values() if spec is not None)
        return LayerCall(Inputs(known.values(), known), outputs, self.params)
