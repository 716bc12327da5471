"""Small files in the formats of large data sets."""

import struct
import sys
from dataclasses import dataclass

import numpy as np
import torch


def idx_bytes(array: np.ndarray) -> bytes:
    """Gives an 8-bit array as an idx file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@dataclass(frozen=True)
class LoadedModules:
    """Items that tell whether Qt is loaded in the process that reads them, and their own number."""

    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, rows: torch.Tensor) -> "LoadedModules":
        return LoadedModules(len(rows))

    def read(self, index: int) -> torch.Tensor:
        return torch.tensor([float("PySide6" in sys.modules), float(index)])

    def identity(self) -> str:
        return str(self.count)
