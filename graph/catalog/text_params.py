"""Parameters whose values are words: lines of text, source, paths, and values by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from graph.catalog.params import INT_LIMIT, ParamError, ParamSpec, Value

MAX_ARGUMENTS = 100  # values in an argument list, and in a list in it


@dataclass(frozen=True, kw_only=True)
class Text(ParamSpec):
    """A line of text, at most `max_length` characters."""

    max_length: int = 4096

    kind = "text"

    def _checked(self, value: Value) -> str:
        if not isinstance(value, str) or len(value) > self.max_length:
            raise ParamError(f"a text of at most {self.max_length} characters")
        return value


@dataclass(frozen=True, kw_only=True)
class Source(ParamSpec):
    """Python source, as data: any text, as it is for the layer to say what is wrong with it."""

    kind = "source"
    is_computed = False

    def _checked(self, value: Value) -> str:
        if not isinstance(value, str):
            raise ParamError("a text")
        return value


@dataclass(frozen=True, kw_only=True)
class Arguments(ParamSpec):
    """Values by the name of the keyword that takes them."""

    kind = "arguments"

    def _checked(self, value: Value) -> dict[str, Value]:
        expected = "values by name, such as channels=64"
        if not isinstance(value, Mapping) or len(value) > MAX_ARGUMENTS:
            raise ParamError(expected)
        if not all(isinstance(name, str) and name.isidentifier() and len(name) <= 80 for name in value):
            raise ParamError(expected)
        if not all(map(_is_plain, value.values())):
            raise ParamError("numbers, words and short lists of them as values")
        return dict(value)


def _is_plain(value: Value, depth: int = 4) -> bool:
    """Whether a JSON value is small enough to be an argument."""
    if isinstance(value, list | tuple | Mapping):
        items = value.values() if isinstance(value, Mapping) else value
        names = value if isinstance(value, Mapping) else ()
        fits = depth > 0 and len(value) <= MAX_ARGUMENTS and all(_is_plain(name, 0) for name in names)
        return fits and all(_is_plain(item, depth - 1) for item in items)
    if isinstance(value, str):
        return len(value) <= 1000
    if isinstance(value, int):
        return abs(value) <= INT_LIMIT
    return value is None or (isinstance(value, float) and math.isfinite(value))


@dataclass(frozen=True, kw_only=True)
class FilePath(Text):
    """Where a file or a folder is; relative ones start at the project's folder.

    Args:
        is_folder: whether it names a folder.
        suffixes: the file types it may name, such as `.npz`.
    """

    is_folder: bool = False
    suffixes: tuple[str, ...] = ()

    kind = "path"

    def _checked(self, value: Value) -> str:
        text = super()._checked(value)
        if not text.strip() or not text.isprintable():
            raise ParamError(f"the path of a {'folder' if self.is_folder else 'file'}")
        return text

    def bounds(self) -> dict[str, Value]:
        return {"folder": self.is_folder, "suffixes": list(self.suffixes)}
