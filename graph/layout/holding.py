"""Items that have to stay where they are, and the others round them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import mean

from graph.annotations import Position
from graph.layout.drawing import Rect
from graph.layout.items import Item, Way
from graph.layout.metrics import snapped
from graph.layout.occupied import Occupied


def held(items: Sequence[Item], places: Sequence[Position], way: Way) -> list[Position]:
    """The places of a part, drawn out so that its fixed items come to stand where they have to.

    A level with a fixed item goes where that is, if the flow allows it, and the levels behind follow it.
    """
    along, across = way.along, way.across
    by_level: dict[float, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        by_level[place[along]].append(index)
    wanted = {
        level: [_away(items[index].rect, places[index]) for index in inside if items[index].is_fixed]
        for level, inside in by_level.items()
    }
    first = next(shifts for _, shifts in sorted(wanted.items()) if shifts)
    shift = max(each[along] for each in first), mean(each[across] for each in first)
    found = list(places)
    for level in sorted(by_level):
        if shifts := wanted[level]:
            is_first = shifts is first
            ahead = max(each[along] for each in shifts)
            shift = (ahead if is_first else max(shift[0], ahead)), mean(each[across] for each in shifts)
        for index in by_level[level]:
            place = places[index]
            found[index] = way.point(snapped(place[along] + shift[0]), snapped(place[across] + shift[1]))
            if items[index].is_fixed:
                found[index] = items[index].rect.position
    return found


def settled(
    items: Sequence[Item], places: Mapping[int, Position], others: Sequence[Rect], way: Way
) -> dict[int, Position]:
    """The places by item; those that lie on fixed ones or on something else go aside, across the flow."""
    occupied = Occupied(others, way)
    found = {index: place for index, place in places.items() if items[index].is_fixed}
    for index in found:
        occupied.put(items[index].rect)
    free = [(index, Rect(place, items[index].size)) for index, place in places.items() if index not in found]
    for index, rect in sorted(free, key=lambda each: not occupied.is_free(each[1])):
        clear = occupied.nearest_free(rect)
        occupied.put(clear)
        found[index] = clear.position
    return found


def _away(rect: Rect, place: Position) -> Position:
    return (rect.position[0] - place[0], rect.position[1] - place[1])
