"""Places a graph in rows, one below the other, so that it fits the width of a page. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from builder.canvas.grid_index import Box
from builder.canvas.ports import CARD_WIDTH
from graph.document import Graph, Position
from graph.layout import layered

if TYPE_CHECKING:
    import networkx

SIDE = 48.0  # canvas units beside a row, in which edges turn to the next one
ROW_GAP = 64.0  # between two rows, where edges run back
GAP = 40.0  # between two cards of a column


def num_columns(room: float, gap: float) -> int:
    """How many cards fit beside each other into so many canvas units; two at least, however small."""
    return max(2, int((room - 2 * SIDE + gap) // (CARD_WIDTH + gap)))


def folded(graph: Graph, boxes: Mapping[str, Box], columns: int, gap: float) -> dict[str, Position]:
    """Positions in rows of so many columns, along the data flow.

    Args:
        graph: what is placed.
        boxes: of the nodes that are shown, for their heights.
        columns: of a row.
        gap: between two columns, in canvas units.
    """
    order = {node_id: y for node_id, (_, y) in layered(graph).items()}
    generations = _generations(graph, boxes)
    positions: dict[str, Position] = {}
    top = 0.0
    for first in range(0, len(generations), columns):
        ends = [top]
        for column, members in enumerate(generations[first : first + columns]):
            y = top
            for node_id in sorted(members, key=order.__getitem__):
                positions[node_id] = (column * (CARD_WIDTH + gap), y)
                y += boxes[node_id][3] - boxes[node_id][1] + GAP
            ends.append(y - GAP)
        top = max(ends) + ROW_GAP
    return positions


def _generations(graph: Graph, shown: Mapping[str, Box]) -> list[list[str]]:
    """The nodes that are shown, column by column: each behind all that lead to it; a cycle shares one."""
    import networkx as nx

    flow: networkx.DiGraph[Any] = nx.DiGraph()
    flow.add_nodes_from(node_id for node_id in graph.nodes if node_id in shown)
    for edge in graph.edges:
        if edge.source.node in shown and edge.target.node in shown:
            flow.add_edge(edge.source.node, edge.target.node)
    merged = nx.condensation(flow)
    columns = nx.topological_generations(merged)
    return [[node_id for part in parts for node_id in merged.nodes[part]["members"]] for parts in columns]
