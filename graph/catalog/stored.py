"""Tensors that the network keeps: free parameters and constants. They have no batch unless they broadcast."""

from math import prod

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Stored
from graph.catalog.params import Choice, Dims, Float, Numbers, Value
from graph.catalog.rules import LARGEST
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.shapes import DTYPES, FLOATS, SetParam, ShapeError, TensorSpec, format_shape, num_elements

CATEGORY = "Tensor"
MAX_CONSTANT = 2**28  # numbers; 1 GiB of float32
OWN_SHAPE = "Shape of the tensor, all of it; a leading 1 broadcasts over the batch."
NOT_NEGATIVE = ("uint8", "bool")


def _parameter_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return (TensorSpec(p.shape),)


def _write_parameter(call: LayerCall) -> str:
    p = call.params
    sizes = ", ".join(map(str, p.shape))
    if p.init != "normal":
        return f"torch.{p.init}({sizes})"
    return f"torch.empty({sizes}).normal_({'' if p.std == 1 else f'std={p.std!r}'})"


PARAMETER = LayerSpec(
    type="Parameter",
    category=CATEGORY,
    help="Numbers to learn, of any shape: a class token, a position embedding, a scale.",
    source=f"{DOCS}torch.nn.parameter.Parameter.html",
    code=Stored(_write_parameter, learned=True),
    inputs=(),
    outputs=(PortSpec("out", ("float32",)),),
    infer=_parameter_shape,
    saves=saves_nothing,
    params=(
        Dims(name="shape", default=(1, 64), symbolic=False, min_ndim=1, help=OWN_SHAPE),
        Choice(
            name="init",
            default="zeros",
            choices=("zeros", "ones", "normal"),
            help="What learning starts from.",
        ),
        Float(name="std", default=0.02, min=0, help="Standard deviation of the normal numbers."),
    ),
    parameters=lambda call: prod(call.params.shape),
    learns="tensor",
    stem="weight",
    keywords=(
        "nn.parameter",
        "learned",
        "token",
        "cls",
        "embedding",
        "bias",
        "scale",
        "weight",
        "layer scale",
    ),
    summary=("shape", "init"),
)


def _require_values(values: tuple[Value, ...], dtype: str) -> None:
    """Every number is one that the dtype holds."""
    limit = LARGEST[dtype]
    lowest = 0 if dtype in NOT_NEGATIVE else -limit - (dtype not in FLOATS)
    for value in values:
        if not lowest <= value <= limit or (dtype not in FLOATS and value != int(value)):
            whole = "numbers" if dtype in FLOATS else "whole numbers"
            raise ShapeError(
                "value-does-not-fit",
                f"value has {value:g}, which is no {dtype}",
                expected=f"{whole} from {lowest:g} to {limit:g}",
                hint="Change value, or use another dtype.",
                param="value",
                repairs=(SetParam("dtype", "float32"),),
            )


def _constant_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    is_listed = isinstance(p.value, tuple)
    values = p.value if is_listed else (p.value,)
    shape = p.shape or (len(values),)
    _require_values(values, p.dtype)
    count = num_elements(shape)
    if is_listed and count != len(values):
        raise ShapeError(
            "wrong-count",
            f"value has {len(values)} numbers, but shape is {format_shape(shape)}",
            expected=f"{count} numbers, or a single one for all",
            hint="Clear shape for a tensor with one dim, or give a number for each place.",
            param="value",
            repairs=(SetParam("shape", None),),
        )
    if isinstance(count, int) and count > MAX_CONSTANT:
        raise ShapeError(
            "too-large",
            f"it would hold {count:,} numbers",
            expected=f"at most {MAX_CONSTANT:,}",
            hint="Put 1 where the numbers are the same along a dim; it broadcasts.",
            param="shape",
        )
    return (TensorSpec(shape, p.dtype),)


def _write_constant(call: LayerCall) -> str:
    p, (tensor,) = call.params, call.outputs
    dtype = "" if p.dtype == "float32" else f", dtype=torch.{p.dtype}"
    if isinstance(p.value, tuple):
        return f"torch.tensor({_nested(p.value, tensor, p.dtype)}{dtype})"
    sizes = ", ".join(map(str, tensor.shape))
    if p.value in (0, 1):
        return f"torch.{'ones' if p.value else 'zeros'}({sizes}{dtype})"
    trailing = "," if tensor.ndim == 1 else ""
    return f"torch.full(({sizes}{trailing}), {_number(p.value, p.dtype)}{dtype})"


def _nested(values: tuple[Value, ...], tensor: TensorSpec, dtype: str) -> str:
    """The numbers in lists of lists, as `torch.tensor` reads a shape off them."""
    texts = [_number(value, dtype) for value in values]
    for size in reversed(tensor.shape):
        assert isinstance(size, int)
        texts = [f"[{', '.join(texts[start : start + size])}]" for start in range(0, len(texts), size)]
    return texts[0]


def _number(value: Value, dtype: str) -> str:
    if dtype == "bool":
        return str(bool(value))
    return repr(float(value) if dtype in FLOATS else int(value))


CONSTANT = LayerSpec(
    type="Constant",
    category=CATEGORY,
    help="Fixed numbers, kept and moved with the network but never learned: a mask, a scale, indices.",
    source=f"{DOCS}torch.nn.Module.html",
    code=Stored(_write_constant, learned=False),
    inputs=(),
    outputs=(PortSpec("out", DTYPES, dtype_param="dtype"),),
    infer=_constant_shape,
    saves=saves_nothing,
    params=(
        Numbers(name="value", default=0.0, help="One number for all places, or a list with one for each."),
        Dims(
            name="shape",
            default=None,
            optional=True,
            symbolic=False,
            min_ndim=1,
            help=f"{OWN_SHAPE} As long as value when empty.",
        ),
        Choice(name="dtype", default="float32", choices=DTYPES, help="int64 for indices, bool for masks."),
    ),
    keywords=("buffer", "number", "fill", "zeros", "ones", "full", "register_buffer", "literal"),
    summary=("value", "shape"),
)

SPECS = (PARAMETER, CONSTANT)
