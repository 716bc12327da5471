"""Operations on tensors: merging, reshaping, selecting."""

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Expression
from graph.catalog.params import Axes, Axis, Dims, Int
from graph.catalog.rules import all_maps, axis_index, broadcast, distinct_axes, promoted
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim, divide_exact
from graph.shapes import (
    DTYPES,
    SetParam,
    Shape,
    ShapeError,
    TensorSpec,
    dim_from_json,
    format_shape,
    num_elements,
)

CATEGORY = "Tensor"
SEVERAL = (PortSpec("in", DTYPES, variadic=True, min_count=2),)
PROMOTED = (PortSpec("out", DTYPES),)


def _add_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = promoted([spec.dtype for spec in inputs])
    return (TensorSpec(broadcast([spec.shape for spec in inputs]), dtype, all_maps(inputs)),)


def _write_add(names: tuple[str, ...], call: LayerCall) -> str:
    return " + ".join(names)


ADD = LayerSpec(
    type="Add",
    category=CATEGORY,
    help="Sum of its inputs, entry by entry; joins a skip connection.",
    source=f"{DOCS}torch.add.html",
    code=Expression(_write_add),
    inputs=SEVERAL,
    outputs=PROMOTED,
    infer=_add_shape,
    saves=saves_nothing,
    keywords=("sum", "plus", "residual", "skip", "merge"),
)


def _concat_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    first = inputs[0]
    axis = axis_index(p.dim, first.ndim)
    total: Dim = first.shape[axis]
    for index, spec in enumerate(inputs[1:], start=1):
        if spec.ndim != first.ndim or _without(spec.shape, axis) != _without(first.shape, axis):
            raise ShapeError(
                "shapes-differ",
                f"the inputs are {first} and {spec}, which differ outside dim {axis}",
                expected=f"{_holed(first.shape, axis)}",
                hint="Make the paths agree in every dim but the one they are joined along.",
                port=f"in{index}",
            )
        total = total + spec.shape[axis]
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return (TensorSpec(shape, promoted([spec.dtype for spec in inputs]), all_maps(inputs)),)


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def _holed(shape: Shape, axis: int) -> str:
    return f"({', '.join('any' if index == axis else str(dim) for index, dim in enumerate(shape))})"


def _write_concat(names: tuple[str, ...], call: LayerCall) -> str:
    return f"torch.cat([{', '.join(names)}], dim={call.params.dim})"


CONCAT = LayerSpec(
    type="Concat",
    category=CATEGORY,
    help="Its inputs side by side along a dim; 1 joins channels or features.",
    source=f"{DOCS}torch.cat.html",
    code=Expression(_write_concat),
    inputs=SEVERAL,
    outputs=PROMOTED,
    infer=_concat_shape,
    saves=saves_nothing,
    params=(Axis(name="dim", default=0, initial=1, help="Dim to join along; the batch is 0."),),
    keywords=("cat", "concatenate", "join", "merge", "dense", "skip"),
    summary=("dim",),
)


def _reshape_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    batch, elements = inputs[0].shape[0], num_elements(inputs[0].shape[1:])
    dims = [dim_from_json(dim) for dim in p.shape]
    known = num_elements(tuple(dim for dim in dims if dim != -1))
    rest = divide_exact(elements, known)
    if rest is None or (-1 not in dims and rest != 1):
        raise ShapeError(
            "reshape-size",
            f"shape {format_shape(tuple(dims))} holds {'a multiple of ' if -1 in dims else ''}{known} "
            f"per sample, but {{source}} gives {inputs[0]}, which holds {elements}",
            expected=f"dims whose product is {elements}",
            hint="Change shape, or put one -1 where the size shall follow from the input.",
            param="shape",
        )
    outgoing = tuple(rest if dim == -1 else dim for dim in dims)
    if len(_unread(inputs[0].shape, outgoing)) > 1:
        raise ShapeError(
            "reshape-symbols",
            f"shape {format_shape(tuple(dims))} has several dims whose size is no dim of {inputs[0]}",
            expected="at most one, as code has one -1 for it",
            hint="Reshape in two steps, or use sizes and symbols of the input.",
            param="shape",
        )
    return (TensorSpec((batch, *outgoing), inputs[0].dtype),)


def _unread(incoming: Shape, outgoing: Shape) -> list[Dim]:
    """Dims whose size can neither be written as a number nor read off a dim of the input."""
    return [dim for dim in outgoing if not isinstance(dim, int) and dim not in incoming]


def _write_reshape(names: tuple[str, ...], call: LayerCall) -> str:
    incoming, outgoing = call.inputs[0].shape, call.outputs[0].shape[1:]
    unread = _unread(incoming, outgoing)
    sizes = [f"{names[0]}.shape[0]"]
    for given, dim in zip(call.params.shape, outgoing, strict=True):
        if dim in unread or (given == -1 and not unread):
            sizes.append("-1")
        elif isinstance(dim, int):
            sizes.append(str(dim if given == -1 else given))
        else:
            sizes.append(f"{names[0]}.shape[{incoming.index(dim)}]")
    return f"{names[0]}.reshape({', '.join(sizes)})"


RESHAPE = LayerSpec(
    type="Reshape",
    category=CATEGORY,
    help="The same numbers in another shape; the batch stays. One -1 takes what is left.",
    source=f"{DOCS}torch.reshape.html",
    code=Expression(_write_reshape),
    infer=_reshape_shape,
    saves=saves_nothing,
    view="view-in-order",
    params=(
        Dims(name="shape", default=(-1,), wildcard=True, help="Shape of one sample, without the batch."),
    ),
    keywords=("view", "unflatten"),
    summary=("shape",),
    traits=frozenset({"rearranges", "reshapes"}),
)


