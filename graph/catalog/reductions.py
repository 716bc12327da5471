"""Reductions: many entries to one along dims."""

from collections.abc import Callable

from graph.catalog.call import LayerCall, Params
from graph.catalog.code import Expression
from graph.catalog.params import Axes, Axis, Flag, Float, Int, ParamSpec
from graph.catalog.rules import NOT_BOOL, distinct_axes
from graph.catalog.saving import saves_both, saves_nothing
from graph.catalog.spec import DOCS, SAME_DTYPE, Autocast, LayerSpec, PortSpec, SavedRule, ShapeRule
from graph.shapes import DTYPES, FLOATS, TensorSpec

CATEGORY = "Tensor"
KEEPDIM = Flag(name="keepdim", help="Keep the reduced dims, with size 1.")


def _same_dtype(dtype: str) -> str:
    return dtype


def _sum_dtype(dtype: str) -> str:
    return dtype if dtype in FLOATS else "int64"


def _index_dtype(dtype: str) -> str:
    return "int64"


def _reduced(dtype_of: Callable[[str], str]) -> ShapeRule:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        spec = inputs[0]
        given = p.dim if isinstance(p.dim, tuple) else (p.dim,)
        gone = distinct_axes(given, spec.ndim)
        kept = [
            1 if axis in gone else dim for axis, dim in enumerate(spec.shape) if p.keepdim or axis not in gone
        ]
        return (TensorSpec(tuple(kept), dtype_of(spec.dtype), spec.is_map and p.keepdim),)

    return infer


def _written(function: str, extra: tuple[ParamSpec, ...]) -> Expression:
    def write(names: tuple[str, ...], call: LayerCall) -> str:
        p = call.params
        dims = p.dim if isinstance(p.dim, tuple) else (p.dim,)
        arguments = [f"dim={dims[0] if len(dims) == 1 else dims}"]
        arguments += [f"{param.name}={p[param.name]}" for param in extra if p[param.name] != param.default]
        arguments += ["keepdim=True"] if p.keepdim else []
        if function.startswith("torch."):
            return f"{function}({', '.join([names[0], *arguments])})"
        return f"{names[0]}.{function}({', '.join(arguments)})"

    return Expression(write)


def _reduction(
    type_name: str,
    function: str,
    help_text: str,
    keywords: tuple[str, ...],
    *,
    dtypes: tuple[str, ...] = DTYPES,
    dtype_of: Callable[[str], str] = _same_dtype,
    gives: tuple[str, ...] = (SAME_DTYPE,),
    dim: ParamSpec | None = None,
    extra: tuple[ParamSpec, ...] = (),
    saves: SavedRule = saves_both,
    autocast: Autocast = "follows",
) -> LayerSpec:
    page = function if function.startswith("torch.") else f"torch.{function}"
    return LayerSpec(
        type=type_name,
        category=CATEGORY,
        help=help_text,
        source=f"{DOCS}{page}.html",
        code=_written(function, extra),
        inputs=(PortSpec("in", dtypes),),
        outputs=(PortSpec("out", gives),),
        infer=_reduced(dtype_of),
        params=(
            dim
            or Axes(name="dim", default=(-1,), always_written=True, help="Dims to reduce; the batch is 0."),
            *extra,
            KEEPDIM,
        ),
        saves=saves,
        autocast=autocast,
        keywords=("reduce", *keywords),
        summary=("dim",),
    )


SPECS = (
    _reduction(
        "Mean",
        "mean",
        "Mean along dims; over (2, 3), one number for each feature map.",
        ("average", "global pooling"),
        dtypes=FLOATS,
        saves=saves_nothing,
    ),
    _reduction(
        "Sum",
        "sum",
        "Sum along dims; integers become int64.",
        ("total",),
        dtype_of=_sum_dtype,
        gives=(*FLOATS, "int64"),
        saves=saves_nothing,
        autocast="float32",
    ),
    _reduction(
        "Std",
        "std",
        "Standard deviation along dims.",
        ("deviation", "variance"),
        dtypes=FLOATS,
        extra=(Int(name="correction", default=1, min=0, help="1 for the sample's, 0 for the population's."),),
    ),
    _reduction("Max", "amax", "Largest entry along dims.", ("maximum", "largest", "amax")),
    _reduction("Min", "amin", "Smallest entry along dims.", ("minimum", "smallest", "amin")),
    _reduction(
        "ArgMax",
        "argmax",
        "Where the largest entry along a dim is: the predicted class.",
        ("class", "prediction", "index"),
        dtypes=NOT_BOOL,
        dtype_of=_index_dtype,
        gives=("int64",),
        saves=saves_nothing,
        dim=Axis(name="dim", default=-1, always_written=True, help="Dim to search; the batch is 0."),
    ),
    _reduction(
        "Norm",
        "torch.linalg.vector_norm",
        "Length of the vectors along dims.",
        ("length", "euclidean", "l2", "l1"),
        dtypes=FLOATS,
        extra=(Float(name="ord", default=2.0, help="2 for the Euclidean length, 1 for the sum."),),
        autocast="float32",
    ),
)
