"""Tensors as the graph sees them: a shape with the batch dim first, and a dtype."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from graph.dims import Dim, Expr, evaluate, substitute, symbol, symbols

Shape = tuple[Dim, ...]

BATCH_NAME = "N"
BATCH = symbol(BATCH_NAME)
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
DTYPES = (*FLOATS, *INTEGERS, "bool")
ITEM_BYTES = {
    "float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "int16": 2,
    "int8": 1, "uint8": 1, "bool": 1,
}  # fmt: skip
SYMBOL_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,15}\Z")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What flows through an edge.

    Shape: every dim with the batch first, such as `(N, 3, 32, 32)`.

    Args:
        dtype: torch's name of it.
        is_map: whether it is a feature map, channels first, as convolutions give it.
    """

    shape: Shape
    dtype: str = "float32"
    is_map: bool = False

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return format_shape(self.shape)


class ShapeError(Exception):
    """A layer cannot take what it was given. Carries what a `Problem` needs.

    Args:
        code: stable name of the mistake, such as `wrong-rank`.
        message: what happened, with the received values.
        expected: what would have been right.
        hint: how to mend it.
        port: the input at fault, if one is.
        param: the parameter at fault, if one is.
        repairs: ready remedies, best first.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        expected: str = "",
        hint: str = "",
        port: str | None = None,
        param: str | None = None,
        repairs: Iterable[Repair] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.expected = expected
        self.hint = hint
        self.port = port
        self.param = param
        self.repairs = tuple(repairs)


@dataclass(frozen=True, slots=True)
class SetParam:
    """A remedy: give the failing layer's parameter this value; `None` as `value` lets it be inferred."""

    param: str
    value: object


@dataclass(frozen=True, slots=True)
class InsertLayer:
    """A remedy: put a layer of this type before the failing input."""

    type: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReviewCode:
    """A remedy that only the user can apply: read this source and trust it."""

    source: str


Repair = SetParam | InsertLayer | ReviewCode


def format_shape(shape: Shape) -> str:
    """A shape as the user reads it: `(N, 3, 32, 32)`."""
    return f"({', '.join(str(dim) for dim in shape)}{',' if len(shape) == 1 else ''})"


def shape_to_json(shape: Shape) -> list[int | str]:
    """A shape as the command line prints it: `["N", 3, 32, 32]`."""
    return [dim if isinstance(dim, int) else str(dim) for dim in shape]


def dim_from_json(value: int | str) -> Dim:
    """A dim from a project file: an integer, or the name of a symbol."""
    return value if isinstance(value, int) else symbol(value)


def num_elements(shape: Shape) -> Dim:
    """How many numbers a tensor of this shape holds."""
    if Expr not in map(type, shape):
        return prod(shape)
    numbers = prod(dim for dim in shape if isinstance(dim, int))
    return prod((dim for dim in shape if not isinstance(dim, int)), start=numbers)


def num_bytes(spec: TensorSpec, batch_size: int = 1) -> int | None:
    """Bytes of the tensor for a batch of this size; None while another symbol has no size."""
    elements = substitute(num_elements(spec.shape), {"N": batch_size})
    return elements * ITEM_BYTES[spec.dtype] if isinstance(elements, int) else None


def evaluate_shape(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape once its symbols have sizes."""
    return tuple(evaluate(dim, sizes) for dim in shape)


def shape_symbols(shape: Shape) -> frozenset[str]:
    """The names of all symbols in a shape."""
    return frozenset().union(*(symbols(dim) for dim in shape))


__all__ = [
    "BATCH", "BATCH_NAME", "DTYPES", "FLOATS", "INTEGERS", "Dim", "Expr", "InsertLayer", "Repair",
    "ReviewCode", "SetParam", "Shape", "ShapeError", "TensorSpec", "dim_from_json", "evaluate_shape",
    "format_shape", "num_bytes", "num_elements", "shape_symbols", "shape_to_json",
]  # fmt: skip
