"""Cards, and whole frames, as items; and the layout of those that edges join."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from graph.annotations import Position, Size
from graph.layout.across import places_across
from graph.layout.drawing import Rect
from graph.layout.lattice import Lattice, Link, spread
from graph.layout.levels import levels
from graph.layout.lines import lines
from graph.layout.metrics import POINT, Direction, Metrics
from graph.layout.ordering import first_order, put_in_order


@dataclass(frozen=True, slots=True)
class Item:
    """A card, or a frame with everything in it.

    Args:
        name: id of the card or the frame.
        rect: where it is now; of a frame with the size that it is going to have.
        cards: where the cards begin, from the item's corner.
        frames: likewise the frames.
        is_fixed: whether it has to stay there.
    """

    name: str
    rect: Rect
    cards: Mapping[str, Position]
    frames: Mapping[str, Rect] = field(default_factory=dict)
    is_fixed: bool = False

    @property
    def size(self) -> Size:
        return self.rect.size


@dataclass(frozen=True, slots=True)
class Way:
    """Which axis the flow follows, and all that hangs on it.

    Args:
        direction: of the flow.
        metrics: distances.
        keeps_order: whether items begin in the order across the flow that they have now.
        check: is called now and then; what it raises ends the work.
    """

    direction: Direction
    metrics: Metrics
    keeps_order: bool
    check: Callable[[], None]

    @property
    def along(self) -> int:
        """The axis of the flow: 0 for x."""
        return 0 if self.direction == "right" else 1

    @property
    def across(self) -> int:
        return 1 - self.along

    def point(self, along: float, across: float) -> Position:
        return (along, across) if self.along == 0 else (across, along)


def layered(items: Sequence[Item], links: Sequence[Link], way: Way) -> list[Position]:
    """Where the items of one connected part begin, the first level at 0 along the flow."""
    level_of = levels(len(items), [(link.source, link.target) for link in links], way.check)
    lattice = spread(links, level_of)
    orders = [_standing(lattice, items, way)] if way.keeps_order else []
    put_in_order(lattice, [*orders, first_order(lattice)], way.check)
    sizes = [item.size[way.across] for item in items]
    line = lines(lattice, [max(len(item.cards), 1) for item in items])
    across = places_across(lattice, line, sizes, way.metrics, way.check)
    along = _places_along(lattice, items, way)
    return [way.point(along[index], across[index]) for index in range(len(items))]


def _places_along(lattice: Lattice, items: Sequence[Item], way: Way) -> dict[int, float]:
    """Where every item begins along the flow: all of a level together, and points in its middle."""
    places, start = {}, 0.0
    for row in lattice.rows:
        sizes = {slot: items[slot].size[way.along] for slot in row if not lattice.is_lane(slot)}
        largest = max(sizes.values(), default=0.0)
        for slot, size in sizes.items():
            places[slot] = start + ((largest - size) / 2 if size <= POINT else 0.0)
        start += largest + way.metrics.between_levels
    return places


def _standing(lattice: Lattice, items: Sequence[Item], way: Way) -> list[list[int]]:
    """The rows in the order in which the items stand now; a lane goes between the ends of its edge."""
    at = [item.rect.position[way.across] for item in items] + [0.0] * (len(lattice.after) - len(items))
    for link, pieces in lattice.routes.items():
        ends = at[link.source] + link.out_at, at[link.target] + link.in_at
        for piece in pieces[:-1]:
            at[piece.target] = sum(ends) / 2 + way.metrics.inset
    return [sorted(row, key=at.__getitem__) for row in lattice.rows]
