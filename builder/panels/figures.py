"""A run's headline figures, worked out from its events: where it stands, how fast it is, what is left."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from builder.texts import later, tr
from runtime.events import (
    DataProgress,
    EpochEnded,
    Event,
    GraphChanged,
    PlanChanged,
    RunEnded,
    RunStarted,
    StateChanged,
    StepsRecorded,
)
from runtime.left_out import left_out_warning
from runtime.metric_choices import METRICS, MetricSpec

_SPEED_WINDOW = 5.0  # seconds
_WIDE_DIGITS = 8.888  # as many digits as are shown
_NEXT_TO_ZERO = 1e3  # times smaller than the largest value

_MANY_HOURS = 100  # of which nobody counts the minutes
STATE_TEXTS = {
    "preparing": later("Preparing"),
    "running": later("Running"),
    "paused": later("Paused"),
    "stopping": later("Stopping"),
    "finished": later("Finished"),
    "stopped": later("Stopped"),
    "failed": later("Failed"),
}


@dataclass(frozen=True)
class Score:
    """How well a network does on the validation samples.

    Args:
        metric: which figure tells it.
        value: of it: the mean of accuracies, else that of the first Output.
        outputs: the figure of each Output by its name, where each has a loss of its own.
    """

    metric: MetricSpec
    value: float
    outputs: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As it is shown: `95.31%`."""
        return self._shown(self.value)

    @property
    def details(self) -> str:
        """A line for each Output; empty where there is nothing to tell apart."""
        return "\n".join(f"{name}: {self._shown(value)}" for name, value in self.outputs.items())

    def _shown(self, value: float) -> str:
        return f"{value:.2%}" if self.metric.is_fraction else number(value)


def score_of(metrics: Mapping[str, float]) -> Score | None:
    """The first of an epoch's metrics, in the order of their declarations; None where there is none."""
    for name, spec in METRICS.items():
        outputs = {
            key.partition(".")[2]: value for key, value in metrics.items() if key.startswith(f"{name}.")
        }
        if name in metrics:
            return Score(spec, metrics[name], outputs)
        if outputs:
            # Errors of several Outputs have units of their own: no figure stands for them all.
            return Score(spec, next(iter(outputs.values())), outputs)
    return None


class MeanLoss:
    """Mean of an epoch's losses so far, without those that are not finite, which train nothing."""

    def __init__(self) -> None:
        self._epoch, self._sum, self._count = 0, 0.0, 0

    def after(self, event: StepsRecorded) -> float:
        """The mean with the next steps; a latest loss that is not finite itself, so that it is seen."""
        if event.epoch != self._epoch:
            self._epoch, self._sum, self._count = event.epoch, 0.0, 0
        finite = [loss for loss in event.losses if math.isfinite(loss)]
        self._sum += sum(finite)
        self._count += len(finite)
        latest = event.losses[-1]
        return self._sum / self._count if math.isfinite(latest) else latest


