"""What oneDNN's kernels, which compute on a CPU, take for themselves while they run; with one thread."""

from __future__ import annotations

from graph.dims import Dim, at_most
from graph.shapes import ITEM_BYTES, TensorSpec

LINE = 64  # bytes; rows of the workspace of recurrent layers start at a multiple of it
BAD_ROW = 256  # numbers; a row of a multiple of it gets a line more, as its columns would share cache lines
BLOCK = 64  # columns that a product works out at a time
MOST_ROWS = 256  # that it works out at a time
MOST_INNER = 512  # numbers that it adds up at a time
PACK = 32  # numbers; rows of packed blocks are filled up to a multiple of it
PAGE = 1024  # bytes


def row(size: int, dtype: str) -> int:
    """Numbers that a row of so many takes in the workspace of a recurrent layer."""
    line = LINE // ITEM_BYTES[dtype]
    rounded = -(-size // line) * line
    return rounded if rounded % BAD_ROW else rounded + line


def product_space(rows: Dim, inner: Dim, columns: Dim, dtype: str, *, turned: bool = False) -> TensorSpec:
    """What a product of two matrices in lower precision packs its factors into, and adds up in float32.

    Args:
        rows: of the first factor.
        inner: numbers of its rows.
        columns: of the second factor.
        dtype: of the factors; products in float32 take nothing, nor do those that oneDNN has no kernel for.
        turned: whether the first factor is a transposed one, which is packed, too.
    """
    if dtype != "bfloat16":
        return TensorSpec((0,), "uint8")
    inner = at_most((inner + PACK - 1) // PACK * PACK, MOST_INNER)
    rows = at_most(rows, MOST_ROWS)
    packed = (inner * BLOCK + turned * rows * inner) * ITEM_BYTES[dtype]
    return TensorSpec((packed + rows * at_most(columns, BLOCK) * ITEM_BYTES["float32"] + PAGE,), "uint8")
