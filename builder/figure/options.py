"""What a figure can look like and which kinds of file it can be. Plain data; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

Style: TypeAlias = Literal["print", "light", "dark"]
STYLES: tuple[Style, ...] = get_args(Style)
SCALES = (1, 2, 3, 4)
COLUMN, PAGE = 85.0, 175.0  # millimetres: one column of a paper, and both
NARROWEST = 40.0  # millimetres; a card and its edges take as much


@dataclass(frozen=True)
class FigureFormat:
    """A kind of file.

    Attributes:
        name: what `netloom export --to` takes.
        label: what the dialog says.
        help: one line.
        has_pixels: whether it is a picture of so many pixels, which a scale multiplies.
    """

    name: str
    label: str
    help: str
    has_pixels: bool = False

    @property
    def suffix(self) -> str:
        """Of the file's name, with the dot."""
        return f".{self.name}"


_ALL = (
    FigureFormat("svg", "SVG", "A figure of the graph for web pages and drawing programs; text stays text."),
    FigureFormat("pdf", "PDF", "A figure of the graph for papers, as large as its page, with its fonts."),
    FigureFormat("png", "PNG", "A figure of the graph as a picture made of pixels.", has_pixels=True),
)
FIGURE_FORMATS: Mapping[str, FigureFormat] = MappingProxyType({each.name: each for each in _ALL})


@dataclass(frozen=True)
class FigureOptions:
    """How a figure is drawn.

    Attributes:
        style: `print` is black on white with thin lines; `light` and `dark` look like the canvas.
        width: how wide it may be in millimetres; None lets it be as wide as it is.
        is_folded: whether its columns go on in a row below where they do not fit the width.
        has_shapes: whether what flows through an edge is written beside it.
        scale: pixels for one canvas unit, for formats made of pixels.
        is_transparent: whether there is nothing behind the graph, likewise.
    """

    style: Style = "print"
    width: float | None = None
    is_folded: bool = False
    has_shapes: bool = True
    scale: int = 2
    is_transparent: bool = False
