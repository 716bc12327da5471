"""How large nodes are on the canvas, as far as that has to be known without drawing them."""

from __future__ import annotations

from graph.annotations import Position, Size
from graph.catalog.code import Alias
from graph.catalog.spec import LayerSpec
from graph.model import Graph

# Canvas units, all multiples of the canvas's 8-px grid.
CARD_WIDTH = 152
HEADER_HEIGHT = 64  # stripe, name, type, parameters
ROW_HEIGHT = 24  # one row of ports
GAP = 8  # between cards that do not touch
STEP = 112.0  # to the next try for a free spot
DOT = 24  # a point that an edge runs through; its middle is in line with the first ports of cards


def is_dot(spec: LayerSpec | None) -> bool:
    """Whether nodes of a type are drawn as a point that edges run through."""
    return spec is not None and isinstance(spec.code, Alias)


def card_size(graph: Graph, node_id: str) -> Size:
    """Width and height of a node's card: a head, and a row for each pair of ports."""
    spec = graph.catalog.get(graph.nodes[node_id].type)
    if is_dot(spec):
        return (DOT, DOT)
    incoming = graph.incoming(node_id)
    used = {edge.source.port for edge in graph.outgoing(node_id)}
    inputs = len(spec.inputs) if spec else 0
    if spec and spec.is_variadic:
        inputs = len(incoming) + 1  # those connected, and a free one
    outputs = len(used.union(spec.output_names if spec else ()))
    return (CARD_WIDTH, HEADER_HEIGHT + ROW_HEIGHT * max(inputs, len(incoming), outputs, 1))


def free_spot(graph: Graph, position: Position) -> Position:
    """The position, or the next one below it where no card lies."""
    x, y = position
    while any(overlap((x, y), node.position, GAP) for node in graph.nodes.values()):
        y += STEP
    return (x, y)


def overlap(one: Position, other: Position, gap: float = 0.0) -> bool:
    """Whether cards of one port on a side lie upon each other at two positions, or closer than a gap."""
    height = HEADER_HEIGHT + ROW_HEIGHT
    return abs(one[0] - other[0]) < CARD_WIDTH + gap and abs(one[1] - other[1]) < height + gap
