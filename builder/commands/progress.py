"""A run's progress in the terminal: a line that moves on a terminal, a line an epoch in a file."""

from __future__ import annotations

from time import monotonic
from typing import TextIO

from runtime.events import (
    DataNoted,
    DataProgress,
    EpochEnded,
    Event,
    RunEnded,
    RunStarted,
    StepsRecorded,
    StepsSkipped,
)
from runtime.left_out import left_out_warning

REFRESH = 0.1  # seconds
BAR_WIDTH = 24


class Progress:
    """Writes what a run does.

    Args:
        stream: a terminal or a file.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._moving = stream.isatty()
        self._started: RunStarted | None = None
        self._last_text = ""
        self._told: set[str] = set()  # lines about the data that are there to stay
        self._drawn_at = 0.0
        self._left_out = 0  # steps

    def show(self, event: Event) -> None:
        """Takes the next event of the run."""
        match event:
            case DataProgress():
                self._data(event)
            case DataNoted():
                self._notes(event)
            case RunStarted():
                self._started = event
                self._line(
                    f"{event.train_samples:,} training and {event.val_samples:,} validation samples, "
                    f"{event.parameters:,} parameters, {event.precision} on {event.device}"
                )
            case StepsRecorded():
                self._steps(event)
            case StepsSkipped():
                self._line(f"left out {event.count:,} of the last steps: {event.reason}")
            case EpochEnded():
                self._left_out += event.skipped_steps
                self._line(self._epoch_text(event))
            case RunEnded(state="failed"):
                self._clear()
            case RunEnded():
                self._line(self._end_text(event))
                warning = left_out_warning(self._left_out, event.step)
                if warning:
                    self._line(f"warning: {warning}")
            case _:
                pass

    def show_share(self, what: str, done: int, total: int) -> None:
        """How far something is that has no events of its own, on a terminal: `step 12 of at most 100`."""
        if self._moving and (done == total or monotonic() - self._drawn_at >= REFRESH):
            self._drawn_at = monotonic()
            self._redraw(f"{what} {done:,} of at most {total:,}")

    def close(self) -> None:
        """Takes away the line that moves."""
        self._clear()

    def _data(self, event: DataProgress) -> None:
        if self._moving:
            share = f" {event.done / event.total:4.0%}" if event.total else ""
            self._redraw(f"{event.text}{share}")
        elif event.text != self._last_text:
            self._line(event.text)
            self._told.add(event.text)
        self._last_text = event.text

    def _notes(self, event: DataNoted) -> None:
        for note in event.notes:
            if note not in self._told:
                self._line(note)

    def _steps(self, event: StepsRecorded) -> None:
        started, now = self._started, monotonic()
        if not self._moving or started is None or now - self._drawn_at < REFRESH:
            return
        self._drawn_at = now
        step = event.first_step + len(event.losses) - 1
        done = step / started.total_steps
        elapsed = event.times[-1]
        left = elapsed * (started.total_steps - step) / max(step - started.start_step, 1)
        bar = ("━" * round(done * BAR_WIDTH)).ljust(BAR_WIDTH, "╌")
        self._redraw(
            f"epoch {event.epoch}/{started.epochs} {bar} {done:4.0%}  loss {event.losses[-1]:.4f}  "
            f"lr {event.lrs[-1]:.2e}  grad {event.grad_norms[-1]:.3g}  {_duration(left)} left"
        )

    def _epoch_text(self, event: EpochEnded) -> str:
        parts = [f"epoch {event.epoch:>3}  train loss {event.train_loss:.4f}"]
        if event.train_accuracy is not None:
            parts.append(f"accuracy {event.train_accuracy:.2%}")
        if event.val_loss is not None:
            parts.append(f"val loss {event.val_loss:.4f}")
        if event.val_accuracy is not None:
            parts.append(f"val accuracy {event.val_accuracy:.2%}")
        parts.append(_duration(event.seconds))
        return "  ".join(parts) + ("  *" if event.is_best else "")

    def _end_text(self, event: RunEnded) -> str:
        best = f", best in epoch {event.best_epoch}" if event.best_epoch else ""
        folder = f"; kept in {self._started.run_dir}" if self._started else ""
        reason = f" ({event.reason.rstrip('.')})" if event.reason else ""
        return f"{event.state} after {event.step:,} steps{reason}{best}{folder}"

    def _line(self, text: str) -> None:
        self._clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def _redraw(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()

    def _clear(self) -> None:
        if self._moving:
            self._stream.write("\r\x1b[K")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
