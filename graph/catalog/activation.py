"""Activations, entry by entry."""

from collections.abc import Callable

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Code, Function, Module
from graph.catalog.params import Choice, Float, Int, ParamSpec
from graph.catalog.rules import FLOAT32, NOT_BOOL, channels_of, floating, holding, same
from graph.catalog.saving import saves_input_and_as_much, saves_output
from graph.catalog.spec import (
    DOCS,
    SAME_DTYPE,
    Autocast,
    LayerSpec,
    PortSpec,
    SavedRule,
    ShapeRule,
    no_parameters,
    refuses_nothing,
    saves_inputs,
)
from graph.shapes import DTYPES, FLOATS, SetParam, ShapeError, TensorSpec

CATEGORY = "Activation"


def _activation(
    type_name: str,
    code: str | Code,
    help_text: str,
    *,
    dtypes: tuple[str, ...] = FLOATS,
    infer: ShapeRule = same,
    params: tuple[ParamSpec, ...] = (),
    parameters: Callable[[LayerCall], int] = no_parameters,
    saves: SavedRule = saves_inputs,
    autocast: Autocast = "follows",
    refuses: Callable[[LayerCall], str] = refuses_nothing,
    summary: tuple[str, ...] = (),
    keywords: tuple[str, ...] = (),
    traits: tuple[str, ...] = (),
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Function(code, wraps=True) if isinstance(code, str) else code,
        inputs=(PortSpec("in", dtypes),),
        outputs=(PortSpec("out", FLOATS if infer is floating else (SAME_DTYPE,)),),
        infer=infer,
        params=params,
        parameters=parameters,
        learns="scale",
        saves=saves,
        autocast=autocast,
        refuses=refuses,
        stem=type_name.lower(),
        keywords=("nonlinearity", *keywords),
        summary=summary,
        traits=frozenset({"activation", *traits}),
    )


def _refuses_rrelu(call: LayerCall) -> str:
    is_lacking = call.compute.device == "cpu" and call.inputs[0].dtype == "float16"
    return "RReLU in float16" if is_lacking else ""


def _require_order(low: str, high: str, *, equal: bool) -> ShapeRule:
    """The output is like the input, if one parameter is below another."""

    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        if p[low] > p[high] or (p[low] == p[high] and not equal):
            raise ShapeError(
                "bounds-order",
                f"{low} is {p[low]:g}, {high} is {p[high]:g}",
                expected=f"{low} below {high}",
                hint=f"Use a smaller {low} or a larger {high}.",
                param=low,
            )
        return (inputs[0],)

    return infer


def _prelu_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec, count = inputs[0], p.num_parameters
    channels = spec.shape[1] if spec.ndim > 1 else 1
    if count not in (1, channels):
        known = channels_of(spec, 1) or 1
        raise ShapeError(
            "prelu-channels",
            f"num_parameters is {count}, but {{source}} gives {spec}",
            expected=f"1, or a slope for each of the {channels} channels" if known > 1 else "1",
            hint=f"Set num_parameters = {known}.",
            param="num_parameters",
            repairs=(SetParam("num_parameters", known),),
        )
    return (spec,)


def _saves_tanh(call: LayerCall) -> Saved:
    return Saved(own=call.outputs)


def _saves_exponentials(call: LayerCall) -> Saved:
    """The input; the CPU keeps exp(-abs(x)) as well, which others compute again."""
    return saves_input_and_as_much(call) if call.compute.device == "cpu" else saves_inputs(call)


ALPHA = Float(name="alpha", default=1.0, help="How far below zero it goes.")
LAMBD = Float(name="lambd", default=0.5, min=0, help="Values closer to zero than this become zero.")

