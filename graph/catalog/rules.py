"""Shape arithmetic that several layer families share; every formula is torch's, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.catalog.spec import LayerCall, Params
from graph.dims import Dim, substitute
from graph.shapes import DTYPES, FLOATS, SetParam, Shape, ShapeError, TensorSpec, format_shape, num_elements

FLOAT32 = ("float32",)
NOT_BOOL = tuple(dtype for dtype in DTYPES if dtype != "bool")
PROMOTION = {dtype: rank for rank, dtype in enumerate(("bool", "uint8", "int8", "int16", "int32", "int64"))}

Pair = Sequence[int]


def same(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    """The output is like the input."""
    return (inputs[0],)


def as_tuple(value: Any, ndim: int) -> tuple[Any, ...]:
    """A parameter given once for all spatial dims, or for each, as one value for each."""
    return tuple(value) if isinstance(value, list | tuple) else (value,) * ndim


def axis_index(axis: int, ndim: int, param: str = "dim") -> int:
    """A dim index from 0, as torch reads it.

    Raises:
        ShapeError: there is no such dim.
    """
    if not -ndim <= axis < ndim:
        raise ShapeError(
            "dim-out-of-range",
            f"{param} is {axis}, but the input has {_dims_text(ndim)}",
            expected=f"an index from {-ndim} to {ndim - 1}",
            hint=f"Set {param} = {ndim - 1}.",
            param=param,
            repairs=(SetParam(param, ndim - 1),),
        )
    return axis % ndim


def channels_of(spec: TensorSpec, position: int) -> int | None:
    """The size of a dim if it is known; what `in_channels` and its like are inferred from."""
    dim = spec.shape[position] if -spec.ndim <= position < spec.ndim else None
    return dim if isinstance(dim, int) else None


def windowed_size(size: Dim, kernel: int, stride: int, pad: int, dilation: int = 1) -> Dim:
    """floor((size + pad - dilation*(kernel - 1) - 1) / stride) + 1, with `pad` of both sides together.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """
    return (size + pad - dilation * (kernel - 1) - 1) // stride + 1


def require_window(size: Dim, reach: int, param: str, spec: TensorSpec) -> None:
    """Checks that a window of `reach` pixels fits into a padded dim.

    Raises:
        ShapeError: the dim is known and smaller.
    """
    if isinstance(size, int) and size < reach:
        raise ShapeError(
            "window-too-large",
            f"the window spans {reach}, but {{source}} gives {spec}, {size} with padding",
            expected=f"at least {reach}",
            hint=f"Use a smaller {param}, more padding, or fewer pooling layers before it.",
            param=param,
        )


def promoted(dtypes: Sequence[str]) -> str:
    """The dtype that torch computes in when tensors of these dtypes meet."""
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = _promoted_pair(result, dtype)
    return result


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape that tensors of these shapes have together.

    Raises:
        ShapeError: two of them do not fit.
    """
    ndim = max(len(shape) for shape in shapes)
    aligned = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    result: list[Dim] = []
    for position, dims in enumerate(zip(*aligned, strict=True)):
        sizes = list(dict.fromkeys(dim for dim in dims if dim != 1))
        if len(sizes) > 1:
            raise ShapeError(
                "shapes-differ",
                f"the inputs are {' and '.join(map(format_shape, shapes))}: "
                f"dim {position} is {sizes[0]} and {sizes[1]}",
                expected="equal sizes, or 1",
                hint="Make the paths give the same shape, for instance with padding or a 1x1 convolution.",
                port=f"in{_first_with(aligned, position, sizes[1])}",
            )
        result.append(sizes[0] if sizes else 1)
    return tuple(result)


def all_maps(inputs: Sequence[TensorSpec]) -> bool:
    """Whether all inputs are feature maps, so that what merges them is one too."""
    return all(spec.is_map for spec in inputs)


def sample_elements(call: LayerCall) -> Dim:
    """How many numbers the first output holds for a batch of one."""
    return substitute(num_elements(call.outputs[0].shape), {"N": 1})


def _promoted_pair(left: str, right: str) -> str:
    floats = [dtype for dtype in (left, right) if dtype in FLOATS]
    if len(floats) == 2:
        if left == right:
            return left
        half = {"float16", "bfloat16"}
        return (
            "float64"
            if "float64" in floats
            else "float32"
            if set(floats) <= half or "float32" in floats
            else left
        )
    if floats:
        return floats[0]
    if {left, right} == {"uint8", "int8"}:
        return "int16"
    return max(left, right, key=PROMOTION.__getitem__)


def _first_with(shapes: Sequence[Shape], position: int, size: Dim) -> int:
    return next(index for index, shape in enumerate(shapes) if shape[position] == size)


def _dims_text(ndim: int) -> str:
    return f"{ndim} dim{'' if ndim == 1 else 's'}"