def _flatten_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    shape = inputs[0].shape
    start = axis_index(p.start_dim, len(shape), "start_dim")
    end = axis_index(p.end_dim, len(shape), "end_dim")
    if start > end:
        raise ShapeError(
            "flatten-order",
            f"start_dim is {p.start_dim}, behind end_dim = {p.end_dim} of {inputs[0]}",
            expected="start_dim up to end_dim",
            hint="Set end_dim = -1.",
            param="end_dim",
            repairs=(SetParam("end_dim", -1),),
        )
    return (
        TensorSpec(
            (*shape[:start], num_elements(shape[start : end + 1]), *shape[end + 1 :]), inputs[0].dtype
        ),
    )


def _write_flatten(names: tuple[str, ...], call: LayerCall) -> str:
    p = call.params
    end = "" if p.end_dim == -1 else f", {p.end_dim}"
    return f"{names[0]}.flatten({p.start_dim}{end})"


FLATTEN = LayerSpec(
    type="Flatten",
    category=CATEGORY,
    help="One vector per sample, as Linear wants it.",
    source=f"{DOCS}torch.nn.Flatten.html",
    code=Expression(_write_flatten),
    infer=_flatten_shape,
    saves=saves_nothing,
    view="view-in-order",
    params=(
        Axis(name="start_dim", default=1, help="First dim to merge; the batch is 0."),
        Axis(name="end_dim", default=-1, help="Last dim to merge."),
    ),
    keywords=("vector", "view"),
    traits=frozenset({"rearranges", "flattens"}),
)


def _permute_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    shape = inputs[0].shape
    if sorted(dim + len(shape) if dim < 0 else dim for dim in p.dims) != list(range(len(shape))):
        raise ShapeError(
            "not-a-permutation",
            f"dims is {list(p.dims)}, but {{source}} gives {inputs[0]} with {len(shape)} dims",
            expected=f"each of 0 to {len(shape) - 1} once",
            hint=f"Set dims = {list(range(len(shape)))} and swap from there; the batch is 0.",
            param="dims",
        )
    return (TensorSpec(tuple(shape[dim] for dim in p.dims), inputs[0].dtype),)


def _write_permute(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.permute({', '.join(map(str, call.params.dims))})"


PERMUTE = LayerSpec(
    type="Permute",
    category=CATEGORY,
    help="The same numbers with the dims in another order.",
    source=f"{DOCS}torch.permute.html",
    code=Expression(_write_permute),
    infer=_permute_shape,
    saves=saves_nothing,
    view="reordered",
    params=(Axes(name="dims", default=(0, 2, 1), help="New order of the dims; the batch is 0."),),
    keywords=("transpose", "swap", "channels last"),
    summary=("dims",),
    traits=frozenset({"rearranges"}),
)


def _squeezed_dims(spec: TensorSpec, p: Params) -> tuple[int, ...]:
    """Dims of size 1 that go. The batch stays even while it holds a single sample."""
    axes = range(spec.ndim) if p.dim is None else [axis_index(dim, spec.ndim) for dim in p.dim]
    return tuple(sorted({axis for axis in axes if spec.shape[axis] == 1}))


def _squeeze_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec = inputs[0]
    distinct_axes(p.dim or (), spec.ndim)
    gone = _squeezed_dims(spec, p)
    return (TensorSpec(tuple(dim for axis, dim in enumerate(spec.shape) if axis not in gone), spec.dtype),)


def _write_squeeze(names: tuple[str, ...], call: LayerCall) -> str:
    gone = _squeezed_dims(call.inputs[0], call.params)
    if not gone:
        return names[0]
    return f"{names[0]}.squeeze({gone[0] if len(gone) == 1 else gone})"


SQUEEZE = LayerSpec(
    type="Squeeze",
    category=CATEGORY,
    help="Removes dims of size 1.",
    source=f"{DOCS}torch.squeeze.html",
    code=Expression(_write_squeeze),
    infer=_squeeze_shape,
    saves=saves_nothing,
    view="view",
    params=(Axes(name="dim", default=None, optional=True, help="Dims to remove; all of size 1 when empty."),),
    keywords=("remove dim",),
    summary=("dim",),
    traits=frozenset({"rearranges"}),
)


def select_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    """The input without the dim that one entry is taken of."""
    shape = inputs[0].shape
    axis = axis_index(p.dim, len(shape))
    size = shape[axis]
    if isinstance(size, int) and not -size <= p.index < size:
        raise ShapeError(
            "index-out-of-range",
            f"index is {p.index}, but dim {axis} of {inputs[0]} has {size} entries",
            expected=f"an index from {-size} to {size - 1}",
            hint="Set index = -1 for the last.",
            param="index",
            repairs=(SetParam("index", -1),),
        )
    return (TensorSpec((*shape[:axis], *shape[axis + 1 :]), inputs[0].dtype),)


def write_select(names: tuple[str, ...], call: LayerCall) -> str:
    """`x[:, -1]`."""
    axis = axis_index(call.params.dim, call.inputs[0].ndim)
    return f"{names[0]}[{':, ' * axis}{call.params.index}]"


LAST_STEP = LayerSpec(
    type="LastStep",
    category=CATEGORY,
    help="One entry along a dim: by default the last step of a sequence.",
    source=f"{DOCS}torch.select.html",
    code=Expression(write_select),
    infer=select_shape,
    saves=saves_nothing,
    view="reordered",
    params=(
        Axis(name="dim", default=1, help="Dim to select from; time is 1."),
        Int(name="index", default=-1, min=-(2**62), help="Which entry; -1 is the last."),
    ),
    stem="last",
    keywords=("select", "index", "time step", "slice"),
    summary=("index",),
)

SPECS = (ADD, CONCAT, FLATTEN, RESHAPE, PERMUTE, SQUEEZE, LAST_STEP)
