"""Reads what the Data panel shows, in a thread, and turns it into plain pictures and texts there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.panels.shown_samples import ShownSamples, brightness, pictures, shown_samples
from builder.texts import tr

if TYPE_CHECKING:
    from runtime.control import Control
    from runtime.data.ends import SuitedEnds
    from runtime.data.preview import Preview
    from runtime.events import DataProgress

COUNT = 48  # samples


@dataclass(frozen=True)
class Look:
    """What there is to see of a plan's data.

    Attributes:
        preview: sizes, classes and measures.
        ends: of a network that suits.
        samples: with the random transforms.
        plain: the same without them.
    """

    preview: Preview
    ends: SuitedEnds
    samples: ShownSamples
    plain: ShownSamples

    @property
    def has_chance(self) -> bool:
        """Whether the samples look different every time."""
        pairs = zip(self.samples.pictures, self.plain.pictures, strict=True)
        return any((a != b).any() for a, b in pairs)


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
    targets = tuple(found.target_text(index) for index in range(len(found.inputs)))
    columns, vocabulary = found.columns, found.vocabulary
    samples = shown_samples(found.kind, found.inputs, targets, columns, vocabulary)
    if not samples.pictures:
        return Look(found, ends, samples, samples)
    span = brightness(found.plain_inputs)
    varied, plain = (pictures(each, span) for each in (found.inputs, found.plain_inputs))
    return Look(found, ends, replace(samples, pictures=varied), replace(samples, pictures=plain))
