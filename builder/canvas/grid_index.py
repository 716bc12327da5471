"""Finds boxes by place: a stack of grids, each box in the finest whose cells are as large as it. No Qt."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from math import floor, inf
from typing import Generic, TypeAlias, TypeVar

Key = TypeVar("Key", bound=Hashable)
Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom
Cells: TypeAlias = tuple[int, int, int, int, int]  # level, then first and last column and row

SIZES = (512.0, 4096.0, 32768.0, inf)  # canvas units a cell is wide and high, by level


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
    """Boxes by key. A box takes at most four cells of its level: adding and finding take constant time."""

    def __init__(self) -> None:
        self._boxes: dict[Key, Box] = {}
        self._where: dict[Key, Cells] = {}
        self._levels: tuple[dict[tuple[int, int], set[Key]], ...] = tuple({} for _ in SIZES)

    def __contains__(self, key: object) -> bool:
        return key in self._boxes

    def __len__(self) -> int:
        return len(self._boxes)

    def box(self, key: Key) -> Box:
        """The box of a key. Raises KeyError for one that is not there."""
        return self._boxes[key]

    def extent(self) -> Box | None:
        """The box around all boxes; None without any."""
        return united(self._boxes.values())

    def put(self, key: Key, box: Box) -> None:
        """Adds a box, or moves the one there is."""
        cells = _cells(box)
        if self._where.get(key) != cells:
            self.discard(key)
            grid = self._levels[cells[0]]
            for cell in _within(cells):
                grid.setdefault(cell, set()).add(key)
            self._where[key] = cells
        self._boxes[key] = box

    def discard(self, key: Key) -> None:
        """Takes a box away, if it is there."""
        cells = self._where.pop(key, None)
        if cells is None:
            return
        del self._boxes[key]
        grid = self._levels[cells[0]]
        for cell in _within(cells):
            members = grid[cell]
            members.discard(key)
            if not members:
                del grid[cell]

    def find(self, area: Box) -> list[Key]:
        """Keys of the boxes that an area touches, in no order."""
        found: dict[Key, None] = {}
        for grid, size in zip(self._levels, SIZES, strict=True):
            for members in _touched(grid, size, area):
                found.update(dict.fromkeys(members))
        boxes = self._boxes
        return [key for key in found if overlap(boxes[key], area)]


def _cells(box: Box) -> Cells:
    extent = max(box[2] - box[0], box[3] - box[1])
    level = next(index for index, size in enumerate(SIZES) if extent <= size)
    size = SIZES[level]
    return (
        level, floor(box[0] / size), floor(box[1] / size), floor(box[2] / size), floor(box[3] / size),
    )  # fmt: skip


def _within(cells: Cells) -> Iterator[tuple[int, int]]:
    _, left, top, right, bottom = cells
    return ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))


def _touched(grid: dict[tuple[int, int], set[Key]], size: float, area: Box) -> Iterator[set[Key]]:
    left, top, right, bottom = (floor(edge / size) for edge in area)
    if (right - left + 1) * (bottom - top + 1) < len(grid):
        cells = ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))
        return (grid[cell] for cell in cells if cell in grid)
    return (members for (x, y), members in grid.items() if left <= x <= right and top <= y <= bottom)
