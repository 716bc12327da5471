"""Automatic layout: along the flow, few crossings, straight paths, frames whole, pins respected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from graph.annotations import Position
from graph.frame_contents import frame_around
from graph.layout.drawing import Arrangement, Drawing, Rect, around
from graph.layout.holding import held, settled
from graph.layout.items import Item, Way, layered
from graph.layout.lattice import Link
from graph.layout.metrics import FRAME_HEAD, FRAME_MARGIN, METRICS, Direction, snapped
from graph.layout.occupied import Occupied
from graph.layout.packing import packed


class Stopped(Exception):
    """The layout was called off."""


def arrange(
    drawing: Drawing,
    direction: Direction = "right",
    keeps_order: bool = True,
    should_stop: Callable[[], bool] = lambda: False,
) -> Arrangement:
    """Positions for every card, and the frames around them.

    Where nothing is pinned or in the way, the card that the flow starts with stays where it is.

    Args:
        drawing: what stands where now.
        direction: where the flow leads.
        keeps_order: whether cards stay above each other as they are, where that costs no crossing; false for
            a drawing whose positions mean nothing.
        should_stop: is asked now and then.

    Raises:
        Stopped: `should_stop` said so.
    """

    def check() -> None:
        if should_stop():
            raise Stopped

    way = Way(direction, METRICS[direction], keeps_order, check)
    items = _items(drawing, None, way)
    if not items:
        return Arrangement({})
    found = _unpacked(items, _placed(items, drawing, drawing.others, way))
    if drawing.pinned:
        found = _cleared(found, drawing, way)
    return _with_notes(found, drawing, way)


def _cleared(found: Arrangement, drawing: Drawing, way: Way) -> Arrangement:
    """The same, with cards moved that came to lie on others where pins pull frames over each other."""
    cards = [Item(name, card, {}, {}, name in drawing.pinned) for name, card in drawing.cards.items()]
    at = {index: found.positions[card.name] for index, card in enumerate(cards)}
    moved = settled(cards, at, drawing.others, way)
    positions = {**found.positions, **{cards[index].name: place for index, place in moved.items()}}
    rects = {
        name: Rect(positions[name], rect.size)
        for name, rect in (*drawing.cards.items(), *drawing.notes.items())
        if name in positions
    }
    frames = dict(found.frames)
    for name in sorted(drawing.frames, key=lambda each: drawing.frames[each].area):
        inside = [{**rects, **frames}[each] for each, home in drawing.homes.items() if home == name]
        frames[name] = _frame(inside) if inside else frames[name]
    return Arrangement(positions, frames)


def _with_notes(found: Arrangement, drawing: Drawing, way: Way) -> Arrangement:
    """The same with the notes that are in no frame: each goes along with the card that is nearest to it."""
    notes = {name: note for name, note in drawing.notes.items() if name not in drawing.homes}
    if not notes:
        return found
    cards = [Rect(found.positions[name], card.size) for name, card in drawing.cards.items()]
    occupied = Occupied([*cards, *found.frames.values(), *drawing.others], way)
    positions = dict(found.positions)
    for name, note in notes.items():
        near = min(drawing.cards, key=lambda each: _distance(drawing.cards[each], note), default=None)
        shift = _away(positions[near], drawing.cards[near].position) if near else (0.0, 0.0)
        place = occupied.nearest_free(note.moved(shift))
        occupied.put(place)
        positions[name] = place.position
    return Arrangement(positions, found.frames)


def _items(drawing: Drawing, home: str | None, way: Way) -> list[Item]:
    """What stands in a frame, or in none: cards, and frames with what is in them, laid out."""
    items = [
        Item(name, card, {name: (0.0, 0.0)}, is_fixed=name in drawing.pinned)
        for name, card in drawing.cards.items()
        if drawing.homes.get(name) == home
    ]
    if home is not None:
        notes = [name for name in drawing.notes if drawing.homes.get(name) == home]
        items += [Item(name, drawing.notes[name], {name: (0.0, 0.0)}) for name in notes]
    inner = [name for name in drawing.frames if drawing.homes.get(name) == home]
    return [*items, *(_framed(name, _items(drawing, name, way), drawing, way) for name in inner)]


def _framed(name: str, items: Sequence[Item], drawing: Drawing, way: Way) -> Item:
    """A frame as one item."""
    before = drawing.frames[name]
    if not items:
        return Item(name, before, {}, {name: Rect((0.0, 0.0), before.size)})
    places = _placed(items, drawing, (), way)
    is_fixed = any(item.is_fixed for item in items)
    new = _frame([Rect(place, item.size) for item, place in zip(items, places, strict=True)])
    found = _unpacked(items, places)
    back = (-new.position[0], -new.position[1])
    cards = {each: (at[0] + back[0], at[1] + back[1]) for each, at in found.positions.items()}
    frames = {each: rect.moved(back) for each, rect in found.frames.items()}
    rect = new if is_fixed else Rect(before.position, new.size)
    return Item(name, rect, cards, {name: Rect((0.0, 0.0), new.size), **frames}, is_fixed)


def _frame(inside: Iterable[Rect]) -> Rect:
    """A frame around what is in it, with room for the title."""
    boxes = ((rect.position, rect.size) for rect in inside)
    return Rect(*frame_around(boxes, FRAME_MARGIN, FRAME_HEAD))


def _placed(items: Sequence[Item], drawing: Drawing, others: Sequence[Rect], way: Way) -> list[Position]:
    """Where the items begin: parts with fixed items around those, the others packed and clear of them."""
    links = _links(items, drawing, way)
    places: dict[int, Position] = {}
    loose = []
    for part in _parts(len(items), links):
        chosen = [items[index] for index in part]
        found = dict(zip(part, layered(chosen, _within(part, links), way), strict=True))
        if any(item.is_fixed for item in chosen):
            places.update(zip(part, held(chosen, list(found.values()), way), strict=True))
        else:
            loose.append(found)
    places = settled(items, places, others, way)
    taken = [*others, *(Rect(place, items[index].size) for index, place in places.items())]
    return [place for _, place in sorted({**places, **_packed(items, loose, taken, way)}.items())]


def _packed(
    items: Sequence[Item], parts: Sequence[dict[int, Position]], others: Sequence[Rect], way: Way
) -> dict[int, Position]:
    """Parts beside each other, so that the first item stays where it is if nothing else is there."""
    extents = [around(Rect(place, items[index].size) for index, place in part.items()) for part in parts]
    places = {
        index: (place[0] + shift[0], place[1] + shift[1])
        for part, shift in zip(parts, packed(extents, way), strict=True)
        for index, place in part.items()
    }
    shift = (0.0, 0.0)
    if places:
        first = min(parts[0], key=lambda index: (places[index][way.along], index))
        before = items[first].rect.position
        shift = snapped(before[0] - places[first][0]), snapped(before[1] - places[first][1])
    rects = [Rect(place, items[index].size).moved(shift) for index, place in places.items()]
    aside = way.point(0.0, Occupied(others, way).clear_shift(rects))
    return {index: rect.moved(aside).position for index, rect in zip(places, rects, strict=True)}


def _within(part: Sequence[int], links: Sequence[Link]) -> list[Link]:
    """The links of a part, with its items numbered from 0."""
    number = {index: here for here, index in enumerate(part)}
    inside = (link for link in links if link.source in number)
    return [replace(link, source=number[link.source], target=number[link.target]) for link in inside]


def _unpacked(items: Sequence[Item], places: Sequence[Position]) -> Arrangement:
    """What is in the items, where these are."""
    positions: dict[str, Position] = {}
    frames: dict[str, Rect] = {}
    for item, place in zip(items, places, strict=True):
        positions.update({name: (at[0] + place[0], at[1] + place[1]) for name, at in item.cards.items()})
        frames.update({name: rect.moved(place) for name, rect in item.frames.items()})
    return Arrangement(positions, frames)


def _away(to: Position, start: Position) -> Position:
    return (to[0] - start[0], to[1] - start[1])


def _distance(one: Rect, other: Rect) -> float:
    """How far two rectangles are from each other; 0 if they touch."""
    return sum(
        max(one.position[axis] - other.end(axis), other.position[axis] - one.end(axis), 0.0)
        for axis in (0, 1)
    )


def _links(items: Sequence[Item], drawing: Drawing, way: Way) -> list[Link]:
    """The wires between different items."""
    home = {
        name: (index, at[way.across] - way.metrics.lead(drawing.cards[name].size[way.across]))
        for index, item in enumerate(items)
        for name, at in item.cards.items()
        if name in drawing.cards
    }
    links = []
    for wire in drawing.wires:
        if wire.source in home and wire.target in home and home[wire.source][0] != home[wire.target][0]:
            (source, out_at), (target, in_at) = home[wire.source], home[wire.target]
            links.append(Link(source, target, wire.out_port, wire.in_port, out_at, in_at))
    return links


def _parts(count: int, links: Sequence[Link]) -> list[list[int]]:
    """Items that edges join, the largest part first."""
    near: dict[int, list[int]] = defaultdict(list)
    for link in links:
        near[link.source].append(link.target)
        near[link.target].append(link.source)
    seen: set[int] = set()
    parts = []
    for start in range(count):
        if start in seen:
            continue
        seen.add(start)
        part = [start]
        for index in part:  # grows while it is read
            fresh = dict.fromkeys(each for each in near[index] if each not in seen)
            seen.update(fresh)
            part += fresh
        parts.append(sorted(part))
    return sorted(parts, key=lambda part: -len(part))
