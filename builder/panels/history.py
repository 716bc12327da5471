"""The curves of one run, kept whole: every step, in arrays that grow by doubling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from runtime.events import EpochEnded, StepsRecorded

Array: TypeAlias = npt.NDArray[np.float64]

SMOOTHING = 0.95  # weight of the past in the smoothed loss: a memory of about 20 steps
_FIRST_CAPACITY = 1024


class Series:
    """A curve: x ascending, any number of points, cheap to append to."""

    def __init__(self) -> None:
        self._data = np.empty((2, _FIRST_CAPACITY))
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def x(self) -> Array:
        """All x, as a view that the next `extend` may outdate."""
        return self._data[0, : self._size]

    @property
    def y(self) -> Array:
        """All y, as a view that the next `extend` may outdate."""
        return self._data[1, : self._size]

    def extend(self, x: Sequence[float] | range, y: Sequence[float]) -> None:
        """Appends points; x goes on from the last one."""
        end = self._size + len(x)
        if end > self._data.shape[1]:
            grown = np.empty((2, max(end, 2 * self._data.shape[1])))
            grown[:, : self._size] = self._data[:, : self._size]
            self._data = grown
        self._data[0, self._size : end] = x
        self._data[1, self._size : end] = y
        self._size = end

    def at(self, x: float) -> tuple[float, float] | None:
        """The point nearest to x, or None while there is none."""
        if self._size == 0:
            return None
        right = min(int(np.searchsorted(self.x, x)), self._size - 1)
        left = max(right - 1, 0)
        nearest = left if abs(self.x[left] - x) <= abs(self.x[right] - x) else right
        return float(self.x[nearest]), float(self.y[nearest])

    def buckets(self, start: float, end: float, buckets: int) -> tuple[int, int]:
        """How a curve between two x is thinned to at most 2 * `buckets` buckets.

        Returns:
            How many points make a bucket, a power of two, so that the picture stands still while the curve
            grows, and up to which number of points in all that holds.
        """
        first, last = self._indices(start, end)
        width = 1 << max(math.ceil(math.log2(max((last - first) / (2 * buckets), 1))), 0)
        return width, first + 2 * buckets * width

    def window(self, start: float, end: float, width: int, *, smooth: bool = False) -> tuple[Array, Array]:
        """What is seen of the curve between two x, thinned so that no peak is lost.

        Every `width` points, counted from the curve's first, become their minimum and maximum; of a `smooth`
        curve, which would look like a saw then, the first one.
        """
        first, last = self._indices(start, end)
        if width == 1:
            return self.x[first:last].copy(), self.y[first:last].copy()
        first -= first % width
        if smooth:
            kept = np.append(np.arange(first, last - 1, width), last - 1)
            return self.x[kept], self.y[kept]
        return _extremes(self.x[first:last], self.y[first:last], width)

    def _indices(self, start: float, end: float) -> tuple[int, int]:
        """First and behind the last point in view, with one more on either side for the line to go to."""
        first = max(int(np.searchsorted(self.x, start)) - 1, 0)
        return first, min(int(np.searchsorted(self.x, end, side="right")) + 1, self._size)


def _extremes(x: Array, y: Array, width: int) -> tuple[Array, Array]:
    """Minimum and maximum of every `width` points, both at the first one's x; the rest is one more bucket."""
    starts = np.arange(0, len(y), width)
    low, high = np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.column_stack((low, high)).ravel()


STEP_CURVES = ("loss", "smoothed_loss", "lr", "grad_norm")
EPOCH_CURVES = ("epoch_loss", "val_loss", "train_accuracy", "val_accuracy")


class History:
    """Every curve of a run by name, in `series`: STEP_CURVES per optimizer step, EPOCH_CURVES per epoch."""

    def __init__(self) -> None:
        self.series = {name: Series() for name in STEP_CURVES + EPOCH_CURVES}
        self._mean = 0.0
        self._weight = 0.0

    def add_steps(self, event: StepsRecorded) -> None:
        """Takes the measurements of consecutive steps."""
        steps = range(event.first_step, event.first_step + len(event.losses))
        smoothed = [self._smooth(loss) for loss in event.losses]
        columns = (event.losses, smoothed, event.lrs, event.grad_norms)
        for name, values in zip(STEP_CURVES, columns, strict=True):
            self.series[name].extend(steps, values)

    def add_epoch(self, event: EpochEnded) -> None:
        """Takes an epoch's summary; a figure the task does not have leaves its curve empty."""
        values = (event.train_loss, event.val_loss, event.train_accuracy, event.val_accuracy)
        for name, value in zip(EPOCH_CURVES, values, strict=True):
            if value is not None:
                self.series[name].extend((event.step,), (value,))

    @property
    def steps(self) -> tuple[float, float] | None:
        """First and last recorded step, or None before the first."""
        x = self.series["loss"].x
        return (float(x[0]), float(x[-1])) if len(x) else None

    def _smooth(self, loss: float) -> float:
        """Exponential moving average, corrected for its start; a loss that is not finite is passed over."""
        if math.isfinite(loss):
            self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * loss
            self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)
        return self._mean / self._weight if self._weight else math.nan
