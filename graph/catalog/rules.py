"""Shape arithmetic that several layer families share; every formula is torch's, in closed form."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from graph.catalog.call import Inputs, LayerCall, Params
from graph.catalog.params import MAX_FLOAT32
from graph.catalog.spec import ShapeRule
from graph.dims import Dim, substitute
from graph.shapes import (
    BATCH,
    DTYPES,
    FLOATS,
    SetParam,
    Shape,
    ShapeError,
    TensorSpec,
    format_shape,
    num_elements,
)

FLOAT32 = ("float32",)
NOT_BOOL = tuple(dtype for dtype in DTYPES if dtype != "bool")
MAX_RATIO = 2**16
LARGEST = {
    "float64": sys.float_info.max, "float32": MAX_FLOAT32, "float16": 65504.0,
    "bfloat16": (2 - 2**-7) * 2.0**127, "int64": 2**63 - 1, "int32": 2**31 - 1, "int16": 2**15 - 1,
    "int8": 127, "uint8": 255, "bool": 1,
}  # fmt: skip
PROMOTION = {dtype: rank for rank, dtype in enumerate(("bool", "uint8", "int8", "int16", "int32", "int64"))}

Pair = Sequence[int]


def same(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    """The output is like the input."""
    return (inputs[0],)


def floating(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    """The output is like the input; integers become float32."""
    spec = inputs[0]
    return (TensorSpec(spec.shape, floated(spec.dtype), spec.is_map),)


def floated(dtype: str) -> str:
    """The dtype of what can only be computed in floats."""
    return dtype if dtype in FLOATS else "float32"


def as_tuple(value: Any, ndim: int) -> tuple[Any, ...]:
    """A parameter given once for all spatial dims, or for each, as one value for each."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * ndim


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
    shape = spec.shape
    dim = shape[position] if -len(shape) <= position < len(shape) else None
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


def require_representable(value: float, dtype: str, param: str) -> None:
    """Checks that a tensor of this dtype can hold a value; every number but zero is true as a bool.

    Raises:
        ShapeError: it is too large, or negative where there is no sign.
    """
    if dtype == "bool":
        return
    largest = LARGEST[dtype]
    smallest = -largest if dtype in FLOATS else 0 if dtype == "uint8" else -largest - 1
    if not smallest <= value <= largest:
        raise ShapeError(
            "value-too-large" if value > 0 else "value-too-small",
            f"{param} is {value:g}, which {dtype} from {{source}} cannot hold",
            expected=f"a number from {smallest:g} to {largest:g}",
            hint=f"Set {param} = 0, or change the dtype.",
            param=param,
            repairs=(SetParam(param, 0),),
        )


