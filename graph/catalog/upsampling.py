"""Upsampling: feature maps in another size."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Choice, Flag, ParamSpec
from graph.catalog.per_dim import Factors, Sizes
from graph.catalog.rules import as_tuple, scaled_size
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, ShapeRule, saves_inputs
from graph.dims import Dim
from graph.shapes import FLOATS, InsertLayer, SetParam, ShapeError, TensorSpec

CATEGORY = "Upsampling"
DTYPES = (*FLOATS, "uint8")
# How many spatial dims a mode takes.
MODES = {
    "nearest": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,),
    "area": (1, 2, 3), "nearest-exact": (1, 2, 3),
}  # fmt: skip
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")
FLOATS_ONLY = ("linear", "trilinear", "area")
COLOURS = 3
SMOOTH_FOR = {1: "linear", 2: "bilinear", 3: "trilinear"}

SIZE = Sizes(name="size", default=None, optional=True, help="Size of the output, in place of scale_factor.")
SCALE_FACTOR = Factors(
    name="scale_factor",
    default=None,
    initial=2.0,
    optional=True,
    help="Size of the output by that of the input.",
)


def _require_one(p: Params) -> None:
    if (p.size is None) == (p.scale_factor is None):
        nothing = p.size is None
        raise ShapeError(
            "size-or-scale",
            "neither size nor scale_factor is given" if nothing else "both size and scale_factor are given",
            expected="one of the two",
            hint="Set scale_factor = 2." if nothing else "Clear scale_factor.",
            param="scale_factor",
            repairs=(SetParam("scale_factor", 2.0 if nothing else None),),
        )


def _require_mode(given: TensorSpec, mode: str) -> None:
    ndim = given.ndim - 2
    if ndim not in MODES[mode]:
        raise ShapeError(
            "mode-needs-other-dims",
            f"mode '{mode}' is for {MODES[mode][0] + 2} dims, but {{source}} gives {given}",
            expected=f"mode '{SMOOTH_FOR[ndim]}' or 'nearest'",
            hint=f"Set mode = '{SMOOTH_FOR[ndim]}'.",
            param="mode",
            repairs=(SetParam("mode", SMOOTH_FOR[ndim]),),
        )
    if given.dtype not in FLOATS and mode in FLOATS_ONLY:
        raise ShapeError(
            "wrong-dtype",
            f"{{source}} gives {given.dtype}, which mode '{mode}' does not take",
            expected=" or ".join(FLOATS),
            hint="Set mode = 'nearest'.",
            param="mode",
            repairs=(SetParam("mode", "nearest"),),
        )


def _require_alignable(p: Params) -> None:
    if p.align_corners is not None and p.mode not in SMOOTH:
        raise ShapeError(
            "nothing-to-align",
            f"align_corners is set, but mode '{p.mode}' does not interpolate between corners",
            expected=f"mode {', '.join(SMOOTH[:-1])} or {SMOOTH[-1]}",
            hint="Clear align_corners.",
            param="align_corners",
            repairs=(SetParam("align_corners", None),),
        )


def _resized(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_one(p)
    given, param = inputs[0], "size" if p.scale_factor is None else "scale_factor"
    ndim, sizes = given.ndim - 2, given.shape[2:]
    values = as_tuple(p[param], ndim)
    if len(values) != ndim:
        raise ShapeError(
            "one-for-each-dim",
            f"{param} has {len(values)} entries, but {{source}} gives {given} with {ndim} spatial dims",
            expected=f"one number, or {ndim}",
            hint=f"Set {param} = {values[0]:g}.",
            param=param,
            repairs=(SetParam(param, values[0]),),
        )
    spatial: list[Dim] = list(values)
    if param == "scale_factor":
        spatial = [scaled_size(size, factor, param) for size, factor in zip(sizes, values, strict=True)]
    if 0 in spatial:
        raise ShapeError(
            "nothing-left",
            f"scale_factor leaves nothing of {given} from {{source}}",
            expected="at least one pixel",
            hint="Use a larger scale_factor.",
            param=param,
        )
    return (TensorSpec((*given.shape[:2], *spatial), given.dtype, given.is_map),)


def _smoothly_resized(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    """As `_resized`, but for what PyTorch 2.13 breaks off at: three bytes to be mixed into a single pixel."""
    (given, *_), (output, *_) = inputs, _resized(inputs, p)
    if given.dtype == "uint8" and output.shape[1:] == (COLOURS, 1, 1) != given.shape[1:]:
        raise ShapeError(
            "wrong-dtype",
            f"PyTorch cannot mix the {COLOURS} bytes of the pixels of {given} from {{source}} into one pixel",
            expected=" or ".join(FLOATS),
            hint="Insert a Cast before it that gives float32.",
            port="in",
            repairs=(InsertLayer("Cast", {"dtype": "float32"}),),
        )
    return (output,)


def _upsampled(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    _require_mode(inputs[0], p.mode)
    _require_alignable(p)
    return _smoothly_resized(inputs, p) if p.mode in SMOOTH else _resized(inputs, p)


def _saves(call: LayerCall) -> Saved:
    """Nothing, as the weights of the pixels follow from their places; means of areas keep the input."""
    has_areas = call.params.get("mode") == "area" and set(call.outputs[0].shape[2:]) != {1}
    return saves_inputs(call) if has_areas else saves_nothing(call)


def _upsampling(
    type_name: str,
    help_text: str,
    ndims: tuple[int, ...],
    infer: ShapeRule,
    params: tuple[ParamSpec, ...] = (),
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}"),
        inputs=(PortSpec("in", DTYPES, ndims=ndims, layout="(N, C, H, W)"),),
        infer=infer,
        params=(SIZE, SCALE_FACTOR, *params),
        saves=_saves,
        autocast="float32",
        stem="up",
        keywords=("resize", "interpolate", "enlarge", "scale", "decoder"),
        summary=("size", "scale_factor", *(param.name for param in params if param.name == "mode")),
    )


UPSAMPLE = _upsampling(
    "Upsample",
    "Feature maps enlarged or shrunk by repeating or interpolating pixels.",
    (3, 5, 4),
    _upsampled,
    (
        Choice(name="mode", default="nearest", choices=tuple(MODES), help="How new pixels are made."),
        Flag(
            name="align_corners",
            default=None,
            optional=True,
            help="Whether corner pixels keep their place; for the linear and cubic modes.",
        ),
    ),
)

SPECS = (
    UPSAMPLE,
    _upsampling("UpsamplingNearest2d", "Images enlarged by repeating pixels.", (4,), _resized),
    _upsampling(
        "UpsamplingBilinear2d",
        "Images enlarged by interpolating, corners kept in place.",
        (4,),
        _smoothly_resized,
    ),
)
