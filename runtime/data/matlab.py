"""Reads the numeric arrays of a MATLAB file of version 5, such as those of SVHN.

Source: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

HEADER_BYTES = 128
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}

Array = npt.NDArray[np.generic]


def read_matlab(path: Path) -> dict[str, Array]:
    """The arrays of a file by name, in MATLAB's order of dims.

    Raises:
        ValueError: it is no such file, or cut short.
        OSError: it cannot be read.
    """
    content = memoryview(path.read_bytes())
    if len(content) < HEADER_BYTES or bytes(content[126:128]) != b"IM":
        raise ValueError("it does not start like a MATLAB file of version 5")
    arrays = {}
    for kind, data in _elements(content[HEADER_BYTES:]):
        if kind == COMPRESSED:
            try:
                data = memoryview(zlib.decompress(data))
            except zlib.error as error:
                raise ValueError(str(error)) from error
            kind, data = next(_elements(data))
        if kind == MATRIX:
            name, array = _matrix(data)
            arrays[name] = array
    return arrays


def _elements(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The kind and the bytes of each data element; small ones share eight bytes with their tag."""
    place = 0
    while place + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, place)
        start = place + 8
        if kind >> 16:
            kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
        if start + size > len(content):
            raise ValueError("it ends too early")
        yield kind, content[start : start + size]
        end = max(start + size, place + 8)
        place = end if kind == COMPRESSED else -(-end // 8) * 8


def _matrix(content: memoryview) -> tuple[str, Array]:
    elements = list(_elements(content))
    if len(elements) < 4 or elements[3][0] not in NUMBERS:
        raise ValueError("it holds something other than an array of numbers")
    shape = np.frombuffer(elements[1][1], "<i4")
    values = np.frombuffer(elements[3][1], f"<{NUMBERS[elements[3][0]]}")
    return bytes(elements[2][1]).decode("ascii"), values.reshape(shape, order="F")
