"""What was chosen in the figure dialog, kept for the next figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from PySide6.QtCore import QSettings

from builder.figure.options import COLUMN, FIGURE_FORMATS, PAGE, SCALES, STYLES, FigureOptions

GROUP = "figure"
WIDTHS: Mapping[str, float | None] = {"natural": None, "column": COLUMN, "page": PAGE}


@dataclass(frozen=True)
class Choices:
    """Every field of the dialog but what is drawn, which hangs on what is selected."""

    kind: str = "svg"
    style: str = "print"
    width: str = "natural"
    is_folded: bool = False
    has_shapes: bool = True
    scale: int = 2
    is_transparent: bool = False
    folder: str = field(default="", compare=False)

    @property
    def options(self) -> FigureOptions:
        """How the figure is drawn."""
        style = next(each for each in STYLES if each == self.style)
        width = WIDTHS[self.width]
        return FigureOptions(
            style, width, self.is_folded and width is not None, self.has_shapes, self.scale,
            self.is_transparent,
        )  # fmt: skip


_ALLOWED: Mapping[str, tuple[object, ...]] = {
    "kind": tuple(FIGURE_FORMATS),
    "style": STYLES,
    "width": tuple(WIDTHS),
    "is_folded": (True, False),
    "has_shapes": (True, False),
    "scale": SCALES,
    "is_transparent": (True, False),
}


def stored_choices(settings: QSettings) -> Choices:
    """What was chosen last; a value that does not hold counts as never chosen."""
    kept: dict[str, Any] = {"folder": str(settings.value(f"{GROUP}/folder", ""))}
    for name, allowed in _ALLOWED.items():
        text = str(settings.value(f"{GROUP}/{name}", "")).casefold()
        found = [value for value in allowed if str(value).casefold() == text]
        if found:
            kept[name] = found[0]
    return Choices(**kept)


def store_choices(settings: QSettings, choices: Choices) -> None:
    """Keeps them for the next figure."""
    values = asdict(choices)
    for each in fields(Choices):
        settings.setValue(f"{GROUP}/{each.name}", values[each.name])
