"""Where every slot stands across the flow: lines straight, edges short, nothing overlapping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import median

from graph.layout.lattice import Lattice
from graph.layout.metrics import Metrics, snapped

ROUNDS = 20  # of drawing lines towards what they are joined to
POLISH = 3  # passes in which a line goes exactly where most of its neighbours are
ITEM_PULL, LANE_PULL = 4, 1


@dataclass(frozen=True, slots=True)
class _Pull:
    """A line wants to be where another is, shifted."""

    to: int
    shift: float
    weight: int


def places_across(
    lattice: Lattice, line: Sequence[int], sizes: Sequence[float], metrics: Metrics, check: Callable[[], None]
) -> list[float]:
    """Where every item begins across the flow, on the grid.

    Args:
        lattice: in order.
        line: of every slot, as `lines` gives it.
        sizes: of every item across the flow.
        metrics: distances.
        check: is called now and then; what it raises ends the work.
    """
    offset = _offsets(lattice, line, sizes, metrics)
    frame = _Rods(lattice, line, offset, sizes, metrics)
    for _ in range(ROUNDS):
        check()
        frame.relax()
    for _ in range(POLISH):
        check()
        frame.polish()
    return [snapped(frame.at[line[item]]) + offset[item] for item in range(lattice.count)]


def _offsets(lattice: Lattice, line: Sequence[int], sizes: Sequence[float], metrics: Metrics) -> list[float]:
    """Where every slot begins from where its line does: cards are level, and an edge in lanes is straight."""
    offset = [*map(metrics.lead, sizes), *([0.0] * (len(line) - lattice.count))]
    for row in lattice.rows:
        for slot in row:
            for link in lattice.before[slot]:
                if line[link.source] == line[slot]:
                    offset[slot] = offset[link.source] + link.out_at - link.in_at
                    if lattice.is_lane(link.source) or lattice.is_lane(slot):
                        offset[slot] += (link.out_port - link.in_port) * metrics.port
    return offset


class _Rods:
    """Lines as stiff rods that keep their order and their distances.

    Attributes:
        at: where each line is now, by its number.
    """

    def __init__(
        self,
        lattice: Lattice,
        line: Sequence[int],
        offset: Sequence[float],
        sizes: Sequence[float],
        metrics: Metrics,
    ) -> None:
        self._above: dict[int, dict[int, float]] = {name: {} for name in line}  # line above -> distance
        self._below: dict[int, dict[int, float]] = {name: {} for name in line}
        for row in lattice.rows:
            for one, other in pairwise(row):
                size = sizes[one] if one < lattice.count else metrics.lane
                start = offset[one] + (metrics.inset if lattice.is_lane(one) else 0.0)
                gap = metrics.gap(lattice.is_lane(one), lattice.is_lane(other))
                inset = metrics.inset if lattice.is_lane(other) else 0.0
                least = start + size + gap - offset[other] - inset
                known = self._above[line[other]].get(line[one], least)
                self._above[line[other]][line[one]] = self._below[line[one]][line[other]] = max(known, least)
        self._order = self._sorted()
        self._pulls = self._all_pulls(lattice, line, offset)
        self.at = self._start()

    def relax(self) -> None:
        """Draws every line half way towards its neighbours; where they meet, both give in."""
        wanted = dict(self.at)
        for name, pulls in self._pulls.items():
            weight = sum(pull.weight for pull in pulls)
            mean = sum((self.at[pull.to] + pull.shift) * pull.weight for pull in pulls) / weight
            wanted[name] = (mean + self.at[name]) / 2
        down, up = self._pushed_down(wanted), self._pushed_up(wanted)
        self.at = {name: (down[name] + up[name]) / 2 for name in self._order}

    def polish(self) -> None:
        """Puts every line where most of its neighbours are, as far as there is room."""
        for name in (*self._order, *reversed(self._order)):
            pulls = self._pulls.get(name)
            if pulls:
                want = median(self.at[p.to] + p.shift for p in pulls for _ in range(p.weight))
                low = max((self.at[n] + d for n, d in self._above[name].items()), default=-inf)
                high = min((self.at[n] - d for n, d in self._below[name].items()), default=inf)
                self.at[name] = max(low, min(want, high))

    def _start(self) -> dict[int, float]:
        """Everything as far up and as far down as it goes, and the middle of both."""
        nothing = dict.fromkeys(self._order, 0.0)
        down, up = self._pushed_down(nothing), self._pushed_up(nothing)
        return {name: (down[name] + up[name]) / 2 for name in self._order}

    def _pushed_down(self, wanted: dict[int, float]) -> dict[int, float]:
        at: dict[int, float] = {}
        for name in self._order:
            at[name] = max((at[n] + d for n, d in self._above[name].items()), default=wanted[name])
            at[name] = max(at[name], wanted[name])
        return at

    def _pushed_up(self, wanted: dict[int, float]) -> dict[int, float]:
        at: dict[int, float] = {}
        for name in reversed(self._order):
            at[name] = min((at[n] - d for n, d in self._below[name].items()), default=wanted[name])
            at[name] = min(at[name], wanted[name])
        return at

    def _sorted(self) -> list[int]:
        """Every line behind those above it."""
        waiting = {name: len(above) for name, above in self._above.items()}
        order = [name for name, number in waiting.items() if not number]
        for name in order:  # grows while it is read
            for below in self._below[name]:
                waiting[below] -= 1
                if not waiting[below]:
                    order.append(below)
        assert len(order) == len(waiting), "lines that do not cross have an order"
        return order

    def _all_pulls(
        self, lattice: Lattice, line: Sequence[int], offset: Sequence[float]
    ) -> dict[int, list[_Pull]]:
        pulls: dict[int, list[_Pull]] = defaultdict(list)
        for links in lattice.after:
            for link in links:
                one, other = line[link.source], line[link.target]
                if one == other:
                    continue
                is_lane = lattice.is_lane(link.source) or lattice.is_lane(link.target)
                weight = LANE_PULL if is_lane else ITEM_PULL
                shift = offset[link.source] + link.out_at - offset[link.target] - link.in_at
                pulls[other].append(_Pull(one, shift, weight))
                pulls[one].append(_Pull(other, -shift, weight))
        return pulls
