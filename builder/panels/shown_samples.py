"""Samples turned into what a person can look at: plain pictures, curves, rows and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

    from runtime.data.raw import Column, SampleKind

MOST_NUMBERS = 64  # of a row that is shown as a table
RGB = 3


@dataclass(frozen=True)
class ShownSamples:
    """Some samples, each with a few words below it.

    Attributes:
        captions: of each sample, such as its target.
        pictures: of each sample as 8-bit (H, W, 3), for images.
        lines: of each sample the channels as (name, values), for sequences.
        rows: of each sample its numbers, for tables.
        texts: of each sample, for text.
        titles: of the numbers of a row.
    """

    captions: tuple[str, ...]
    pictures: tuple[npt.NDArray[Any], ...] = ()
    lines: tuple[npt.NDArray[Any], ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()
    texts: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


def shown_samples(
    kind: SampleKind,
    inputs: Any,
    captions: Sequence[str],
    columns: Sequence[Column] = (),
    vocabulary: Sequence[str] = (),
) -> ShownSamples:
    """What there is to see of samples as a model gets them.

    Args:
        kind: what a sample is.
        inputs: a tensor, the samples first.
        captions: a text each.
        columns: of a table.
        vocabulary: the tokens by number, of text.
    """
    count, said = len(inputs), tuple(captions)
    if kind == "image":
        return ShownSamples(said, pictures=pictures(inputs, brightness(inputs)))
    if vocabulary:
        from runtime.data.preview import spelled  # torch comes with it, in the thread of whoever reads

        return ShownSamples(said, texts=tuple(spelled(each, vocabulary) for each in inputs))
    if kind == "sequence" and inputs.ndim == 3:
        return ShownSamples(said, lines=tuple(each.T.float().numpy() for each in inputs))
    rows = inputs.reshape(count, -1)[:, :MOST_NUMBERS] if count else inputs
    seen = [each for each in columns if each.kind != "target"]
    names = [name for each in seen for name in each.titles or [each.name] * each.width]
    width = rows.shape[1] if count else 0
    titles = names if len(names) == width else [str(index) for index in range(width)]
    return ShownSamples(said, rows=tuple(tuple(row) for row in rows.tolist()), titles=tuple(titles))


def brightness(images: Any) -> tuple[float, float]:
    """Black and white: the darkest and the brightest of all pictures, so that they can be compared."""
    if not images.numel():
        return 0.0, 1.0
    low, high = images.float().aminmax()
    return float(low), float(high)


def pictures(images: Any, span: tuple[float, float]) -> tuple[npt.NDArray[Any], ...]:
    """Each image as 8-bit (H, W, 3), given what is black and what is white."""
    return tuple(_picture(each, *span) for each in images)


def _picture(image: Any, low: float, high: float) -> npt.NDArray[Any]:
    """8-bit (H, W, 3) of (C, H, W); one channel is grey, of more than three the first three are shown."""
    import numpy as np

    shown = image[:RGB] if len(image) >= RGB else image[:1].expand(RGB, -1, -1)
    scaled = (shown.float() - low) * (255 / ((high - low) or 1.0))
    return np.ascontiguousarray(scaled.clamp(0, 255).byte().permute(1, 2, 0).numpy())
