"""Normalisation over the batch, and over the last dims."""

from collections.abc import Iterable
from math import prod

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Dims, Flag, Float, Int, ParamSpec
from graph.catalog.rules import channels_of
from graph.catalog.saving import saves_statistics
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim
from graph.shapes import FLOATS, SetParam, Shape, ShapeError, TensorSpec, format_shape

CATEGORY = "Normalization"
DTYPES = ("float32", "float16", "bfloat16")
HELP_EPS = "Added to the variance, against division by zero."


def num_features(inputs: tuple[TensorSpec, ...]) -> int | None:
    """The channels that come in."""
    return channels_of(inputs[0], 1)


def running_norm_params(momentum_help: str, on: bool = True) -> tuple[ParamSpec, ...]:
    """What norms with running statistics have; `on` tells whether they learn and use them unasked."""
    return (
        Int(name="num_features", inferred=num_features, positional=True, help="Channels of the input."),
        Float(name="eps", default=1e-5, above=0, help=HELP_EPS),
        Float(name="momentum", default=0.1, optional=True, min=0, max=1, help=momentum_help),
        Flag(name="affine", default=on, help="Whether to learn a scale and a shift."),
        Flag(name="track_running_stats", default=on, help="Whether evaluation uses running statistics."),
    )


def require_several_values(given: TensorSpec, shared: Iterable[Dim], giver: str = "{source}") -> None:
    """Checks that there is a variance.

    Args:
        given: what is normalised.
        shared: the sizes of the dims whose entries share a mean.
        giver: what gives it, in words.

    Raises:
        ShapeError: a single value has a mean for itself.
    """
    if all(size == 1 for size in shared):
        raise ShapeError(
            "one-value-per-channel",
            f"{giver} gives {given}, a single value per channel, which has no variance",
            expected="several values per channel",
            hint="Use a LayerNorm, or put it before the pooling.",
        )


def _batch_norm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    shape = inputs[0].shape
    require_several_values(inputs[0], (shape[0], *shape[2:]))
    return (inputs[0],)


def _batch_norm(ndim: int, ndims: tuple[int, ...], layout: str) -> LayerSpec:
    return LayerSpec(
        type=f"BatchNorm{ndim}d",
        category=CATEGORY,
        help="Zero mean and unit variance per channel, over the batch; then a learned scale and shift.",
        source=f"{DOCS}torch.nn.BatchNorm{ndim}d.html",
        code=Module(f"nn.BatchNorm{ndim}d", wraps=True),
        inputs=(PortSpec("in", DTYPES, ndims=ndims, layout=layout),),
        infer=_batch_norm_shape,
        params=running_norm_params(
            "Weight of a batch in the running statistics; a plain average when empty."
        ),
        parameters=lambda call: 2 * call.params["num_features"] * call.params["affine"],
        learns="scale",
        saves=lambda call: saves_statistics(call, call.inputs[0].shape[1]),
        stem="norm",
        keywords=("bn", "normalize", "batch normalization"),
        traits=frozenset({"norm", "batch-norm"}),
    )


def _trailing_dim(inputs: tuple[TensorSpec, ...]) -> tuple[int, ...] | None:
    size = channels_of(inputs[0], -1)
    return None if size is None else (size,)


def _trailing_norm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    wanted = tuple(p.normalized_shape)
    if not wanted or inputs[0].shape[-len(wanted) :] != wanted:
        raise ShapeError(
            "normalized-shape",
            f"normalized_shape is {list(wanted)}, but {{source}} gives {inputs[0]}",
            expected=f"the last dims of {format_shape(inputs[0].shape)}",
            hint="Clear normalized_shape to normalise the last dim.",
            param="normalized_shape",
            repairs=(SetParam("normalized_shape", None),),
        )
    return (inputs[0],)


def _layer_norm_parameters(call: LayerCall) -> int:
    p = call.params
    return prod(p.normalized_shape) * (1 + int(p.bias)) * int(p.elementwise_affine)


def _leading(call: LayerCall) -> Shape:
    """The dims that are not normalised over."""
    return call.inputs[0].shape[: -len(call.params.normalized_shape)]


NORMALIZED_SHAPE = Dims(
    name="normalized_shape",
    inferred=_trailing_dim,
    checked=False,
    positional=True,
    symbolic=False,
    help="Sizes of the trailing dims to normalise over; the last dim when empty.",
)

LAYER_NORM = LayerSpec(
    type="LayerNorm",
    category=CATEGORY,
    help="Zero mean and unit variance over the last dims of each sample; then a learned scale and shift.",
    source=f"{DOCS}torch.nn.LayerNorm.html",
    code=Module("nn.LayerNorm", wraps=True),
    inputs=(PortSpec("in", DTYPES),),
    infer=_trailing_norm_shape,
    params=(
        NORMALIZED_SHAPE,
        Float(name="eps", default=1e-5, min=0, help=HELP_EPS),
        Flag(name="elementwise_affine", default=True, help="Whether to learn a scale."),
        Flag(name="bias", default=True, help="Whether to learn a shift too."),
    ),
    parameters=_layer_norm_parameters,
    learns="scale",
    saves=lambda call: saves_statistics(call, *_leading(call)),
    autocast="float32",
    stem="norm",
    keywords=("ln", "normalize", "layer normalization"),
    traits=frozenset({"norm"}),
)


def _saves_normalised(call: LayerCall) -> Saved:
    """The input, its root mean squares, and for the learned scale what it is multiplied with."""
    scaled = (call.inputs[0],) if call.params.elementwise_affine else ()
    return Saved(inputs=(0,), own=(TensorSpec(_leading(call)), *scaled))


RMS_NORM = LayerSpec(
    type="RMSNorm",
    category=CATEGORY,
    help="A root mean square of 1 over the last dims of each sample; then a learned scale.",
    source=f"{DOCS}torch.nn.RMSNorm.html",
    code=Module("nn.RMSNorm", wraps=True),
    inputs=(PortSpec("in", FLOATS),),
    infer=_trailing_norm_shape,
    params=(
        NORMALIZED_SHAPE,
        Float(
            name="eps",
            default=None,
            optional=True,
            min=0,
            help="Added to the mean; the dtype's own when empty.",
        ),
        Flag(name="elementwise_affine", default=True, help="Whether to learn a scale."),
    ),
    parameters=lambda call: prod(call.params.normalized_shape) * call.params.elementwise_affine,
    learns="scale",
    saves=_saves_normalised,
    stem="norm",
    keywords=("normalize", "root mean square", "llama", "transformer"),
    traits=frozenset({"norm"}),
)

SPECS = (
    _batch_norm(1, (2, 3), "(N, C) or (N, C, L)"),
    _batch_norm(2, (4,), "(N, C, H, W)"),
    _batch_norm(3, (5,), "(N, C, D, H, W)"),
    LAYER_NORM,
    RMS_NORM,
)
