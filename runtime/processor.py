"""What a run on a CPU computes with."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

SETTINGS = ("MKL_NUM_THREADS", "OMP_NUM_THREADS")  # of the environment; the first that is set decides


def num_threads() -> int:
    """How many threads a run computes with: as PyTorch is set, or as it would choose while it is not loaded.

    Source: https://docs.pytorch.org/docs/stable/notes/cpu_threading_torchscript_inference.html
    """
    # PyTorch may just be being loaded, in another thread.
    ask = getattr(sys.modules.get("torch"), "get_num_threads", None)
    return _usual() if ask is None else int(ask())


@cache
def has_tiles() -> bool:
    """Whether the CPU has instructions for tiles of matrices (AMX), as Linux tells, and oneDNN may use them.

    Source: https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html
    """
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "DEFAULT").upper()
    if limit not in ("ALL", "DEFAULT") and "AMX" not in limit:
        return False
    try:
        return " amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


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
