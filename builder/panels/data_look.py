"""Reads what the Data panel shows, in a thread, and turns it into plain pictures and texts there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.texts import tr

if TYPE_CHECKING:
    import numpy.typing as npt

    from runtime.control import Control
    from runtime.data.ends import SuitedEnds
    from runtime.data.preview import Preview
    from runtime.events import DataProgress

COUNT = 48  # samples
MOST_NUMBERS = 64  # of a row that is shown as a table
RGB = 3


@dataclass(frozen=True)
class Look:
    """What there is to see of a plan's data.

    Attributes:
        preview: sizes, classes and measures.
        ends: of a network that suits.
        pictures: of each sample as 8-bit (H, W, 3), for images; with the random transforms.
        plain_pictures: the same without them.
        lines: of each sample the channels as (name, values), for sequences.
        rows: of each sample its numbers, for tables.
        texts: of each sample, for text.
        targets: of each sample, as a person reads it.
    """

    preview: Preview
    ends: SuitedEnds
    targets: tuple[str, ...]
    pictures: tuple[npt.NDArray[Any], ...] = ()
    plain_pictures: tuple[npt.NDArray[Any], ...] = ()
    lines: tuple[npt.NDArray[Any], ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()
    texts: tuple[str, ...] = field(default=())

    @property
    def has_chance(self) -> bool:
        """Whether the samples look different every time."""
        return any((a != b).any() for a, b in zip(self.pictures, self.plain_pictures, strict=True))


def look_at(
    training: Mapping[str, Any], control: Control, start: int, folder: Path | None
) -> Iterator[DataProgress | Look]:
    """Tells how far it is, and gives the look last.

    Args:
        training: the project's plan.
        control: a stop ends it at the next progress.
        start: the first training sample to show.
        folder: where relative paths start.

    Raises:
        PlanError: the plan cannot be read.
        DataError: the data is missing, damaged or does not suit.
        DataCancelled: it was stopped.
    """
    from runtime.data.ends import suggest_ends
    from runtime.data.preview import preview
    from runtime.data.raw import DataCancelled
    from runtime.plan import TrainingPlan

    plan = TrainingPlan.from_mapping(training)
    reading = preview(plan.data, start=start, count=COUNT, seed=plan.seed, folder=folder)
    while True:
        try:
            progress = next(reading)
        except StopIteration as end:
            found: Preview = end.value
            break
        if control.stopped:
            reading.close()
            raise DataCancelled(tr("Reading the data was stopped."))
        yield progress
    yield _look(found, suggest_ends(found))


def _look(found: Preview, ends: SuitedEnds) -> Look:
    count = len(found.inputs)
    targets = tuple(found.target_text(index) for index in range(count))
    if found.kind == "image":
        low, high = _range(found)
        return Look(
            found, ends, targets,
            pictures=tuple(_picture(each, low, high) for each in found.inputs),
            plain_pictures=tuple(_picture(each, low, high) for each in found.plain_inputs),
        )  # fmt: skip
    if found.vocabulary:
        return Look(found, ends, targets, texts=tuple(found.input_text(index) for index in range(count)))
    if found.kind == "sequence" and found.inputs.ndim == 3:
        return Look(found, ends, targets, lines=tuple(each.T.float().numpy() for each in found.inputs))
    rows = found.inputs.reshape(count, -1)[:, :MOST_NUMBERS] if count else found.inputs
    return Look(found, ends, targets, rows=tuple(tuple(row) for row in rows.tolist()))


def _range(found: Preview) -> tuple[float, float]:
    """Black and white: the darkest and the brightest of all pictures, so that they can be compared."""
    if not found.plain_inputs.numel():
        return 0.0, 1.0
    low, high = found.plain_inputs.float().aminmax()
    return float(low), float(high)


def _picture(image: Any, low: float, high: float) -> npt.NDArray[Any]:
    """8-bit (H, W, 3) of (C, H, W); one channel is grey, of more than three the first three are shown."""
    import numpy as np

    shown = image[:RGB] if len(image) >= RGB else image[:1].expand(RGB, -1, -1)
    scaled = (shown.float() - low) * (255 / ((high - low) or 1.0))
    return np.ascontiguousarray(scaled.clamp(0, 255).byte().permute(1, 2, 0).numpy())
