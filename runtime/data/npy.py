"""Files with one array of numbers, as `numpy.save` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.data.raw import DataError


def read_npy(path: Path) -> npt.NDArray[Any]:
    """The array of an .npy.

    Raises:
        DataError: it cannot be read, or holds something else than numbers.
    """
    try:
        with path.open("rb") as file:  # np.load would leave a damaged archive open
            values = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path} cannot be read ({error}). Expected an .npy of numbers. Save it again."
        ) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise DataError(f"{path} holds no array of numbers. Expected one. Save it with numpy.save.")
    return values
