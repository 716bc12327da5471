"""Entries picked out by a number or by a tensor of numbers."""

from graph.catalog.call import Inputs, LayerCall, Params, Saved
from graph.catalog.code import Expression
from graph.catalog.params import Axis, Int
from graph.catalog.rules import axis_index, require_same
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, SAME_DTYPE, LayerSpec, PortSpec
from graph.catalog.tensor_ops import select_shape, write_select
from graph.dims import Dim
from graph.shapes import DTYPES, ShapeError, TensorSpec

CATEGORY = "Tensor"
DIM = Axis(name="dim", default=0, initial=1, help="Dim to pick from; the batch is 0.")
SAME = (PortSpec("out", (SAME_DTYPE,)),)


def _size_along_dim(call: LayerCall) -> Dim:
    """What every index must be smaller than."""
    return call.inputs[0].shape[axis_index(call.params.dim, call.inputs[0].ndim)]


def _select_shape(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
    index = inputs.at("at")
    if index is None:
        return select_shape(inputs, p)
    spec = inputs[0]
    axis = axis_index(p.dim, spec.ndim)
    if axis == 0:
        raise ShapeError(
            "picks-samples",
            f"dim is {p.dim}, the batch of {spec} from {{source}}, but at picks an entry of each sample",
            expected="another dim than the batch",
            hint="Set dim = 1, or use Index to pick samples.",
            param="dim",
        )
    require_same(index.shape[0], spec.shape[0], "batch", "at", (spec, index))
    return (TensorSpec((*spec.shape[:axis], *spec.shape[axis + 1 :]), spec.dtype),)


def _write_select(names: tuple[str, ...], call: LayerCall) -> str:
    if len(names) == 1:
        return write_select(names, call)
    name, index = names
    axis = axis_index(call.params.dim, call.inputs[0].ndim)
    return f"{name}[torch.arange({name}.shape[0], device={name}.device), {':, ' * (axis - 1)}{index}]"


SELECT = LayerSpec(
    type="Select",
    category=CATEGORY,
    help="One entry along a dim: the same for all samples, or another for each, as at says.",
    source=f"{DOCS}torch.select.html",
    code=Expression(_write_select),
    inputs=(
        PortSpec("in"),
        PortSpec(
            "at",
            ("int64", "int32"),
            ndims=(1,),
            layout="(N,)",
            optional=True,
            below=_size_along_dim,
            help="Which entry of each sample, such as the last step before its padding.",
        ),
    ),
    outputs=SAME,
    infer=_select_shape,
    saves=saves_nothing,
    view="reordered",
    params=(
        Axis(name="dim", default=1, help="Dim to select from; the batch is 0."),
        Int(name="index", default=0, min=-(2**62), help="Which entry of all samples; -1 is the last."),
    ),
    keywords=("index", "pick", "entry", "class token", "last step", "lengths", "slice"),
    summary=("dim", "index"),
)


def _index_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec, index = inputs
    axis = axis_index(p.dim, spec.ndim)
    shape = (*spec.shape[:axis], index.shape[0], *spec.shape[axis + 1 :])
    return (TensorSpec(shape, spec.dtype, spec.is_map),)


def _write_index(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.index_select({call.params.dim}, {names[1]})"


def _saves_index(call: LayerCall) -> Saved:
    """What tells which entries were picked."""
    return Saved(inputs=(1,))


INDEX = LayerSpec(
    type="Index",
    category=CATEGORY,
    help="Entries along a dim in the order that a list of indices says, the same for all samples.",
    source=f"{DOCS}torch.index_select.html",
    code=Expression(_write_index),
    inputs=(
        PortSpec("input", DTYPES),
        PortSpec(
            "index",
            ("int64", "int32"),
            ndims=(1,),
            layout="(K,)",
            below=_size_along_dim,
            help="Such as a Constant.",
        ),
    ),
    outputs=SAME,
    infer=_index_shape,
    saves=_saves_index,
    params=(DIM,),
    keywords=("index_select", "pick", "reorder", "shuffle", "lookup"),
    summary=("dim",),
)


def _gather_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec, index = inputs
    if index.ndim != spec.ndim:
        raise ShapeError(
            "ranks-differ",
            f"the index is {index}, but the input is {spec}",
            expected=f"an index with {spec.ndim} dims",
            hint="Insert an Unsqueeze before index, or use Select.",
            port="index",
        )
    axis = axis_index(p.dim, spec.ndim)
    for position, (size, wanted) in enumerate(zip(spec.shape, index.shape, strict=True)):
        if position != axis and not _reaches(size, wanted):
            raise ShapeError(
                "index-too-large",
                f"the index is {index}, which has more in dim {position} than {spec} from {{source}}",
                expected=f"at most {size} in place of {wanted}",
                hint="Only along dim may the index be longer than the input.",
                port="index",
            )
    return (TensorSpec(index.shape, spec.dtype),)


def _reaches(size: Dim, wanted: Dim) -> bool:
    """Whether a dim has so many entries; a symbol stands for every size that is large enough."""
    spare = size - wanted
    return spare >= 0 if isinstance(spare, int) else isinstance(wanted, int)


def _write_gather(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.gather({call.params.dim}, {names[1]})"


GATHER = LayerSpec(
    type="Gather",
    category=CATEGORY,
    help="Entries along a dim, as an index of the same number of dims says for each place.",
    source=f"{DOCS}torch.gather.html",
    code=Expression(_write_gather),
    inputs=(
        PortSpec("input", DTYPES),
        PortSpec("index", ("int64", "int32"), below=_size_along_dim, help="Its shape is the output's."),
    ),
    outputs=SAME,
    infer=_gather_shape,
    params=(DIM,),
    keywords=("take along", "pick", "lookup", "top-k", "index"),
    summary=("dim",),
)

SPECS = (SELECT, INDEX, GATHER)
