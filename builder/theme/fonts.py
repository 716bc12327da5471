"""The type scale: a few roles derived from the system's font, so that the user's font size is respected."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

Role: TypeAlias = Literal["caption", "body", "strong", "title", "heading", "figure", "code"]

_SCALE: dict[Role, float] = {
    "caption": 0.9,
    "body": 1.0,
    "strong": 1.0,
    "title": 1.15,
    "heading": 1.5,
    "figure": 1.3,
    "code": 1.0,
}
_WEIGHT: dict[Role, QFont.Weight] = {
    "strong": QFont.Weight.DemiBold,
    "title": QFont.Weight.DemiBold,
    "heading": QFont.Weight.DemiBold,
}


def font(role: Role) -> QFont:
    """The font of a role: the system's, scaled; the system's fixed-width one for code.

    "figure" is for numbers that change in place: its digits all have one width.
    """
    base = QApplication.font()
    chosen = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if role == "code" else QFont(base)
    _scale(chosen, base, _SCALE[role])
    chosen.setWeight(_WEIGHT.get(role, QFont.Weight.Normal))
    if role == "figure":
        chosen.setFeature(QFont.Tag("tnum"), 1)
    return chosen


def _scale(chosen: QFont, base: QFont, factor: float) -> None:
    """Sizes `chosen` relative to `base`, which has its size in points or, on some systems, in pixels."""
    if base.pointSizeF() > 0:
        chosen.setPointSizeF(base.pointSizeF() * factor)
    else:
        chosen.setPixelSize(round(base.pixelSize() * factor))
