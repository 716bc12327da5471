"""The same numbers in another order: between channels and space, and between dims."""

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Expression, Module
from graph.catalog.params import Axis, Dims, Int
from graph.catalog.rules import axis_index, same
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim, divide_exact
from graph.shapes import SetParam, ShapeError, TensorSpec, format_shape, num_elements

CATEGORY = "Tensor"
IMAGES = (PortSpec("in", ndims=(*range(5, 17), 4), layout="(N, C, H, W)"),)
WITH_CHANNELS = (PortSpec("in", ndims=(3, *range(5, 17), 4), layout="(N, C, H, W)"),)


def divided(size: Dim, divisor: int, given: TensorSpec, param: str) -> Dim:
    """`size / divisor`.

    Raises:
        ShapeError: it does not come out even, or is not known to.
    """
    quotient = divide_exact(size, divisor)
    if quotient is None:
        raise ShapeError(
            "does-not-divide",
            f"{param} asks for a multiple of {divisor}, but {{source}} gives {given} with {size}",
            expected=f"a multiple of {divisor}",
            hint=f"Change {param}, or the layer before it.",
            param=param,
        )
    return quotient


def _shuffled_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    *leading, channels, height, width = inputs[0].shape
    factor = p.upscale_factor
    left = divided(channels, factor * factor, inputs[0], "upscale_factor")
    shape = (*leading, left, height * factor, width * factor)
    return (TensorSpec(shape, inputs[0].dtype, inputs[0].is_map),)


PIXEL_SHUFFLE = LayerSpec(
    type="PixelShuffle",
    category=CATEGORY,
    help="Groups of channels laid out as pixels: fewer channels, a larger image.",
    source=f"{DOCS}torch.nn.PixelShuffle.html",
    code=Module("nn.PixelShuffle"),
    inputs=IMAGES,
    infer=_shuffled_shape,
    saves=saves_nothing,
    params=(
        Int(
            name="upscale_factor", default=2, positional=True, help="How many times larger the image becomes."
        ),
    ),
    keywords=("depth to space", "sub-pixel", "super resolution", "upsample"),
    summary=("upscale_factor",),
)


def _unshuffled_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    *leading, channels, height, width = inputs[0].shape
    factor = p.downscale_factor
    sides = (divided(side, factor, inputs[0], "downscale_factor") for side in (height, width))
    shape = (*leading, channels * factor * factor, *sides)
    return (TensorSpec(shape, inputs[0].dtype, inputs[0].is_map),)


PIXEL_UNSHUFFLE = LayerSpec(
    type="PixelUnshuffle",
    category=CATEGORY,
    help="Blocks of pixels laid out as channels: more channels, a smaller image, nothing lost.",
    source=f"{DOCS}torch.nn.PixelUnshuffle.html",
    code=Module("nn.PixelUnshuffle"),
    inputs=IMAGES,
    infer=_unshuffled_shape,
    saves=saves_nothing,
    params=(
        Int(
            name="downscale_factor",
            default=2,
            positional=True,
            help="How many times smaller the image becomes.",
        ),
    ),
    keywords=("space to depth", "downsample"),
    summary=("downscale_factor",),
)


def _channel_shuffle_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    divided(inputs[0].shape[1], p.groups, inputs[0], "groups")
    return (inputs[0],)


CHANNEL_SHUFFLE = LayerSpec(
    type="ChannelShuffle",
    category=CATEGORY,
    help="Channels mixed across groups, so that grouped convolutions see each other's results.",
    source=f"{DOCS}torch.nn.ChannelShuffle.html",
    code=Module("nn.ChannelShuffle"),
    inputs=WITH_CHANNELS,
    infer=_channel_shuffle_shape,
    saves=saves_nothing,
    params=(Int(name="groups", default=2, positional=True, help="Number of groups; divides the channels."),),
    keywords=("shufflenet", "groups", "permute"),
    summary=("groups",),
)


def _unflatten_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    axis, wanted = axis_index(p.dim, inputs[0].ndim), p.unflattened_size
    size = inputs[0].shape[axis]
    rest = divide_exact(size, num_elements(tuple(dim for dim in wanted if dim != -1)))
    if not wanted or rest is None or (-1 not in wanted and rest != 1):
        raise ShapeError(
            "unflatten-size",
            f"unflattened_size is {list(wanted)}, but dim {axis} of {inputs[0]} from {{source}} is {size}",
            expected=f"sizes whose product is {size}",
            hint="Put a -1 where the size shall follow from the input.",
            param="unflattened_size",
            repairs=(SetParam("unflattened_size", [-1, 1]),),
        )
    parts = (rest if dim == -1 else dim for dim in wanted)
    shape = (*inputs[0].shape[:axis], *parts, *inputs[0].shape[axis + 1 :])
    return (TensorSpec(shape, inputs[0].dtype),)


def _write_unflatten(names: tuple[str, ...], call: LayerCall) -> str:
    sizes = format_shape(call.params.unflattened_size)
    return f"{names[0]}.unflatten({call.params.dim}, {sizes})"


UNFLATTEN = LayerSpec(
    type="Unflatten",
    category=CATEGORY,
    help="One dim split into several; one -1 takes what is left.",
    source=f"{DOCS}torch.nn.Unflatten.html",
    code=Expression(_write_unflatten),
    infer=_unflatten_shape,
    saves=saves_nothing,
    view="view",
    params=(
        Axis(name="dim", default=1, help="Dim to split; the batch is 0."),
        Dims(
            name="unflattened_size",
            default=(-1, 1),
            wildcard=True,
            symbolic=False,
            help="Sizes whose product is that of the dim.",
        ),
    ),
    keywords=("reshape", "view", "split dim"),
    summary=("unflattened_size",),
    traits=frozenset({"rearranges"}),
)


def _write_nothing(names: tuple[str, ...], call: LayerCall) -> str:
    return names[0]


IDENTITY = LayerSpec(
    type="Identity",
    category=CATEGORY,
    help="Gives back what it is given; a place to name a value, or to put a layer later.",
    source=f"{DOCS}torch.nn.Identity.html",
    code=Expression(_write_nothing),
    infer=same,
    saves=saves_nothing,
    view="view",
    keywords=("nothing", "placeholder", "pass"),
    traits=frozenset({"rearranges"}),
)

SPECS = (UNFLATTEN, PIXEL_SHUFFLE, PIXEL_UNSHUFFLE, CHANNEL_SHUFFLE, IDENTITY)
