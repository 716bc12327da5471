"""The stylesheet in a theme's colours; its text is data in `resources/themes`."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from string import Template

from builder.theme.tokens import Theme

_RESOURCES = Path(__file__).resolve().parents[2] / "resources"


@cache
def stylesheet(theme: Theme) -> str:
    """The application's stylesheet. Raises KeyError when the sheet names a token that no theme has."""
    tokens = {item.name: str(getattr(theme, item.name)) for item in fields(theme)}
    tokens["controls"] = (_RESOURCES / "icons" / "controls" / theme.name).as_posix()
    sheet = (_RESOURCES / "themes" / "netloom.qss").read_text(encoding="utf-8")
    return Template(sheet).substitute(tokens)
