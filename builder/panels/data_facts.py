"""What is known of data that was looked at, as rows of a name and a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from builder.panels.figures import number
from builder.texts import tr, tr_made

if TYPE_CHECKING:
    from builder.panels.data_look import Look

_NOTHING = 1e-6  # what is smaller is rounding
MOST_CHANNELS = 4  # whose mean and std are written out


def facts_of(look: Look) -> Iterator[tuple[str, str]]:
    """Sizes, what a sample and its target are, measures, and what suits them."""
    found = look.preview
    yield tr("Training"), tr("{count:,} samples", count=found.train_samples)
    yield tr("Validation"), tr("{count:,} samples", count=found.val_samples)
    yield tr("Sample"), f"{_shape(found.input_shape)} {found.input_dtype}"
    if found.num_classes is None:
        yield tr("Target"), _shape(found.target_shape)
    else:
        yield tr("Classes"), f"{found.num_classes:,}"
    if found.mean:
        yield tr("Mean"), _numbers(found.mean)
        yield tr("Std"), _numbers(found.std)
    yield tr("Kept in"), tr_made(found.place.reason)
    yield tr("Suits"), f"{look.ends.loss}. {tr_made(look.ends.reason)}"


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(['N', *map(str, shape)])})"


def _numbers(values: Sequence[float]) -> str:
    values = [value if abs(value) > _NOTHING else 0.0 for value in values]
    more = ", ..." if len(values) > MOST_CHANNELS else ""
    return ", ".join(map(number, values[:MOST_CHANNELS])) + more
