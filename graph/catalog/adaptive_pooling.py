"""Pooling to a wanted size: by regions, and by windows at random places."""

from graph.catalog.call import LayerCall, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import Float, IntOrTuple
from graph.catalog.pooling import INDICES, RETURN_INDICES, with_indices
from graph.catalog.rules import as_tuple, scaled_size
from graph.catalog.saving import saves_indices, saves_nothing
from graph.catalog.spec import DOCS, SAME_DTYPE, LayerSpec, PortSpec, SavedRule, saves_inputs
from graph.catalog.windows import dividing
from graph.dims import Dim
from graph.shapes import FLOATS, SetParam, ShapeError, TensorSpec

SIDES = {1: "Length", 2: "Height and width", 3: "Depth, height and width"}


def _adaptive_shape(inputs: tuple[TensorSpec, ...], p: Params, ndim: int) -> TensorSpec:
    wanted, sizes = as_tuple(p.output_size, ndim), inputs[0].shape[-ndim:]
    spatial = (size if want is None else want for want, size in zip(wanted, sizes, strict=True))
    return TensorSpec((*inputs[0].shape[:-ndim], *spatial), inputs[0].dtype, inputs[0].is_map)


def _saves_unless_global(call: LayerCall) -> Saved:
    """Nothing where one mean is taken of everything, else the input."""
    sizes = call.params.output_size
    return saves_nothing(call) if sizes in (1, (1,), (1, 1), (1, 1, 1)) else saves_inputs(call)


def _adaptive(
    kind: str,
    ndim: int,
    dims: str,
    help_text: str,
    stem: str,
    keywords: tuple[str, ...],
    saves: SavedRule,
) -> LayerSpec:
    finds = kind == "Max"

    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        pooled = _adaptive_shape(inputs, p, ndim)
        return with_indices(pooled, p) if finds else (pooled,)

    type_name = f"Adaptive{kind}Pool{ndim}d"
    keep = "; none keeps a size" if ndim > 1 else ""
    return LayerSpec(
        type=type_name,
        category="Pooling",
        help=help_text,
        source=f"{DOCS}torch.nn.{type_name}.html",
        code=Module(f"nn.{type_name}"),
        inputs=(PortSpec("in", FLOATS, ndims=(ndim + 1, ndim + 2), layout=f"(N, C, {dims})"),),
        outputs=(PortSpec("out", (SAME_DTYPE,)), *((INDICES,) if finds else ())),
        infer=infer,
        params=(
            IntOrTuple(
                name="output_size",
                default=1,
                ndim=ndim,
                min=1,
                holes=ndim > 1,
                positional=True,
                help=f"{SIDES[ndim]}{keep}.",
            ),
            *((RETURN_INDICES,) if finds else ()),
        ),
        saves=saves,
        windows=dividing(ndim),
        stem=stem,
        keywords=keywords,
        summary=("output_size",),
        traits=frozenset({"fixed-size"}),
    )


def _adaptive_avg(ndim: int, dims: str) -> LayerSpec:
    help_text = "Means of a fixed number of regions, whatever the input size; 1 is global average pooling."
    keywords = ("global average pooling", "gap", "mean")
    return _adaptive("Avg", ndim, dims, help_text, "gap", keywords, _saves_unless_global)


def _adaptive_max(ndim: int, dims: str) -> LayerSpec:
    help_text = "Largest values of a fixed number of regions, whatever the input size."
    keywords = ("global max pooling", "gmp", "maximum")
    return _adaptive("Max", ndim, dims, help_text, "pool", keywords, saves_indices)


