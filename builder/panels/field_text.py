"""Parameter values as the text of a form field, and back; what cannot be read stays text."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Final

from graph.catalog.params import Dims, ParamError, ParamSpec, Value
from graph.expressions import EACH, MARK, ExpressionError, is_expression, is_listed, parse


class _Mark:
    """A value that no file can hold."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


UNSET: Final = _Mark("UNSET")  # a parameter that is left out: it takes its default or is inferred
SEVERAL: Final = _Mark("SEVERAL")  # what several nodes have, where it is not the same

_LISTS = ("ints", "axes", "shape", "floats")
_NUMBER_BEGUN = re.compile(r"[-+]?\d*\.?\d*(e[-+]?)?", re.IGNORECASE)
_MAX_ARGUMENTS = 10_000  # characters
_MAX_DIGITS = 4000  # Python refuses to read longer integers


def format_value(value: Value) -> str:
    """A value as a field shows it: `3`, `3, 5`, `same`; nothing for one that is left out."""
    if value is UNSET or value is SEVERAL:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, list | tuple):
        return ", ".join(format_value(item) for item in value)
    if is_listed(value):
        return format_value(value[EACH])
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item!r}" for name, item in value.items())
    return "none" if value is None else str(value)


def parse_text(spec: ParamSpec, text: str) -> Value:
    """The value that was typed: UNSET for an empty text, the text itself where it is no such value."""
    if spec.kind == "source":
        return text if text.strip() else UNSET
    text = text.strip()
    if not text:
        return UNSET
    if spec.kind == "arguments":
        return _parsed_words(text) if hasattr(spec, "choices") else _parsed_arguments(text)
    if spec.kind in ("text", "path", "choice"):
        return text
    if spec.optional and text.lower() == "none":
        return None
    if _has_entries(spec, text):
        return _parsed_entries(spec, text)
    return _parsed_list(spec, text) if spec.kind in _LISTS else _parsed_one(spec, text)


def is_unfinished(spec: ParamSpec, text: str) -> bool:
    """Whether the text is no value yet but may become one with more typing: `1e-`, `sa`, `-`."""
    text = text.strip().lower()
    if not text or fits(spec, parse_text(spec, text)):
        return False
    if spec.kind == "arguments":
        return True
    if _has_entries(spec, text):
        return any(not part or (is_expression(part) and not _is_readable(part)) for part in _parts(text))
    words = [
        *getattr(spec, "choices", ()),
        *(["true", "false"] if spec.kind == "bool" else []),
        *(["none"] if spec.optional else []),
    ]
    if spec.kind in ("int", "axis", "float") and _NUMBER_BEGUN.fullmatch(text):
        return text[-1] in "-+.eE"
    return text in ("-", "[", "(") or any(word.startswith(text) and word != text for word in words)


def fits(spec: ParamSpec, value: Value) -> bool:
    """Whether a value suits its declaration; leaving it out always does."""
    if value is UNSET:
        return True
    try:
        spec.check(value)
    except ParamError:
        return False
    return True


def same(spec: ParamSpec, one: Value, other: Value) -> bool:
    """Whether two values mean the same to a declaration: `[3]` and `3` for a list of dims."""
    if isinstance(one, _Mark) or isinstance(other, _Mark) or not (fits(spec, one) and fits(spec, other)):
        return type(one) is type(other) and one == other
    return bool(spec.check(one) == spec.check(other))


def _has_entries(spec: ParamSpec, text: str) -> bool:
    """Whether a text holds expressions, or a value for each repetition."""
    return spec.is_computed and (MARK in text or (spec.is_per_repetition and "," in text))


def _parsed_entries(spec: ParamSpec, text: str) -> Value:
    """The value in `=width * 2`, in `=width, 3`, or in `16, 32, 64` for three repetitions."""
    parts = [part for part in _parts(text) if part]
    items = [part if is_expression(part) else _parsed_one(spec, part) for part in parts]
    if len(items) < 2:
        return items if items and spec.kind == "shape" else items[0] if items else text
    return {EACH: items} if spec.is_per_repetition else items


def _parts(text: str) -> list[str]:
    """What stands between the commas that are in no parentheses."""
    parts, depth = [""], 0
    for letter in text.strip("[] "):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _is_readable(text: str) -> bool:
    try:
        parse(text)
    except ExpressionError:
        return False
    return True


def _parsed_one(spec: ParamSpec, text: str) -> Value:
    """A single value of the kind that a parameter takes."""
    if spec.kind == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    item = _parsed_item(text)
    return float(item) if spec.kind == "float" and type(item) is int and abs(item) < 2**53 else item


def _parsed_list(spec: ParamSpec, text: str) -> Value:
    if text in getattr(spec, "choices", ()):
        return text
    parts = [part for part in re.split(r"[\s,×]+", text.strip("[]() ")) if part]
    items = [None if part.lower() == "none" else _parsed_item(part) for part in parts]
    if any(isinstance(item, str) for item in items) and not isinstance(spec, Dims):
        return text
    listed = spec.kind == "shape" or len(items) > 1 or "[" in text
    return items if listed or not items else items[0]


def _parsed_arguments(text: str) -> Value:
    """The values in `channels=64, bias=True`, written as in a call; the text itself if it is no such list."""
    if len(text) > _MAX_ARGUMENTS:
        return text
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            return text
        values = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
        return text if None in values else json.loads(json.dumps(values, allow_nan=False))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return text


def _parsed_words(text: str) -> Value:
    """The words in `zip code=categorical`, whatever the names are; the text itself if it is no such list."""
    pairs = [part.rpartition("=") for part in text.split(",") if part.strip()]
    if not all(name.strip() and mark for name, mark, _ in pairs):
        return text
    return {name.strip(): word.strip(" '\"") for name, _, word in pairs}


def _parsed_item(text: str) -> Value:
    if len(text) > _MAX_DIGITS:
        return text
    try:
        return int(text)
    except ValueError:
        return _parsed_float(text)


def _parsed_float(text: str) -> float | str:
    """The finite number that the text is, else the text: JSON knows no infinity."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def shown_default(spec: ParamSpec) -> str:
    """What a field stands for while it is empty."""
    if spec.default is None:
        return "none" if spec.optional else ""
    return format_value(spec.default)
