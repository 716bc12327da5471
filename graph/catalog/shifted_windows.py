"""What Swin and ConvNeXt are made of: attention in windows, merged patches, channels-last norms."""

from math import prod

from graph.catalog.attention import CATEGORY, KEYWORDS, embed_dim, require_heads
from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.normalization import CATEGORY as NORMALIZATION
from graph.catalog.normalization import DTYPES, HELP_EPS, num_features
from graph.catalog.params import Choice, Flag, Float, Int, IntOrTuple
from graph.catalog.rules import FLOAT32, as_tuple, same
from graph.catalog.saving import mask, saves_statistics
from graph.catalog.spec import LayerSpec, PortSpec
from graph.catalog.torchvision_ops import VISION_DOCS, nn_class
from graph.dims import Dim
from graph.shapes import InsertLayer, Shape, ShapeError, TensorSpec

SWIN = f"{VISION_DOCS}models/swin_transformer.html"
LAST = "(N, H, W, C)"
HIDDEN = 512  # of the small network that makes the position biases of version 2
TO_LAST = {"dims": [0, 2, 3, 1]}


def _require_channels_last(tensor: TensorSpec, layer: str) -> None:
    if tensor.is_map:
        raise ShapeError(
            "feature-map",
            f"{{source}} gives a feature map {tensor}, channels first, but {layer} reads channels last",
            expected=LAST,
            hint="Insert a Permute with dims = [0, 2, 3, 1] before it.",
            repairs=(InsertLayer("Permute", TO_LAST),),
        )


def as_list(value: int | tuple[int, ...]) -> str:
    """Height and width as a list in Python: `[7, 7]`."""
    return str(list(as_tuple(value, 2)))


def _attention_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_channels_last(inputs[0], "attention in windows")
    require_heads(p.dim, p.num_heads, "num_heads")
    return (inputs[0],)


def _offsets(p: Params) -> int:
    """How many distances two pixels of a window can have."""
    height, width = as_tuple(p.window_size, 2)
    return int((2 * height - 1) * (2 * width - 1))


def _projections(p: Params) -> int:
    """The numbers that make queries, keys, values and the result."""
    return int(p.dim * (4 * p.dim + 3 * p.qkv_bias + p.proj_bias))


def _parameters(call: LayerCall) -> int:
    return _projections(call.params) + _offsets(call.params) * int(call.params.num_heads)


def _parameters_v2(call: LayerCall) -> int:
    p = call.params
    return _projections(p) + int(p.num_heads) + 3 * HIDDEN + HIDDEN * int(p.num_heads)


