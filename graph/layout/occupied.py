"""What lies where on the canvas, found by where it is along the flow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from graph.layout.drawing import Rect
from graph.layout.items import Way
from graph.layout.metrics import GRID, snapped

STEP = 512.0  # canvas units


class Occupied:
    """Rectangles that others keep clear of.

    Args:
        rects: the first of them.
        way: of the flow.
    """

    def __init__(self, rects: Iterable[Rect], way: Way) -> None:
        self._along, self._across, self._point = way.along, way.across, way.point
        self._gap = way.metrics.beside_lane
        self._by_step: dict[int, list[Rect]] = defaultdict(list)
        for rect in rects:
            self.put(rect)

    def put(self, rect: Rect) -> None:
        for step in self._steps(rect):
            self._by_step[step].append(rect)

    def is_free(self, rect: Rect) -> bool:
        """Whether nothing lies there, or too close."""
        return not any(rect.overlaps(other, self._gap) for other in self._near(rect))

    def nearest_free(self, rect: Rect) -> Rect:
        """The rectangle, moved across the flow as little as it takes."""
        shifts = [0.0, *(shift for other in self._near(rect) for shift in self._past(rect, other))]
        tries = (rect.moved(self._point(0.0, shift)) for shift in sorted(shifts, key=abs))
        return next(each for each in tries if self.is_free(each))

    def clear_shift(self, rects: list[Rect]) -> float:
        """How far rectangles have to go across the flow together, at least, to lie on nothing."""
        return min((self._shift(rects, sign) for sign in (0, 1)), key=abs)

    def _shift(self, rects: list[Rect], side: int) -> float:
        shift = 0.0
        while True:
            moved = [rect.moved(self._point(0.0, shift)) for rect in rects]
            hits = [
                self._past(rect, other)[side]
                for rect in moved
                for other in self._near(rect)
                if rect.overlaps(other, self._gap)
            ]
            if not hits:
                return shift
            shift += max(hits, key=abs)

    def _past(self, rect: Rect, other: Rect) -> tuple[float, float]:
        """How far a rectangle has to go to lie just before another, and just behind it."""
        axis, slack = self._across, GRID / 2
        return (
            snapped(other.position[axis] - self._gap - rect.end(axis) - slack),
            snapped(other.end(axis) + self._gap - rect.position[axis] + slack),
        )

    def _near(self, rect: Rect) -> Iterable[Rect]:
        return dict.fromkeys(other for step in self._steps(rect) for other in self._by_step[step])

    def _steps(self, rect: Rect) -> range:
        first = int((rect.position[self._along] - self._gap) // STEP)
        return range(first, int((rect.end(self._along) + self._gap) // STEP) + 1)
