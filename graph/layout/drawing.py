"""What a layout reads and what it gives: plain data that may cross into a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graph.annotations import Position, Size
from graph.cards import card_size
from graph.catalog.spec import PortSpec, variadic_index
from graph.frame_contents import contents
from graph.model import Edge, Graph


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
        frames: areas around what belongs together, by id.
        notes: texts on the canvas, by id.
        homes: the innermost frame in which a card, a note or a frame is, by id; those in none are left out.
        others: what else stands on the canvas, where nothing may be put.
    """

    cards: Mapping[str, Rect]
    wires: tuple[Wire, ...] = ()
    pinned: frozenset[str] = frozenset()
    frames: Mapping[str, Rect] = field(default_factory=dict)
    notes: Mapping[str, Rect] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Rect, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything goes, on the grid.

    Args:
        positions: of every card and note.
        frames: where the frames go, with their sizes.
    """

    positions: Mapping[str, Position]
    frames: Mapping[str, Rect] = field(default_factory=dict)


def drawing_of(graph: Graph, node_ids: Iterable[str] | None = None) -> Drawing:
    """A graph as a layout reads it.

    Args:
        graph: read, never written.
        node_ids: nodes that are to be laid out, with the frames around them alone; all if None.
    """
    chosen = set(graph.nodes if node_ids is None else node_ids)
    cards = {node.id: Rect(node.position, card_size(graph, node.id)) for node in graph.nodes.values()}
    frames = {frame.id: Rect(frame.position, frame.size) for frame in graph.frames.values()}
    notes = {note.id: Rect(note.position, note.size) for note in graph.notes.values()}
    inside = {each: contents(graph, each, lambda name: cards[name].size) for each in frames}
    others: list[Rect] = []
    if node_ids is not None:
        others += [card for each, card in cards.items() if each not in chosen]
        others += [frame for each, frame in frames.items() if not chosen.intersection(inside[each])]
        chosen.update(each for each, names in inside.items() if _is_all(graph, names, chosen))
        chosen.update(name for each in chosen & frames.keys() for name in inside[each])
    else:
        chosen.update(frames, notes)
    homes: dict[str, str] = {}
    for each in sorted(chosen & frames.keys(), key=lambda name: frames[name].area):
        for name in inside[each]:
            homes.setdefault(name, each)
    return Drawing(
        {each: card for each, card in cards.items() if each in chosen},
        tuple(_wire(graph, edge) for edge in graph.edges if {edge.source.node, edge.target.node} <= chosen),
        frozenset(node.id for node in graph.nodes.values() if node.pinned and node.id in chosen),
        {each: frame for each, frame in frames.items() if each in chosen},
        {each: note for each, note in notes.items() if each in chosen},
        homes,
        tuple(others),
    )


def _is_all(graph: Graph, names: Iterable[str], chosen: set[str]) -> bool:
    """Whether a frame with these contents is around chosen nodes and no others."""
    nodes = [name for name in names if name in graph.nodes]
    return bool(nodes) and chosen.issuperset(nodes)


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
