"""Finds boxes by place: grids of several cell sizes, each box in the finest whose cells are as large."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from math import floor, inf
from operator import eq
from typing import Generic, TypeAlias, TypeVar

Key = TypeVar("Key", bound=Hashable)
Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom
CellSize: TypeAlias = tuple[float, float]  # width and height of a cell
Cell: TypeAlias = tuple[int, int]  # column and row
Span: TypeAlias = tuple[int, int, int, int]  # first column and row, last column and row

SIZES = (512.0, 4096.0, 32768.0, inf)  # canvas units a cell may be wide, and high


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share a point."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def united(boxes: Iterable[Box]) -> Box | None:
    """The box around boxes; None without any."""
    corners = list(boxes)
    if not corners:
        return None
    lefts, tops, rights, bottoms = zip(*corners, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


class GridIndex(Generic[Key]):
    """Boxes by key. A box takes at most four cells: adding and finding take constant time.

    Width and height of the cells are chosen each for itself, so that the edges that lead back over a long row
    are told apart by the row.
    """

    def __init__(self) -> None:
        self._boxes: dict[Key, Box] = {}
        self._where: dict[Key, tuple[CellSize, Span]] = {}
        self._grids: dict[CellSize, dict[Cell, dict[Key, Box]]] = {}  # what touches each cell
        self._extent: Box | None = None  # around all; None if that is to be found anew

    def __contains__(self, key: object) -> bool:
        return key in self._boxes

    def __len__(self) -> int:
        return len(self._boxes)

    def box(self, key: Key) -> Box:
        """The box of a key. Raises KeyError for one that is not there."""
        return self._boxes[key]

    def extent(self) -> Box | None:
        """The box around all boxes; None without any."""
        if self._extent is None:
            self._extent = united(box for grid in self._grids.values() if grid for box in _rim(grid))
        return self._extent

    def put(self, key: Key, box: Box) -> None:
        """Adds a box, or moves the one there is."""
        before = self._boxes.get(key)
        if before == box:
            return
        self._forget_extent(before, box)
        size = _fitting(box[2] - box[0]), _fitting(box[3] - box[1])
        where = size, span_of(box, size)
        if self._where.get(key) != where:
            self.discard(key)
            self._where[key] = where
        grid = self._grids.setdefault(size, {})
        for cell in cells_of(where[1]):
            grid.setdefault(cell, {})[key] = box
        self._boxes[key] = box

    def discard(self, key: Key) -> None:
        """Takes a box away, if it is there."""
        where = self._where.pop(key, None)
        if where is None:
            return
        self._forget_extent(self._boxes.pop(key), None)
        grid = self._grids[where[0]]
        for cell in cells_of(where[1]):
            del grid[cell][key]
            if not grid[cell]:
                del grid[cell]

    def find(self, area: Box) -> dict[Key, Box]:
        """The boxes that an area touches, in no order."""
        return {key: box for key, box in self._near(area).items() if overlap(box, area)}

    def is_touched(self, area: Box) -> bool:
        """Whether an area touches any box, which is known at the first."""
        return any(
            overlap(box, area)
            for size, grid in self._grids.items()
            for cell in cells_among(grid, span_of(area, size))
            for box in grid[cell].values()
        )

    def boxes(self, area: Box) -> list[Box]:
        """The boxes that an area touches, without their keys, which takes a third of the time."""
        left, top, right, bottom = area
        near = self._near(area).values()
        return [
            box for box in near if box[0] <= right and left <= box[2] and box[1] <= bottom and top <= box[3]
        ]

    def _forget_extent(self, before: Box | None, now: Box | None) -> None:
        """Takes note that a box came, went or moved; only where one leaves the rim all are looked at."""
        around = self._extent
        if around is None:
            return
        if before is not None and any(map(eq, before, around)):
            self._extent = None
        elif now is not None:
            self._extent = united((around, now))

    def _near(self, area: Box) -> dict[Key, Box]:
        """Everything in the cells that an area touches."""
        near: dict[Key, Box] = {}
        for size, grid in self._grids.items():
            for cell in cells_among(grid, span_of(area, size)):
                near.update(grid[cell])
        return near


def _rim(grid: Mapping[Cell, Mapping[Key, Box]]) -> Iterator[Box]:
    """Those of the boxes that may be the outermost: what lies in the outermost cells."""
    columns, rows = zip(*grid, strict=True)
    ends = {min(columns), max(columns)}, {min(rows), max(rows)}
    for (column, row), boxes in grid.items():
        if column in ends[0] or row in ends[1]:
            yield from boxes.values()


def _fitting(extent: float) -> float:
    """The smallest size of a cell that is as large."""
    return next(size for size in SIZES if extent <= size)


def span_of(box: Box, size: CellSize) -> Span:
    """The cells of a size that a box touches."""
    (left, top, right, bottom), (width, height) = box, size
    return floor(left / width), floor(top / height), floor(right / width), floor(bottom / height)


def cells_of(span: Span) -> list[Cell]:
    """Every cell of a span."""
    left, top, right, bottom = span
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def cells_among(known: Collection[Cell], span: Span) -> list[Cell]:
    """Those of the known cells that lie in a span."""
    left, top, right, bottom = span
    if (right - left + 1) * (bottom - top + 1) < len(known):
        return [cell for cell in cells_of(span) if cell in known]
    return [(x, y) for x, y in known if left <= x <= right and top <= y <= bottom]