@dataclass
class RunFigures:
    """The latest numbers of a run; None where there is none yet."""

    state: str = "preparing"
    text: str = ""
    device: str = ""
    reason: str = ""
    fitting_batch: int | None = None  # where memory ran out
    left_out: int = 0  # steps of whole epochs whose numbers were not finite
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    total_steps: int = 0
    steps_per_epoch: int = 0
    batch_size: float = 0.0
    # Mean of the epoch so far; that of one step says little beside `val_loss`.
    train_loss: float | None = None
    val_loss: float | None = None
    score: Score | None = None
    lr: float | None = None
    grad_norm: float | None = None
    data_fraction: float | None = None
    steps_per_second: float | None = None  # over the last seconds of training, without validation
    _started: RunStarted | None = None
    _marks: deque[tuple[float, int]] = field(default_factory=deque)  # (seconds, step) of the last few seconds
    _epoch_seconds: float | None = None
    _epoch_was_paused: bool = False
    _mean_loss: MeanLoss = field(default_factory=MeanLoss)

    def take(self, event: Event) -> None:
        """Brings the figures up to date with one event."""
        match event:
            case DataProgress():
                self.text = event.text
                self.data_fraction = event.done / event.total if event.total else None
            case RunStarted():
                self._start(event)
            case StepsRecorded():
                self._take_steps(event)
            case EpochEnded():
                self._take_epoch(event)
            case PlanChanged():
                self.epochs, self.total_steps = event.epochs, event.total_steps
            case GraphChanged(numbers=int(numbers)) if self._started is not None:
                self._started = replace(self._started, parameters=numbers)
                self.text = _about(self._started)
            case StateChanged():
                self._change(event.state)
            case RunEnded():
                self.state, self.reason = event.state, event.reason
                self.fitting_batch = event.fitting_batch
                self.steps_per_second = None

    @property
    def is_active(self) -> bool:
        """Whether the run still goes on."""
        return self.state not in ("finished", "stopped", "failed")

    @property
    def expected_steps(self) -> int:
        """How many steps it will have: those that are planned, or once it has ended those it took."""
        return self.total_steps if self.is_active else self.step

    @property
    def status(self) -> str:
        """What runs where, and why it ended where that is no failure."""
        ended = self.reason if self.state != "failed" else ""
        return " · ".join(part for part in (ended.removesuffix("."), self.text) if part)

    @property
    def warning(self) -> str:
        """What makes a run worth little that is over and did not fail; empty for nothing."""
        has_ended = self.state in ("finished", "stopped")
        return left_out_warning(self.left_out, self.step) if has_ended else ""

    @property
    def fraction(self) -> float:
        """How much of the work is done, 0 to 1: of reading the data first, then of all steps."""
        if self.total_steps:
            return min(self.step / self.total_steps, 1.0)
        return self.data_fraction or 0.0

    @property
    def samples_per_second(self) -> float | None:
        """Training samples a second, or None while the speed is unknown."""
        speed = self.steps_per_second
        return speed * self.batch_size if speed is not None and self.batch_size else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated time to the end: from the last epoch's length, validation included, or from the speed."""
        left = self.total_steps - self.step
        if self.state != "running" or left < 0:
            return None
        if self._epoch_seconds is not None and self.steps_per_epoch:
            return left * self._epoch_seconds / self.steps_per_epoch
        speed = self.steps_per_second
        return left / speed if speed else None

    def _start(self, event: RunStarted) -> None:
        self.state = "running"
        self.device = event.device
        self.epochs, self.total_steps = event.epochs, event.total_steps
        self.steps_per_epoch, self.step = event.steps_per_epoch, event.start_step
        self.batch_size = event.train_samples / event.steps_per_epoch if event.steps_per_epoch else 0.0
        self._started, self.text = event, _about(event)

    def _take_steps(self, event: StepsRecorded) -> None:
        if not event.losses:
            return
        self.train_loss = self._mean_loss.after(event)
        self.epoch, self.lr = event.epoch, event.lrs[-1]
        self.step = event.first_step + len(event.losses) - 1
        self.grad_norm = event.grad_norms[-1]
        if not self._marks:
            self._marks.append((event.times[0], event.first_step))
        self._marks.append((event.times[-1], self.step))
        while event.times[-1] - self._marks[0][0] > _SPEED_WINDOW and len(self._marks) > 2:
            self._marks.popleft()
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        if end > start:
            self.steps_per_second = (last - first) / (end - start)

    def _take_epoch(self, event: EpochEnded) -> None:
        self.epoch, self.step = event.epoch, event.step
        self.left_out += event.skipped_steps
        self.train_loss, self.val_loss, self.score = event.train_loss, event.val_loss, score_of(event.metrics)
        if not self._epoch_was_paused:
            self._epoch_seconds = event.seconds
        self._epoch_was_paused = False
        self._marks.clear()  # validation is no training speed

    def _change(self, state: str) -> None:
        self.state = state
        if state == "paused":
            self._epoch_was_paused = True
            self.steps_per_second = None
            self._marks.clear()


def _about(run: RunStarted) -> str:
    """What is trained where, and on how much."""
    text = tr(
        "{device} · {precision} · {parameters:,} parameters",
        device=run.device,
        precision=run.precision,
        parameters=run.parameters,
    )
    return text + tr(
        " · {train_samples:,} train and {val_samples:,} val samples",
        train_samples=run.train_samples,
        val_samples=run.val_samples,
    )


def duration(seconds: float) -> str:
    """A length of time as people say it: "42 s", "3 min 05 s", "2 h 10 min", "215 h"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return tr("{minutes} min {seconds:02} s", minutes=whole // 60, seconds=whole % 60)
    if whole >= _MANY_HOURS * 3600:
        return tr("{hours:,} h", hours=round(seconds / 3600))
    return tr("{hours} h {minutes:02} min", hours=whole // 3600, minutes=whole % 3600 // 60)


def number(value: float) -> str:
    """A figure in four significant digits, short also where it is very large or small: 0.02314, 1.5e-05."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def widest_number(low: float, high: float) -> str:
    """A text that takes as much room as that of any value between two, as `number` writes it.

    Values next to zero, which may have any number of digits, are left out of account.
    """
    ends = [abs(end) for end in (low, high)]
    if not (all(map(math.isfinite, ends)) and any(ends)):
        return ""
    if low == high:
        return number(low)
    largest = max(ends)
    smallest = min(ends) if low * high > 0 else largest / _NEXT_TO_ZERO
    first, last = (math.floor(math.log10(end)) for end in (smallest, largest))
    examples = (number(_WIDE_DIGITS * 10.0**exponent) for exponent in range(first, last + 1))
    return ("-" if low < 0 else "") + max(examples, key=len)
