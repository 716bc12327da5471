"""Which ports a card shows, where they sit, and the geometry of a card. Plain data; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from graph.cards import CARD_WIDTH, DOT, HEADER_HEIGHT, ROW_HEIGHT, is_dot
from graph.catalog.spec import LayerSpec, PortSpec, variadic_index
from graph.document import Graph, Node, PortRef
from graph.node_result import NodeResult

# Canvas units, all multiples of the 8-px grid.
COLUMN = 224  # from one card to the next: a gap of 72 holds an edge and its label


@dataclass(frozen=True, slots=True)
class Port:
    """A port as drawn.

    Args:
        ref: which one.
        is_output: whether it stands on the right.
        label: its name, where the node has more than one on that side; empty otherwise.
        x, y: its centre, from the card's top left corner.
        is_connected: whether an edge ends there.
        help: one line for the note that hovering shows.
    """

    ref: PortRef
    is_output: bool
    label: str
    x: float
    y: float
    is_connected: bool
    help: str = ""


def ports_of(graph: Graph, node: Node, result: NodeResult) -> tuple[Port, ...]:
    """Inputs, then outputs; of a variadic input the connected ones and one empty.

    Outputs that edges still use stay, even where another parameter took them away.
    """
    spec = graph.catalog.get(node.type)
    inputs = _input_names(spec, graph.incoming(node.id))
    used = {edge.source.port for edge in graph.outgoing(node.id)}
    outputs = [*result.outputs, *sorted(used - result.outputs.keys(), key=lambda name: (len(name), name))]
    connected = set(graph.incoming(node.id))
    ports = (
        *_column(node.id, inputs, connected, spec.input_port if spec else None, False),
        *_column(node.id, outputs, used, spec.output_port if spec else None, True),
    )
    return tuple(replace(port, x=DOT / 2, y=DOT / 2) for port in ports) if is_dot(spec) else ports


def num_rows(graph: Graph, node: Node, result: NodeResult) -> int:
    """How many rows of ports a card has: as many as `ports_of` puts on its fuller side, and one at least."""
    spec, incoming = graph.catalog.get(node.type), graph.incoming(node.id)
    is_fixed = spec is not None and not spec.is_variadic
    inputs = len(spec.inputs) if spec is not None and is_fixed else len(_input_names(spec, incoming))
    outputs = result.outputs.keys()
    unknown = {edge.source.port for edge in graph.outgoing(node.id) if edge.source.port not in outputs}
    return max(inputs, len(outputs) + len(unknown), 1)


def card_height(rows: int) -> int:
    """Height of a card with so many rows of ports."""
    return HEADER_HEIGHT + ROW_HEIGHT * rows


def card_extent(graph: Graph, node: Node, result: NodeResult) -> tuple[int, int]:
    """Width and height of what is drawn for a node."""
    if is_dot(graph.catalog.get(node.type)):
        return DOT, DOT
    return CARD_WIDTH, card_height(num_rows(graph, node, result))


def _input_names(spec: LayerSpec | None, connected: Iterable[str]) -> list[str]:
    if spec is None:
        return sorted(connected)
    names: list[str] = []
    for port in spec.inputs:
        names += _variadic_names(port, connected) if port.variadic else [port.name]
    return names


def _variadic_names(port: PortSpec, connected: Iterable[str]) -> list[str]:
    taken = {index for name in connected if (index := variadic_index(port, name)) is not None}
    empty = next(index for index in count() if index not in taken)
    return [f"{port.name}{index}" for index in sorted({*taken, empty})]


def _column(
    node_id: str, names: Sequence[str], connected: set[str], lookup: object, is_output: bool
) -> tuple[Port, ...]:
    labelled = len(names) > 1
    ports = []
    for row, name in enumerate(names):
        spec = lookup(name) if callable(lookup) else None
        y = HEADER_HEIGHT + ROW_HEIGHT * (row + 0.5)
        x = CARD_WIDTH if is_output else 0
        label, help_text = (name if labelled else ""), (spec.help or spec.layout if spec else "")
        ports.append(Port(PortRef(node_id, name), is_output, label, x, y, name in connected, help_text))
    return tuple(ports)
