"""The curves of one run, kept whole: every step, in arrays that grow by leaps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from builder.panels.chart_specs import SMOOTHING
from runtime.events import EpochEnded, StepsRecorded

Array: TypeAlias = npt.NDArray[np.float64]

_FIRST_CAPACITY = 64  # points; there may be thousands of curves, most of them short
_LONG = 2**18  # points, 4 MiB; to move the curves of a million held the window up for 80 ms
_MUCH_ROOM = 16  # times the points of a long curve; memory costs nothing until it is written to
_ROW = 1024  # values that are averaged one after the other


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

    def extend(self, x: Sequence[float] | Array, y: Sequence[float] | Array) -> None:
        """Appends points; x goes on from the last one."""
        end = self._size + len(x)
        if end > self._data.shape[1]:
            grown = np.empty((2, _capacity(end)))
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

        Returns:
            steps and values, as views that the next `extend` may outdate.
        """
        first, last = self._indices(start, end)
        first -= first % width if width > 1 else 0
        x, y = self._data[:, first:last]
        if width == 1:
            return x, y
        if smooth:
            kept = np.arange(0, len(x) - 1 + width, width)
            kept[-1] = len(x) - 1
            return x[kept], y[kept]
        return _extremes(x, y, width)

    def _indices(self, start: float, end: float) -> tuple[int, int]:
        """First and behind the last point in view, with one more on either side for the line to go to."""
        x, size = self.x, self._size
        first = max(int(x.searchsorted(start)) - 1, 0)
        if not size or x[-1] <= end:
            return first, size
        return first, min(int(x.searchsorted(end, side="right")) + 1, size)


def _capacity(points: int) -> int:
    """For how many points room is made: twice as many each time, and much where moving them takes long."""
    capacity = _FIRST_CAPACITY
    while capacity < points:
        capacity *= _MUCH_ROOM if capacity == _LONG else 2
    return capacity


def _extremes(x: Array, y: Array, width: int) -> tuple[Array, Array]:
    """Minimum and maximum of every `width` points, both at the first one's x; the rest is one more bucket."""
    starts = np.arange(0, len(y), width)
    places, values = np.empty((len(starts), 2)), np.empty((len(starts), 2))
    places[:] = x[::width, None]
    np.fmin.reduceat(y, starts, out=values[:, 0])
    np.fmax.reduceat(y, starts, out=values[:, 1])
    return places.ravel(), values.ravel()


