"""Fully connected layers."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.onednn import product_space
from graph.catalog.params import Flag, Int
from graph.catalog.rules import FLOAT32, channels_of, sample_elements
from graph.catalog.settings import FROZEN
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim
from graph.shapes import ShapeError, TensorSpec, format_shape

ROWS = (
    48  # that are worked out at a time: 16 to 256, as the batch is, which many layers would take long to tell
)


def _last_dim(inputs: tuple[TensorSpec, ...]) -> int | None:
    return channels_of(inputs[0], -1)


def _linear_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return (TensorSpec((*inputs[0].shape[:-1], p["out_features"]), inputs[0].dtype),)


def _linear_parameters(call: LayerCall) -> int:
    p = call.params
    return int(p["out_features"] * (p["in_features"] + p["bias"]))


def _linear_flops(call: LayerCall) -> Dim:
    return 2 * sample_elements(call) * int(call.params["in_features"])


def _saves(call: LayerCall) -> Saved:
    """The input, which only the gradient of the weights needs, and what the kernel lays out for itself."""
    p, inputs, compute = call.params, () if call.params.get(FROZEN.name) else (0,), call.compute
    dtype = compute.autocast
    if dtype is None or compute.device != "cpu":
        return Saved(inputs)
    size, count = int(p.in_features), int(p.out_features)
    forth = product_space(ROWS, size, count, dtype, compute.processor)
    back = product_space(ROWS, count, size, dtype, compute.processor)
    return Saved(inputs, forward=((forth,),), backward=(back,))


LINEAR = LayerSpec(
    type="Linear",
    category="Linear",
    help="Weighted sums of the last dim: y = x W^T + b.",
    source=f"{DOCS}torch.nn.Linear.html",
    code=Module("nn.Linear"),
    inputs=(PortSpec("in", FLOAT32, maps=False, layout="(N, ..., features)"),),
    infer=_linear_shape,
    params=(
        Int(name="in_features", inferred=_last_dim, positional=True, help="Size of the incoming last dim."),
        Int(name="out_features", default=64, positional=True, help="Size of the outgoing last dim."),
        Flag(name="bias", default=True, help="Whether to add a learned offset."),
    ),
    parameters=_linear_parameters,
    learns="matrix",
    flops=_linear_flops,
    saves=_saves,
    autocast="lower",
    keywords=("dense", "fully connected", "fc"),
    summary=("out_features",),
    traits=frozenset({"affine"}),
)


def _second_last_dim(inputs: tuple[TensorSpec, ...]) -> int | None:
    return channels_of(inputs[1], -1)


def _bilinear_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    left, right = inputs
    if left.shape[:-1] != right.shape[:-1]:
        raise ShapeError(
            "shapes-differ",
            f"the inputs are {left} and {right}, which differ before the last dim",
            expected=format_shape((*left.shape[:-1], right.shape[-1])),
            hint="Make the paths agree in every dim but the last.",
            port="input2",
        )
    return (TensorSpec((*left.shape[:-1], p.out_features), left.dtype),)


def _bilinear_parameters(call: LayerCall) -> int:
    p = call.params
    return int(p.out_features * (p.in1_features * p.in2_features + p.bias))


def _refuses_bilinear(call: LayerCall) -> str:
    """Mixed precision on a CPU leaves its weights in float32, which do not go with inputs that are not."""
    lower = [given.dtype for given in call.inputs if given.dtype != "float32"]
    return f"Bilinear for {lower[0]}" if lower and call.compute.device == "cpu" else ""


BILINEAR = LayerSpec(
    type="Bilinear",
    category="Linear",
    help="Weighted sums of the products of two inputs' last dims: y = x1^T W x2 + b.",
    source=f"{DOCS}torch.nn.Bilinear.html",
    code=Module("nn.Bilinear"),
    inputs=tuple(
        PortSpec(name, FLOAT32, maps=False, layout="(N, ..., features)") for name in ("input1", "input2")
    ),
    infer=_bilinear_shape,
    params=(
        Int(
            name="in1_features",
            inferred=_last_dim,
            positional=True,
            help="Size of the first input's last dim.",
        ),
        Int(
            name="in2_features",
            inferred=_second_last_dim,
            port=1,
            positional=True,
            help="Size of the second input's last dim.",
        ),
        Int(name="out_features", default=64, positional=True, help="Size of the outgoing last dim."),
        Flag(name="bias", default=True, help="Whether to add a learned offset."),
    ),
    parameters=_bilinear_parameters,
    learns="matrix",
    refuses=_refuses_bilinear,
    keywords=("product", "interaction", "attention score", "siamese"),
    summary=("out_features",),
)

SPECS = (LINEAR, BILINEAR)
