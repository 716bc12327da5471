"""Small files in the formats of large data sets."""

import struct

import numpy as np


def idx_bytes(array: np.ndarray) -> bytes:
    """Gives an 8-bit array as an idx file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()
