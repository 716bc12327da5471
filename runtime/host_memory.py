"""How the C library keeps memory that was freed: a run's next step wants as much of it again.

glibc hands a large block back to the system as soon as it is free. Every step of a network on a CPU then
asks for all its activations and gradients anew, and the system clears each page of them: more than half the
time of a step where convolutions give large images.

Source: https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
NEVER = -1
LARGEST_KEPT = 1 << 30  # bytes of a block; an int can hold twice that
# Where glibc ends up by itself in a process that frees large blocks; what it began with cannot be had back.
USUAL_MMAP, USUAL_TRIM = 32 << 20, 64 << 20


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Keeps what is freed for whoever asks next; `trim` gives it back at last."""
    _set(M_MMAP_THRESHOLD, LARGEST_KEPT)
    _set(M_TRIM_THRESHOLD, NEVER)
    try:
        yield
    finally:
        _set(M_MMAP_THRESHOLD, USUAL_MMAP)
        _set(M_TRIM_THRESHOLD, USUAL_TRIM)


def share_memory_among_threads() -> None:
    """Lets all threads take from what any of them has freed; to be called while there is only one."""
    _set(M_ARENA_MAX, 1)


def trim() -> None:
    """Hands what is free back to the system."""
    call = _from_libc("malloc_trim")
    if call is not None:
        call(0)


def _set(param: int, value: int) -> None:
    call = _from_libc("mallopt")
    if call is not None:
        call(param, value)


def _from_libc(name: str) -> ctypes._NamedFuncPointer | None:
    """A function of glibc; None where there is another C library."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
