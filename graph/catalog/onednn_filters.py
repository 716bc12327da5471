"""What oneDNN's kernels for the gradient of filters in bfloat16 take for themselves while they run."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from graph.catalog.call import Processor
from graph.shapes import ITEM_BYTES, TensorSpec, num_elements

CHANNELS = 16  # of a block; inputs of fewer channels are read as they are
BATCH = 32  # a usual one, which tells well enough how threads share the work
EDGES = 8192 + 384  # bytes; where threads meet, and what buffers are moved by
TILES = 16384  # bytes that a thread takes for tiles of matrices, and for the list of what it multiplies


def filter_space(
    given: TensorSpec, made: TensorSpec, kernel: tuple[int, ...], groups: int, processor: Processor
) -> TensorSpec:
    """Sums in float32, with samples whose channels come last: for each share of the batch its own.

    Args:
        given: what the filters slide over.
        made: what they give.
        kernel: the size of a filter along each spatial dim.
        groups: of channels; filters of one channel take next to nothing.
        processor: what computes it.

    Source: `init_scratchpad` in https://github.com/uxlfoundation/oneDNN/blob/v3.12/src/cpu/x64/jit_avx512_core_bf16_conv_kernel.cpp,
    and `init_scratchpad_bwd_w` in jit_brgemm_conv_utils.cpp beside it for tiles of matrices
    """
    channels, filters = given.shape[1], made.shape[1]
    if not (isinstance(channels, int) and isinstance(filters, int)) or channels == groups > 1:
        return TensorSpec((0,), "uint8")
    threads = processor.threads
    is_first = channels < CHANNELS and groups == 1 and not processor.has_tiles
    inner, outer = channels if is_first else _filled(channels), _filled(filters)
    sums = outer * (inner // groups * prod(kernel) + 1) * ITEM_BYTES["float32"]
    read, written = given.shape[2:], made.shape[2:]
    # Rows of what is read are filled up for the border and for reading in pairs.
    turned = 0 if is_first else inner * num_elements(read[:-1]) * (read[-1] + 2)
    turned += outer * num_elements(written[:-1]) * ((written[-1] + 1) // 2 * 2)
    pixels = num_elements(read), num_elements(written)
    shares = 1
    if isinstance(pixels[0], int) and isinstance(pixels[1], int):
        shares = _shares(max(1, threads // groups), (inner, outer), (pixels[0], pixels[1]), prod(kernel))
    own = EDGES + threads * TILES * processor.has_tiles
    return TensorSpec((shares * (sums + turned * ITEM_BYTES["bfloat16"]) + own,), "uint8")


def _filled(channels: int) -> int:
    return -(-channels // CHANNELS) * CHANNELS


@lru_cache(maxsize=4096)
def _shares(threads: int, channels: tuple[int, int], pixels: tuple[int, int], taps: int) -> int:
    """How many shares of the batch are worked out at a time; other threads share channels.

    Args:
        threads: for one group.
        channels: of what is read, and of what is written.
        pixels: likewise.
        taps: numbers of a filter for each channel.

    Source: `balance` in the same file
    """
    (inner, outer), (read, written) = channels, pixels
    in_blocks, out_blocks = -(-inner // CHANNELS), -(-outer // CHANNELS)
    excess = BATCH * (inner * read + outer * written) / (4 * outer * inner * taps)
    ratio = out_blocks / in_blocks
    for_read = max(1 / ratio, 1) * (4 if excess < 1 else 1) * inner / in_blocks
    for_written, for_sums = max(ratio, 1) * CHANNELS, max(excess, 1) * taps * CHANNELS * inner / in_blocks

    def cost(shares: int, outer_shares: int, inner_shares: int) -> float:
        inner_run, outer_run = -(-in_blocks // inner_shares), -(-out_blocks // outer_shares)
        samples = BATCH * written / shares
        return samples * (for_read * inner_run + for_written * outer_run) + for_sums * inner_run * outer_run

    ways = (
        (shares, outer_shares, min(threads // shares // outer_shares, in_blocks))
        for shares in range(1, threads + 1)
        for outer_shares in range(1, min(threads // shares, out_blocks) + 1)
    )
    best = min(ways, key=lambda way: (cost(*way), -way[0]))[0]
    return threads if best > threads // 2 else best
