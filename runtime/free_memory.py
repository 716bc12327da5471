"""How much memory a run takes where it computes, and how much it can still have."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def free_memory(device: str) -> tuple[str, int]:
    """Where a plan's device name leads, and how many bytes are free there.

    PyTorch is asked once it is loaded, and not loaded for it; until then `auto` is the CPU.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`; one that is not there counts as the CPU.
    """
    if "torch" in sys.modules and device != "cpu":
        found = _on_accelerator(device)
        if found is not None:
            return found
    import psutil  # here, as it takes time that only this question is worth

    return "cpu", int(psutil.virtual_memory().available)


def used_memory(device: str) -> int | None:
    """Bytes that tensors take on a GPU, or this process in the computer's memory; None while unknown.

    Args:
        device: where a run computes, such as `cpu` or `cuda:0`.
    """
    torch = sys.modules.get("torch")
    if device.startswith("cuda"):
        return None if torch is None else int(torch.cuda.memory_allocated(device))
    if device.startswith("mps"):
        return None if torch is None else int(torch.mps.current_allocated_memory())
    return int(_this_process().memory_info().rss)


@cache
def _this_process() -> psutil.Process:
    """Kept, as finding it takes longer than asking it."""
    import psutil

    return psutil.Process()


def _on_accelerator(name: str) -> tuple[str, int] | None:
    import torch

    from runtime.device import DeviceError, pick_device

    try:
        device = pick_device(name)
    except DeviceError:
        return None
    if device.type == "cuda":
        return str(device), torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return "mps", torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None
