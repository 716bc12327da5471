"""Convolutions."""

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import starmap
from math import prod

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.onednn_filters import filter_space
from graph.catalog.params import Choice, Flag, Int, IntOrTuple, Value
from graph.catalog.rules import FLOAT32, as_tuple, channels_of, require_window, sample_elements, windowed_size
from graph.catalog.settings import FROZEN
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.catalog.windows import sliding
from graph.dims import Dim
from graph.shapes import SetParam, ShapeError, TensorSpec


def incoming_channels(inputs: tuple[TensorSpec, ...]) -> int | None:
    """The channels that come in."""
    return channels_of(inputs[0], 1)


def require_groups(p: Params) -> None:
    """Checks that the channels come in as many groups.

    Raises:
        ShapeError: they do not.
    """
    groups = p["groups"]
    for name in ("in_channels", "out_channels") if groups != 1 else ():
        if p[name] % groups:
            raise ShapeError(
                "groups-do-not-divide",
                f"groups is {groups}, which does not divide {name} = {p[name]}",
                expected=f"a divisor of {p.in_channels} and {p.out_channels}",
                hint="Set groups = 1, or change the channels.",
                param="groups",
                repairs=(SetParam("groups", 1),),
            )


def _paddings(p: Params, ndim: int) -> tuple[int, ...]:
    """Pixels added to each spatial dim, both sides together."""
    return _border(p["padding"], p["kernel_size"], p["stride"], p["dilation"], ndim)


def _border(padding: Value, kernel_size: Value, stride: Value, dilation: Value, ndim: int) -> tuple[int, ...]:
    if padding == "valid":
        return (0,) * ndim
    if padding == "same":
        if set(as_tuple(stride, ndim)) != {1}:
            raise ShapeError(
                "same-needs-stride-1",
                f"padding is 'same', but stride is {stride}",
                expected="stride 1",
                hint="Set stride = 1, or give padding in pixels.",
                param="padding",
                repairs=(SetParam("stride", 1),),
            )
        dilations, kernels = as_tuple(dilation, ndim), as_tuple(kernel_size, ndim)
        return tuple(d * (k - 1) for d, k in zip(dilations, kernels, strict=True))
    return (2 * padding,) * ndim if isinstance(padding, int) else tuple(2 * pad for pad in padding)


_SPARE = {"reflect": 1, "circular": 0}  # pixels that a border made of others needs beyond its own


def _require_padding_source(sizes: tuple[Dim, ...], paddings: tuple[int, ...], mode: str) -> None:
    """Reflected padding needs more pixels than it adds, circular padding as many."""
    spare = _SPARE.get(mode)
    if spare is None:
        return
    for size, both in zip(sizes, paddings, strict=True):
        side = both - both // 2
        if isinstance(size, int) and side and size < side + spare:
            raise ShapeError(
                "padding-too-large",
                f"padding_mode '{mode}' cannot take {side} pixels from a side of {size}",
                expected=f"at most {size - spare}",
                hint="Use less padding or padding_mode = 'zeros'.",
                param="padding",
                repairs=(SetParam("padding_mode", "zeros"),),
            )


def conv_shape(inputs: tuple[TensorSpec, ...], p: Params, ndim: int) -> tuple[TensorSpec, ...]:
    """What a convolution with these parameters gives.

    Raises:
        ShapeError: it cannot take the input.
    """
    require_groups(p)
    given = inputs[0]
    window = (p["padding"], p["kernel_size"], p["stride"], p["dilation"], p["padding_mode"])
    bordered, spatial = _slid(given.shape[2:], *window)
    for size, reach in bordered:
        require_window(size, reach, "kernel_size", given)
    return (TensorSpec((given.shape[0], p["out_channels"], *spatial), given.dtype, True),)


