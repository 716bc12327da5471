"""How much memory prepared data may take."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from runtime.data.raw import DataError

UNKNOWN = 8 << 30  # assumed where the system does not tell
MEMINFO = Path("/proc/meminfo")
GIGABYTE = 1e9


def memory_budget(device: torch.device | None = None) -> int:
    """Bytes that prepared data may take: half of what is free, in main memory and on the device."""
    free = free_memory()
    if device is not None and device.type == "cuda":
        free = min(free, torch.cuda.mem_get_info(device)[0])
    return free // 2


def free_memory(meminfo: Path = MEMINFO) -> int:
    """Bytes of main memory that programs can still have; physical memory where only that is known."""
    if meminfo.is_file():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return UNKNOWN


def require_room(needed: int, what: str, mend: str) -> None:
    """Nothing, if so many bytes are free; a system that has to find them ends the process instead.

    Args:
        needed: bytes.
        what: takes them, as messages begin.
        mend: what to do, as they end.

    Raises:
        DataError: they are not free.
    """
    free = free_memory()
    if needed > free:
        raise DataError(
            f"{what} would take {needed / GIGABYTE:,.1f} GB. Expected no more than the "
            f"{free / GIGABYTE:,.1f} GB of memory that are free. {mend}"
        )
