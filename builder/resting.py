"""Long work in a thread rests while somebody types: what a key asks for needs Python as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import inf
from threading import Event
from time import monotonic
from typing import TypeVar

QUIET = 0.2  # seconds after a key; who types on presses the next within them

Item = TypeVar("Item")


class _Keys:
    """When the last key was pressed, in whichever window."""

    def __init__(self) -> None:
        self._last = -inf

    def note(self, now: float) -> None:
        """Takes note of a key."""
        self._last = now

    def left(self, now: float) -> float:
        """Seconds until nobody types any more, if no other key comes; 0 or less if nobody does."""
        return self._last + QUIET - now


_KEYS = _Keys()  # one, as all windows share one Python


def note_key() -> None:
    """Has long work rest for a moment: a key was pressed, or is about to be."""
    _KEYS.note(monotonic())


class Resting:
    """The pace of work that nobody waits for: it stands still from each key until somewhat after.

    Args:
        clock: tells seconds.
        pause: waits for an event, or for so many seconds, and tells whether it was the event.
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        pause: Callable[[Event, float], bool] = Event.wait,
    ) -> None:
        self._clock, self._pause = clock, pause
        self._is_awaited = Event()

    def hurry(self) -> None:
        """Has the work go on without any more rests: somebody waits for its end."""
        self._is_awaited.set()

    def __call__(self, items: Iterable[Item], /) -> Iterator[Item]:
        for item in items:
            while (left := _KEYS.left(self._clock())) > 0 and not self._pause(self._is_awaited, left):
                pass
            yield item
