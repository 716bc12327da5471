"""What the device `auto` of a plan leads to, as far as that is known without loading PyTorch."""

from __future__ import annotations

import sys


def auto_device() -> str:
    """The kind of device that `auto` stands for; the CPU until PyTorch is there to be asked."""
    # PyTorch may just be being loaded, in another thread.
    accelerator = getattr(sys.modules.get("torch"), "accelerator", None)
    if accelerator is None or not accelerator.is_available():
        return "cpu"
    return str(accelerator.current_accelerator().type)