def _fractional_sizes(given: TensorSpec, p: Params, ndim: int) -> tuple[Dim, ...]:
    """What output_size says, or output_ratio makes of the input; exactly one of them is set."""
    if (p.output_size is None) == (p.output_ratio is None):
        count = "neither" if p.output_size is None else "both"
        raise ShapeError(
            "size-or-ratio",
            f"{count} of output_size and output_ratio {'are' if count == 'both' else 'is'} given",
            expected="one of the two",
            hint="Set output_ratio = 0.5." if count == "neither" else "Clear output_ratio.",
            param="output_ratio",
            repairs=(SetParam("output_ratio", 0.5 if count == "neither" else None),),
        )
    if p.output_size is not None:
        return as_tuple(p.output_size, ndim)
    if p.output_ratio >= 1:
        raise ShapeError(
            "ratio-too-large",
            f"output_ratio is {p.output_ratio:g}, which would not shrink {given}",
            expected="a number above 0 and below 1",
            hint="Set output_ratio = 0.5.",
            param="output_ratio",
            repairs=(SetParam("output_ratio", 0.5),),
        )
    return tuple(scaled_size(size, p.output_ratio, "output_ratio") for size in given.shape[-ndim:])


def _fractional_shape(inputs: tuple[TensorSpec, ...], p: Params, ndim: int) -> tuple[TensorSpec, ...]:
    spare = 1 if ndim == 3 else 0  # torch wants a pixel more in volumes
    wanted, kernels = _fractional_sizes(inputs[0], p, ndim), as_tuple(p.kernel_size, ndim)
    for want, kernel, size in zip(wanted, kernels, inputs[0].shape[-ndim:], strict=True):
        if want == 0:
            raise ShapeError(
                "nothing-left",
                f"output_ratio leaves nothing of a side of {size} of {inputs[0]} from {{source}}",
                expected="at least one window",
                hint="Use a larger output_ratio.",
                param="output_ratio",
            )
        if isinstance(want, int) and isinstance(size, int) and want + kernel - 1 + spare > size:
            raise ShapeError(
                "window-too-large",
                f"{want} windows of {kernel} do not fit into a side of {size} of {inputs[0]} from {{source}}",
                expected=f"at most {max(size - kernel + 1 - spare, 0)} windows",
                hint="Use a smaller kernel_size, or another output size.",
                param="kernel_size",
            )
    pooled = TensorSpec((*inputs[0].shape[:-ndim], *wanted), inputs[0].dtype, inputs[0].is_map)
    return with_indices(pooled, p)


def _fractional(ndim: int, dims: str) -> LayerSpec:
    def infer(inputs: tuple[TensorSpec, ...], p: Params) -> tuple[TensorSpec, ...]:
        return _fractional_shape(inputs, p, ndim)

    return LayerSpec(
        type=f"FractionalMaxPool{ndim}d",
        category="Pooling",
        help="Largest value of each window; the windows lie at random places, for any output size.",
        source=f"{DOCS}torch.nn.FractionalMaxPool{ndim}d.html",
        code=Module(f"nn.FractionalMaxPool{ndim}d"),
        inputs=(PortSpec("in", FLOATS, ndims=(ndim + 1, ndim + 2), layout=f"(N, C, {dims})"),),
        outputs=(PortSpec("out", (SAME_DTYPE,)), INDICES),
        infer=infer,
        params=(
            IntOrTuple(
                name="kernel_size",
                default=2,
                ndim=ndim,
                min=1,
                positional=True,
                help="Window size in pixels.",
            ),
            IntOrTuple(
                name="output_size", default=None, ndim=ndim, min=1, optional=True, help=f"{SIDES[ndim]}."
            ),
            Float(
                name="output_ratio",
                default=None,
                initial=0.5,
                optional=True,
                above=0,
                help="Output size by input size, below 1, in place of output_size.",
            ),
            RETURN_INDICES,
        ),
        saves=saves_indices,
        windows=dividing(ndim),
        stem="pool",
        keywords=("downsample", "stochastic", "random", "maximum"),
        summary=("kernel_size", "output_ratio"),
    )


SPECS = (
    _adaptive_avg(1, "L"),
    _adaptive_avg(2, "H, W"),
    _adaptive_avg(3, "D, H, W"),
    _adaptive_max(1, "L"),
    _adaptive_max(2, "H, W"),
    _adaptive_max(3, "D, H, W"),
    _fractional(2, "H, W"),
    _fractional(3, "D, H, W"),
)
