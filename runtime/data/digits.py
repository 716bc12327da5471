"""The handwritten digits that come with Netloom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from runtime.data.raw import Loading, RawData, Request, Samples
from runtime.events import DataProgress

DIGITS_FILE = Path(__file__).parents[2] / "resources" / "data" / "digits.npz"
BRIGHTEST = 16


def load_digits(request: Request) -> Loading[RawData]:
    """1,797 digits: float32 (N, 1, 8, 8) of 0 to 1, labels int64 (N,) of 0 to 9."""
    yield DataProgress("Reading digits", 0, None)
    with np.load(DIGITS_FILE, allow_pickle=False) as archive:
        images = torch.from_numpy(archive["images"])
        labels = torch.from_numpy(archive["labels"])
    x = images.unsqueeze(1).to(torch.float32) / BRIGHTEST
    names = tuple(str(digit) for digit in range(10))
    return RawData(Samples(x, labels.to(torch.int64)), num_classes=len(names), class_names=names)