STEP_CURVES = ("loss", "smoothed_loss", "lr", "grad_norm")
EPOCH_CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
VAL = "val_"  # begins the name of a validation metric's curve, and its name in the run folder


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step, such as a change of the plan.

    Attributes:
        text: what, in a word or two.
    """

    step: float
    text: str


class History:
    """Every curve of a run by name, in `series`.

    STEP_CURVES have a point for every optimizer step; EPOCH_CURVES and further metrics, such as `val_f1`, one
    for every epoch; others come as they are noted.

    Attributes:
        marks: what happened in between, in order.
        outputs: names of the Outputs that have a loss of their own; theirs are curves such as `loss.logits`.
    """

    def __init__(self, smoothing: float = SMOOTHING) -> None:
        self.series: dict[str, Series] = {name: Series() for name in STEP_CURVES + EPOCH_CURVES}
        self.marks: list[Mark] = []
        self.outputs: tuple[str, ...] = ()
        self._averages = {"": _Average(smoothing)}  # by Output; the empty name is for the whole loss

    def add_steps(self, event: StepsRecorded) -> None:
        """Takes the measurements of consecutive steps."""
        steps = np.arange(event.first_step, event.first_step + len(event.losses), dtype=np.float64)
        columns = (event.losses, self._averages[""].over(event.losses), event.lrs, event.grad_norms)
        for name, values in zip(STEP_CURVES, columns, strict=True):
            self.series[name].extend(steps, values)
        for output, losses in event.parts.items():
            self._add_output(output)
            self.series[f"loss.{output}"].extend(steps, losses)
            self.series[f"smoothed_loss.{output}"].extend(steps, self._averages[output].over(losses))

    def _add_output(self, output: str) -> None:
        if output not in self._averages:
            self.outputs = (*self.outputs, output)
            self._averages[output] = _Average(self._averages[""].past)
            self.series |= {f"loss.{output}": Series(), f"smoothed_loss.{output}": Series()}

    def add_epoch(self, event: EpochEnded) -> None:
        """Takes an epoch's summary; a figure the task does not have leaves its curve empty."""
        self.note("train_loss", event.step, event.train_loss)
        self.note("train_accuracy", event.step, event.train_accuracy)
        self.note("val_loss", event.step, event.val_loss)
        for name, value in event.parts.items():
            self.note(name, event.step, value)
        for name, value in event.metrics.items():
            self.note(VAL + name, event.step, value)

    def note(self, name: str, step: float, value: float | None) -> None:
        """Appends a point to a curve, unless there is no value."""
        if value is not None:
            self.series.setdefault(name, Series()).extend((step,), (value,))

    def mark(self, step: float, text: str) -> None:
        """Notes that something happened at a step."""
        self.marks.append(Mark(step, text))

    def smooth(self, smoothing: float) -> None:
        """Smooths the loss anew, all of it.

        Args:
            smoothing: weight of the past, from 0 to below 1.
        """
        for output in self._averages:
            end = f".{output}" if output else ""
            loss, smoothed = self.series[f"loss{end}"], Series()
            self._averages[output] = _Average(smoothing)
            smoothed.extend(loss.x, self._averages[output].over_all(loss.y))
            self.series[f"smoothed_loss{end}"] = smoothed

    def copy(self) -> dict[str, Series]:
        """The curves as they are now, which another thread may read."""
        copies = {name: Series() for name in self.series}
        for name, series in self.series.items():
            copies[name].extend(series.x, series.y)
        return copies

    def has_points(self, name: str) -> bool:
        """Whether a curve has begun."""
        series = self.series.get(name)
        return series is not None and len(series) > 0

    @property
    def steps(self) -> tuple[float, float] | None:
        """First and last recorded step, or None before the first."""
        x = self.series["loss"].x
        return (float(x[0]), float(x[-1])) if len(x) else None


class _Average:
    """Exponential moving average, corrected for its start; a value that is not finite is passed over."""

    def __init__(self, smoothing: float) -> None:
        self.past = smoothing
        self._mean = 0.0
        self._weight = 0.0

    def over(self, values: Iterable[float]) -> list[float]:
        """The average after each of the next values."""
        past, new, mean, weight = self.past, 1 - self.past, self._mean, self._weight
        averages = []
        for value in values:
            if math.isfinite(value):
                mean = past * mean + new * value
                weight = past * weight + new
            averages.append(mean / weight if weight else math.nan)
        self._mean, self._weight = mean, weight
        return averages

    def over_all(self, values: Array) -> Array:
        """As `over`, for a first and long run of values: a million take some milliseconds.

        The values stand in rows. What lies before a row decays along it, so all rows are averaged side by
        side as if nothing lay before them, and then get what was left at the end of the row before.
        """
        finite = np.isfinite(values)
        kept = values[finite]
        means = self._means(kept)
        log = math.log(self.past) if self.past else -math.inf
        weights = -np.expm1(log * np.arange(1, len(kept) + 1))
        if len(kept):
            self._mean, self._weight = float(means[-1]), float(weights[-1])
        corrected = np.append(np.nan, means / weights)
        return corrected[np.cumsum(finite)]

    def _means(self, values: Array) -> Array:
        """Uncorrected averages."""
        rows = -(-len(values) // _ROW)
        table = np.zeros(rows * _ROW)
        table[: len(values)] = (1 - self.past) * values
        table = np.ascontiguousarray(table.reshape(rows, _ROW).T)  # each row in a column
        for before, following in pairwise(table):
            following += self.past * before
        decay = self.past ** np.arange(1, _ROW + 1)
        table = np.ascontiguousarray(table.T)
        for last, row in pairwise(table):
            row += decay * last[-1]
        return table.ravel()[: len(values)]
