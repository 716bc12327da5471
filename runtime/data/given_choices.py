"""Which files of the user's a trained network can be asked about; needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

GivenKind = Literal["picture", "array", "table"]

PICTURES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
)
ARRAYS = frozenset({".npy"})
TABLES = frozenset({".csv", ".tsv", ".parquet"})


def given_kind(path: Path) -> GivenKind | None:
    """What a file holds, by its name; None where it is nothing to ask about."""
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return "picture"
    if suffix in ARRAYS:
        return "array"
    return "table" if suffix in TABLES else None
