"""Parameter declarations: one per keyword of a layer, read by validation, forms, files, docs and code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from graph.shapes import BATCH_NAME, SYMBOL_NAME

if TYPE_CHECKING:
    from graph.shapes import TensorSpec

Value = Any  # a JSON value: None, bool, int, float, str, list or dict of these
INT_LIMIT = 2**63 - 1
MAX_FLOAT32 = (2 - 2**-23) * 2.0**127
MAX_NDIM = 16
MOST_LISTED = 32  # choices in a message
SPATIAL_DIMS: Mapping[int, tuple[str, ...]] = {2: ("height", "width"), 3: ("depth", "height", "width")}


InferParam = Callable[[tuple["TensorSpec", ...]], Value]


class ParamError(ValueError):
    """A value does not suit a parameter; the text says what was expected."""


@dataclass(frozen=True, kw_only=True)
class ParamSpec:
    """What every parameter declares.

    Args:
        name: PyTorch's keyword.
        default: the value when left out.
        help: one line for the form.
        initial: the value a newly placed node starts with, where the default would not serve.
        inferred: gives the value that the incoming shapes determine, used when the parameter is left out.
        checked: whether a given value must equal the inferred one.
        optional: whether None is a value.
        port: the number of the input whose shape it is inferred from.
        positional: written without its keyword in code.
        always_written: written in code even when it equals the default.
        written: gives a value as it stands in Python, where its literal would not serve.
    """

    name: str
    default: Value = None
    help: str = ""
    initial: Value = None
    inferred: InferParam | None = None
    checked: bool = True
    port: int = 0
    optional: bool = False
    positional: bool = False
    always_written: bool = False
    written: Callable[[Value], str] | None = None

    kind = "value"
    is_computed = True  # whether an expression may stand for the value
    is_per_repetition = False  # whether there may be a value for each repetition of a block

    def check(self, value: Value) -> Value:
        """The value in its canonical form.

        Raises:
            ParamError: it does not suit.
        """
        if value is None and (self.optional or self.inferred is not None):
            return None
        return self._checked(value)

    def _checked(self, value: Value) -> Value:
        raise NotImplementedError

    def bounds(self) -> dict[str, Value]:
        """Limits and choices, for forms and `netloom layers --json`."""
        return {}

    def entries(self, num_dims: int) -> tuple[str, ...]:
        """What the entries are called of a list that may stand in place of one number; none if none may.

        Args:
            num_dims: how many spatial dims the maps have that come in, for a parameter that suits any.
        """
        return ()

    def entry(self) -> ParamSpec:
        """What each of those entries must be."""
        return self

    def describe(self) -> dict[str, Value]:
        """The declaration as JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "default": self.default,
            "inferred": self.inferred is not None,
            "optional": self.optional,
            **self.bounds(),
            "help": self.help,
        }


@dataclass(frozen=True, kw_only=True)
class Int(ParamSpec):
    """An integer."""

    min: int = 1
    max: int = INT_LIMIT

    kind = "int"

    def _checked(self, value: Value) -> int:
        return _checked_int(value, self.min, self.max)

    def bounds(self) -> dict[str, Value]:
        return {"min": self.min} | ({"max": self.max} if self.max != INT_LIMIT else {})


@dataclass(frozen=True, kw_only=True)
class Axis(Int):
    """The index of a dim, negative ones counted from the end; the batch is 0."""

    min: int = -MAX_NDIM
    max: int = MAX_NDIM

    kind = "axis"


@dataclass(frozen=True, kw_only=True)
class Float(ParamSpec):
    """A number that float32 can hold."""

    min: float = -math.inf
    max: float = math.inf
    above: float | None = None

    kind = "float"

    def _checked(self, value: Value) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_finite(value):
            raise ParamError(f"a number{self._range_text()}")
        if abs(value) > MAX_FLOAT32:
            low = max(self.min, -MAX_FLOAT32) if self.above is None else self.above
            begin = "from" if self.above is None else "above"
            raise ParamError(f"a number {begin} {low:g} to {min(self.max, MAX_FLOAT32):g}")
        if not self.min <= value <= self.max or (self.above is not None and value <= self.above):
            raise ParamError(f"a number{self._range_text()}")
        return float(value)

    def _range_text(self) -> str:
        if self.above is not None:
            return f" above {self.above:g}" + (f", at most {self.max:g}" if self.max < math.inf else "")
        if self.min > -math.inf and self.max < math.inf:
            return f" from {self.min:g} to {self.max:g}"
        return f" of at least {self.min:g}" if self.min > -math.inf else ""

    def bounds(self) -> dict[str, Value]:
        limits: dict[str, Value] = {}
        if self.above is not None:
            limits["above"] = self.above
        if self.min > -math.inf:
            limits["min"] = self.min
        if self.max < math.inf:
            limits["max"] = self.max
        return limits


@dataclass(frozen=True, kw_only=True)
class Flag(ParamSpec):
    """Yes or no."""

    default: bool | None = False

    kind = "bool"

    def _checked(self, value: Value) -> bool:
        if not isinstance(value, bool):
            raise ParamError("true or false")
        return value


@dataclass(frozen=True, kw_only=True)
class Choice(ParamSpec):
    """One of a few words."""

    choices: tuple[str, ...] = ()

    kind = "choice"

    def _checked(self, value: Value) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise ParamError(f"one of {', '.join(self._named(value))}")
        return value

    def _named(self, value: Value) -> Sequence[str]:
        """All choices, or of very many those that are spelled most like a value."""
        if len(self.choices) <= MOST_LISTED:
            return self.choices
        text = value[:MOST_LISTED] if isinstance(value, str) else ""
        near = get_close_matches(text, self.choices, n=3, cutoff=0.5) or self.choices[:3]
        return [*near, f"... ({len(self.choices)} in all)"]

    def bounds(self) -> dict[str, Value]:
        return {"choices": list(self.choices)}


