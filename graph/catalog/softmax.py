"""Activations along a dim: softmax and its kin, and gating."""

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Expression, Function
from graph.catalog.params import Axis
from graph.catalog.rules import axis_index
from graph.catalog.saving import saves_output
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import divide_exact
from graph.shapes import FLOATS, ShapeError, TensorSpec

CATEGORY = "Activation"


def _implicit_dim(inputs: tuple[TensorSpec, ...]) -> int:
    """The dim that torch takes when none is given.

    Source: https://github.com/pytorch/pytorch/blob/main/torch/nn/functional.py (_get_softmax_dim)
    """
    return 0 if inputs[0].ndim in (0, 1, 3) else 1


def _softmax_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    axis_index(p.dim, inputs[0].ndim)
    return (inputs[0],)


PROBABILITIES = frozenset({"softmax", "unit-interval"})


def _softmax(
    type_name: str,
    function: str,
    help_text: str,
    keywords: tuple[str, ...] = (),
    traits: frozenset[str] = PROBABILITIES,
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Function(function, wraps=True),
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
        keywords=("probabilities", "classes", *keywords),
        summary=("dim",),
        traits=traits,
        saves=saves_output,
        autocast="float32",
    )


def _write_softmax_2d(names: tuple[str, ...], call: LayerCall) -> str:
    return f"torch.softmax({names[0]}, dim=1)"


SOFTMAX_2D = LayerSpec(
    type="Softmax2d",
    category=CATEGORY,
    help="Softmax over the channels of every pixel.",
    source=f"{DOCS}torch.nn.Softmax2d.html",
    code=Expression(_write_softmax_2d),
    inputs=(PortSpec("in", FLOATS, ndims=(4,), layout="(N, C, H, W)"),),
    infer=lambda inputs, p: (inputs[0],),
    saves=saves_output,
    autocast="float32",
    stem="softmax",
    keywords=("probabilities", "segmentation", "pixels"),
    traits=PROBABILITIES,
)


def _glu_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec = inputs[0]
    axis = axis_index(p.dim, spec.ndim)
    half = divide_exact(spec.shape[axis], 2)
    if half is None:
        raise ShapeError(
            "odd-size",
            f"it halves dim {axis}, which is {spec.shape[axis]} in {spec} from {{source}}",
            expected="an even size",
            hint="Give the layer before it twice the features that shall come out.",
            param="dim",
        )
    return (TensorSpec((*spec.shape[:axis], half, *spec.shape[axis + 1 :]), spec.dtype, spec.is_map),)


GLU = LayerSpec(
    type="GLU",
    category=CATEGORY,
    help="One half of a dim times the sigmoid of the other half.",
    source=f"{DOCS}torch.nn.GLU.html",
    code=Function("F.glu", wraps=True),
    inputs=(PortSpec("in", FLOATS),),
    infer=_glu_shape,
    params=(Axis(name="dim", default=-1, help="Dim to halve."),),
    stem="glu",
    keywords=("gated", "gate"),
    summary=("dim",),
)

SPECS = (
    _softmax("Softmax", "torch.softmax", "Turns scores into probabilities that add up to 1 along a dim."),
    _softmax(
        "LogSoftmax",
        "torch.log_softmax",
        "Logarithm of the softmax, as NLLLoss wants it.",
        ("log", "nll"),
        frozenset({"log-softmax"}),
    ),
    _softmax("Softmin", "F.softmin", "Softmax of -x: the smallest entry gets the most."),
    SOFTMAX_2D,
    GLU,
)
