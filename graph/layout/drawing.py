"""What a layout reads and what it gives: plain data that may cross into a thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graph.catalog.spec import PortSpec, variadic_index
from graph.layout.metrics import CARD_WIDTH, HEADER_HEIGHT, PORT_HEIGHT
from graph.model import Edge, Graph, Position

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle on the canvas."""

    position: Position
    size: Size

    def end(self, axis: int) -> float:
        """Where it ends along an axis, 0 for x."""
        return self.position[axis] + self.size[axis]

    def moved(self, shift: Position) -> Rect:
        return Rect((self.position[0] + shift[0], self.position[1] + shift[1]), self.size)

    def overlaps(self, other: Rect, gap: float = 0.0) -> bool:
        """Whether two rectangles share some area, or stand closer than a gap."""
        return all(
            self.position[axis] < other.end(axis) + gap and other.position[axis] < self.end(axis) + gap
            for axis in (0, 1)
        )

    def holds(self, at: Position) -> bool:
        """Whether a point lies in it."""
        return all(self.position[axis] <= at[axis] < self.end(axis) for axis in (0, 1))

    def is_around(self, other: Rect) -> bool:
        """Whether another, smaller one lies in it."""
        return self != other and all(
            self.position[axis] <= other.position[axis] and other.end(axis) <= self.end(axis) for axis in (0, 1)
        )

    @property
    def centre(self) -> Position:
        return (self.position[0] + self.size[0] / 2, self.position[1] + self.size[1] / 2)

    @property
    def area(self) -> float:
        return self.size[0] * self.size[1]


def around(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle around others, of which there is at least one."""
    rects = list(rects)
    left, top = (min(rect.position[axis] for rect in rects) for axis in (0, 1))
    right, bottom = (max(rect.end(axis) for rect in rects) for axis in (0, 1))
    return Rect((left, top), (right - left, bottom - top))


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge between two cards, and the number of its port at each, from the top."""

    source: str
    target: str
    out_port: int = 0
    in_port: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph as it stands on the canvas, or a part of it.

    Args:
        cards: where the nodes are, by id and in the order of the file.
        wires: the edges between them.
        pinned: ids of the cards that stay where they are.
        frames: areas around cards that belong together, by id.
        others: what else stands on the canvas, where nothing may be put.
    """

    cards: Mapping[str, Rect]
    wires: tuple[Wire, ...] = ()
    pinned: frozenset[str] = frozenset()
    frames: Mapping[str, Rect] = field(default_factory=dict)
    others: tuple[Rect, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything goes, on the grid.

    Args:
        positions: of every card.
        frames: where the frames go, with their sizes.
    """

    positions: Mapping[str, Position]
    frames: Mapping[str, Rect] = field(default_factory=dict)


def drawing_of(graph: Graph, node_ids: Collection[str] | None = None) -> Drawing:
    """A graph as a layout reads it, or the part of it with some nodes; the rest is then in the way."""
    chosen = set(graph.nodes if node_ids is None else node_ids)
    cards = {node.id: Rect(node.position, card_size(graph, node.id)) for node in graph.nodes.values()}
    edges = [edge for edge in graph.edges if edge.source.node in chosen and edge.target.node in chosen]
    return Drawing(
        {each: card for each, card in cards.items() if each in chosen},
        tuple(_wire(graph, edge) for edge in edges),
        others=tuple(card for each, card in cards.items() if each not in chosen),
    )


def _wire(graph: Graph, edge: Edge) -> Wire:
    source, target = edge.source.node, edge.target.node
    giving, taking = (graph.catalog.get(graph.nodes[node_id].type) for node_id in (source, target))
    return Wire(
        source,
        target,
        _row(giving.outputs if giving else (), edge.source.port),
        _row(taking.inputs if taking else (), edge.target.port),
    )


def _row(ports: Sequence[PortSpec], name: str) -> int:
    """Which port from the top has this name."""
    for row, port in enumerate(ports):
        if port.name == name:
            return row
        if port.variadic and (number := variadic_index(port, name)) is not None:
            return row + number
    return len(ports)


def card_size(graph: Graph, node_id: str) -> Size:
    spec = graph.catalog.get(graph.nodes[node_id].type)
    incoming = graph.incoming(node_id)
    used = {edge.source.port for edge in graph.outgoing(node_id)}
    inputs = len(spec.inputs) if spec else 0
    if spec and spec.is_variadic:
        inputs = len(incoming) + 1  # those connected, and a free one
    outputs = len(used.union(spec.output_names if spec else ()))
    return (CARD_WIDTH, HEADER_HEIGHT + PORT_HEIGHT * max(inputs, len(incoming), outputs, 1))
