"""Where boxes go to stand in line or equally far apart. Pure arithmetic; nothing is moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from graph.annotations import Position, Size

Line = Literal["left", "right", "top", "bottom", "centre-x", "centre-y"]
Direction = Literal["across", "down"]
MIN_GAP = 16.0  # canvas units that boxes are left apart when there is too little room between the outer ones

# The share of a box's length that lies before the line, and whether the line is one of x values.
_LINES: Mapping[Line, tuple[float, bool]] = {
    "left": (0.0, True),
    "right": (1.0, True),
    "centre-x": (0.5, True),
    "top": (0.0, False),
    "bottom": (1.0, False),
    "centre-y": (0.5, False),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the canvas, in canvas units."""

    position: Position
    size: Size

    def start(self, axis: int) -> float:
        return self.position[axis]

    def end(self, axis: int) -> float:
        return self.position[axis] + self.size[axis]

    def at(self, axis: int, value: float) -> Position:
        """Where it stands after it was moved along an axis."""
        value = float(round(value))
        return (value, self.position[1]) if axis == 0 else (self.position[0], value)


def aligned(boxes: Mapping[str, Box], line: Line, pinned: Collection[str] = ()) -> dict[str, Position]:
    """Positions in line, of the boxes that have to move.

    The line is that of the outermost box, or the middle of all; where some are pinned, theirs.

    Args:
        boxes: by id.
        line: which of their edges or centres.
        pinned: ids of those that stay.
    """
    share, is_x = _LINES[line]
    axis = 0 if is_x else 1
    deciding = [box for box_id, box in boxes.items() if box_id in pinned] or list(boxes.values())
    if not deciding:
        return {}
    first = min(box.start(axis) for box in deciding)
    last = max(box.end(axis) for box in deciding)
    goal = first + share * (last - first)
    moved = {each: box.at(axis, goal - share * box.size[axis]) for each, box in boxes.items()}
    return _changed(boxes, moved, pinned)


def distributed(
    boxes: Mapping[str, Box], direction: Direction, pinned: Collection[str] = ()
) -> dict[str, Position]:
    """Positions with equal gaps, of the boxes that have to move; the outermost stay where there is room.

    Pinned boxes stay, and gaps are equal between one of them and the next.

    Args:
        boxes: by id; fewer than three stay.
        direction: along which axis.
        pinned: ids of those that stay.
    """
    axis = 0 if direction == "across" else 1
    order = sorted(boxes, key=lambda each: (boxes[each].start(axis) + boxes[each].end(axis), each))
    anchors = [n for n, each in enumerate(order) if each in pinned or n in (0, len(order) - 1)]
    moved: dict[str, Position] = {}
    for first, last in pairwise(anchors):
        row = order[first : last + 1]
        moved |= _spread({each: boxes[each] for each in row}, axis, is_fixed=row[-1] in pinned)
    return _changed(boxes, moved, pinned)


def _spread(row: Mapping[str, Box], axis: int, is_fixed: bool) -> dict[str, Position]:
    """Positions of boxes between the first, which stays, and the last, which stays if it has to or can."""
    boxes = list(row.values())
    room = boxes[-1].start(axis) - boxes[0].end(axis) - sum(box.size[axis] for box in boxes[1:-1])
    gap = room / (len(boxes) - 1)
    gap = gap if is_fixed else max(gap, MIN_GAP)
    places, place = {}, boxes[0].end(axis)
    for box_id, box in list(row.items())[1:]:
        places[box_id] = box.at(axis, place + gap)
        place += gap + box.size[axis]
    return places


def _changed(
    boxes: Mapping[str, Box], moved: Mapping[str, Position], pinned: Collection[str]
) -> dict[str, Position]:
    return {
        box_id: position
        for box_id, position in moved.items()
        if box_id not in pinned and position != boxes[box_id].position
    }
