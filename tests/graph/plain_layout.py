"""A plain layered layout to compare with: longest paths, a few sweeps of means, rows by neighbours."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

import networkx as nx

from graph.document import Position
from graph.layout import Drawing

SWEEPS = 6
COLUMN, LANE, GAP = 224.0, 16.0, 40.0


def plain_layout(drawn: Drawing) -> dict[str, Position]:
    """Positions of the cards of a drawing without cycles."""
    flow = nx.DiGraph()
    flow.add_nodes_from(drawn.cards)
    flow.add_edges_from((wire.source, wire.target) for wire in drawn.wires)
    column_of = {n: c for c, names in enumerate(nx.topological_generations(flow)) for n in names}
    columns, near = _with_lanes(drawn, column_of)
    for sweep in range(SWEEPS):
        ordered = columns if sweep % 2 == 0 else columns[::-1]
        for before, column in pairwise(ordered):
            place = {slot: index for index, slot in enumerate(before)}
            centre = {}
            for index, slot in enumerate(column):
                known = [place[other] for other in near[slot] if other in place]
                centre[slot] = sum(known) / len(known) if known else float(index)
            column.sort(key=centre.__getitem__)
    rows = {}
    for column in columns:
        wanted = [median([rows[n] for n in near[slot] if n in rows] or [0.0]) for slot in column]
        floor, tops = float("-inf"), []
        for slot, want in zip(column, wanted, strict=True):
            tops.append(max(want, floor))
            floor = tops[-1] + (drawn.cards[slot].size[1] if slot in drawn.cards else LANE) + GAP
        drift = sum(top - want for top, want in zip(tops, wanted, strict=True)) / len(tops)
        rows.update(zip(column, (round((top - drift) / 8) * 8.0 for top in tops), strict=True))
    return {name: (column_of[name] * COLUMN, rows[name]) for name in drawn.cards}


def _with_lanes(drawn, column_of):
    columns = [[] for _ in range(max(column_of.values()) + 1)]
    near = {name: [] for name in drawn.cards}
    for name in drawn.cards:
        columns[column_of[name]].append(name)
    for index, wire in enumerate(drawn.wires):
        lanes = [(index, c) for c in range(column_of[wire.source] + 1, column_of[wire.target])]
        for lane in lanes:
            columns[lane[1]].append(lane)
        for one, other in pairwise([wire.source, *lanes, wire.target]):
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    return columns, near
