"""Functions of one tensor, entry by entry."""

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Expression, Function
from graph.catalog.params import Choice, Float, ParamSpec
from graph.catalog.rules import NOT_BOOL, floating, holding, same
from graph.catalog.saving import saves_nothing, saves_output
from graph.catalog.spec import (
    DOCS,
    SAME_DTYPE,
    Autocast,
    LayerSpec,
    PortSpec,
    SavedRule,
    ShapeRule,
    saves_inputs,
)
from graph.shapes import DTYPES, FLOATS, ShapeError, TensorSpec

CATEGORY = "Arithmetic"


def _function(
    type_name: str,
    function: str,
    help_text: str,
    keywords: tuple[str, ...],
    *,
    dtypes: tuple[str, ...] = DTYPES,
    infer: ShapeRule = floating,
    params: tuple[ParamSpec, ...] = (),
    saves: SavedRule = saves_inputs,
    autocast: Autocast = "follows",
) -> LayerSpec:
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}{function}.html",
        code=Function(function, wraps=True),
        inputs=(PortSpec("in", dtypes),),
        outputs=(PortSpec("out", (SAME_DTYPE,) if infer is same else FLOATS),),
        infer=infer,
        params=params,
        saves=saves,
        autocast=autocast,
        keywords=keywords,
        summary=tuple(param.name for param in params),
    )


def _clamp_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    if p.min is None and p.max is None:
        raise ShapeError(
            "no-bounds",
            "neither min nor max is set",
            expected="at least one of them",
            hint="Set min = 0, for instance.",
            param="min",
        )
    return floating(inputs, p)


def _number(value: float) -> str:
    """A number as people write it: 2 for 2.0."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _write_power(names: tuple[str, ...], call: LayerCall) -> str:
    exponent = call.params.exponent
    # A whole exponent would keep integers integers, which the declared rule does not.
    return f"{names[0]} ** {_number(exponent) if call.inputs[0].dtype in FLOATS else repr(exponent)}"


POWER = LayerSpec(
    type="Power",
    category=CATEGORY,
    help="x to a power; integers become float32.",
    source=f"{DOCS}torch.pow.html",
    code=Expression(_write_power),
    inputs=(PortSpec("in", DTYPES),),
    outputs=(PortSpec("out", FLOATS),),
    infer=holding(floating, "exponent"),
    params=(Float(name="exponent", default=2.0, help="The power."),),
    autocast="float32",
    keywords=("pow", "square", "exponent"),
    summary=("exponent",),
)


def _cast_shape(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
    return (TensorSpec(inputs[0].shape, p.dtype, inputs[0].is_map),)


def _write_cast(names: tuple[str, ...], call: LayerCall) -> str:
    return f"{names[0]}.to(torch.{call.params.dtype})"


CAST = LayerSpec(
    type="Cast",
    category=CATEGORY,
    help="The same numbers in another dtype.",
    source="https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html",
    code=Expression(_write_cast),
    inputs=(PortSpec("in", DTYPES),),
    outputs=(PortSpec("out", DTYPES),),
    infer=_cast_shape,
    saves=saves_nothing,
    view="view",
    autocast="fixed",
    params=(Choice(name="dtype", default="float32", choices=DTYPES, help="The dtype to give."),),
    keywords=("dtype", "convert", "float", "int", "type"),
    summary=("dtype",),
)

SPECS = (
    POWER,
    _function("Sqrt", "torch.sqrt", "Square root; NaN below zero.", ("root",), saves=saves_output),
    _function(
        "Exp",
        "torch.exp",
        "e to the power of x.",
        ("exponential",),
        saves=saves_output,
        autocast="float32",
    ),
    _function(
        "Log", "torch.log", "Natural logarithm; NaN below zero.", ("ln", "logarithm"), autocast="float32"
    ),
    _function("Abs", "torch.abs", "Absolute value.", ("magnitude",), dtypes=NOT_BOOL, infer=same),
    _function(
        "Clamp",
        "torch.clamp",
        "x, cut off below min and above max.",
        ("clip", "limit", "bounds"),
        infer=holding(_clamp_shape, "min", "max"),
        params=(
            Float(name="min", default=None, optional=True, initial=0.0, help="Smallest output."),
            Float(name="max", default=None, optional=True, help="Largest output."),
        ),
    ),
    CAST,
)
