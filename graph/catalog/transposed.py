"""Transposed convolutions."""

from collections.abc import Callable
from functools import partial
from math import prod

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.convolution import (
    incoming_channels,
    num_weights,
    require_groups,
    saves_filtered,
    space_of_filters,
)
from graph.catalog.params import Flag, Int, IntOrTuple
from graph.catalog.rules import FLOAT32, as_tuple
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.catalog.windows import spreading
from graph.dims import Dim, substitute
from graph.shapes import SetParam, ShapeError, TensorSpec, num_elements


def _require_output_padding(output_padding: int, stride: int, dilation: int) -> None:
    """What is added to the output lies within a step or between two taps."""
    if output_padding >= max(stride, dilation):
        raise ShapeError(
            "output-padding-too-large",
            f"output_padding is {output_padding}, but stride is {stride} and dilation is {dilation}",
            expected=f"at most {max(stride, dilation) - 1}",
            hint="Set output_padding = 0.",
            param="output_padding",
            repairs=(SetParam("output_padding", 0),),
        )


def _require_output(size: Dim, given: TensorSpec) -> None:
    if isinstance(size, int) and size < 1:
        raise ShapeError(
            "nothing-left",
            f"{{source}} gives {given}, of which padding leaves a side of {size}",
            expected="at least 1",
            hint="Set padding = 0.",
            param="padding",
            repairs=(SetParam("padding", 0),),
        )


def _transposed_shape(inputs: tuple[TensorSpec, ...], p: Params, ndim: int) -> tuple[TensorSpec, ...]:
    """(size - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1 for every spatial dim.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
    """
    require_groups(p)
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    windows = zip(*(as_tuple(p[name], ndim) for name in names), strict=True)
    spatial: list[Dim] = []
    for size, (kernel, stride, padding, extra, dilation) in zip(inputs[0].shape[2:], windows, strict=True):
        _require_output_padding(extra, stride, dilation)
        spatial.append((size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1)
        _require_output(spatial[-1], inputs[0])
    return (TensorSpec((inputs[0].shape[0], p.out_channels, *spatial), inputs[0].dtype, is_map=True),)


def _transposed(ndim: int, dims: str, keywords: tuple[str, ...]) -> LayerSpec:
    ints: Callable[..., IntOrTuple] = partial(IntOrTuple, ndim=ndim)

    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        return _transposed_shape(inputs, p, ndim)

    def parameters(call: LayerCall) -> int:
        return num_weights(call.params, ndim) + int(call.params["bias"] * call.params["out_channels"])

    def flops(call: LayerCall) -> Dim:
        positions = substitute(num_elements(call.inputs[0].shape[2:]), {"N": 1})
        return 2 * positions * num_weights(call.params, ndim)

    def saves(call: LayerCall) -> Saved:
        p, given = call.params, call.inputs[0]
        filters = p["out_channels"] // p["groups"] * prod(as_tuple(p["kernel_size"], ndim))
        columns = TensorSpec((filters, *given.shape[2:]), given.dtype)
        # Backwards it is a convolution of what it gives, whose filters it learns.
        summing = space_of_filters(call, call.outputs[0], given)
        return saves_filtered(
            call, TensorSpec((given.shape[0], *columns.shape), given.dtype), columns, summing
        )

    return LayerSpec(
        type=f"ConvTranspose{ndim}d",
        category="Convolution",
        help=f"Learned filters laid side by side over {dims}: a convolution backwards, which enlarges.",
        source=f"{DOCS}torch.nn.ConvTranspose{ndim}d.html",
        code=Module(f"nn.ConvTranspose{ndim}d"),
        inputs=(PortSpec("in", FLOAT32, ndims=(ndim + 2,), layout=f"(N, C, {dims})"),),
        infer=infer,
        params=(
            Int(
                name="in_channels", inferred=incoming_channels, positional=True, help="Channels of the input."
            ),
            Int(name="out_channels", default=32, positional=True, help="Number of filters."),
            ints(
                name="kernel_size", default=2, min=1, always_written=True, help="Size of a filter in pixels."
            ),
            ints(name="stride", default=1, min=1, initial=2, help="How many times larger the output is."),
            ints(name="padding", default=0, help="Pixels cut off every border of the output."),
            ints(name="output_padding", default=0, help="Pixels added to one border, below the stride."),
            Int(name="groups", default=1, help="Independent groups of channels; in_channels for depthwise."),
            Flag(name="bias", default=True, help="Learned offset per filter; not needed before BatchNorm."),
            ints(name="dilation", default=1, min=1, help="Distance between the taps."),
        ),
        parameters=parameters,
        learns="matrix",
        flops=flops,
        saves=saves,
        windows=spreading(ndim),
        autocast="lower",
        stem="up",
        keywords=("deconvolution", "upsample", "upconv", "decoder", *keywords),
        summary=("kernel_size", "stride", "padding", "out_channels"),
        traits=frozenset({"affine"}),
    )


SPECS = (
    _transposed(1, "L", ("sequence", "signal")),
    _transposed(2, "H, W", ("image",)),
    _transposed(3, "D, H, W", ("volume", "video")),
)