@lru_cache(maxsize=4096)  # the layers of a network have few kinds of windows and sizes of maps
def _slid(
    sizes: tuple[Dim, ...], padding: Value, kernel_size: Value, stride: Value, dilation: Value, mode: str
) -> tuple[tuple[tuple[Dim, int], ...], tuple[Dim, ...]]:
    """Each spatial dim with its border beside what a window spans there, and how often it fits."""
    ndim = len(sizes)
    paddings = _border(padding, kernel_size, stride, dilation, ndim)
    _require_padding_source(sizes, paddings, mode)
    kernels, strides, dilations = (as_tuple(value, ndim) for value in (kernel_size, stride, dilation))
    bordered = tuple(size + pad for size, pad in zip(sizes, paddings, strict=True))
    reaches = tuple(gap * (kernel - 1) + 1 for gap, kernel in zip(dilations, kernels, strict=True))
    windows = zip(sizes, kernels, strides, paddings, dilations, strict=True)
    return tuple(zip(bordered, reaches, strict=True)), tuple(starmap(windowed_size, windows))


def num_weights(p: Params, ndim: int) -> int:
    """How many numbers all filters hold together, which is the same in both directions."""
    return int(p["out_channels"] * filter_weights(p, ndim))


def filter_weights(p: Params, ndim: int) -> int:
    """How many numbers one filter holds."""
    return int(p["in_channels"] // p["groups"] * prod(as_tuple(p["kernel_size"], ndim)))


def conv_flops(call: LayerCall, ndim: int) -> Dim:
    """Floating-point operations of a convolution: each number that it gives takes one filter."""
    return sample_elements(call) * (2 * filter_weights(call.params, ndim))


def saves_filtered(
    call: LayerCall, columns: TensorSpec, columns_back: TensorSpec, summing: tuple[TensorSpec, ...]
) -> Saved:
    """The input; both ways, input and output are laid out anew for the kernels.

    Args:
        call: the layer.
        columns: what is multiplied instead where there is no kernel: a column of pixels for each window.
        columns_back: the same on the way back.
        summing: what the kernel takes for the gradient of filters.
    """
    if has_no_kernel(call):
        return Saved(inputs=(0,), forward=((columns,),), backward=(columns_back,), weights=True)
    given, made = (*call.inputs,), _laid_out(call)
    # In tiles, what comes out with channels last is laid out twice.
    handed = made * (1 + _is_in_tiles(call))
    return Saved(inputs=(0,), forward=(given, handed), backward=(*given, *made, *summing), weights=True)


def _is_in_tiles(call: LayerCall) -> bool:
    """Whether kernels for tiles of matrices convolve; those for filters of one channel have none."""
    p = call.params
    is_depthwise = p["groups"] == p["in_channels"] == p["out_channels"] > 1
    return call.compute.multiplies_tiles and not is_depthwise


def _laid_out(call: LayerCall) -> tuple[TensorSpec, ...]:
    """What a convolution gives, as its kernel writes it: channels last in tiles, else in blocks of them."""
    return (call.outputs[0],) if _is_in_tiles(call) else (_in_blocks(call.outputs[0]),)


def space_of_filters(call: LayerCall, given: TensorSpec, made: TensorSpec) -> tuple[TensorSpec, ...]:
    """What the kernel takes for itself that works out the gradient of filters.

    Args:
        call: the layer.
        given: what the filters slide over.
        made: what they give.
    """
    p, compute = call.params, call.compute
    if compute.device != "cpu" or compute.autocast is None or compute.has_no_kernels or p.get(FROZEN.name):
        return ()
    kernel = as_tuple(p["kernel_size"], len(given.shape) - 2)
    return (filter_space(given, made, kernel, p["groups"], compute.processor),)


def has_no_kernel(call: LayerCall) -> bool:
    """Whether PyTorch convolves by a matrix product, as a CPU without kernels for the precision does."""
    return call.compute.has_no_kernels


def _columns(call: LayerCall, ndim: int) -> TensorSpec:
    """All windows side by side, those of a group at a time; of one sample where windows have gaps.

    Windows of one pixel each are the input as it is.
    """
    p, out = call.params, call.outputs[0]
    kernel, stride, dilation = (as_tuple(p[name], ndim) for name in ("kernel_size", "stride", "dilation"))
    is_input = prod(kernel) == 1 and prod(stride) == 1 and not any(_paddings(p, ndim))
    batch = 0 if is_input else out.shape[0] if prod(dilation) == 1 else 1
    return TensorSpec((batch, filter_weights(p, ndim), *out.shape[2:]), out.dtype)


def _in_blocks(spec: TensorSpec) -> TensorSpec:
    """The tensor with its channels in blocks of 16, as kernels read them."""
    return TensorSpec((spec.shape[0], (spec.shape[1] + 15) // 16 * 16, *spec.shape[2:]), spec.dtype)


def _saves_bordered(call: LayerCall, ndim: int) -> Saved:
    """The input; with a border that is uneven or not of zeros, a copy with that border."""
    p, given, columns = call.params, call.inputs[0], _columns(call, ndim)
    paddings = _paddings(p, ndim)
    if p.padding_mode == "zeros":
        paddings = tuple(pad % 2 for pad in paddings)
        if not any(paddings):
            return saves_filtered(call, columns, columns, space_of_filters(call, given, call.outputs[0]))
    sizes = (size + pad for size, pad in zip(given.shape[2:], paddings, strict=True))
    bordered = TensorSpec((*given.shape[:2], *sizes), given.dtype)
    inputs = (0,) if p.padding_mode in ("reflect", "replicate") else ()
    if has_no_kernel(call):
        return Saved(inputs, own=(bordered,), forward=((columns,),), backward=(columns,), weights=True)
    backward = (bordered, *_laid_out(call), *space_of_filters(call, bordered, call.outputs[0]))
    return Saved(inputs, own=(bordered,), backward=backward, weights=True)


def _convolution(ndim: int, dims: str, keywords: tuple[str, ...]) -> LayerSpec:
    ints: Callable[..., IntOrTuple] = partial(IntOrTuple, ndim=ndim)

    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        return conv_shape(inputs, p, ndim)

    def parameters(call: LayerCall) -> int:
        p = call.params
        return num_weights(p, ndim) + int(p["bias"] * p["out_channels"])

    def saves(call: LayerCall) -> Saved:
        return _saves_bordered(call, ndim)

    return LayerSpec(
        type=f"Conv{ndim}d",
        category="Convolution",
        help=f"Learned filters that slide over {dims}.",
        source=f"{DOCS}torch.nn.Conv{ndim}d.html",
        code=Module(f"nn.Conv{ndim}d"),
        inputs=(PortSpec("in", FLOAT32, ndims=(ndim + 2,), layout=f"(N, C, {dims})"),),
        infer=infer,
        params=(
            Int(
                name="in_channels", inferred=incoming_channels, positional=True, help="Channels of the input."
            ),
            Int(name="out_channels", default=32, positional=True, help="Number of filters."),
            ints(name="kernel_size", default=3, min=1, always_written=True, help="Window size in pixels."),
            ints(name="stride", default=1, min=1, help="Step of the window in pixels."),
            ints(
                name="padding",
                default=0,
                choices=("same", "valid"),
                help="Border in pixels; 'same' keeps the size.",
            ),
            ints(name="dilation", default=1, min=1, help="Distance between the taps."),
            Int(name="groups", default=1, help="Independent groups of channels; in_channels for depthwise."),
            Flag(name="bias", default=True, help="Learned offset per filter; not needed before BatchNorm."),
            Choice(
                name="padding_mode",
                default="zeros",
                choices=("zeros", "reflect", "replicate", "circular"),
                help="What the border is filled with.",
            ),
        ),
        parameters=parameters,
        learns="matrix",
        flops=partial(conv_flops, ndim=ndim),
        saves=saves,
        windows=sliding(ndim),
        autocast="lower",
        keywords=keywords,
        summary=("kernel_size", "stride", "padding", "out_channels"),
        traits=frozenset({"affine", "convolution"}),
    )


SPECS = (
    _convolution(1, "L", ("convolution", "sequence", "signal")),
    _convolution(2, "H, W", ("convolution", "image", "filter")),
    _convolution(3, "D, H, W", ("convolution", "volume", "video")),
)
