"""What oneDNN's kernels, which compute on a CPU, take for themselves while they run."""

from __future__ import annotations

from graph.catalog.call import Processor
from graph.dims import Dim, at_most
from graph.shapes import ITEM_BYTES, TensorSpec

LINE = 64  # bytes; rows of the workspace of recurrent layers start at a multiple of it
BAD_ROW = 256  # numbers; a row of a multiple of it gets a line more, as its columns would share cache lines
BLOCK = 64  # columns that a product works out at a time
LEAST_ROWS = 16  # that a thread is given where there are as many
MOST_ROWS = 256  # that it works out at a time
MOST_INNER = 512  # numbers that it adds up at a time; more where rows are longer than LONG
LONG = 1024
PACK = 32  # numbers; rows of packed blocks are filled up to a multiple of it
CALLS = 640  # bytes; a thread's list of the blocks that it multiplies
EDGES = 384  # bytes; that buffers are moved by to start at a multiple of theirs
TILE = 16  # columns
TILES = 4096  # bytes; where a thread puts those that it has worked out
FEW_COLUMNS = 32  # that it works out at a time in tiles, where the first factor is read as it is
PARTED = 512  # numbers of a row from which on sums of their parts are added up


def row(size: int, dtype: str) -> int:
    """Numbers that a row of so many takes in the workspace of a recurrent layer."""
    line = LINE // ITEM_BYTES[dtype]
    rounded = -(-size // line) * line
    return rounded if rounded % BAD_ROW else rounded + line


def product_space(
    rows: Dim, inner: Dim, columns: Dim, dtype: str, processor: Processor, *, turned: bool = False
) -> TensorSpec:
    """What a product of two matrices in lower precision packs its factors into, and adds up in float32.

    Each thread packs the second factor's blocks for itself, and adds up rows of its own.

    Args:
        rows: of the first factor.
        inner: numbers of its rows.
        columns: of the second factor.
        dtype: of the factors; products in float32 take nothing, nor do those that oneDNN has no kernel for.
        processor: what multiplies them.
        turned: whether the first factor is a transposed one, which is packed, too.

    Source: `init_scratchpad` in https://github.com/uxlfoundation/oneDNN/blob/v3.12/src/cpu/x64/matmul/brgemm_matmul_utils.cpp
    """
    if dtype not in processor.kernels:
        return TensorSpec((0,), "uint8")
    threads = processor.threads
    if processor.has_tiles:
        return _space_of_tiles(rows, inner, columns, threads, turned=turned)
    is_long = isinstance(inner, int) and inner > LONG and not turned
    inner = at_most((inner + PACK - 1) // PACK * PACK, LONG if is_long else MOST_INNER)
    rows = _rows_together(rows, columns, threads, turned=turned)
    packed = (threads * inner * BLOCK + turned * rows * inner) * ITEM_BYTES[dtype]
    added = rows * at_most(columns, BLOCK) * ITEM_BYTES["float32"]
    return TensorSpec((packed + added + threads * CALLS + EDGES,), "uint8")


def _space_of_tiles(rows: Dim, inner: Dim, columns: Dim, threads: int, *, turned: bool) -> TensorSpec:
    """The same on a CPU with instructions for tiles of matrices, for usual numbers of rows.

    The blocks are found by a search there, so that this is some 10 KB off for a thread, and more where
    matrices are so large that what they are multiplied into is larger by far.

    Source: https://github.com/uxlfoundation/oneDNN/blob/v3.12/src/cpu/x64/matmul/amx_blocking_heuristics.cpp
    """
    is_parted = isinstance(inner, int) and inner >= PARTED
    inner = (inner + PACK - 1) // PACK * PACK
    wide = at_most((columns + TILE - 1) // TILE * TILE, BLOCK if turned else FEW_COLUMNS)
    packed = (threads * inner * wide + turned * rows * inner) * ITEM_BYTES["bfloat16"]
    added = rows * wide * ITEM_BYTES["float32"] if is_parted else 0
    return TensorSpec((packed + added + threads * (TILES + CALLS + EDGES),), "uint8")


def _rows_together(rows: Dim, columns: Dim, threads: int, *, turned: bool) -> Dim:
    """The rows that all threads work out at a time: shares, unless there are columns for all of them.

    Source: `compute_blocking_heuristic_avx512` in the same file
    """
    blocks = -(-columns // BLOCK) if isinstance(columns, int) else 1
    shares = threads if turned else max(1, threads // max(1, blocks))
    if shares == 1:
        return threads * at_most(rows, MOST_ROWS)
    # A thread works out LEAST_ROWS where a share has less, and all rows where there are not so many.
    least = shares * at_most(rows, LEAST_ROWS) - at_most(rows, LEAST_ROWS * shares)
    return threads // shares * (least + at_most(rows, MOST_ROWS * shares))
