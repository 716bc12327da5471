"""The number formats a step computes in: plain float32, or automatic mixed precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from runtime.device import DeviceError

AUTOCAST_DTYPES = {"amp-bfloat16": torch.bfloat16, "amp-float16": torch.float16}


class Precision:
    """Autocast and, for float16, the gradient scaler of one run.

    Attributes:
        scaler: keeps small float16 gradients from vanishing; None for the other formats, which need none.

    Raises:
        DeviceError: the device cannot compute in this format.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.name = name
        self.scaler: torch.amp.GradScaler | None = None
        self._autocast: AbstractContextManager[object] = nullcontext()
        dtype = AUTOCAST_DTYPES.get(name)
        if dtype is None:
            return
        if not torch.amp.is_autocast_available(device.type):
            raise DeviceError(
                f"precision is {name!r}, but PyTorch has no mixed precision on {device.type}. "
                "Expected float32 there. Set precision = float32."
            )
        self._autocast = torch.autocast(device.type, dtype=dtype)
        if dtype is torch.float16:
            self.scaler = torch.amp.GradScaler(device.type)

    def autocast(self) -> AbstractContextManager[object]:
        """The context a forward pass and its loss run in."""
        return self._autocast
