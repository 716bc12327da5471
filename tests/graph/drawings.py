"""Drawings to lay out, and what is counted in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from hypothesis import strategies as st

from graph.document import Edge, Graph, Node, PortRef, Position
from graph.layout import Arrangement, Drawing, Rect, Wire

COLUMN, ROW = 224.0, 128.0
CARD = (152.0, 88.0)
Pairs = Sequence[tuple[int, int]]


def drawing(
    count: int,
    pairs: Pairs,
    ports: Mapping[tuple[int, int], int] | None = None,
    at: Mapping[int, Position] | None = None,
    sizes: Mapping[int, tuple[float, float]] | None = None,
) -> Drawing:
    """Cards `n0`, `n1`, ... and wires; `ports` says by which input a wire arrives."""
    places, given_sizes, arriving = at or {}, sizes or {}, ports or {}
    return Drawing(
        {f"n{i}": Rect(places.get(i, (0.0, 0.0)), given_sizes.get(i, CARD)) for i in range(count)},
        tuple(Wire(f"n{s}", f"n{t}", 0, arriving.get((s, t), 0)) for s, t in pairs),
    )


@st.composite
def drawings(draw, with_cycles=False, max_cards=16, max_wires=26):
    """Drawings of any shape, without frames and pins."""
    count = draw(st.integers(1, max_cards))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends.filter(lambda p: with_cycles or p[0] < p[1]), max_size=max_wires))
    heights = st.sampled_from([88.0, 112.0, 184.0])
    steps = st.integers(-40, 40).map(lambda step: step * 16.0)
    return Drawing(
        {f"n{i}": Rect((draw(steps), draw(steps)), (152.0, draw(heights))) for i in range(count)},
        tuple(Wire(f"n{s}", f"n{t}", 0, draw(st.integers(0, 3))) for s, t in pairs),
    )


def joined(count: int, pairs: Pairs, type_name: str = "Add") -> Graph:
    """The same as a graph of layers that take any number of inputs."""
    nodes = [Node(f"n{i}", type_name, f"n{i}") for i in range(count)]
    ports = dict.fromkeys(range(count), 0)
    edges = []
    for source, target in pairs:
        edges.append(Edge(PortRef(f"n{source}", "out"), PortRef(f"n{target}", f"in{ports[target]}")))
        ports[target] += 1
    return Graph(nodes, edges)


def rects(drawn: Drawing, found: Arrangement) -> dict[str, Rect]:
    """Where the cards are after a layout."""
    return {name: Rect(found.positions[name], card.size) for name, card in drawn.cards.items()}


def cards(drawn: Drawing, found: Arrangement) -> Drawing:
    """The drawing after a layout."""
    return replace(drawn, cards=rects(drawn, found), frames=dict(found.frames))


def crossings_of(drawn: Drawing, places: Mapping[str, Position]) -> int:
    """How many pairs of edges cross, each drawn as a straight line from port to port."""
    lines = []
    for wire in drawn.wires:
        (x, y), (to_x, to_y) = places[wire.source], places[wire.target]
        start = (x + drawn.cards[wire.source].size[0], y + 76.0 + 24 * wire.out_port)
        lines.append((start, (to_x, to_y + 76.0 + 24 * wire.in_port)))
    return sum(_do_cross(one, other) for one, other in combinations(lines, 2))


def _do_cross(one: tuple[Position, Position], other: tuple[Position, Position]) -> bool:
    return all(
        _side(*line, points[0]) * _side(*line, points[1]) < 0 for line, points in ((one, other), (other, one))
    )


def _side(start: Position, end: Position, point: Position) -> float:
    """On which side of a line a point lies: positive, negative, or 0 on it."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
