"""The ends of a graph."""

from graph.catalog.call import Params
from graph.catalog.code import Boundary
from graph.catalog.params import Choice, Dims
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import LayerSpec, PortSpec
from graph.shapes import BATCH, DTYPES, TensorSpec, dim_from_json

CATEGORY = "Input/Output"


def _input_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return (TensorSpec((BATCH, *map(dim_from_json, p.shape)), p.dtype),)


def _nothing(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return ()


INPUT = LayerSpec(
    type="Input",
    category=CATEGORY,
    help="What the network is given, a batch at a time.",
    source="https://docs.pytorch.org/docs/stable/notes/modules.html",
    code=Boundary(),
    inputs=(),
    outputs=(PortSpec("out", DTYPES, dtype_param="dtype"),),
    infer=_input_shape,
    saves=saves_nothing,
    params=(
        Dims(
            name="shape",
            default=(1, 28, 28),
            initial=(1, 8, 8),  # the digits that a new plan trains on
            help="Shape of one sample, without the batch.",
        ),
        Choice(
            name="dtype", default="float32", choices=DTYPES, help="int64 for token ids, float32 otherwise."
        ),
    ),
    stem="input",
    keywords=("image", "data", "x", "features"),
    summary=("shape",),
)

OUTPUT = LayerSpec(
    type="Output",
    category=CATEGORY,
    help="What the network gives back; training compares it with the target.",
    source="https://docs.pytorch.org/docs/stable/notes/modules.html",
    code=Boundary(),
    outputs=(),
    infer=_nothing,
    saves=saves_nothing,
    stem="output",
    keywords=("logits", "prediction", "result", "y"),
)

SPECS = (INPUT, OUTPUT)
