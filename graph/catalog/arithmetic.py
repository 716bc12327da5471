"""Arithmetic on several tensors, entry by entry, with broadcasting."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Expression
from graph.catalog.rules import NOT_BOOL, all_maps, broadcast, floated, promoted
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, SavedRule, saves_inputs
from graph.shapes import DTYPES, FLOATS, TensorSpec

CATEGORY = "Arithmetic"


def _merged(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = promoted([spec.dtype for spec in inputs])
    return (TensorSpec(broadcast([spec.shape for spec in inputs]), dtype, all_maps(inputs)),)


def _write_multiply(names: tuple[str, ...], call: LayerCall) -> str:
    return " * ".join(names)


def _saves_factors(call: LayerCall) -> Saved:
    """The inputs, and the products on the way to that of all."""
    shapes = [spec.shape for spec in call.inputs]
    products = (broadcast(shapes[:count]) for count in range(2, len(shapes)))
    saved = saves_inputs(call)
    return Saved(saved.inputs, own=tuple(TensorSpec(shape, call.outputs[0].dtype) for shape in products))


MULTIPLY = LayerSpec(
    type="Multiply",
    category=CATEGORY,
    help="Product of its inputs, entry by entry; applies a gate or a mask.",
    source=f"{DOCS}torch.mul.html",
    code=Expression(_write_multiply),
    inputs=(PortSpec("in", DTYPES, variadic=True, min_count=2),),
    outputs=(PortSpec("out", DTYPES),),
    infer=_merged,
    saves=_saves_factors,
    keywords=("mul", "times", "product", "gate", "scale", "mask"),
)

PAIR = ("input", "other")


def _pair_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    dtype = promoted([spec.dtype for spec in inputs])
    return (TensorSpec(broadcast([spec.shape for spec in inputs], PAIR), dtype, all_maps(inputs)),)


def _quotient_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    (merged,) = _pair_shape(inputs, p)
    return (TensorSpec(merged.shape, floated(merged.dtype), merged.is_map),)


def _of_two(
    type_name: str,
    function: str,
    help_text: str,
    keywords: tuple[str, ...],
    *,
    operator: str = "",
    dtypes: tuple[str, ...] = DTYPES,
    divides: bool = False,
    saves: SavedRule = saves_inputs,
) -> LayerSpec:
    def write(names: tuple[str, ...], call: LayerCall) -> str:
        first, second = names
        return f"{first} {operator} {second}" if operator else f"{function}({first}, {second})"

    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}{function}.html",
        code=Expression(write),
        inputs=tuple(PortSpec(name, dtypes) for name in PAIR),
        outputs=(PortSpec("out", FLOATS if divides else DTYPES),),
        infer=_quotient_shape if divides else _pair_shape,
        saves=saves,
        keywords=keywords,
    )


WHERE_PORTS = ("condition", "input", "other")


def _where_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    shape = broadcast([spec.shape for spec in inputs], WHERE_PORTS)
    return (TensorSpec(shape, promoted([spec.dtype for spec in inputs[1:]]), all_maps(inputs[1:])),)


def _write_where(names: tuple[str, ...], call: LayerCall) -> str:
    return f"torch.where({', '.join(names)})"


def _saves_condition(call: LayerCall) -> Saved:
    return Saved(inputs=(0,))


WHERE = LayerSpec(
    type="Where",
    category=CATEGORY,
    help="Entries of input where the condition holds, of other elsewhere.",
    source=f"{DOCS}torch.where.html",
    code=Expression(_write_where),
    inputs=(
        PortSpec("condition", ("bool", "uint8"), help="True where input is taken."),
        PortSpec("input", DTYPES),
        PortSpec("other", DTYPES),
    ),
    outputs=(PortSpec("out", DTYPES),),
    infer=_where_shape,
    saves=_saves_condition,
    keywords=("select", "mask", "if", "choose"),
)

SPECS = (
    _of_two(
        "Subtract",
        "torch.sub",
        "input - other, entry by entry.",
        ("sub", "minus", "difference"),
        operator="-",
        dtypes=NOT_BOOL,
        saves=saves_nothing,
    ),
    MULTIPLY,
    _of_two(
        "Divide",
        "torch.div",
        "input / other, entry by entry.",
        ("div", "quotient", "ratio"),
        operator="/",
        divides=True,
    ),
    _of_two("Maximum", "torch.maximum", "The larger of two inputs, entry by entry.", ("max", "larger")),
    _of_two("Minimum", "torch.minimum", "The smaller of two inputs, entry by entry.", ("min", "smaller")),
    WHERE,
)