SPECS = (
    _activation("ReLU", "F.relu", "max(0, x).", dtypes=NOT_BOOL, saves=saves_output, traits=("rectifier",)),
    _activation(
        "LeakyReLU",
        "F.leaky_relu",
        "x where positive, else a small slope times x.",
        params=(Float(name="negative_slope", default=0.01, help="Slope left of zero."),),
        summary=("negative_slope",),
    ),
    _activation(
        "GELU",
        "F.gelu",
        "x times the probability that a normal variable is below x.",
        params=(
            Choice(name="approximate", default="none", choices=("none", "tanh"), help="Exact, or by tanh."),
        ),
    ),
    _activation("SiLU", "F.silu", "x times sigmoid(x); also called swish."),
    _activation(
        "Sigmoid",
        "torch.sigmoid",
        "1 / (1 + exp(-x)), between 0 and 1.",
        dtypes=DTYPES,
        infer=floating,
        saves=saves_output,
        keywords=("logistic", "probability"),
        traits=("unit-interval",),
    ),
    _activation(
        "Tanh",
        "torch.tanh",
        "Hyperbolic tangent, between -1 and 1.",
        dtypes=DTYPES,
        infer=floating,
        saves=saves_output,
        keywords=("hyperbolic",),
    ),
    _activation(
        "ELU",
        "F.elu",
        "x where positive, else alpha (exp(x) - 1).",
        params=(ALPHA,),
        summary=("alpha",),
        keywords=("exponential",),
    ),
    _activation(
        "SELU", "F.selu", "ELU scaled so that activations keep mean 0 and variance 1.", keywords=("scaled",)
    ),
    _activation(
        "CELU",
        "F.celu",
        "ELU with a continuous slope for every alpha.",
        params=(Float(name="alpha", default=1.0, above=0, help="How far below zero it goes."),),
        summary=("alpha",),
        keywords=("exponential",),
    ),
    _activation(
        "PReLU",
        Module("nn.PReLU", wraps=True),
        "LeakyReLU with a learned slope, one for all channels or one each.",
        dtypes=FLOAT32,
        infer=_prelu_shape,
        params=(
            Int(name="num_parameters", default=1, help="1 slope, or one for each channel."),
            Float(name="init", default=0.25, help="Slope before training."),
        ),
        parameters=lambda call: int(call.params.num_parameters),
        autocast="lower",
        summary=("num_parameters",),
        keywords=("parametric", "leaky", "learned"),
    ),
    _activation(
        "RReLU",
        Module("nn.RReLU", wraps=True),
        "LeakyReLU with a random slope while training, the mean slope afterwards.",
        dtypes=("float32", "float64", "bfloat16"),
        infer=_require_order("lower", "upper", equal=True),
        saves=saves_input_and_as_much,
        refuses=_refuses_rrelu,
        params=(
            Float(name="lower", default=1 / 8, help="Smallest slope."),
            Float(name="upper", default=1 / 3, help="Largest slope."),
        ),
        keywords=("randomized", "leaky"),
    ),
    _activation(
        "ReLU6",
        "F.relu6",
        "ReLU that stops at 6.",
        dtypes=NOT_BOOL,
        keywords=("mobile",),
        traits=("rectifier",),
    ),
    _activation(
        "Hardtanh",
        "F.hardtanh",
        "x, cut off below min_val and above max_val.",
        dtypes=tuple(dtype for dtype in NOT_BOOL if dtype != "uint8"),
        infer=holding(_require_order("min_val", "max_val", equal=False), "min_val", "max_val"),
        params=(
            Float(name="min_val", default=-1.0, help="Smallest output."),
            Float(name="max_val", default=1.0, help="Largest output."),
        ),
        keywords=("clip", "clamp"),
    ),
    _activation("Hardswish", "F.hardswish", "A cheap SiLU, as MobileNetV3 has it.", keywords=("mobile",)),
    _activation(
        "Hardsigmoid",
        "F.hardsigmoid",
        "A cheap sigmoid of three straight pieces.",
        keywords=("mobile",),
        traits=("unit-interval",),
    ),
    _activation(
        "Hardshrink",
        "F.hardshrink",
        "Zero near zero, else x.",
        infer=holding(same, "lambd"),
        params=(LAMBD,),
        summary=("lambd",),
        keywords=("threshold", "sparse"),
    ),
    _activation(
        "Softshrink",
        "F.softshrink",
        "Zero near zero, else x moved towards zero.",
        infer=holding(same, "lambd"),
        params=(LAMBD,),
        summary=("lambd",),
        keywords=("threshold", "sparse"),
    ),
    _activation(
        "Tanhshrink", "F.tanhshrink", "x - tanh(x).", dtypes=NOT_BOOL, infer=floating, saves=_saves_tanh
    ),
    _activation(
        "Softplus",
        "F.softplus",
        "log(1 + exp(x)), a smooth ReLU that stays positive.",
        params=(
            Float(name="beta", default=1.0, above=0, help="Sharpness of the bend."),
            Float(name="threshold", default=20.0, help="Above it, x itself, for numerical stability."),
        ),
        autocast="float32",
        keywords=("smooth", "positive"),
    ),
    _activation(
        "Softsign",
        "F.softsign",
        "x / (1 + abs(x)).",
        dtypes=NOT_BOOL,
        infer=floating,
        saves=saves_input_and_as_much,
    ),
    _activation("Mish", "F.mish", "x tanh(softplus(x)), smooth and not monotonic."),
    _activation(
        "LogSigmoid",
        "F.logsigmoid",
        "log(sigmoid(x)), computed stably.",
        saves=_saves_exponentials,
        keywords=("log",),
    ),
    _activation(
        "Threshold",
        "F.threshold",
        "x where above a threshold, else a fixed value.",
        dtypes=NOT_BOOL,
        infer=holding(same, "threshold", "value"),
        params=(
            Float(name="threshold", default=0.0, positional=True, help="Up to here, x is replaced."),
            Float(name="value", default=0.0, positional=True, help="What it is replaced with."),
        ),
        summary=("threshold", "value"),
    ),
)
