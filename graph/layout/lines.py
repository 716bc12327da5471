"""Which slots of neighbouring levels stand in one line: the main path, and skips that span others."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from graph.layout.lattice import Lattice, Link

ANY, NONE = -1, -2


def lines(lattice: Lattice, weights: Sequence[int]) -> list[int]:
    """For every slot, the number of its line; lines never cross, and have one slot a level at most.

    The longest path is one line, then the longest of the rest, and so on. Of branches that are equally long
    the middle one goes on with the fork; where there is no middle the fork stands between them. An edge that
    skips other skips, or that arrives above the path it skips, is a line itself, and the path hangs beside
    it; any other skip bows.

    Args:
        lattice: in order.
        weights: how much each item adds to the length of a path.
    """
    pieces = [link for row in lattice.rows for slot in row for link in lattice.after[slot]]
    main = _Main(lattice, [link for link in pieces if not _is_lane(lattice, link)], weights)
    lanes = [link for link in pieces if _is_lane(lattice, link)]
    along = _joined(lattice, [*main.pieces, *lanes])
    skips = [piece for link in _straight_skips(lattice, along) for piece in lattice.routes[link]]
    return _joined(lattice, [*skips, *main.without_ties(), *lanes])


class _Main:
    """Edges from level to level between items, those of the longest paths first.

    Args:
        lattice: in order.
        pieces: these edges, level by level.
        weights: how much each item adds to the length of a path.
    """

    def __init__(self, lattice: Lattice, pieces: Sequence[Link], weights: Sequence[int]) -> None:
        self._place = {slot: index for row in lattice.rows for index, slot in enumerate(row)}
        self._depth, self._height = list(weights), list(weights)
        for link in pieces:
            length = self._depth[link.source] + weights[link.target]
            self._depth[link.target] = max(self._depth[link.target], length)
        for link in reversed(pieces):
            length = self._height[link.target] + weights[link.source]
            self._height[link.source] = max(self._height[link.source], length)
        self.pieces = sorted(pieces, key=lambda link: -self._depth[link.source] - self._height[link.target])

    def without_ties(self) -> list[Link]:
        """The same without the edges to or from equally long branches, the middle one apart."""
        forks: dict[int, dict[int, int]] = defaultdict(dict)
        joins: dict[int, dict[int, int]] = defaultdict(dict)
        for link in self.pieces:
            forks[link.source][link.target] = self._height[link.target]
            joins[link.target][link.source] = self._depth[link.source]
        forked = {slot: self._favourite(branches) for slot, branches in forks.items()}
        joined = {slot: self._favourite(branches) for slot, branches in joins.items()}
        return [
            link
            for link in self.pieces
            if forked[link.source] in (ANY, link.target) and joined[link.target] in (ANY, link.source)
        ]

    def _favourite(self, branches: dict[int, int]) -> int:
        """The middle one of the longest branches; ANY if one alone is, NONE without a middle."""
        longest = max(branches.values())
        tied = sorted(
            (slot for slot, length in branches.items() if length == longest), key=self._place.__getitem__
        )
        if len(tied) == 1:
            return ANY
        return tied[len(tied) // 2] if len(tied) % 2 else NONE


def _is_lane(lattice: Lattice, link: Link) -> bool:
    return lattice.is_lane(link.source) or lattice.is_lane(link.target)


def _joined(lattice: Lattice, wishes: Iterable[Link]) -> list[int]:
    """The lines that arise when each wish is granted that crosses no earlier one."""
    place = {slot: index for row in lattice.rows for index, slot in enumerate(row)}
    granted: dict[int, list[tuple[int, int]]] = defaultdict(list)  # by level, from place to place
    after, before = set[int](), dict[int, int]()
    for link in wishes:
        ends = place[link.source], place[link.target]
        others = granted[lattice.level_of[link.source]]
        at = bisect_left(others, ends)
        if link.source in after or link.target in before:
            continue
        if (at and others[at - 1][1] > ends[1]) or (at < len(others) and others[at][1] < ends[1]):
            continue
        others.insert(at, ends)
        after.add(link.source)
        before[link.target] = link.source
    line = list(range(len(lattice.after)))
    for row in lattice.rows[1:]:
        for slot in row:
            if slot in before:
                line[slot] = line[before[slot]]
    return line


def _straight_skips(lattice: Lattice, line: Sequence[int]) -> list[Link]:
    """Links that leave a line and come back to it, and are to be lines themselves; the longest first."""
    by_line: dict[int, list[Link]] = defaultdict(list)
    for link, pieces in lattice.routes.items():
        if len(pieces) > 1 and line[link.source] == line[link.target]:
            by_line[line[link.source]].append(link)
    found = [link for links in by_line.values() for link in _nested(lattice, links)]
    found += [link for links in by_line.values() for link in links if _arrives_above(lattice, line, link)]
    return sorted(dict.fromkeys(found), key=lambda link: -len(lattice.routes[link]))


def _nested(lattice: Lattice, links: Sequence[Link]) -> list[Link]:
    """Those links that begin before another of them and end behind it, and an only one inside such."""
    level = lattice.level_of
    outer: list[Link] = []
    inner: list[Link] = []
    nearest_end = len(lattice.rows)
    for _, group in groupby(sorted(links, key=lambda e: -level[e.source]), key=lambda e: level[e.source]):
        here = list(group)
        for link in here:
            (outer if level[link.target] > nearest_end else inner).append(link)
        nearest_end = min(nearest_end, *(level[link.target] for link in here))
    inner.sort(key=lambda link: (level[link.source], level[link.target]))
    starts, ends = [level[link.source] for link in inner], [level[link.target] for link in inner]
    only = []
    for link in outer:
        inside = range(bisect_right(starts, level[link.source]), bisect_left(ends, level[link.target]))
        only += [inner[index] for index in inside if len(inside) == 1]
    return [*outer, *only]


def _arrives_above(lattice: Lattice, line: Sequence[int], link: Link) -> bool:
    ports = [each.in_port for each in lattice.before[link.target] if line[each.source] == line[link.target]]
    return bool(ports) and link.in_port < min(ports)
