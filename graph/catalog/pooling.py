"""Pooling by windows."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Flag, Float, Int, IntOrTuple
from graph.catalog.rules import NOT_BOOL, as_tuple, holding, require_window, windowed_size
from graph.catalog.saving import saves_indices
from graph.catalog.spec import DOCS, SAME_DTYPE, LayerSpec, PortSpec
from graph.catalog.windows import sliding
from graph.dims import Dim
from graph.shapes import DTYPES, FLOATS, INTEGERS, SetParam, ShapeError, TensorSpec

RETURN_INDICES = Flag(
    name="return_indices", help="Also give where each value was found, which MaxUnpool and Gather read."
)
INDICES = PortSpec(
    "indices", ("int64",), when="return_indices", help="Where in its plane each value was found."
)
HELP_CEIL = "Round the output size up instead of down."
DIVISOR_OVERRIDE = Int(
    name="divisor_override", default=None, optional=True, help="Divide by this instead of the window's size."
)


def _require_half(padding: int, kernel: int, smallest: int) -> None:
    """Padding is at most half of the window, which torch counts without the dilation."""
    if padding > kernel // 2:
        raise ShapeError(
            "padding-too-large",
            f"padding is {padding}, more than half of kernel_size = {kernel}",
            expected=f"at most {kernel // 2}",
            hint=f"Set padding = {smallest // 2}.",
            param="padding",
            repairs=(SetParam("padding", smallest // 2),),
        )


def _pooled_size(size: Dim, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Dim:
    """Output size of a pooling window.

    With `ceil`, a window may start inside the input or the left padding only, as torch has it.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """
    if not ceil:
        return windowed_size(size, kernel, stride, 2 * padding, dilation)
    reach = dilation * (kernel - 1) + 1
    result = windowed_size(size + stride - 1, kernel, stride, 2 * padding, dilation)
    if padding + stride - 1 < reach:
        return result
    if not (isinstance(size, int) and isinstance(result, int)):
        raise ShapeError(
            "ceil-mode-needs-a-size",
            f"with ceil_mode the output size depends on what {size} is",
            expected="a fixed size",
            hint="Set ceil_mode = False.",
            param="ceil_mode",
            repairs=(SetParam("ceil_mode", False),),
        )
    return result - ((result - 1) * stride >= size + padding)


def _pool_shape(
    inputs: tuple[TensorSpec, ...], p: Params, ndim: int, *, whole: bool = False
) -> tuple[TensorSpec, ...]:
    """The sizes that windows leave; `whole` where one must fit in without padding or rounding up."""
    stride = p.kernel_size if p.stride is None else p.stride
    values = (p.kernel_size, stride, p.get("padding", 0), p.get("dilation", 1))
    windows = list(zip(*(as_tuple(value, ndim) for value in values), strict=True))
    smallest = min(as_tuple(p.kernel_size, ndim))
    leading, sizes = inputs[0].shape[:-ndim], inputs[0].shape[-ndim:]
    spatial = []
    for size, (kernel, step, padding, dilation) in zip(sizes, windows, strict=True):
        reach = dilation * (kernel - 1) + 1
        _require_half(padding, kernel, smallest)
        if whole:
            require_window(size, kernel, "kernel_size", inputs[0])
        slack = step - 1 if p.ceil_mode else 0
        require_window(size + 2 * padding, reach - slack, "kernel_size", inputs[0])
        spatial.append(_pooled_size(size, kernel, step, padding, dilation, p.ceil_mode))
    return (TensorSpec((*leading, *spatial), inputs[0].dtype, inputs[0].is_map),)


def _window_params(ndim: int, dilated: bool) -> tuple[IntOrTuple | Flag, ...]:
    ints: Callable[..., IntOrTuple] = partial(IntOrTuple, ndim=ndim)
    dilation = (
        (ints(name="dilation", default=1, min=1, help="Distance between the taps."),) if dilated else ()
    )
    return (
        ints(name="kernel_size", default=2, min=1, positional=True, help="Window size in pixels."),
        ints(
            name="stride",
            default=None,
            min=1,
            optional=True,
            help="Step in pixels; the window size when empty.",
        ),
        ints(name="padding", default=0, help="Border in pixels, at most half the window."),
        *dilation,
        *((RETURN_INDICES,) if dilated else ()),
        Flag(name="ceil_mode", help=HELP_CEIL),
    )


def with_indices(pooled: TensorSpec, p: Params) -> tuple[TensorSpec, ...]:
    """What a max pooling gives: the values, and on wish where they were found."""
    return (pooled, replace(pooled, dtype="int64")) if p.return_indices else (pooled,)


def _max_pool(ndim: int, dims: str, dtypes: tuple[str, ...]) -> LayerSpec:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        (pooled,) = _pool_shape(inputs, p, ndim)
        return with_indices(pooled, p)

    return LayerSpec(
        type=f"MaxPool{ndim}d",
        category="Pooling",
        help="Largest value of each window.",
        source=f"{DOCS}torch.nn.MaxPool{ndim}d.html",
        code=Module(f"nn.MaxPool{ndim}d"),
        inputs=(PortSpec("in", dtypes, ndims=(ndim + 1, ndim + 2), layout=f"(N, C, {dims})"),),
        outputs=(PortSpec("out", (SAME_DTYPE,)), INDICES),
        infer=infer,
        params=_window_params(ndim, dilated=True),
        saves=saves_indices,
        windows=sliding(ndim),
        stem="pool",
        keywords=("downsample", "subsample", "maximum"),
        summary=("kernel_size", "stride", "padding"),
        traits=frozenset({"pooling"}),
    )


def _avg_pool(ndim: int, dims: str, dtypes: tuple[str, ...]) -> LayerSpec:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        return _pool_shape(inputs, p, ndim, whole=ndim == 3)

    return LayerSpec(
        type=f"AvgPool{ndim}d",
        category="Pooling",
        help="Mean of each window.",
        source=f"{DOCS}torch.nn.AvgPool{ndim}d.html",
        code=Module(f"nn.AvgPool{ndim}d"),
        inputs=(PortSpec("in", dtypes, ndims=(ndim + 1, ndim + 2), layout=f"(N, C, {dims})"),),
        infer=infer,
        params=(
            *_window_params(ndim, dilated=False),
            Flag(name="count_include_pad", default=True, help="Whether the border counts in the mean."),
            *((DIVISOR_OVERRIDE,) if ndim > 1 else ()),
        ),
        windows=sliding(ndim),
        stem="pool",
        keywords=("downsample", "mean", "average"),
        summary=("kernel_size", "stride", "padding"),
        traits=frozenset({"pooling"}),
    )


def _saves_powers(call: LayerCall) -> Saved:
    """The input, its power, and the means of the windows at four stages on the way to their root."""
    dtype = call.outputs[0].dtype
    stages = 4 * (TensorSpec(call.outputs[0].shape, dtype),)
    return Saved(inputs=(0,), own=(TensorSpec(call.inputs[0].shape, dtype), *stages))


def _lp_pool(ndim: int, dims: str, dtypes: tuple[str, ...]) -> LayerSpec:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        (pooled,) = _pool_shape(inputs, p, ndim, whole=ndim == 3)
        return (pooled if pooled.dtype in FLOATS else replace(pooled, dtype="float32"),)

    # Torch multiplies by the window's size, so that it takes no list for a single dim.
    ints: Callable[..., Int | IntOrTuple] = Int if ndim == 1 else partial(IntOrTuple, ndim=ndim)
    return LayerSpec(
        type=f"LPPool{ndim}d",
        category="Pooling",
        help="The p-norm of each window: its sum for p = 1, close to its maximum for a large p.",
        source=f"{DOCS}torch.nn.LPPool{ndim}d.html",
        code=Module(f"nn.LPPool{ndim}d"),
        inputs=(PortSpec("in", dtypes, ndims=(ndim + 1, ndim + 2), layout=f"(N, C, {dims})"),),
        outputs=(PortSpec("out", FLOATS),),
        infer=holding(infer, "norm_type"),
        params=(
            Float(name="norm_type", default=2.0, min=1e-4, positional=True, help="The power p."),
            ints(name="kernel_size", default=2, min=1, positional=True, help="Window size in pixels."),
            ints(
                name="stride",
                default=None,
                min=1,
                optional=True,
                help="Step in pixels; the window size when empty.",
            ),
            Flag(name="ceil_mode", help=HELP_CEIL),
        ),
        saves=_saves_powers,
        windows=sliding(ndim),
        stem="pool",
        keywords=("downsample", "power average", "lp norm"),
        summary=("norm_type", "kernel_size", "stride"),
        traits=frozenset({"pooling"}),
    )


WITHOUT_HALVES = ("float32", "float64")
SPECS = (
    _max_pool(1, "L", FLOATS),
    _max_pool(2, "H, W", NOT_BOOL),
    _max_pool(3, "D, H, W", NOT_BOOL),
    _avg_pool(1, "L", (*FLOATS, "int64")),
    _avg_pool(2, "H, W", (*FLOATS, "int64")),
    _avg_pool(3, "D, H, W", (*WITHOUT_HALVES, "int64")),
    _lp_pool(1, "L", DTYPES),
    _lp_pool(2, "H, W", DTYPES),
    _lp_pool(3, "D, H, W", (*WITHOUT_HALVES, *INTEGERS, "bool")),
)