def _flops(call: LayerCall) -> Dim:
    p = call.params
    window = as_tuple(p.window_size, 2)
    pixels: Dim = 1
    for size, side in zip(call.inputs[0].shape[1:3], window, strict=True):
        pixels = pixels * ((size + side - 1) // side * side)  # the map is padded to whole windows
    return pixels * int(2 * p.dim * (4 * p.dim + 2 * window[0] * window[1]))


def _flops_v2(call: LayerCall) -> Dim:
    return _flops(call) + 2 * HIDDEN * (2 + int(call.params.num_heads)) * _offsets(call.params)


def _padded(call: LayerCall) -> Shape:
    """The map, padded to whole windows."""
    batch, *sizes, channels = call.inputs[0].shape
    window = as_tuple(call.params.window_size, 2)
    return (batch, *((n + side - 1) // side * side for n, side in zip(sizes, window, strict=True)), channels)


def _saves_windows(call: LayerCall, maps: int) -> Saved:
    """So many maps, projected and laid out in windows, the weights of every head, and masks."""
    p, dtype, padded = call.params, call.compute.autocast or "float32", _padded(call)
    scores = (*padded[:-1], int(p.num_heads) * prod(as_tuple(p.window_size, 2)))
    weights = (TensorSpec(scores, dtype), mask(scores, dtype, call)) if p.attention_dropout else ()
    dropped = (mask(call.inputs[0].shape, dtype, call),) if p.dropout else ()
    return Saved(own=(TensorSpec((maps, *padded), dtype), TensorSpec(scores, dtype), *weights, *dropped))


def _saves_windows_v2(call: LayerCall) -> Saved:
    """Queries and keys also before they were divided by their lengths, and the network of position biases."""
    p, padded, pixels = call.params, _padded(call), prod(as_tuple(call.params.window_size, 2))
    heads, saved = int(p.num_heads), _saves_windows(call, 8)
    lengths = TensorSpec((4, *padded[:-1], heads))
    scaled = TensorSpec((*padded[:-1], heads * pixels))
    biases = TensorSpec((_offsets(p) * HIDDEN + heads * pixels * pixels,))
    return Saved(own=(*saved.own, lengths, scaled, biases))


def _attention(version: str, least_window: int) -> LayerSpec:
    return LayerSpec(
        type=f"ShiftedWindowAttention{version}",
        category=CATEGORY,
        help="Pixels attend to the others of their window; every other layer shifts the windows.",
        source=SWIN,
        code=Module(f"models.swin_transformer.ShiftedWindowAttention{version}"),
        inputs=(PortSpec("in", FLOAT32, ndims=(4,), layout=LAST),),
        infer=_attention_shape,
        params=(
            Int(name="dim", inferred=embed_dim, positional=True, help="Channels of the input."),
            IntOrTuple(
                name="window_size",
                default=7,
                min=least_window,
                max=2**15,
                positional=True,
                written=as_list,
                help="Height and width of a window in pixels.",
            ),
            IntOrTuple(
                name="shift_size",
                default=0,
                max=2**31,
                positional=True,
                written=as_list,
                help="How far the windows are moved; half a window in every other layer.",
            ),
            Int(name="num_heads", default=4, positional=True, help="Heads; they share dim out."),
            Flag(name="qkv_bias", default=True, help="Learned offsets of queries, keys and values."),
            Flag(name="proj_bias", default=True, help="Learned offset of the result."),
            Float(name="attention_dropout", default=0.0, min=0, max=1, help="Dropout of the weights."),
            Float(name="dropout", default=0.0, min=0, max=1, help="Dropout of the result."),
        ),
        parameters=_parameters_v2 if version else _parameters,
        flops=_flops_v2 if version else _flops,
        saves=_saves_windows_v2 if version else lambda call: _saves_windows(call, 5),
        autocast="lower",
        stem="attention",
        keywords=("swin", "window", "self-attention", *KEYWORDS),
        summary=("window_size", "shift_size", "num_heads"),
    )


def _merged_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_channels_last(inputs[0], "merging of patches")
    *leading, height, width, _ = inputs[0].shape
    return (TensorSpec((*leading, (height + 1) // 2, (width + 1) // 2, 2 * p.dim)),)


def _merged_flops(call: LayerCall) -> Dim:
    pixels: Dim = 1
    for size in call.outputs[0].shape[1:-1]:
        pixels = pixels * size
    return pixels * int(16 * call.params.dim**2)


def _saves_merged(call: LayerCall, normed: int) -> Saved:
    """The four pixels side by side, and what is normalised with its statistics."""
    *leading, _ = call.outputs[0].shape
    channels = int((4 + normed) * call.params.dim)
    return Saved(own=(TensorSpec((*leading, channels)), TensorSpec((2, *leading))))


def _merging(version: str, normed: int) -> LayerSpec:
    """The layer that normalises so many times the channels that come in."""

    def parameters(call: LayerCall) -> int:
        dim = int(call.params.dim)
        return 8 * dim * dim + normed * dim * {"LayerNorm": 2, "RMSNorm": 1}[call.params.norm_layer]

    return LayerSpec(
        type=f"PatchMerging{version}",
        category="Pooling",
        help="Makes one pixel with twice the channels of every 2 x 2 pixels.",
        source=SWIN,
        code=Module(f"models.swin_transformer.PatchMerging{version}"),
        inputs=(PortSpec("in", FLOAT32, ndims=(*range(5, 17), 4), layout=LAST),),
        infer=_merged_shape,
        params=(
            Int(name="dim", inferred=embed_dim, positional=True, help="Channels of the input."),
            Choice(
                name="norm_layer",
                default="LayerNorm",
                choices=("LayerNorm", "RMSNorm"),
                written=nn_class,
                help="The normalisation of the merged channels.",
            ),
        ),
        parameters=parameters,
        flops=_merged_flops,
        saves=lambda call: _saves_merged(call, normed),
        autocast="lower",
        stem="merge",
        keywords=("swin", "downsample", "patch"),
    )


LAYER_NORM_2D = LayerSpec(
    type="LayerNorm2d",
    category=NORMALIZATION,
    help="Zero mean and unit variance over the channels of each pixel; then a learned scale and shift.",
    source=f"{VISION_DOCS}models/convnext.html",
    code=Module("models.convnext.LayerNorm2d", wraps=True),
    saves=lambda call: saves_statistics(call, call.inputs[0].shape[0], *call.inputs[0].shape[2:]),
    autocast="float32",
    inputs=(PortSpec("in", DTYPES, ndims=(4,), layout="(N, C, H, W)"),),
    infer=same,
    params=(
        Int(name="normalized_shape", inferred=num_features, positional=True, help="Channels of the input."),
        Float(name="eps", default=1e-5, min=0, help=HELP_EPS),
        Flag(name="elementwise_affine", default=True, help="Whether to learn a scale."),
        Flag(name="bias", default=True, help="Whether to learn a shift too."),
    ),
    parameters=lambda call: (
        call.params.normalized_shape * (1 + call.params.bias) * call.params.elementwise_affine
    ),
    stem="norm",
    keywords=("ln", "convnext", "normalize", "channels"),
    traits=frozenset({"norm"}),
)

SPECS = (
    LAYER_NORM_2D,
    _attention("", least_window=1),
    _attention("V2", least_window=2),  # a window of one pixel divides by zero
    _merging("", normed=4),
    _merging("V2", normed=2),
)