@dataclass(frozen=True, kw_only=True)
class IntOrTuple(ParamSpec):
    """One integer for all spatial dims, or one for each; some parameters also take a word.

    Args:
        ndim: the number of spatial dims.
        sides: what the entries of a list are, where they are no spatial dims.
        choices: words allowed in place of numbers, such as `same`.
        holes: whether single entries may be None (keep this dim's size).
    """

    ndim: int = 2
    sides: tuple[str, ...] = ()
    min: int = 0
    max: int = INT_LIMIT
    choices: tuple[str, ...] = ()
    holes: bool = False

    kind = "ints"

    def _checked(self, value: Value) -> Value:
        if isinstance(value, str) and value in self.choices:
            return value
        if isinstance(value, list | tuple) and len(value) == self.ndim:
            try:
                return tuple(
                    None if v is None and self.holes else _checked_int(v, self.min, self.max) for v in value
                )
            except ParamError:
                raise ParamError(self._expected()) from None
        if isinstance(value, int) and not isinstance(value, bool) and self.min <= value <= self.max:
            return value
        raise ParamError(self._expected())

    def _expected(self) -> str:
        words = "".join(f", or {choice}" for choice in self.choices)
        several = f" or a list of {self.ndim}" if self.ndim > 1 else ""
        return f"an integer of at least {self.min}{several}{words}"

    def bounds(self) -> dict[str, Value]:
        words = {"choices": list(self.choices)} if self.choices else {}
        return {"min": self.min, "length": self.ndim, **words}

    def entries(self, num_dims: int) -> tuple[str, ...]:
        return self.sides or SPATIAL_DIMS.get(self.ndim, ())

    def entry(self) -> Int:
        return Int(name=self.name, min=self.min, max=self.max, optional=self.holes, help=self.help)


@dataclass(frozen=True, kw_only=True)
class Axes(ParamSpec):
    """A list of dim indices, or one; the batch is 0."""

    default: Sequence[int] | int | None = None

    kind = "axes"

    def _checked(self, value: Value) -> tuple[int, ...]:
        values = [value] if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(values, list | tuple) or not 1 <= len(values) <= MAX_NDIM:
            raise ParamError("a list of dim indices, such as [0, 2, 1]")
        return tuple(
            _checked_int(v, -MAX_NDIM, MAX_NDIM, "a list of dim indices, such as [0, 2, 1]") for v in values
        )


@dataclass(frozen=True, kw_only=True)
class Pads(ParamSpec):
    """A list of integers, two for each dim from the last: how many entries to add before and behind it."""

    default: Sequence[int] = (0, 0)

    kind = "axes"

    def _checked(self, value: Value) -> tuple[int, ...]:
        expected = "pairs of integers from the last dim on, such as [left, right, top, bottom]"
        if not isinstance(value, list | tuple) or not 2 <= len(value) <= MAX_NDIM or len(value) % 2:
            raise ParamError(expected)
        return tuple(_checked_int(entry, -(2**31), 2**31, expected) for entry in value)


@dataclass(frozen=True, kw_only=True)
class Dims(ParamSpec):
    """A shape without the batch: integers, symbols, and where allowed one -1 that takes what is left.

    Args:
        wildcard: whether one dim may be -1.
        wildcards: whether any number of dims may be -1.
        min_ndim: how many dims there are at least.
    """

    wildcard: bool = False
    wildcards: bool = False
    symbolic: bool = True
    min_ndim: int = 0

    kind = "shape"

    def _checked(self, value: Value) -> tuple[int | str, ...]:
        expected = "a list of dims without the batch, such as [1, 28, 28]"
        if isinstance(value, int) and not isinstance(value, bool):
            value = [value]
        if not isinstance(value, list | tuple) or not self.min_ndim <= len(value) <= MAX_NDIM:
            raise ParamError(expected)
        dims = tuple(self._checked_dim(dim, expected) for dim in value)
        if dims.count(-1) > 1 and not self.wildcards:
            raise ParamError("at most one -1")
        return dims

    def _checked_dim(self, dim: Value, expected: str) -> int | str:
        if self.symbolic and isinstance(dim, str) and SYMBOL_NAME.match(dim) and dim != BATCH_NAME:
            return dim
        if (self.wildcard or self.wildcards) and dim == -1 and not isinstance(dim, bool):
            return -1
        return _checked_int(dim, 1, INT_LIMIT, expected)


@dataclass(frozen=True, kw_only=True)
class Numbers(ParamSpec):
    """A number, or a list of them."""

    most: int = 1024

    kind = "floats"

    def _checked(self, value: Value) -> Value:
        if isinstance(value, list | tuple) and 1 <= len(value) <= self.most:
            return tuple(self._number(entry) for entry in value)
        return self._number(value)

    def _number(self, value: Value) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_finite(value):
            raise ParamError(f"a number, or a list of up to {self.most} of them")
        return value

    def bounds(self) -> dict[str, Value]:
        return {"max_length": self.most}


def _checked_int(value: Value, low: int, high: int, expected: str | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        is_too_large = isinstance(value, int) and value > high
        raise ParamError(expected or _int_range_text(low, high, is_too_large))
    return value


def _int_range_text(low: int, high: int, is_too_large: bool) -> str:
    if high < INT_LIMIT or is_too_large:
        return f"an integer from {low} to {high}"
    return f"an integer of at least {low}"


def is_finite(value: int | float) -> bool:
    """Whether a number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