def holding(rule: ShapeRule, *params: str) -> ShapeRule:
    """The rule, which then also checks that the output's dtype can hold these parameters."""

    def infer(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
        outputs = rule(inputs, p)
        for name in params:
            if p[name] is not None:
                require_representable(p[name], outputs[0].dtype, name)
        return outputs

    return infer


def scaled_size(size: Dim, factor: float, param: str) -> Dim:
    """floor(size * factor), as torch computes it.

    Raises:
        ShapeError: the dim is a symbol, and the factor no fraction that floats hold exactly.
    """
    if isinstance(size, int):
        return int(size * factor)
    numerator, denominator = factor.as_integer_ratio()
    if numerator > MAX_RATIO or denominator > MAX_RATIO:
        raise ShapeError(
            "scale-needs-a-size",
            f"{param} is {factor:g}, whose product with {size} depends on how it is rounded",
            expected="a fixed size, or a factor such as 2 or 0.5",
            hint=f"Set {param} = {max(round(factor), 1) if factor > 1 else 0.5}.",
            param=param,
        )
    return size * numerator // denominator


def promoted(dtypes: Sequence[str]) -> str:
    """The dtype that torch computes in when tensors of these dtypes meet."""
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = _promoted_pair(result, dtype)
    return result


def broadcast(shapes: Sequence[Shape], ports: Sequence[str] = ()) -> Shape:
    """The shape that tensors of these shapes have together.

    Args:
        shapes: of the inputs.
        ports: what the inputs are called; `in0`, `in1`, ... when left out.

    Raises:
        ShapeError: two of them do not fit.
    """
    ndim = max(len(shape) for shape in shapes)
    aligned = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    result: list[Dim] = []
    for position, dims in enumerate(zip(*aligned, strict=True)):
        sizes = list(dict.fromkeys(dim for dim in dims if dim != 1))
        if len(sizes) > 1:
            at = _first_with(aligned, position, sizes[1])
            raise ShapeError(
                "shapes-differ",
                f"the inputs are {' and '.join(map(format_shape, shapes))}: "
                f"dim {position} is {sizes[0]} and {sizes[1]}",
                expected="equal sizes, or 1",
                hint="Make the paths give the same shape, for instance with padding or a 1x1 convolution.",
                port=ports[at] if ports else f"in{at}",
            )
        result.append(sizes[0] if sizes else 1)
    return tuple(result)


def all_maps(inputs: Sequence[TensorSpec]) -> bool:
    """Whether all inputs are feature maps, so that what merges them is one too."""
    return all(spec.is_map for spec in inputs)


def sample_elements(call: LayerCall) -> Dim:
    """How many numbers the first output holds for a batch of one."""
    shape = call.outputs[0].shape
    elements = num_elements(shape[1:])
    # Most samples have fixed sizes, and no polynomial is needed for those.
    is_fixed = isinstance(elements, int) and (shape[0] is BATCH or shape[0] == BATCH)
    return elements if is_fixed else substitute(elements * shape[0], {"N": 1})


def distinct_axes(axes: Sequence[int], ndim: int, param: str = "dim") -> tuple[int, ...]:
    """Dim indices from 0, each at most once.

    Raises:
        ShapeError: there is no such dim, or one is named twice.
    """
    found = [axis_index(axis, ndim, param) for axis in axes]
    if len(set(found)) < len(found):
        raise ShapeError(
            "dim-twice",
            f"{param} is {list(axes)}, which names a dim twice",
            expected="each dim once",
            hint=f"Set {param} = {sorted(set(found))}.",
            param=param,
            repairs=(SetParam(param, sorted(set(found))),),
        )
    return tuple(found)


def require_size(dim: Dim, wanted: int, param: str, port: str, spec: TensorSpec) -> None:
    """Checks that what comes into a port has the size that a parameter says.

    Raises:
        ShapeError: it has another.
    """
    if dim != wanted:
        raise ShapeError(
            "size-mismatch",
            f"{param} is {wanted}, but {{source}} gives {spec} to {port}",
            expected=f"{wanted} in place of {dim}",
            hint=f"Make {{source}} give {wanted}, or change {param}.".replace("{source}", "the node before"),
            port=port,
            param=param,
        )


def require_same(dim: Dim, other: Dim, what: str, port: str, inputs: Sequence[TensorSpec]) -> None:
    """Checks that two inputs agree in a dim.

    Raises:
        ShapeError: they do not.
    """
    if dim != other:
        raise ShapeError(
            "shapes-differ",
            f"the inputs are {' and '.join(map(str, inputs))}, with {what} of {other} and {dim}",
            expected=f"the same {what}",
            hint=f"Make the {what} equal.",
            port=port,
        )


def require_same_dtypes(inputs: Sequence[TensorSpec], ports: Sequence[str]) -> None:
    """Checks that tensors that are multiplied have one dtype.

    Raises:
        ShapeError: they do not.
    """
    for spec, port in zip(inputs, ports, strict=True):
        if spec.dtype != inputs[0].dtype:
            raise ShapeError(
                "dtypes-differ",
                f"{ports[0]} is {inputs[0].dtype}, but {port} is {spec.dtype}",
                expected="one dtype, as products promote none",
                hint=f"Insert a Cast to {inputs[0].dtype} before {port}.",
                port=port,
            )


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
