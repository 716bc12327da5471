"""Normalisation of each sample by its channels."""

from dataclasses import replace

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.normalization import (
    CATEGORY,
    DTYPES,
    HELP_EPS,
    num_features,
    require_several_values,
    running_norm_params,
)
from graph.catalog.params import Flag, Float, Int
from graph.catalog.saving import saves_statistics
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.shapes import FLOATS, SetParam, ShapeError, TensorSpec

MOST_NDIM = 16


def _require_weights_dtype(given: TensorSpec, p: Params) -> None:
    if p.affine and given.dtype not in DTYPES:
        raise ShapeError(
            "wrong-dtype",
            f"{{source}} gives {given.dtype}, but the learned scale is float32",
            expected=" or ".join(DTYPES),
            hint="Set affine = False, or use float32.",
            param="affine",
            repairs=(SetParam("affine", False),),
        )


def _instance_norm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_weights_dtype(inputs[0], p)
    require_several_values(inputs[0], inputs[0].shape[2:])
    return (inputs[0],)


def _saves_each_channel(call: LayerCall) -> Saved:
    """Statistics for each channel of each sample, and weights and running statistics laid out for them."""
    groups = call.inputs[0].shape[0] * call.inputs[0].shape[1]
    saved, laid_out = saves_statistics(call, groups), call.params.affine + 2 * call.params.track_running_stats
    return replace(saved, own=(*saved.own, TensorSpec((laid_out, groups))))


def _instance_norm(ndim: int, layout: str) -> LayerSpec:
    return LayerSpec(
        type=f"InstanceNorm{ndim}d",
        category=CATEGORY,
        help="Zero mean and unit variance per channel of each sample.",
        source=f"{DOCS}torch.nn.InstanceNorm{ndim}d.html",
        code=Module(f"nn.InstanceNorm{ndim}d", wraps=True),
        inputs=(PortSpec("in", FLOATS, ndims=(ndim + 2,), layout=layout),),
        infer=_instance_norm_shape,
        saves=_saves_each_channel,
        params=running_norm_params(
            "Weight of a batch in the running statistics; they stay as they are when empty.", on=False
        ),
        parameters=lambda call: 2 * call.params.num_features * call.params.affine,
        learns="scale",
        stem="norm",
        keywords=("in", "normalize", "style transfer", "contrast"),
        traits=frozenset({"norm"}),
    )


def _group_norm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_weights_dtype(inputs[0], p)
    if p.num_channels % p.num_groups:
        raise ShapeError(
            "groups-do-not-divide",
            f"num_groups is {p.num_groups}, which does not divide num_channels = {p.num_channels}",
            expected=f"a divisor of {p.num_channels}",
            hint="Set num_groups = 1, or change the channels.",
            param="num_groups",
            repairs=(SetParam("num_groups", 1),),
        )
    batch, _, *sizes = inputs[0].shape
    require_several_values(inputs[0], (batch * (p.num_channels // p.num_groups), *sizes))
    return (inputs[0],)


GROUP_NORM = LayerSpec(
    type="GroupNorm",
    category=CATEGORY,
    help="Zero mean and unit variance per group of channels of each sample; any batch size.",
    source=f"{DOCS}torch.nn.GroupNorm.html",
    code=Module("nn.GroupNorm", wraps=True),
    inputs=(PortSpec("in", FLOATS, ndims=(2, 3, *range(5, MOST_NDIM + 1), 4), layout="(N, C, ...)"),),
    infer=_group_norm_shape,
    params=(
        Int(name="num_groups", default=1, positional=True, help="Number of groups; divides the channels."),
        Int(name="num_channels", inferred=num_features, positional=True, help="Channels of the input."),
        Float(name="eps", default=1e-5, min=0, help=HELP_EPS),
        Flag(name="affine", default=True, help="Whether to learn a scale and a shift."),
    ),
    parameters=lambda call: 2 * call.params.num_channels * call.params.affine,
    learns="scale",
    saves=lambda call: saves_statistics(call, call.inputs[0].shape[0] * int(call.params.num_groups)),
    autocast="float32",
    stem="norm",
    keywords=("gn", "normalize", "small batch"),
    summary=("num_groups",),
    traits=frozenset({"norm"}),
)


def _response_norm_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = inputs[0].dtype if inputs[0].dtype in FLOATS else "float32"
    return (TensorSpec(inputs[0].shape, dtype, inputs[0].is_map),)


def _saves_activity(call: LayerCall) -> Saved:
    """The input, its squares with a border of channels, and their means before and after the power."""
    batch, channels, *sizes = call.inputs[0].shape
    dtype = call.outputs[0].dtype
    bordered = TensorSpec((batch, channels + call.params.size - 1, *sizes), dtype)
    return Saved(inputs=(0,), own=(bordered, *2 * (TensorSpec(call.inputs[0].shape, dtype),)))


LOCAL_RESPONSE_NORM = LayerSpec(
    type="LocalResponseNorm",
    category=CATEGORY,
    help="Divides every entry by the activity of its neighbour channels, as AlexNet did.",
    source=f"{DOCS}torch.nn.LocalResponseNorm.html",
    code=Module("nn.LocalResponseNorm", wraps=True),
    inputs=(
        PortSpec(
            "in",
            ("float32", "float64", "int64"),
            ndims=(3, *range(5, MOST_NDIM + 1), 4),
            layout="(N, C, H, W)",
        ),
    ),
    outputs=(PortSpec("out", FLOATS),),
    infer=_response_norm_shape,
    saves=_saves_activity,
    params=(
        Int(name="size", default=5, positional=True, help="How many neighbour channels count."),
        Float(name="alpha", default=1e-4, help="Weight of the neighbours."),
        Float(name="beta", default=0.75, help="Exponent."),
        Float(name="k", default=1.0, help="Added to the neighbours' activity."),
    ),
    stem="norm",
    keywords=("lrn", "normalize", "alexnet"),
    summary=("size",),
)

SPECS = (
    GROUP_NORM,
    _instance_norm(1, "(N, C, L)"),
    _instance_norm(2, "(N, C, H, W)"),
    _instance_norm(3, "(N, C, D, H, W)"),
    LOCAL_RESPONSE_NORM,
)
