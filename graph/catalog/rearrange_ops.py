"""Operations that change the dims of a tensor: swapping, adding, repeating, cutting, padding."""

from graph.catalog.call import Inputs, LayerCall, Params
from graph.catalog.code import Expression, Function
from graph.catalog.params import Axis, Dims, Float, Int, Pads
from graph.catalog.rules import all_maps, axis_index, holding, promoted
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, ShapeRule, View
from graph.dims import Dim
from graph.shapes import DTYPES, SetParam, Shape, ShapeError, TensorSpec

CATEGORY = "Tensor"


def _operation(
    type_name: str,
    page: str,
    help_text: str,
    code: Expression | Function,
    infer: ShapeRule,
    params: tuple[Axis | Int | Dims | Pads | Float, ...],
    keywords: tuple[str, ...],
    inputs: tuple[PortSpec, ...] = (PortSpec("in"),),
    traits: tuple[str, ...] = (),
    view: View = "copy",
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}{page}.html",
        code=code,
        inputs=inputs,
        infer=infer,
        params=params,
        saves=saves_nothing,
        view=view,
        keywords=keywords,
        summary=tuple(param.name for param in params[:2]),
        traits=frozenset(traits),
    )


def _stack_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    first = inputs[0]
    axis = axis_index(p.dim, first.ndim + 1)
    for index, spec in enumerate(inputs[1:], start=1):
        if spec.shape != first.shape:
            raise ShapeError(
                "shapes-differ",
                f"the inputs are {first} and {spec}",
                expected="equal shapes",
                hint="Make the paths give the same shape, or use Concat.",
                port=f"in{index}",
            )
    shape = (*first.shape[:axis], len(inputs), *first.shape[axis:])
    return (TensorSpec(shape, promoted([spec.dtype for spec in inputs])),)


def _write_stack(names: tuple[str, ...], call: LayerCall) -> str:
    return f"torch.stack([{', '.join(names)}], dim={call.params.dim})"


STACK = LayerSpec(
    type="Stack",
    category=CATEGORY,
    help="Its inputs, all of one shape, along a new dim.",
    source=f"{DOCS}torch.stack.html",
    code=Expression(_write_stack),
    inputs=(PortSpec("in", DTYPES, variadic=True, min_count=2),),
    outputs=(PortSpec("out", DTYPES),),
    infer=_stack_shape,
    saves=saves_nothing,
    params=(Axis(name="dim", default=0, initial=1, help="Where the new dim goes; the batch is 0."),),
    keywords=("join", "merge", "new dim"),
    summary=("dim",),
)


def _transpose_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    shape = list(inputs[0].shape)
    first, second = (axis_index(p[name], len(shape), name) for name in ("dim0", "dim1"))
    shape[first], shape[second] = shape[second], shape[first]
    return (TensorSpec(tuple(shape), inputs[0].dtype),)


