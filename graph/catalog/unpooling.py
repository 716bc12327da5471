"""Max pooling backwards: values laid where a max pooling found them, zeros elsewhere."""

from graph.catalog.call import Inputs, Params, Saved
from graph.catalog.code import Module
from graph.catalog.params import IntOrTuple
from graph.catalog.rules import as_tuple
from graph.catalog.spec import DOCS, LayerSpec, PortSpec
from graph.dims import Dim, evaluate, symbols
from graph.shapes import FLOATS, SetParam, ShapeError, TensorSpec

TRIED_SIZES = range(32, 96)  # for a symbol, where a difference depends on what it is


def _default_sizes(given: TensorSpec, p: Params, ndim: int) -> tuple[Dim, ...]:
    """(size - 1)*stride - 2*padding + kernel_size for every spatial dim.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html
    """
    stride = p.kernel_size if p.stride is None else p.stride
    windows = zip(*(as_tuple(value, ndim) for value in (p.kernel_size, stride, p.padding)), strict=True)
    return tuple(
        (size - 1) * step - 2 * padding + kernel
        for size, (kernel, step, padding) in zip(given.shape[-ndim:], windows, strict=True)
    )


def _require_same_shape(given: TensorSpec, indices: TensorSpec) -> None:
    if indices.shape != given.shape:
        raise ShapeError(
            "shapes-differ",
            f"the indices are {indices}, but the input is {given}",
            expected=f"indices of shape {given}",
            hint="Connect the indices of the pooling that this layer takes back.",
            port="indices",
        )


def _require_something(sizes: tuple[Dim, ...], given: TensorSpec) -> None:
    for size in sizes:
        if isinstance(size, int) and size < 1:
            raise ShapeError(
                "nothing-left",
                f"padding leaves a side of {size} of {given} from {{source}}",
                expected="at least 1",
                hint="Set padding = 0.",
                param="padding",
                repairs=(SetParam("padding", 0),),
            )


def _is_near(wanted: Dim, usual: Dim, reach: int) -> bool:
    """Whether two sizes differ by less than `reach`, whatever symbols stand for."""
    difference = wanted - usual
    if isinstance(difference, int):
        return abs(difference) < reach
    names = symbols(difference)
    return all(abs(evaluate(difference, dict.fromkeys(names, size))) < reach for size in TRIED_SIZES)


def _sizes_of(like: TensorSpec, usual: tuple[Dim, ...], p: Params, ndim: int) -> tuple[Dim, ...]:
    """The sizes of another tensor, which a pooling may have rounded down."""
    stride = as_tuple(p.kernel_size if p.stride is None else p.stride, ndim)
    sizes = like.shape[-ndim:]
    if len(sizes) < ndim or not all(map(_is_near, sizes, usual, stride)):
        raise ShapeError(
            "size-mismatch",
            f"{{source}} gives {like}, but unpooling gives {' x '.join(map(str, usual))}",
            expected="sizes that differ by less than the stride",
            hint="Connect what went into the pooling.",
            port="like",
        )
    return sizes


def _unpool(ndim: int, dims: str) -> LayerSpec:
    def infer(inputs: Inputs, p: Params) -> tuple[TensorSpec, ...]:
        given, like = inputs[0], inputs.at("like")
        _require_same_shape(given, inputs[1])
        sizes = _default_sizes(given, p, ndim)
        if like is not None:
            sizes = _sizes_of(like, sizes, p, ndim)
        _require_something(sizes, given)
        return (TensorSpec((*given.shape[:-ndim], *sizes), given.dtype, given.is_map),)

    ndims, layout = (ndim + 1, ndim + 2), f"(N, C, {dims})"
    return LayerSpec(
        type=f"MaxUnpool{ndim}d",
        category="Pooling",
        help=f"Takes back a MaxPool{ndim}d: each value where it was found, zeros elsewhere.",
        source=f"{DOCS}torch.nn.MaxUnpool{ndim}d.html",
        code=Module(f"nn.MaxUnpool{ndim}d"),
        inputs=(
            PortSpec("in", FLOATS, ndims=ndims, layout=layout),
            PortSpec("indices", ("int64",), ndims=ndims, layout=layout, help="Of the pooling."),
            PortSpec(
                "like",
                optional=True,
                written=f"output_size={{}}.shape[-{ndim}:]",
                help="What went into the pooling, whose size the output takes where the pooling rounded.",
            ),
        ),
        infer=infer,
        saves=lambda call: Saved(inputs=(1,)),
        params=(
            IntOrTuple(
                name="kernel_size", default=2, ndim=ndim, min=1, positional=True, help="Of the pooling."
            ),
            IntOrTuple(
                name="stride",
                default=None,
                ndim=ndim,
                min=1,
                optional=True,
                help="Of the pooling; the window size when empty.",
            ),
            IntOrTuple(name="padding", default=0, ndim=ndim, help="Of the pooling."),
        ),
        stem="unpool",
        keywords=("upsample", "decoder", "segnet", "unpooling", "indices"),
        summary=("kernel_size", "stride", "padding"),
    )


SPECS = (_unpool(1, "L"), _unpool(2, "H, W"), _unpool(3, "D, H, W"))
