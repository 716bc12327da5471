"""Which files of two lots are alike, found without decoding any and without reading most of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

PIECE_BYTES = 4096
ROUNDS = (1, 16)  # pieces that are read of each file that is still like one of the other lot

Key = tuple[int | bytes | str, ...]  # the size of a file, and what is read of it


def file_keys(first: Sequence[str], second: Sequence[str], most: int) -> tuple[list[Key], list[Key]] | int:
    """A key for each file, the same for files alike; or how many would have to be read, if more than `most`.

    Files alike have the same size, and the same bytes in 16 pieces of 4 kB spread from beginning to end,
    which is all of a file up to 64 kB. What compressed images differ in is nowhere else alone.

    Args:
        first: paths.
        second: paths.
        most: files that may be read of.
    """
    keys = [[_size(path) for path in paths] for paths in (first, second)]
    for pieces in ROUNDS:
        both = set(keys[0]) & set(keys[1])
        count = sum(key in both for part in keys for key in part)
        if count > most:
            return count
        keys = [
            [_longer(key, path, pieces) if key in both else key for path, key in zip(lot, part, strict=True)]
            for lot, part in zip((first, second), keys, strict=True)
        ]
    return keys[0], keys[1]


def _size(path: str) -> Key:
    try:
        return (Path(path).stat().st_size,)
    except OSError:  # who decodes it will tell
        return (path,)


def _longer(key: Key, path: str, pieces: int) -> Key:
    """The key with pieces of the file, evenly apart from its end to its beginning; as it is if it has all."""
    size = key[0]
    if not isinstance(size, int) or (len(key) > 1 and size <= PIECE_BYTES):
        return key
    last = max(size - PIECE_BYTES, 0)
    places = [last - last * number // max(pieces - 1, 1) for number in range(pieces)]
    try:
        with Path(path).open("rb", buffering=0) as file:
            return (*key, *(_piece(file.fileno(), place) for place in places))
    except OSError:  # who decodes it will tell
        return (path,)


def _piece(file: int, place: int) -> bytes:
    os.lseek(file, place, os.SEEK_SET)
    return os.read(file, PIECE_BYTES)