def _write_transpose(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.transpose({call.params.dim0}, {call.params.dim1})"


def _unsqueeze_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    shape = inputs[0].shape
    axis = axis_index(p.dim, len(shape) + 1)
    return (TensorSpec((*shape[:axis], 1, *shape[axis:]), inputs[0].dtype),)


def _write_unsqueeze(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.unsqueeze({call.params.dim})"


def _require_one_per_dim(spec: TensorSpec, given: tuple[int, ...], param: str, filler: int) -> Shape:
    """The dims of a sample, if a parameter has a number for each."""
    sample = spec.shape[1:]
    if len(given) != len(sample):
        fitting = (*given[: len(sample)], *(filler,) * (len(sample) - len(given)))
        raise ShapeError(
            "wrong-count",
            f"{param} has {len(given)} numbers, but {{source}} gives {spec}",
            expected=f"{len(sample)} numbers, one for each dim but the batch",
            hint=f"Set {param} = {list(fitting)}.",
            param=param,
            repairs=(SetParam(param, list(fitting)),),
        )
    return sample


def _expanded_batch(inputs: Inputs) -> Dim:
    """The batch of the input, or of another tensor where the input has 1 in its place."""
    spec, like = inputs[0], inputs.at("like")
    if like is None or like.shape[0] == spec.shape[0]:
        return spec.shape[0]
    if spec.shape[0] != 1:
        raise ShapeError(
            "expand-size",
            f"the input is {spec}, whose first dim cannot take the size {like.shape[0]} from {{source}}",
            expected=f"1 or {like.shape[0]} in place of {spec.shape[0]}",
            hint="Give the Parameter or Constant a leading 1.",
            port="like",
        )
    return like.shape[0]


def _expand_shape(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
    spec, batch = inputs[0], _expanded_batch(inputs)
    sample = _require_one_per_dim(spec, p.shape, "shape", -1)
    for position, (dim, wanted) in enumerate(zip(sample, p.shape, strict=True), start=1):
        if wanted != -1 and dim not in (1, wanted):
            raise ShapeError(
                "expand-size",
                f"shape asks for {wanted} in dim {position}, but {{source}} gives {spec}",
                expected=f"-1 or {dim}, as only dims of size 1 expand",
                hint="Put -1 where a dim shall stay as it is.",
                param="shape",
            )
    sizes = (dim if wanted == -1 else wanted for dim, wanted in zip(sample, p.shape, strict=True))
    return (TensorSpec((batch, *sizes), spec.dtype, spec.is_map),)


def _write_expand(names: tuple[str, ...], call: LayerCall) -> str:
    batch = f"{names[1]}.shape[0]" if len(names) > 1 else "-1"
    return f"{names[0]}.expand({', '.join(map(str, (batch, *call.params.shape)))})"


def _repeat_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec = inputs[0]
    sample = _require_one_per_dim(spec, p.repeats, "repeats", 1)
    repeated = (dim * times for dim, times in zip(sample, p.repeats, strict=True))
    return (TensorSpec((spec.shape[0], *repeated), spec.dtype, spec.is_map),)


def _write_repeat(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.repeat({', '.join(map(str, (1, *call.params.repeats)))})"


def _slice_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec = inputs[0]
    axis = axis_index(p.dim, spec.ndim)
    length = _slice_length(spec.shape[axis], p.start or 0, p.end)
    if isinstance(length, int) and length <= 0:
        raise ShapeError(
            "empty-slice",
            f"nothing of dim {axis} of {spec} lies between start = {p.start} and end = {p.end}",
            expected="a start before the end",
            hint="Clear start or end.",
            param="end",
            repairs=(SetParam("end", None),),
        )
    size = (length + p.step - 1) // p.step
    return (TensorSpec((*spec.shape[:axis], size, *spec.shape[axis + 1 :]), spec.dtype),)


def _slice_length(size: Dim, start: int, end: int | None) -> Dim:
    """How many entries lie between two indices; a symbol stands for every size that reaches them."""
    if isinstance(size, int):
        first, last, _ = slice(start, end).indices(size)
        return max(last - first, 0)
    first_entry: Dim = start if start >= 0 else size + start
    last_entry: Dim = size if end is None else end if end >= 0 else size + end
    length = last_entry - first_entry
    return length if isinstance(length, int) or start >= 0 else 0


def _write_slice(names: tuple[str, ...], call: LayerCall) -> str:
    p = call.params
    axis = axis_index(p.dim, call.inputs[0].ndim)
    start, end = ("" if bound is None else str(bound) for bound in (p.start or None, p.end))
    step = f":{p.step}" if p.step != 1 else ""
    return f"{names[0]}[{':, ' * axis}{start}:{end}{step}]"


def _pad_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    spec = inputs[0]
    if len(p.pad) > 2 * spec.ndim:
        raise ShapeError(
            "wrong-count",
            f"pad has {len(p.pad)} numbers, but {{source}} gives {spec}",
            expected=f"at most {2 * spec.ndim}, two for each dim",
            hint="Leave out the last numbers.",
            param="pad",
        )
    shape = list(spec.shape)
    for index in range(len(p.pad) // 2):
        axis = spec.ndim - 1 - index
        before, behind = p.pad[2 * index : 2 * index + 2]
        padded = shape[axis] + before + behind
        kept = shape[axis] + min(before, 0) + min(behind, 0)
        if (isinstance(padded, int) and padded <= 0) or (isinstance(kept, int) and kept < 0):
            raise ShapeError(
                "empty-dim",
                f"pad cuts off more than dim {axis} of {spec} has",
                expected="something left",
                hint="Use smaller numbers.",
                param="pad",
            )
        shape[axis] = padded
    return (TensorSpec(tuple(shape), spec.dtype, all_maps(inputs)),)


SPECS = (
    STACK,
    _operation(
        "Transpose",
        "torch.transpose",
        "Two dims swapped.",
        Expression(_write_transpose),
        _transpose_shape,
        (
            Axis(name="dim0", default=1, help="One dim; the batch is 0."),
            Axis(name="dim1", default=2, help="The other dim."),
        ),
        ("swap", "permute", "channels last"),
        traits=("rearranges",),
        view="reordered",
    ),
    _operation(
        "Unsqueeze",
        "torch.unsqueeze",
        "A new dim of size 1.",
        Expression(_write_unsqueeze),
        _unsqueeze_shape,
        (Axis(name="dim", default=1, help="Where the new dim goes; the batch is 0."),),
        ("add dim", "expand dims", "new axis"),
        traits=("rearranges",),
        view="view",
    ),
    _operation(
        "Expand",
        "torch.Tensor.expand",
        "Dims of size 1 read as often as asked, or as another tensor has samples, without a copy.",
        Expression(_write_expand),
        _expand_shape,
        (
            Dims(
                name="shape",
                default=(-1,),
                wildcards=True,
                symbolic=False,
                help="Shape of one sample, without the batch; -1 keeps a dim.",
            ),
        ),
        ("broadcast", "tile", "batch", "class token"),
        inputs=(
            PortSpec("in"),
            PortSpec("like", optional=True, help="What gives the batch size, for a tensor without a batch."),
        ),
        view="reordered",
    ),
    _operation(
        "Repeat",
        "torch.Tensor.repeat",
        "The same numbers several times along dims.",
        Expression(_write_repeat),
        _repeat_shape,
        (
            Dims(
                name="repeats",
                default=(1,),
                symbolic=False,
                help="How often along each dim, without the batch.",
            ),
        ),
        ("tile", "copy"),
    ),
    _operation(
        "Slice",
        "torch.Tensor.narrow",
        "A range of entries along a dim.",
        Expression(_write_slice),
        _slice_shape,
        (
            Axis(name="dim", default=1, help="Dim to cut; the batch is 0."),
            Int(name="start", default=0, min=-(2**62), help="First entry; negative counts from the end."),
            Int(
                name="end",
                default=None,
                optional=True,
                min=-(2**62),
                help="The entry behind the last; empty for all.",
            ),
            Int(name="step", default=1, help="Every how many entries."),
        ),
        ("crop", "narrow", "range", "cut"),
        view="reordered",
    ),
    _operation(
        "Pad",
        "torch.nn.functional.pad",
        "Entries of one value added before and behind dims.",
        Function("F.pad", wraps=True),
        holding(_pad_shape, "value"),
        (
            Pads(
                name="pad",
                default=(1, 1),
                positional=True,
                help="How many before and behind, from the last dim on; negative numbers cut off.",
            ),
            Float(name="value", default=0.0, help="What the new entries are."),
        ),
        ("padding", "border", "crop", "constant"),
    ),
)
