"""How large everything in the window is. Qt takes a factor when the application starts, and only then."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

VARIABLE = "QT_SCALE_FACTOR"


def chosen_outside(environment: MutableMapping[str, str] = os.environ) -> bool:
    """Whether the environment says how large everything is, which then counts."""
    return bool(environment.get(VARIABLE))


@contextmanager
def scaled(percent: int, environment: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """An application that is made meanwhile is that large; on top of what the screen asks for.

    The variable goes again, so that no process that this one starts inherits it.

    Args:
        percent: 100 for what the system has.
        environment: where Qt looks; what stands there already is left alone.
    """
    if percent == 100 or chosen_outside(environment):
        yield
        return
    environment[VARIABLE] = f"{percent / 100:g}"
    try:
        yield
    finally:
        del environment[VARIABLE]
