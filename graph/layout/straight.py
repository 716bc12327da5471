"""Which slots of neighbouring levels stand in one line: the main path, and what skips several others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from graph.layout.lattice import Lattice, Link

SKIP, MAIN, LANE = 2, 1, 0  # what is straightened first


def lines(lattice: Lattice, links: Sequence[Link], level_of: Sequence[int]) -> list[int]:
    """For every slot, the number of its line; lines never cross, and have one slot a level.

    The longest path is one line, then the longest of the rest, and so on. Branches that are equally long share
    the place of their fork instead, so that it stands in their middle.

    Args:
        lattice: in order.
        links: the edges between its items.
        level_of: the level of every item.
    """
    slots = range(len(lattice.after))
    place = {slot: index for row in lattice.rows for index, slot in enumerate(row)}
    wish = _wishes(lattice, _straight_skips(lattice, links, level_of))
    taken: dict[int, tuple[list[tuple[int, int]], None]] = {}
    level = {slot: number for number, row in enumerate(lattice.rows) for slot in row}
    straight: dict[int, list[tuple[int, int]]] = {}
    after, before = dict[int, int](), dict[int, int]()
    for link in wish:
        ends = place[link.source], place[link.target]
        others = straight.setdefault(level[link.source], [])
        if link.source in after or link.target in before or not _fits(others, ends):
            continue
        others.insert(bisect_left(others, ends), ends)
        after[link.source], before[link.target] = link.target, link.source
    line = [-1] * len(slots)
    for row in lattice.rows:
        for slot in row:
            line[slot] = line[before[slot]] if slot in before else slot
    return line
