"""Places nodes in columns from left to right, along the data flow and with few crossings."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from graph.document import Graph, Position

if TYPE_CHECKING:
    import networkx

# Canvas units, multiples of the canvas's 8-px grid.
COLUMN_SPACING = 224.0
NODE_HEIGHT = 88.0
PORT_HEIGHT = 24.0  # what every port beyond the first adds to a node
LANE_HEIGHT = 56.0  # room left in a column for an edge that passes it
GAP = 40.0
SWEEPS = 6

Slot = Hashable  # a node id, or (edge index, column) where an edge passes a column
Columns = list[list[Slot]]


def layered(graph: Graph) -> dict[str, Position]:
    """A position for every node: column by longest path, order within by the median of the neighbours."""
    if not graph.nodes:
        return {}
    column_of = _columns(graph)
    columns, neighbours = _with_lanes(graph, column_of)
    for sweep in range(SWEEPS):
        _order(columns, neighbours, forwards=sweep % 2 == 0)
    heights: dict[Slot, float] = {node_id: _height(graph, node_id) for node_id in graph.nodes}
    rows = _rows(columns, neighbours, lambda slot: heights.get(slot, LANE_HEIGHT - GAP))
    return {node_id: (column_of[node_id] * COLUMN_SPACING, rows[node_id]) for node_id in graph.nodes}


def is_piled_up(graph: Graph) -> bool:
    """Whether nodes lie on top of each other at one spot, as in a file without positions."""
    return len(graph.nodes) > 1 and len({node.position for node in graph.nodes.values()}) == 1


def _columns(graph: Graph) -> dict[str, int]:
    """The column of every node; the nodes of a cycle share one."""
    import networkx as nx

    flow: networkx.DiGraph[Any] = nx.DiGraph()
    flow.add_nodes_from(graph.nodes)
    flow.add_edges_from((edge.source.node, edge.target.node) for edge in graph.edges)
    merged = nx.condensation(flow)
    column_of = {}
    for column, parts in enumerate(nx.topological_generations(merged)):
        for part in parts:
            column_of.update(dict.fromkeys(merged.nodes[part]["members"], column))
    return {node_id: column_of[node_id] for node_id in graph.nodes}


def _with_lanes(graph: Graph, column_of: Mapping[str, int]) -> tuple[Columns, dict[Slot, list[Slot]]]:
    """Slots by column, and what each is joined to; a long edge takes a lane in every column it passes."""
    columns: Columns = [[] for _ in range(max(column_of.values()) + 1)]
    neighbours: dict[Slot, list[Slot]] = {node_id: [] for node_id in graph.nodes}
    for node_id, column in column_of.items():
        columns[column].append(node_id)
    for index, edge in enumerate(graph.edges):
        first, last = column_of[edge.source.node], column_of[edge.target.node]
        lanes: list[Slot] = [(index, column) for column in range(first + 1, last)]
        for column, lane in zip(range(first + 1, last), lanes, strict=True):
            columns[column].append(lane)
        path: list[Slot] = [edge.source.node, *lanes, edge.target.node]
        for one, other in pairwise(path):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    return columns, neighbours


def _order(columns: Columns, neighbours: Mapping[Slot, list[Slot]], forwards: bool) -> None:
    """One sweep: every column in the order of the mean place of its neighbours in the column before."""
    ordered = columns if forwards else columns[::-1]
    for before, column in pairwise(ordered):
        place = {slot: index for index, slot in enumerate(before)}
        centre = {}
        for index, slot in enumerate(column):
            near = [place[other] for other in neighbours[slot] if other in place]
            centre[slot] = sum(near) / len(near) if near else float(index)
        column.sort(key=centre.__getitem__)


def _rows(
    columns: Columns, neighbours: Mapping[Slot, list[Slot]], height: Callable[[Slot], float]
) -> dict[Slot, float]:
    """The top of every slot: near its neighbours to the left, below the slot before it."""
    rows: dict[Slot, float] = {}
    for column in columns:
        wanted = [_wanted_row(slot, rows, neighbours) for slot in column]
        tops, floor = [], float("-inf")
        for slot, want in zip(column, wanted, strict=True):
            tops.append(max(want, floor))
            floor = tops[-1] + height(slot) + GAP
        # Pushing only down would drift: move the column back by what it was pushed on average.
        drift = sum(top - want for top, want in zip(tops, wanted, strict=True)) / len(tops)
        rows.update(zip(column, (round((top - drift) / 8) * 8.0 for top in tops), strict=True))
    return rows


def _wanted_row(slot: Slot, rows: Mapping[Slot, float], neighbours: Mapping[Slot, Sequence[Slot]]) -> float:
    near = [rows[other] for other in neighbours[slot] if other in rows]
    return median(near) if near else 0.0


def _height(graph: Graph, node_id: str) -> float:
    spec = graph.catalog.get(graph.nodes[node_id].type)
    inputs = len(graph.incoming(node_id)) + (1 if spec and spec.is_variadic else 0)
    used = len({edge.source.port for edge in graph.outgoing(node_id)})
    return NODE_HEIGHT + PORT_HEIGHT * (max(inputs, len(spec.output_names) if spec else 1, used, 1) - 1)
