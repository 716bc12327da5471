"""Frames and notes: what explains a graph on the canvas and computes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar, get_args

Position = tuple[float, float]
Size = tuple[float, float]

Color = Literal["neutral", "blue", "teal", "green", "yellow", "orange", "red", "purple"]
COLORS: tuple[Color, ...] = get_args(Color)
FRAME_SIZE: Size = (320.0, 240.0)  # canvas units, of one that says nothing else
NOTE_SIZE: Size = (208.0, 96.0)
MIN_SIDE = 32.0
MAX_SIDE = 1e6
MAX_TITLE_LENGTH = 200
MAX_TEXT_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled area around nodes that belong together."""

    id: str
    title: str = ""
    position: Position = (0.0, 0.0)
    size: Size = FRAME_SIZE
    color: Color = "neutral"
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def with_(self, **fields: Any) -> Frame:
        """A copy with some fields replaced."""
        return replace(self, **fields)


@dataclass(frozen=True, slots=True)
class Note:
    """A text on the canvas."""

    id: str
    text: str = ""
    position: Position = (0.0, 0.0)
    size: Size = NOTE_SIZE
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def with_(self, **fields: Any) -> Note:
        """A copy with some fields replaced."""
        return replace(self, **fields)


AnnotationT = TypeVar("AnnotationT", Frame, Note)


def shifted(annotations: Iterable[AnnotationT], by: Position) -> list[AnnotationT]:
    """The same frames or notes, so many canvas units to the right and down."""
    return [each.with_(position=(each.position[0] + by[0], each.position[1] + by[1])) for each in annotations]
