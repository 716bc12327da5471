"""A graph spread over levels, in which a long edge takes a lane through every level that it passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

MAX_LANES = 12_000  # more would cost seconds; the longest edges go without


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two items of a layout, or between slots of neighbouring levels.

    Args:
        source, target: their numbers.
        out_port, in_port: which port from the top it leaves by and arrives at.
        out_at, in_at: where across the flow the cards at its ends begin, from where their items begin.
    """

    source: int
    target: int
    out_port: int = 0
    in_port: int = 0
    out_at: float = 0.0
    in_at: float = 0.0

    @property
    def turned(self) -> Link:
        """The same from its end to its start."""
        return Link(self.target, self.source, self.in_port, self.out_port, self.in_at, self.out_at)

    def from_lane(self, lane: int) -> Link:
        """Its last piece, if it takes lanes."""
        return replace(self, source=lane, out_port=0, out_at=0.0)

    def to_lane(self, lane: int) -> Link:
        """Its first piece, if it takes lanes."""
        return replace(self, target=lane, in_port=0, in_at=0.0)


@dataclass(slots=True)
class Lattice:
    """Slots by level: items, whose slots have the same numbers, and lanes.

    Args:
        level_of: the level of every slot.
        count: number of items.
        rows: the slots of every level, in order across the flow.
        after: by slot, what joins it to the next level.
        before: by slot, what joins it to the level before.
        routes: by link between items, its pieces along the flow.
    """

    level_of: list[int]
    count: int
    rows: list[list[int]]
    after: list[list[Link]]
    before: list[list[Link]]
    routes: dict[Link, list[Link]] = field(default_factory=dict)

    def is_lane(self, slot: int) -> bool:
        return slot >= self.count

    def add_lane(self, level: int) -> int:
        """A new slot in a level."""
        self.level_of.append(level)
        self.after.append([])
        self.before.append([])
        self.rows[level].append(len(self.after) - 1)
        return len(self.after) - 1

    def join(self, link: Link) -> Link:
        """Joins two slots of neighbouring levels."""
        self.after[link.source].append(link)
        self.before[link.target].append(link)
        return link


def spread(links: Sequence[Link], level_of: Sequence[int]) -> Lattice:
    """The lattice of items with these levels; within a level they are in the order of their numbers.

    Links of one port share their lanes as far as they go. A link that leads back is passed from its end to
    its start, and one that stays in its level is left out.
    """
    count = len(level_of)
    rows: list[list[int]] = [[] for _ in range(max(level_of, default=-1) + 1)]
    for item, level in enumerate(level_of):
        rows[level].append(item)
    lattice = Lattice(list(level_of), count, rows, [[] for _ in range(count)], [[] for _ in range(count)])
    forward = [link if level_of[link.source] < level_of[link.target] else link.turned for link in links]
    trunks: dict[tuple[int, int], list[Link]] = {}  # by port, the pieces that its links share
    for link in sorted(forward, key=lambda each: level_of[each.target] - level_of[each.source]):
        length = level_of[link.target] - level_of[link.source]
        if not length or link in lattice.routes:
            continue
        trunk = trunks.setdefault((link.source, link.out_port), [])
        if len(lattice.after) - count + length - 1 - len(trunk) > MAX_LANES:
            break
        for level in range(level_of[link.source] + 1 + len(trunk), level_of[link.target]):
            lane = lattice.add_lane(level)
            trunk.append(lattice.join(Link(trunk[-1].target, lane) if trunk else link.to_lane(lane)))
        pieces = trunk[: length - 1]
        last = lattice.join(link.from_lane(pieces[-1].target) if pieces else link)
        lattice.routes[link] = [*pieces, last]
    return lattice
