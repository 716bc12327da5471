"""What stands on a canvas, by id and in the order of the file."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, count, islice, repeat
from operator import is_not, itemgetter
from typing import Protocol, TypeVar

from graph.changes import ItemLog


class Item(Protocol):
    """Something with an id that stays the same."""

    @property
    def id(self) -> str: ...


ItemT = TypeVar("ItemT", bound=Item)
K = TypeVar("K")
V = TypeVar("V")


class Shelf(Mapping[str, ItemT]):
    """Items by id, in the order of the file. Only edits call the methods that change it.

    Args:
        log: where changes are noted.
    """

    def __init__(self, log: ItemLog) -> None:
        self._log = log
        self._items: dict[str, ItemT] = {}

    def __getitem__(self, item_id: str) -> ItemT:
        return self._items[item_id]

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def insert(self, items: Iterable[ItemT], indices: Sequence[int] | None = None) -> None:
        """Adds items at the end, or so that they stand at the given indices."""
        added = {item.id: item for item in items}
        self._items = merged(self._items, added, indices)
        for item_id in added:
            self._log.note(item_id, "added")

    def delete(self, item_ids: Iterable[str]) -> list[int]:
        """Removes items; returns the indices they stood at."""
        gone = dict.fromkeys(item_ids)
        indices = places(self._items, gone)
        for item_id in gone:
            del self._items[item_id]
            self._log.note(item_id, "removed")
        return indices

    def replace(self, item: ItemT) -> ItemT:
        """Puts an item in place of the one with its id; returns the earlier one."""
        before = self._items[item.id]
        self._items[item.id] = item
        self._log.note(item.id, "updated")
        return before


def places(keys: Iterable[K], chosen: Container[K]) -> list[int]:
    """The indices of the keys that are chosen, without a line of Python for each of a hundred thousand."""
    return list(compress(count(), map(chosen.__contains__, keys)))


def merged(base: dict[K, V], added: dict[K, V], indices: Sequence[int] | None) -> dict[K, V]:
    """Both mappings, the second at the end or so that its entries stand at the given indices."""
    if indices is None or all(index >= len(base) for index in indices):
        return base | added
    both, kept = dict[K, V](), iter(base.items())
    for index, (key, value) in sorted(zip(indices, added.items(), strict=True), key=itemgetter(0)):
        both.update(islice(kept, index - len(both)))
        both[key] = value
    both.update(kept)
    return both


def apart(before: Mapping[K, V], after: Mapping[K, V]) -> tuple[list[V], list[V]]:
    """The values that are only in the first mapping, or otherwise there, and likewise those of the second.

    What stands in the same place in both, as most does in a copy, is passed over without a line of Python.
    """
    new = _lacking(before, after)
    is_kept = len(before) + len(new) == len(after)  # all that there was: no need to look for what is gone
    return [] if is_kept else _lacking(after, before), new


def _lacking(base: Mapping[K, V], other: Mapping[K, V]) -> list[V]:
    """The values of the other mapping that the first has not, or otherwise."""
    beside = chain(base.values(), repeat(None))
    odd = compress(other.items(), map(is_not, other.values(), beside))
    return [value for key, value in odd if (same := base.get(key)) is not value and same != value]
