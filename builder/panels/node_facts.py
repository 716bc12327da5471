"""What is known about a node, in words: shapes, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from builder.quantities import bytes_text, flops_text, macs_text
from builder.texts import tr
from graph.cost import Cost, macs
from graph.dims import substitute
from graph.node_result import NodeResult
from graph.shapes import TensorSpec, num_bytes

UNKNOWN = "unknown"


def shape_facts(result: NodeResult) -> Iterator[tuple[str, str]]:
    """What comes in and what goes out, port by port."""
    for port, tensor in result.inputs.items():
        yield tr("Input {port}", port=port) if port != "in" else tr("Input"), _tensor_text(tensor)
    unknown = _unknown(result)
    for port, tensor in result.outputs.items():
        yield (
            tr("Output {port}", port=port) if port != "out" else tr("Output"),
            _tensor_text(tensor, unknown),
        )


def cost_facts(result: NodeResult, cost: Cost | None, node_id: str) -> Iterator[tuple[str, str]]:
    """Parameters, and what one sample takes in work and memory."""
    unknown = _unknown(result)
    yield tr("Parameters"), unknown if result.parameters is None else f"{result.parameters:,}"
    yield "FLOPs", tr(UNKNOWN) if result.flops is None else flops_text(result.flops)
    if result.flops:
        yield "MACs", macs_text(macs(result.flops))
    sizes = [num_bytes(tensor) if tensor else None for tensor in result.outputs.values()]
    known = [size for size in sizes if size is not None]
    if known and len(known) == len(sizes):
        yield tr("Output size"), bytes_text(sum(known))
    if cost is None:
        return
    kept = cost.activations(node_id)
    bytes_kept = None if kept is None else substitute(kept, {"N": 1})
    if isinstance(bytes_kept, int):
        yield tr("Kept to train"), bytes_text(bytes_kept) if bytes_kept else tr("nothing")
    field = cost.receptive_fields.get(node_id)
    if field is not None:
        yield tr("Receptive field"), tr("{size} pixels", size=_by(field.sizes))
        if any(stride != 1 for stride in field.strides):
            yield tr("Its stride"), tr("{size} pixels", size=_by(field.strides))


def _unknown(result: NodeResult) -> str:
    return tr("being computed...") if result.pending else tr(UNKNOWN)


def _by(numbers: Iterable[int | Fraction]) -> str:
    """`3 × 3`."""
    return " × ".join(f"{float(number):g}" for number in numbers)


def _tensor_text(tensor: TensorSpec | None, unknown: str = UNKNOWN) -> str:
    return f"{tensor}  {tensor.dtype}" if tensor else unknown
