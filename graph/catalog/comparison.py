"""Two tensors compared: similarity and distance."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Axis, Flag, Float
from graph.catalog.rules import NOT_BOOL, axis_index, broadcast, promoted
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.shapes import DTYPES, FLOATS, ShapeError, TensorSpec

CATEGORY = "Tensor"
PORTS = ("x1", "x2")


def _cosine_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = promoted([spec.dtype for spec in inputs])
    if dtype not in FLOATS:
        raise ShapeError(
            "wrong-dtype",
            f"the inputs are {inputs[0].dtype} and {inputs[1].dtype}",
            expected="floating point for one of them",
            hint="Set the dtype of an Input to float32.",
            port="x1",
        )
    shape = broadcast([spec.shape for spec in inputs], PORTS)
    axis = axis_index(p.dim, len(shape))
    return (TensorSpec((*shape[:axis], *shape[axis + 1 :]), dtype),)


def _saves_lengths(call: LayerCall) -> Saved:
    """The inputs, both divided by their lengths, the lengths, and those kept above zero."""
    dtype = call.outputs[0].dtype
    whole = TensorSpec(broadcast([spec.shape for spec in call.inputs], PORTS), dtype)
    length = TensorSpec(call.outputs[0].shape, dtype)
    return Saved(inputs=(0, 1), own=(whole, whole, *4 * (length,)))


COSINE_SIMILARITY = LayerSpec(
    type="CosineSimilarity",
    category=CATEGORY,
    help="Cosine of the angle between vectors: 1 for the same direction, -1 for the opposite.",
    source=f"{DOCS}torch.nn.CosineSimilarity.html",
    code=Module("nn.CosineSimilarity"),
    inputs=tuple(PortSpec(name, DTYPES) for name in PORTS),
    outputs=(PortSpec("out", FLOATS),),
    infer=_cosine_shape,
    saves=_saves_lengths,
    autocast="float32",
    params=(
        Axis(name="dim", default=1, help="Dim that the vectors lie along; the batch is 0."),
        Float(name="eps", default=1e-8, min=0, help="Smallest product of lengths, against division by zero."),
    ),
    stem="similarity",
    keywords=("angle", "siamese", "metric", "embedding"),
    summary=("dim",),
)


def _distance_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = promoted([spec.dtype for spec in inputs])
    *leading, _ = broadcast([spec.shape for spec in inputs], PORTS)
    last = (1,) if p.keepdim else ()
    return (TensorSpec((*leading, *last), dtype if dtype in FLOATS else "float32"),)


def _saves_difference(call: LayerCall) -> Saved:
    shape = broadcast([spec.shape for spec in call.inputs], PORTS)
    return Saved(outputs=(0,), own=(TensorSpec(shape, call.outputs[0].dtype),))


PAIRWISE_DISTANCE = LayerSpec(
    type="PairwiseDistance",
    category=CATEGORY,
    help="Distance between vectors along the last dim: the p-norm of their difference.",
    source=f"{DOCS}torch.nn.PairwiseDistance.html",
    code=Module("nn.PairwiseDistance"),
    inputs=tuple(PortSpec(name, NOT_BOOL) for name in PORTS),
    outputs=(PortSpec("out", FLOATS),),
    infer=_distance_shape,
    saves=_saves_difference,
    params=(
        Float(name="p", default=2.0, help="The norm: 2 is Euclidean, 1 adds up the differences."),
        Float(name="eps", default=1e-6, help="Added to the difference, for a gradient at equality."),
        Flag(name="keepdim", help="Whether the last dim stays, with size 1."),
    ),
    stem="distance",
    keywords=("euclidean", "norm", "siamese", "metric"),
    summary=("p",),
)

SPECS = (COSINE_SIMILARITY, PAIRWISE_DISTANCE)
