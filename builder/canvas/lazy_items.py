"""Items made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class LazyItems(Mapping[Key, Item], Generic[Key, Item]):
    """A mapping with an item for every key of the graph, of which only those that were looked at exist.

    Args:
        keys: the keys there are now.
        make: the item of a key.
    """

    def __init__(self, keys: Callable[[], Collection[Key]], make: Callable[[Key], Item]) -> None:
        self._keys, self._make = keys, make
        self._made: dict[Key, Item] = {}

    def __getitem__(self, key: Key) -> Item:
        item = self._made.get(key)
        if item is None:
            if key not in self._keys():
                raise KeyError(key)
            item = self._made[key] = self._make(key)
        return item

    def __contains__(self, key: object) -> bool:
        return key in self._keys()

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def made(self, key: Key) -> Item | None:
        """The item of a key if it was made already."""
        return self._made.get(key)

    def all_made(self) -> list[Item]:
        """Every item that was made and is still held."""
        return list(self._made.values())

    def drop(self, key: Key) -> None:
        """Forgets the item of a key."""
        self._made.pop(key, None)

    def clear(self) -> dict[Key, Item]:
        """Forgets every item; gives those that were made."""
        made, self._made = self._made, {}
        return made
