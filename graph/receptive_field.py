"""How much of the input one pixel of a feature map sees, and how far apart the pixels see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from graph.blocks import block_ports
from graph.catalog.call import LayerCall, Window
from graph.catalog.code import BlockCode
from graph.catalog.spec import LayerSpec
from graph.inference import Inference
from graph.model import Graph
from graph.pace import Pace, unpaced


@dataclass(frozen=True)
class ReceptiveField:
    """What a pixel sees along each spatial dim, over the longest way there is.

    Source: https://distill.pub/2019/computing-receptive-fields

    Args:
        sizes: pixels of the input; padding counts as if there were more of them.
        strides: pixels of the input between what two neighbours see.
    """

    sizes: tuple[int, ...]
    strides: tuple[Fraction, ...]

    def through(self, windows: tuple[Window, ...]) -> ReceptiveField:
        """What a pixel behind a layer with these windows sees."""
        return ReceptiveField(
            tuple(
                size + -((1 - window.extent) * stride // 1)
                for size, stride, window in zip(self.sizes, self.strides, windows, strict=True)
            ),
            tuple(stride * window.step for stride, window in zip(self.strides, windows, strict=True)),
        )


Fields = dict[str, ReceptiveField]


def receptive_fields(
    graph: Graph,
    inference: Inference,
    given: Mapping[str, ReceptiveField] = MappingProxyType({}),
    pace: Pace = unpaced,
) -> Fields:
    """The receptive field of every node that gives feature maps made by windows.

    Args:
        graph: to walk through.
        inference: of the graph.
        given: the fields of a block's Inputs, by their id.
        pace: at which the nodes are looked at.
    """
    fields: Fields = dict(given)
    graph = inference.computed
    for node_id in pace(each for each in inference.order() if each in graph.nodes):
        result, spec = inference.result(node_id), graph.catalog.get(graph.nodes[node_id].type)
        if spec is None or result.params is None or node_id in given:
            continue
        edges = graph.incoming(node_id)
        before = [fields.get(edges[port].source.node) for port in result.inputs]
        field = _behind(spec, result.call(), before)
        if field is not None:
            fields[node_id] = field
    return fields


def _behind(spec: LayerSpec, call: LayerCall, before: list[ReceptiveField | None]) -> ReceptiveField | None:
    if isinstance(spec.code, BlockCode):
        return _behind_block(spec.code, call, before)
    known = [field for field in before if field is not None]
    windows = spec.windows(call) if spec.windows is not None else None
    if windows is not None:
        ndim = len(windows)
        start = ReceptiveField((1,) * ndim, (Fraction(1),) * ndim)
        field = next((field for field in known if len(field.sizes) == ndim), start)
        return field.through(windows)
    passes = spec.windows is None and (not call.outputs or call.outputs[0].is_map)
    return _widest(known) if passes and known else None


def _behind_block(
    code: BlockCode, call: LayerCall, before: list[ReceptiveField | None]
) -> ReceptiveField | None:
    entrances, exits = block_ports(code.block.graph)
    field = None
    for body in code.bodies(call):
        given = {entrance: each for entrance, each in zip(entrances, before, strict=False) if each}
        inner = receptive_fields(code.block.graph, body.inference, given)
        field = inner.get(next(iter(exits)))
        before = [field, *before[1:]]
    return field


def _widest(fields: Iterable[ReceptiveField]) -> ReceptiveField | None:
    """The largest in every dim; None if they have not as many dims."""
    listed = list(fields)
    if len({len(field.sizes) for field in listed}) != 1:
        return None
    sizes = tuple(max(values) for values in zip(*(field.sizes for field in listed), strict=True))
    strides = tuple(max(values) for values in zip(*(field.strides for field in listed), strict=True))
    return ReceptiveField(sizes, strides)
