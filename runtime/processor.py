"""What a run on a CPU computes with, as far as that is known without loading PyTorch."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from graph.catalog.call import Processor

SETTINGS = ("MKL_NUM_THREADS", "OMP_NUM_THREADS")  # of the environment; the first that is set decides
WIDE = {"avx512f", "avx512bw", "avx512vl", "avx512dq"}  # what oneDNN's kernels for bfloat16 are made of
TILES = {"amx_tile", "amx_bf16"}
PAIRS = "avx512_bf16"  # multiplies two numbers of bfloat16 where float32 has one
PAIRING = ("AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX10")  # limits that leave it


def processor() -> Processor:
    """What a CPU computes with here, which decides what it needs memory for and what it can train."""
    instructions = _instructions()
    has_kernels = instructions is None or instructions >= WIDE
    has_tiles = instructions is not None and instructions >= WIDE | TILES
    return Processor(num_threads(), ("bfloat16",) if has_kernels else (), has_tiles)


def multiplies_bfloat16() -> bool:
    """Whether the CPU has instructions that multiply bfloat16; others turn it into float32."""
    instructions = _instructions() or frozenset()
    return instructions >= WIDE and not instructions.isdisjoint({PAIRS, *TILES})


def num_threads() -> int:
    """How many threads a run computes with: as PyTorch is set, or as it would choose while it is not loaded.

    Source: https://docs.pytorch.org/docs/stable/notes/cpu_threading_torchscript_inference.html
    """
    # PyTorch may just be being loaded, in another thread.
    ask = getattr(sys.modules.get("torch"), "get_num_threads", None)
    return _usual() if ask is None else int(ask())


@cache
def _instructions() -> frozenset[str] | None:
    """What the CPU can do and oneDNN may use, by Linux's names; None where the system does not tell.

    Source: https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html
    """
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return None
    found = next((frozenset(line.split()) for line in lines if line.startswith("flags")), None)
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if found is None or limit in ("", "ALL", "DEFAULT"):
        return found
    found -= set() if "AMX" in limit else TILES
    found -= set() if limit.startswith(PAIRING) else {PAIRS}
    return found - (set() if limit.startswith(("AVX512", "AVX10")) else WIDE)


@cache
def _usual() -> int:
    """What PyTorch chooses: a thread for each core it may use, or fewer where the environment says so."""
    set_to = (os.environ.get(name, "") for name in SETTINGS)
    given = next((int(text) for text in set_to if text.isdigit() and int(text) > 0), None)
    cores = _cores()
    return min(given or cores, cores)


def _cores() -> int:
    """Cores of the processors that this process may use; some systems tell the processors alone."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    return len({_siblings(number) for number in os.sched_getaffinity(0)})


def _siblings(processor: int) -> str:
    """The processors that share a core with one, which are told alike by each of them."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list").read_text()
    except OSError:
        return str(processor)
