"""Activations."""

from graph.catalog.params import Axis, Choice, Float, ParamSpec
from graph.catalog.rules import NOT_BOOL, axis_index, same
from graph.catalog.spec import DOCS, Function, LayerSpec, Params, PortSpec
from graph.shapes import DTYPES, FLOATS, TensorSpec

CATEGORY = "Activation"


def _activation(
    type_name: str,
    function: str,
    help_text: str,
    *,
    dtypes: tuple[str, ...] = FLOATS,
    params: tuple[ParamSpec, ...] = (),
    summary: tuple[str, ...] = (),
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Function(function, wraps=True),
        inputs=(PortSpec("in", dtypes),),
        infer=same,
        params=params,
        stem=type_name.lower(),
        keywords=("nonlinearity",),
        summary=summary,
    )


def _squashed(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = inputs[0].dtype if inputs[0].dtype in FLOATS else "float32"
    return (TensorSpec(inputs[0].shape, dtype, inputs[0].is_map),)


def _squashing(type_name: str, help_text: str, keywords: tuple[str, ...]) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Function(f"torch.{type_name.lower()}", wraps=True),
        inputs=(PortSpec("in", DTYPES),),
        outputs=(PortSpec("out", FLOATS),),
        infer=_squashed,
        stem=type_name.lower(),
        keywords=("nonlinearity", *keywords),
    )


def _implicit_dim(inputs: tuple[TensorSpec, ...]) -> int:
    """The dim that torch takes when none is given.

    Source: https://github.com/pytorch/pytorch/blob/main/torch/nn/functional.py (_get_softmax_dim)
    """
    return 0 if inputs[0].ndim in (0, 1, 3) else 1


def _softmax_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    axis_index(p.dim, inputs[0].ndim)
    return (inputs[0],)


SOFTMAX = LayerSpec(
    type="Softmax",
    category=CATEGORY,
    help="Turns scores into probabilities that add up to 1 along a dim.",
    source=f"{DOCS}torch.nn.Softmax.html",
    code=Function("torch.softmax", wraps=True),
    inputs=(PortSpec("in", FLOATS),),
    infer=_softmax_shape,
    params=(
        Axis(
            name="dim",
            initial=-1,
            inferred=_implicit_dim,
            checked=False,
            always_written=True,
            help="Dim whose entries add up to 1.",
        ),
    ),
    keywords=("probabilities", "classes"),
    summary=("dim",),
)

SPECS = (
    _activation("ReLU", "F.relu", "max(0, x).", dtypes=NOT_BOOL),
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
    _squashing("Sigmoid", "1 / (1 + exp(-x)), between 0 and 1.", ("logistic", "probability")),
    _squashing("Tanh", "Hyperbolic tangent, between -1 and 1.", ("hyperbolic",)),
    SOFTMAX,
)
