"""Pooling."""

from collections.abc import Callable
from functools import partial

from graph.catalog.params import Flag, Int, IntOrTuple
from graph.catalog.rules import NOT_BOOL, as_tuple, require_window, windowed_size
from graph.catalog.spec import DOCS, LayerSpec, Module, Params, PortSpec
from graph.dims import Dim
from graph.shapes import FLOATS, SetParam, ShapeError, TensorSpec

HELP_CEIL = "Round the output size up instead of down."


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


def _pool_shape(inputs: tuple[TensorSpec, ...], p: Params, ndim: int) -> tuple[TensorSpec, ...]:
    stride = p.kernel_size if p.stride is None else p.stride
    values = (p.kernel_size, stride, p.padding, p.get("dilation", 1))
    windows = list(zip(*(as_tuple(value, ndim) for value in values), strict=True))
    smallest = min(as_tuple(p.kernel_size, ndim))
    leading, sizes = inputs[0].shape[:-ndim], inputs[0].shape[-ndim:]
    spatial = []
    for size, (kernel, step, padding, dilation) in zip(sizes, windows, strict=True):
        reach = dilation * (kernel - 1) + 1
        _require_half(padding, kernel, smallest)
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
        Flag(name="ceil_mode", help=HELP_CEIL),
    )


def _max_pool(ndim: int, dims: str, dtypes: tuple[str, ...]) -> LayerSpec:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        return _pool_shape(inputs, p, ndim)

    return LayerSpec(
        type=f"MaxPool{ndim}d",
        category="Pooling",
        help="Largest value of each window.",
        source=f"{DOCS}torch.nn.MaxPool{ndim}d.html",
        code=Module(f"nn.MaxPool{ndim}d"),
        inputs=(PortSpec("in", dtypes, ndims=(ndim + 1, ndim + 2), layout=f"(N, C, {dims})"),),
        infer=infer,
        params=_window_params(ndim, dilated=True),
        stem="pool",
        keywords=("downsample", "subsample", "maximum"),
        summary=("kernel_size", "stride", "padding"),
    )


def _avg_pool_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return _pool_shape(inputs, p, 2)


AVG_POOL_2D = LayerSpec(
    type="AvgPool2d",
    category="Pooling",
    help="Mean of each window.",
    source=f"{DOCS}torch.nn.AvgPool2d.html",
    code=Module("nn.AvgPool2d"),
    inputs=(PortSpec("in", (*FLOATS, "int64"), ndims=(3, 4), layout="(N, C, H, W)"),),
    infer=_avg_pool_shape,
    params=(
        *_window_params(2, dilated=False),
        Flag(name="count_include_pad", default=True, help="Whether the border counts in the mean."),
        Int(
            name="divisor_override",
            default=None,
            optional=True,
            help="Divide by this instead of the window's size.",
        ),
    ),
    stem="pool",
    keywords=("downsample", "mean", "average"),
    summary=("kernel_size", "stride", "padding"),
)


def _adaptive_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    wanted, sizes = as_tuple(p.output_size, 2), inputs[0].shape[-2:]
    spatial = (size if want is None else want for want, size in zip(wanted, sizes, strict=True))
    return (TensorSpec((*inputs[0].shape[:-2], *spatial), inputs[0].dtype, inputs[0].is_map),)


ADAPTIVE_AVG_POOL_2D = LayerSpec(
    type="AdaptiveAvgPool2d",
    category="Pooling",
    help="Means of a fixed number of regions, whatever the input size; 1 is global average pooling.",
    source=f"{DOCS}torch.nn.AdaptiveAvgPool2d.html",
    code=Module("nn.AdaptiveAvgPool2d"),
    inputs=(PortSpec("in", FLOATS, ndims=(3, 4), layout="(N, C, H, W)"),),
    infer=_adaptive_shape,
    params=(
        IntOrTuple(
            name="output_size",
            default=1,
            ndim=2,
            min=1,
            holes=True,
            positional=True,
            help="Height and width.",
        ),
    ),
    stem="gap",
    keywords=("global average pooling", "gap", "mean"),
    summary=("output_size",),
)

SPECS = (_max_pool(1, "L", FLOATS), _max_pool(2, "H, W", NOT_BOOL), AVG_POOL_2D, ADAPTIVE_AVG_POOL_2D)
