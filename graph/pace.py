"""How fast long work goes through what it is to do: the one who asks for it may let it rest in between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Pace(Protocol):
    """Gives the very same items, each when the work is to go on with it."""

    def __call__(self, items: Iterable[Item], /) -> Iterable[Item]: ...


def unpaced(items: Iterable[Item], /) -> Iterable[Item]:
    """Goes through everything without a rest."""
    return items
