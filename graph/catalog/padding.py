"""Padding: a border around feature maps."""

from graph.catalog.call import Params
from graph.catalog.code import Module
from graph.catalog.params import INT_LIMIT, Float, IntOrTuple, ParamSpec
from graph.catalog.rules import NOT_BOOL, as_tuple, holding
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec, PortSpec, SavedRule, saves_inputs
from graph.dims import Dim
from graph.shapes import DTYPES, SetParam, ShapeError, TensorSpec

LAYOUTS = {1: "(N, C, L)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}
SIDES = {
    1: ("left", "right"),
    2: ("left", "right", "top", "bottom"),
    3: ("left", "right", "top", "bottom", "front", "back"),
}
VALUE = Float(name="value", default=0.0, positional=True, help="What the border is filled with.")
MANY = tuple(range(1, 17))


def _require_source(size: Dim, sides: tuple[int, int], spare: int | None) -> None:
    """Reflected padding needs more pixels than it adds, circular padding as many."""
    widest = max(sides)
    if spare is not None and isinstance(size, int) and size < widest + spare:
        raise ShapeError(
            "padding-too-large",
            f"padding takes {widest} pixels from a side of {size}",
            expected=f"at most {size - spare}",
            hint=f"Set padding = {size - spare}.",
            param="padding",
            repairs=(SetParam("padding", size - spare),),
        )


def _padded_shape(
    inputs: tuple[TensorSpec, ...], p: Params, ndim: int, spare: int | None
) -> tuple[TensorSpec, ...]:
    shape, padding = list(inputs[0].shape), as_tuple(p.padding, 2 * ndim)
    for number, sides in enumerate(zip(padding[::2], padding[1::2], strict=True), start=1):
        size = shape[-number]
        _require_source(size, sides, spare)
        shape[-number] = size + sum(sides)
        cropped = sum(side for side in sides if side < 0)
        if isinstance(size, int) and (size + sum(sides) < 1 or size + cropped < 0):
            raise ShapeError(
                "nothing-left",
                f"padding {sides[0]} and {sides[1]} takes everything from a side of {size}",
                expected=f"more than {-size} together",
                hint="Set padding = 0.",
                param="padding",
                repairs=(SetParam("padding", 0),),
            )
    return (TensorSpec(tuple(shape), inputs[0].dtype, inputs[0].is_map),)


def _padding(
    name: str,
    ndim: int,
    help_text: str,
    *,
    ndims: tuple[int, ...],
    spare: int | None = None,
    dtypes: tuple[str, ...] = DTYPES,
    crops: bool = False,
    params: tuple[ParamSpec, ...] = (),
    keywords: tuple[str, ...] = (),
    saves: SavedRule = saves_nothing,
) -> LayerSpec:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        return _padded_shape(inputs, p, ndim, spare)

    type_name, negative = f"{name}Pad{ndim}d", "; negative to cut off" if crops else ""
    return LayerSpec(
        type=type_name,
        category="Padding",
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}"),
        inputs=(PortSpec("in", dtypes, ndims=ndims, layout=LAYOUTS[ndim]),),
        infer=holding(infer, *(param.name for param in params)),
        params=(
            IntOrTuple(
                name="padding",
                default=1,
                ndim=2 * ndim,
                sides=SIDES[ndim],
                min=-INT_LIMIT if crops else 0,
                positional=True,
                help=f"Pixels on every side, or {', '.join(SIDES[ndim])}{negative}.",
            ),
            *params,
        ),
        saves=saves,
        stem="pad",
        keywords=("border", "margin", *keywords),
        summary=("padding",),
    )


def _paddings(ndim: int) -> tuple[LayerSpec, ...]:
    """All kinds of padding for one number of spatial dims."""
    usual = (ndim + 1, ndim + 2)
    any_ndim = (*(count for count in MANY if ndim <= count != ndim + 2), ndim + 2)
    return (
        _padding("Zero", ndim, "A border of zeros.", ndims=any_ndim, crops=True, keywords=("crop",)),
        _padding(
            "Constant", ndim, "A border of one value.", ndims=any_ndim, crops=True, params=(VALUE,),
            keywords=("crop", "fill"),
        ),
        _padding(
            "Reflection", ndim, "A border that mirrors what lies inside the edge.", ndims=usual, spare=1,
            dtypes=NOT_BOOL, keywords=("mirror",), saves=saves_inputs,
        ),
        _padding(
            "Replication", ndim, "A border that repeats the edge.", ndims=usual, dtypes=NOT_BOOL,
            keywords=("repeat", "edge"), saves=saves_inputs,
        ),
        _padding(
            "Circular", ndim, "A border that goes on at the opposite side.", ndims=usual, spare=0,
            keywords=("wrap", "periodic"),
        ),
    )  # fmt: skip


SPECS = (*_paddings(1), *_paddings(2), *_paddings(3))
