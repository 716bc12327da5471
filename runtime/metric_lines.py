"""How metrics.jsonl tells steps and epochs: one object of JSON on a line."""

from __future__ import annotations

import json
import math

from runtime.events import EpochEnded, StepsRecorded

_encode = json.JSONEncoder(allow_nan=False).encode


def step_lines(event: StepsRecorded) -> list[str]:
    """A line for each step."""
    rows = zip(event.losses, event.lrs, event.grad_norms, event.times, strict=True)
    parts = [
        {f"loss.{name}": loss for name, loss in zip(event.parts, losses, strict=True)}
        for losses in zip(*event.parts.values(), strict=True)
    ] or [{}] * len(event.losses)
    return [
        line_of(
            event="step", step=step, epoch=event.epoch, loss=loss, **part, lr=lr, grad_norm=norm, time=time
        )
        for step, ((loss, lr, norm, time), part) in enumerate(zip(rows, parts, strict=True), event.first_step)
    ]


def epoch_line(event: EpochEnded) -> str:
    """The line of an epoch."""
    return line_of(
        event="epoch",
        epoch=event.epoch,
        step=event.step,
        train_loss=event.train_loss,
        train_accuracy=event.train_accuracy,
        val_loss=event.val_loss,
        **event.parts,
        **{f"val_{name}": value for name, value in ({"accuracy": None} | dict(event.metrics)).items()},
        seconds=event.seconds,
        is_best=event.is_best,
        **({"confusion": event.confusion} if event.confusion else {}),
        **({"skipped_steps": event.skipped_steps} if event.skipped_steps else {}),
    )


def line_of(**values: object) -> str:
    """One line of JSON; a number that JSON cannot write (NaN, infinity) becomes null."""
    plain = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }
    return _encode(plain) + "\n"
