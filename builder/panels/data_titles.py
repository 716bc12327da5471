"""What the forms call settings of the data, in place of the keys that messages of the engine name."""

from __future__ import annotations

import re
from functools import cache

from builder.panels.setting_groups import data_label
from builder.texts import tr_made
from runtime.data.choices import SETTINGS, SOURCES

# Not a part of a path, of a file's name, or of a longer key such as data.transforms.train.
_KEY = re.compile(r"(?<![\w/\\.])data\.([a-z_]+)(?![\w/\\]|\.\w)")


def made_titled(text: str) -> str:
    """A text that the engine made, in the reader's language: `“File”` where it says `data.path`."""
    return _KEY.sub(_title, tr_made(text))


def _title(found: re.Match[str]) -> str:
    return f"“{data_label(found[1])}”" if found[1] in _names() else found[0]


@cache
def _names() -> frozenset[str]:
    """Of all settings that a form of the data may show."""
    own = (param.name for source in SOURCES.values() for param in source.params)
    return frozenset((*own, *(spec.name for spec in SETTINGS)))
