"""Places a graph in rows, one below the other, so that it fits the width of a page. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.canvas.grid_index import Box
from builder.canvas.ports import CARD_WIDTH
from graph.document import Edge, Graph, Position
from graph.layout import layered

if TYPE_CHECKING:
    import networkx

# Canvas units.
SIDE = 28.0  # beside a row, where edges turn to another one
GAP = 40.0  # between two cards of a column
CLEAR = 20.0  # from a card to the nearest edge that passes below or above it
LANE = 16.0  # from one such edge to the next: a label fits between
TRACK = 8.0  # likewise beside a card
TURN = 14.0  # from a card to the nearest of those
MOST_TRACKS = 3  # beside one card; more would reach the next one

Place = tuple[int, int]  # row and column
Tracks = tuple[float, ...]


@dataclass(frozen=True)
class Fold:
    """A graph in rows.

    Attributes:
        positions: of the nodes.
        tracks: where edges run that do not lead to the next card of a row: x of the first vertical run, y of
            the horizontal one after it, and so on to the x of the last vertical run.
    """

    positions: Mapping[str, Position]
    tracks: Mapping[Edge, Tracks]


def num_columns(room: float, gap: float) -> int:
    """How many cards fit beside each other into so many canvas units; two at least, however small."""
    return max(2, int((room - 2 * SIDE + gap) // (CARD_WIDTH + gap)))


def folded(graph: Graph, boxes: Mapping[str, Box], columns: int, gap: float) -> Fold:
    """The graph in rows of so many columns, along the data flow.

    Args:
        graph: what is placed.
        boxes: of the nodes that are shown, for their heights.
        columns: of a row.
        gap: between two columns, in canvas units.
    """
    edges = [edge for edge in graph.edges if edge.source.node in boxes and edge.target.node in boxes]
    order = {node_id: y for node_id, (_, y) in layered(graph).items()}
    generations = [sorted(members, key=order.__getitem__) for members in _generations(boxes, edges)]
    place_of = {
        node_id: divmod(index, columns) for index, members in enumerate(generations) for node_id in members
    }
    lanes = _Lanes(edges, place_of)
    pitch = CARD_WIDTH + gap
    positions: dict[str, Position] = {}
    bottoms = list[float]()
    top = 0.0
    for row in range(0, len(generations), columns):
        bottoms.append(_stack(generations[row : row + columns], top, pitch, boxes, positions))
        top = bottoms[-1] + 2 * CLEAR + LANE * max(lanes.count[len(bottoms) - 1] - 1, 0)
    right = (min(columns, len(generations)) - 1) * pitch + CARD_WIDTH
    return Fold(positions, {edge: lanes.tracks(edge, bottoms, pitch, right) for edge in lanes.edges})


def _stack(
    generations: Sequence[Sequence[str]],
    top: float,
    pitch: float,
    boxes: Mapping[str, Box],
    positions: dict[str, Position],
) -> float:
    """Places the columns of one row from `top` on; returns where the row ends."""
    ends = [top]
    for column, members in enumerate(generations):
        y = top
        for node_id in members:
            positions[node_id] = (column * pitch, y)
            y += boxes[node_id][3] - boxes[node_id][1] + GAP
        ends.append(y - GAP)
    return max(ends)


@dataclass(frozen=True, slots=True)
class _Way:
    """Which lanes, as row and number, and which tracks an edge takes."""

    first: Place
    last: Place
    out: int
    beside: int
    into: int

    @property
    def is_long(self) -> bool:
        """Whether it passes rows, beside the last card of each."""
        return self.first[0] != self.last[0]


class _Lanes:
    """Gives every edge that leads past other cards a way of its own, below its row and beside the last card.

    Args:
        edges: all that are drawn.
        place_of: row and column of every node.
    """

    def __init__(self, edges: Iterable[Edge], place_of: Mapping[str, Place]) -> None:
        self._place_of = place_of
        self.count: Counter[int] = Counter()  # lanes below each row
        self._beside: Counter[Hashable] = Counter()  # tracks beside cards
        edges = list(edges)
        self._last_column = max((column for _, column in place_of.values()), default=0)
        self._joined = {edge.target.node for edge in edges if self._is_next(edge)}
        on = [edge for edge in edges if not self._is_next(edge) and self._leads_on(edge)]
        self.edges = sorted(on, key=self._span)  # the longest way is the outermost
        self._taken = {edge: self._take(edge) for edge in self.edges}
        taken = [way.out for edge, way in self._taken.items() if self._is_at_end(edge) and not way.is_long]
        self._inner = max(taken, default=-1) + 1  # tracks beside the last card that long ways leave free

    def tracks(self, edge: Edge, bottoms: Sequence[float], pitch: float, right: float) -> Tracks:
        """Where an edge runs, as `Fold` tells."""
        way, margin = self._taken[edge], right + TURN
        start = self._place_of[edge.source.node][1] * pitch + CARD_WIDTH + TURN + TRACK * way.out
        end = self._place_of[edge.target.node][1] * pitch - TURN - TRACK * way.into
        first, last = (bottoms[row] + CLEAR + LANE * lane for row, lane in (way.first, way.last))
        if not way.is_long:
            return (start, first, end)
        beside = margin + TRACK * (self._inner + way.beside)
        return (beside, last, end) if self._is_at_end(edge) else (start, first, beside, last, end)

    def _is_next(self, edge: Edge) -> bool:
        (row, column), target = self._place_of[edge.source.node], self._place_of[edge.target.node]
        return target == (row, column + 1)

    def _leads_on(self, edge: Edge) -> bool:
        return self._place_of[edge.source.node] < self._place_of[edge.target.node]

    def _is_at_end(self, edge: Edge) -> bool:
        return self._place_of[edge.source.node][1] == self._last_column

    def _span(self, edge: Edge) -> int:
        return self._place_of[edge.target.node][0] - self._place_of[edge.source.node][0]

    def _take(self, edge: Edge) -> _Way:
        (row, source), (goal, target) = self._place_of[edge.source.node], self._place_of[edge.target.node]
        # From below where another edge comes straight in, whose label would be in the way.
        arrives = goal if edge.target.node in self._joined and row != goal else max(row, goal - 1)
        is_long = arrives != row
        starts_in_lane = not (is_long and self._is_at_end(edge))
        first = (row, self._next(self.count, row) if starts_in_lane else 0)
        last = (arrives, self._next(self.count, arrives)) if is_long else first
        beside = self._next(self._beside, "margin") if is_long else 0
        out = self._next(self._beside, (row, source, "out")) if starts_in_lane else 0
        into = self._next(self._beside, (goal, target, "in"))
        return _Way(first, last, out % MOST_TRACKS, beside, into % MOST_TRACKS)

    def _next(self, counter: Counter[Any], key: Hashable) -> int:
        counter[key] += 1
        return counter[key] - 1


def _generations(shown: Mapping[str, Box], edges: Iterable[Edge]) -> list[list[str]]:
    """The nodes, column by column: each behind all that lead to it; a cycle shares one."""
    import networkx as nx

    flow: networkx.DiGraph[Any] = nx.DiGraph()
    flow.add_nodes_from(shown)
    flow.add_edges_from((edge.source.node, edge.target.node) for edge in edges)
    merged = nx.condensation(flow)
    columns = nx.topological_generations(merged)
    return [[node_id for part in parts for node_id in merged.nodes[part]["members"]] for parts in columns]
