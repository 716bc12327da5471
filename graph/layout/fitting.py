"""New cards in a drawing that stands already: they go beside their neighbours, and others make room."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from statistics import median

from graph.annotations import Position
from graph.layout.drawing import Arrangement, Drawing, Rect, around
from graph.layout.holding import settled
from graph.layout.items import Item, Way
from graph.layout.levels import without_cycles
from graph.layout.metrics import METRICS, Direction, snapped

PUSHES = 50  # how often a card is pushed on, on average, before it stays


def fit_in(drawing: Drawing, new: Collection[str], direction: Direction = "right") -> Arrangement:
    """Positions for new cards; the others stay, or are pushed along the flow as far as the new ones need.

    Nothing moves that is before the new cards, and nothing moves across the flow.

    Args:
        drawing: with the new cards anywhere.
        new: their ids.
        direction: where the flow leads.
    """
    return _Fitting(drawing, new, Way(direction, METRICS[direction], True, lambda: None)).result()


class _Fitting:
    def __init__(self, drawing: Drawing, new: Collection[str], way: Way) -> None:
        self._drawing, self._way = drawing, way
        self._new = [name for name in drawing.cards if name in set(new)]
        self._at = {name: card for name, card in drawing.cards.items() if name not in set(new)}
        self._starts = sorted((card.position[way.along], name) for name, card in self._at.items())
        names = list(drawing.cards)
        number = {name: index for index, name in enumerate(names)}
        pairs = [(number[wire.source], number[wire.target]) for wire in drawing.wires]
        self._before: dict[str, list[str]] = defaultdict(list)
        self._after: dict[str, list[str]] = defaultdict(list)
        for source, target in dict.fromkeys(without_cycles(len(names), pairs)):
            self._after[names[source]].append(names[target])
            self._before[names[target]].append(names[source])

    def result(self) -> Arrangement:
        for name in self._in_order():
            self._at[name] = self._beside_neighbours(name)
        self._push_on()
        cards = [Item(n, r, {}, {}, n not in self._new and self._stays(n)) for n, r in self._at.items()]
        places = settled(
            cards, {i: card.rect.position for i, card in enumerate(cards)}, self._drawing.others, self._way
        )
        positions = {cards[index].name: place for index, place in places.items()}
        notes = {name: note.position for name, note in self._drawing.notes.items()}
        ordered = {name: positions[name] for name in self._drawing.cards}
        return Arrangement({**ordered, **notes}, self._frames(ordered))

    def _in_order(self) -> list[str]:
        """The new cards, each behind the new ones that feed it, if there is such an order."""
        waiting, order = dict.fromkeys(self._new), list[str]()
        while waiting:
            ready = [n for n in waiting if not any(each in waiting for each in self._before[n])]
            order += ready
            for name in ready:
                del waiting[name]
        return order

    def _beside_neighbours(self, name: str) -> Rect:
        """Behind what feeds a new card, or before what it feeds, or below everything."""
        along, across, gap = self._way.along, self._way.across, self._way.metrics.between_levels
        size = self._drawing.cards[name].size
        before = [self._at[each] for each in self._before[name]]
        after = [self._at[each] for each in self._after[name] if each in self._at]
        if not before and not after:
            return Rect(self._below_all(), size)
        if before:
            start = max(rect.end(along) for rect in before) + gap
        else:
            start = min(rect.position[along] for rect in after) - gap - size[along]
        middle = median(rect.position[across] for rect in (before or after))
        return Rect(self._way.point(snapped(start), snapped(middle)), size)

    def _below_all(self) -> Position:
        if not self._at:
            return (0.0, 0.0)
        there = around(self._at.values())
        end = there.end(self._way.across) + self._way.metrics.between_items
        return self._way.point(there.position[self._way.along], snapped(end))

    def _push_on(self) -> None:
        """Pushes along the flow what new cards feed or lie on, and what that pushes."""
        queue = deque(self._new)
        left = PUSHES * len(self._at)
        while queue and left:
            left -= 1
            name = queue.popleft()
            for other, gap in (*self._fed_by(name), *self._lying_under(name)):
                needed = snapped(self._at[name].end(self._way.along) + gap)
                lacks = needed - self._at[other].position[self._way.along]
                if lacks > 0:
                    self._at[other] = self._at[other].moved(self._way.point(lacks, 0.0))
                    queue.append(other)

    def _fed_by(self, name: str) -> Iterable[tuple[str, float]]:
        """Cards that a card leads to, and how far from it they have to be."""
        along, usual = self._way.along, self._way.metrics.between_levels
        for other in self._after[name]:
            if other in self._drawing.pinned or other in self._new:
                continue
            start, end = self._drawing.cards[name], self._drawing.cards[other]
            gap = usual if name in self._new else end.position[along] - start.end(along)
            if gap >= 0:
                yield other, min(gap, usual)

    def _lying_under(self, name: str) -> Iterable[tuple[str, float]]:
        """Cards that a pushed card lies on; a new one rather goes aside itself."""
        if name in self._new:
            return
        axis, gap = self._way.along, self._way.metrics.beside_lane
        here, before = self._at[name], self._drawing.cards[name]
        first = bisect_left(self._starts, (before.position[axis] - before.size[axis], ""))
        for _, other in self._starts[first : bisect_left(self._starts, (here.end(axis) + gap, ""))]:
            is_free = other != name and other not in self._drawing.pinned
            if is_free and here.overlaps(self._at[other]) and not before.overlaps(self._drawing.cards[other]):
                yield other, gap

    def _stays(self, name: str) -> bool:
        return self._at[name] == self._drawing.cards[name]

    def _frames(self, positions: dict[str, Position]) -> dict[str, Rect]:
        """Frames as far around their cards as they were."""
        frames = {}
        for name, frame in self._drawing.frames.items():
            inside = [each for each, home in self._drawing.homes.items() if home == name and each in self._at]
            inside = [each for each in inside if each not in self._new]
            frames[name] = frame
            if inside:
                before = around(self._drawing.cards[each] for each in inside)
                now = around(Rect(positions[each], self._drawing.cards[each].size) for each in inside)
                frames[name] = Rect(
                    (
                        now.position[0] + frame.position[0] - before.position[0],
                        now.position[1] + frame.position[1] - before.position[1],
                    ),
                    (
                        now.size[0] + frame.size[0] - before.size[0],
                        now.size[1] + frame.size[1] - before.size[1],
                    ),
                )
        return frames
