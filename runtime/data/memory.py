"""How much memory prepared data may take."""

from __future__ import annotations

import os
from pathlib import Path

import torch

UNKNOWN = 8 << 30  # assumed where the system does not tell
MEMINFO = Path("/proc/meminfo")


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
