"""The order of slots within their levels, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from itertools import pairwise

from graph.layout.lattice import Lattice, Link

ROUNDS = 12  # sweeps there and back
MANY = 6000  # slots; of more, one first order is tried and no other
PATIENCE = 3  # rounds without a better order before it ends
SWAPS = 4  # passes of swapping neighbours after a sweep
PORTS = 1 << 16  # more than a slot has; what stands at `place * PORTS + port` is in order of both

Rows = list[list[int]]


def put_in_order(lattice: Lattice, starts: Sequence[Rows], check: Callable[[], None]) -> None:
    """Orders the rows of a lattice.

    Args:
        lattice: its rows are replaced.
        starts: orders to begin with; each counts only where it leads to fewer crossings than those before it.
        check: is called now and then; what it raises ends the work.

    Source: Gansner et al., A technique for drawing directed graphs, 1993 (sweeps and swaps).
    """
    is_large = len(lattice.after) > MANY
    best, fewest = _improved(lattice, starts[0], check)
    for start in () if is_large else starts[1:]:
        rows, found = _improved(lattice, start, check) if fewest else (best, 0)
        if found < fewest:
            best, fewest = rows, found
    lattice.rows = best


def _improved(lattice: Lattice, start: Rows, check: Callable[[], None]) -> tuple[Rows, int]:
    """The best order that sweeps come to from a first one, and its crossings."""
    lattice.rows = best = start
    fewest, patience = crossings(lattice), PATIENCE
    for turn in range(2 * ROUNDS):
        if not fewest or not patience:
            break
        check()
        lattice.rows = [list(row) for row in lattice.rows]
        _sweep(lattice, forwards=turn % 2 == 0)
        _swap(lattice, check)
        found = crossings(lattice)
        patience -= turn % 2
        if found < fewest:
            best, fewest, patience = lattice.rows, found, PATIENCE
    return best, fewest


def crossings(lattice: Lattice) -> int:
    """How many pairs of edges between neighbouring levels cross, those that end at one port apart."""
    return sum(_between(lattice, above, below) for above, below in pairwise(lattice.rows))


def first_order(lattice: Lattice) -> Rows:
    """The slots of every level in the order in which a walk along the edges meets them."""
    rows: Rows = [[] for _ in lattice.rows]
    level_of = {slot: level for level, row in enumerate(lattice.rows) for slot in row}
    seen: set[int] = set()
    for start in [slot for row in lattice.rows for slot in row]:
        stack = [start]
        while stack:
            slot = stack.pop()
            if slot in seen:
                continue
            seen.add(slot)
            rows[level_of[slot]].append(slot)
            follow = sorted(lattice.after[slot], key=lambda link: (link.out_port, link.in_port))
            stack += [link.target for link in reversed(follow)]
    return rows


def _between(lattice: Lattice, above: Sequence[int], below: Sequence[int]) -> int:
    """Crossings between two levels, in O(E log E)."""
    if len(above) < 2 and len(below) < 2 and all(len(lattice.after[slot]) < 2 for slot in above):
        return 0
    place = {slot: index for index, slot in enumerate(below)}
    count = 0
    ends: list[tuple[int, int]] = []
    for slot in above:
        links = lattice.after[slot]
        if len(links) > 1:
            links = sorted(links, key=lambda link: (link.out_port, place[link.target], link.in_port))
        for link in links:
            end = (place[link.target], link.in_port)
            count += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return count


def _sweep(lattice: Lattice, forwards: bool) -> None:
    """Orders one level after the other by where its neighbours in the level before stand on average."""
    rows = lattice.rows if forwards else lattice.rows[::-1]
    joints = lattice.before if forwards else lattice.after
    for fixed, row in pairwise(rows):
        if len(row) < 2:
            continue
        place = {slot: float(index) for index, slot in enumerate(fixed)}
        centre = {}
        for slot in row:
            near = [_along(link, forwards, place) for link in joints[slot]]
            if near:
                centre[slot] = sum(near) / len(near)
        # Slots without a neighbour stay where they are; the others take the remaining places.
        ordered = iter(sorted(centre, key=centre.__getitem__))
        row[:] = [next(ordered) if slot in centre else slot for slot in row]


def _along(link: Link, forwards: bool, place: dict[int, float]) -> float:
    slot, port = (link.source, link.out_port) if forwards else (link.target, link.in_port)
    return place[slot] + min(port, 9) * 0.1


def _swap(lattice: Lattice, check: Callable[[], None]) -> None:
    """Swaps neighbours as long as that saves crossings."""
    place = [0] * len(lattice.after)
    for row in lattice.rows:
        for index, slot in enumerate(row):
            place[slot] = index
    pending = set(range(len(lattice.rows)))
    for _ in range(SWAPS):
        check()
        pending = {
            near
            for level in pending
            if _swap_row(lattice, level, place)
            for near in (level - 1, level, level + 1)
        }
        pending &= set(range(len(lattice.rows)))
        if not pending:
            return


def _swap_row(lattice: Lattice, level: int, place: list[int]) -> bool:
    """Whether neighbours of a row were swapped; `place` is where every slot stands, and is kept so."""
    row = lattice.rows[level]
    if len(row) < 2:
        return False
    sources = [sorted([place[e.source] * PORTS + e.out_port for e in lattice.before[slot]]) for slot in row]
    targets = [sorted([place[e.target] * PORTS + e.in_port for e in lattice.after[slot]]) for slot in row]
    is_changed = False
    for one in range(len(row) - 1):
        other = one + 1
        now = _pairs_beyond(sources[one], sources[other]) + _pairs_beyond(targets[one], targets[other])
        if not now:
            continue
        then = _pairs_beyond(sources[other], sources[one]) + _pairs_beyond(targets[other], targets[one])
        if then < now:
            row[one], row[other] = row[other], row[one]
            for ends in (sources, targets):
                ends[one], ends[other] = ends[other], ends[one]
            place[row[one]], place[row[other]] = one, other
            is_changed = True
    return is_changed


def _pairs_beyond(first: Sequence[int], second: Sequence[int]) -> int:
    """How many pairs cross if the slot with the first ends stands before that with the second."""
    if not first or not second or first[-1] <= second[0]:
        return 0
    if len(first) == 1:
        return bisect_left(second, first[0])
    return sum([bisect_left(second, end) for end in first])
