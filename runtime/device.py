"""Where a run computes: turns a plan's device name into a torch device that is really there."""

from __future__ import annotations

import torch


class DeviceError(ValueError):
    """The plan asks for a device or a precision that this computer does not have."""


def pick_device(name: str) -> torch.device:
    """The device called `name`; `auto` is the accelerator if there is one, else the CPU.

    Raises:
        DeviceError: there is no such device here.
    """
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if name == "auto":
        return accelerator or torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(_unavailable(name, accelerator)) from None
    if device.type == "cpu":
        return torch.device("cpu")
    if accelerator is None or device.type != accelerator.type:
        raise DeviceError(_unavailable(name, accelerator))
    if (device.index or 0) >= torch.accelerator.device_count():
        raise DeviceError(_unavailable(name, accelerator))
    return device


def _unavailable(name: str, accelerator: torch.device | None) -> str:
    known = ["cpu"]
    if accelerator is not None:
        known += [f"{accelerator.type}:{index}" for index in range(torch.accelerator.device_count())]
    return (
        f"device is {name!r}, but PyTorch finds no such device on this computer. "
        f"Expected auto or one of: {', '.join(known)}. Set device = auto."
    )
