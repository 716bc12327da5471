"""Parameters drawn with an input in mind, and further inputs drawn with the first in mind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

Shape = list[int | str]
Draw = Callable[[st.SearchStrategy[Any]], Any]
SYMBOL = "T"

TRANSFORMERS = (
    "TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder", "TransformerDecoder",
    "Transformer",
)  # fmt: skip

WINDOWS = ("ShiftedWindowAttention", "ShiftedWindowAttentionV2")

EQUATIONS = (
    "bij,bjk->bik",
    "ab,ab->a",
    "...i,...i",
    "abc->acb",
    "abc,abd->acd",
    "abb->ab",
    "ab",
    "...",
    "->",
)


def like(shape: Shape) -> st.SearchStrategy[Shape]:
    """The same shape, one with a dim changed, or one with fewer dims."""
    same = st.just(shape)
    if not shape:
        return same
    changed = st.tuples(st.integers(0, len(shape) - 1), st.sampled_from([1, 2, 3, SYMBOL])).map(
        lambda change: [*shape[: change[0]], change[1], *shape[change[0] + 1 :]]
    )
    return st.one_of(same, changed, st.integers(0, len(shape)).map(lambda start: shape[start:]))


def _regrouped(draw: Draw, shape: Shape) -> dict[str, Any]:
    """A shape with the same product: dims in another order, some merged, one perhaps left open."""
    dims = draw(st.permutations(shape))
    numbers = [dim for dim in dims if dim != SYMBOL]
    if len(numbers) > 1 and draw(st.booleans()):
        dims = [numbers[0] * numbers[1], *numbers[2:], *(dim for dim in dims if dim == SYMBOL)]
    if dims and draw(st.booleans()):
        dims[draw(st.integers(0, len(dims) - 1))] = -1
    return {"shape": list(dims)}


def _trailing(draw: Draw, shape: Shape) -> dict[str, Any]:
    count = draw(st.integers(1, max(len(shape), 1)))
    return {"normalized_shape": [dim if dim != SYMBOL else 3 for dim in shape[-count:]]}


def _permutation(draw: Draw, shape: Shape) -> dict[str, Any]:
    ndim = len(shape) + 1
    dims = draw(st.permutations(range(ndim)))
    signs = draw(st.lists(st.booleans(), min_size=ndim, max_size=ndim))
    return {"dims": [dim - ndim if negative else dim for dim, negative in zip(dims, signs, strict=True)]}


def _divisor(draw: Draw, *numbers: int | str) -> int:
    """A number that divides all of these; a symbol is divided by 1 only."""
    whole = [n if isinstance(n, int) else 1 for n in numbers]
    return draw(st.sampled_from([d for d in range(1, 13) if all(n % d == 0 for n in whole)]))


def _pixel_shuffle(draw: Draw, shape: Shape) -> dict[str, Any]:
    channels = shape[-3] if len(shape) > 2 else 1
    is_square = isinstance(channels, int) and channels % 4 == 0
    return {"upscale_factor": draw(st.sampled_from([1, 2])) if is_square else 1}


def _unflattened(draw: Draw, shape: Shape) -> dict[str, Any]:
    axis = draw(st.integers(0, len(shape)))
    size = [SYMBOL, *shape][axis]
    part = _divisor(draw, size)
    rest = -1 if isinstance(size, str) or draw(st.booleans()) else size // part
    return {"dim": axis, "unflattened_size": draw(st.permutations([part, rest]))}


def _one_of_two(first: str, second: str) -> Callable[[Draw, Shape], dict[str, Any]]:
    """Sets one of two parameters of which exactly one is wanted."""

    def fitted(draw: Draw, shape: Shape) -> dict[str, Any]:
        if draw(st.booleans()):
            inexact = [] if SYMBOL in shape and draw(st.integers(0, 3)) else [0.3, 0.7]
            return {first: None, second: draw(st.sampled_from([0.25, 0.5, *inexact]))}
        return {first: draw(st.integers(1, 2)), second: None}

    return fitted


def _upsampled(draw: Draw, shape: Shape) -> dict[str, Any]:
    mode = {2: "linear", 3: "bilinear", 4: "trilinear"}.get(len(shape), "area")
    smooth = draw(st.booleans())
    return _one_of_two("size", "scale_factor")(draw, shape) | {
        "mode": mode if smooth else draw(st.sampled_from(["nearest", "nearest-exact", "area"])),
        "align_corners": draw(st.sampled_from([None, True, False])) if smooth else None,
    }


def _folded(draw: Draw, shape: Shape) -> dict[str, Any]:
    """An image of a single column of blocks, as many as come in."""
    if len(shape) != 2 or not all(isinstance(dim, int) for dim in shape):
        return {}
    height = _divisor(draw, shape[0])
    dilation, padding = draw(st.integers(1, 2)), draw(st.integers(0, 1))
    size = [dilation * (height - 1) + int(shape[1]) - 2 * padding, 1]
    kernel = {"kernel_size": [height, 1], "dilation": dilation, "padding": [padding, 0], "stride": 1}
    return {"output_size": size, **kernel} if size[0] > 0 else kernel


def _axes(draw: Draw, shape: Shape) -> dict[str, Any]:
    return {"dim": draw(st.lists(_axis(len(shape) + 1), min_size=1, max_size=3))}


def _axis(ndim: int) -> st.SearchStrategy[int]:
    return st.integers(-ndim, ndim - 1)


def _transposed(draw: Draw, shape: Shape) -> dict[str, Any]:
    return {name: draw(_axis(len(shape) + 1)) for name in ("dim0", "dim1")}


def _expanded(draw: Draw, shape: Shape) -> dict[str, Any]:
    def wanted(dim: int | str) -> st.SearchStrategy[int]:
        return st.sampled_from([-1, 1, 3] if dim == 1 or draw(st.integers(0, 9)) == 0 else [-1, -1, dim])

    return {"shape": [draw(wanted(dim)) if dim != SYMBOL else -1 for dim in shape]}


def _repeated(draw: Draw, shape: Shape) -> dict[str, Any]:
    return {"repeats": [draw(st.integers(1, 3)) for _ in shape]}


def _halved(draw: Draw, shape: Shape) -> dict[str, Any]:
    even = [axis for axis, dim in enumerate(shape, start=1) if isinstance(dim, int) and dim % 2 == 0]
    return {"dim": draw(st.sampled_from(even))} if even else {}


def _split(draw: Draw, shape: Shape) -> dict[str, Any]:
    """Sizes whose sum is a dim, or one size for all parts of it."""
    known = [axis for axis, dim in enumerate(shape, start=1) if isinstance(dim, int)]
    if not known:
        return {}
    axis = draw(st.sampled_from(known))
    size = int(shape[axis - 1])
    first = draw(st.integers(1, size))
    sections = [first, size - first] if first < size else [size]
    return {"dim": axis, "split_size_or_sections": draw(st.sampled_from([sections, first]))}


def _equation(draw: Draw, shape: Shape) -> dict[str, Any]:
    """An equation for one to three tensors, the first of this shape and all with the batch `a` first."""
    first = "abcdef"[: len(shape) + 1]
    if len(first) > 2 and draw(st.integers(0, 9)) == 0:
        first = first[:-1] + draw(st.sampled_from(first))
    others = ["a" + draw(st.text("bcdefgh", max_size=3)) for _ in range(draw(st.integers(0, 2)))]
    operands = [draw(_shortened(operand)) for operand in (first, *others)]
    letters = sorted({letter for operand in operands for letter in operand if letter != "."})
    result = "".join(draw(st.lists(st.sampled_from(letters or ["a"]), unique=True, max_size=4)))
    dots = "..." if any("." in operand for operand in operands) and draw(st.booleans()) else ""
    arrow = draw(st.sampled_from(["->", "->", " -> "])) + dots + result if draw(st.integers(0, 4)) else ""
    return {"equation": ",".join(operands) + arrow}


def _shortened(operand: str) -> st.SearchStrategy[str]:
    """The letters of a tensor, rarely with an ellipsis for some of them, or no letters at all."""
    cut = st.integers(1, len(operand)).map(lambda start: f"...{operand[start:]}")
    return st.one_of(
        st.just(operand), st.just(operand), st.just(operand), cut, st.sampled_from(["...", "ab.", "a1"])
    )


def _operands(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """The tensors after the first that an equation asks for, often of sizes that agree."""
    texts = params.get("equation", "bij,bjk->bik").partition("->")[0].replace(" ", "").split(",")
    sizes = dict(zip(texts[0].replace("...", ""), ["N", *shape], strict=False))
    found = []
    for text in texts[1:]:
        letters = text.removeprefix("...")[text[:1] != "." :]
        under = shape[: max(len(shape) + 1 - len(letters), 0)][-1:] if text.startswith("...") else []
        drawn = (sizes.setdefault(letter, draw(st.integers(1, 4))) for letter in letters)
        found.append([dim if dim != "N" else 3 for dim in [*under, *drawn]])
    return found


def _picked(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """A number for each sample, or nothing."""
    return [[]] * draw(st.integers(0, 1))


def _numbers(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    return [draw(st.sampled_from([[], [], [], [2]]))]


def _places(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """An index of as many dims, here and there shorter or longer."""
    return [[dim if dim == SYMBOL or draw(st.booleans()) else draw(st.integers(1, 4)) for dim in shape]]


def _some_axis(draw: Draw, shape: Shape) -> dict[str, Any]:
    return {"dim": draw(_axis(len(shape) + 1))}


def _ordered(low: str, high: str) -> Callable[[Draw, Shape], dict[str, Any]]:
    return lambda draw, shape: dict(
        zip((low, high), sorted(draw(st.sampled_from([(0.1, 0.5), (-1.0, 2.0), (0, 1)]))), strict=True)
    )


def _clamped(draw: Draw, shape: Shape) -> dict[str, Any]:
    return {"min": draw(st.sampled_from([0, -1.5]))}


def _with_heads(name: str) -> Callable[[Draw, Shape], dict[str, Any]]:
    return lambda draw, shape: {name: _divisor(draw, *shape[-1:])}


def _few_layers(draw: Draw, shape: Shape) -> dict[str, Any]:
    return _with_heads("nhead")(draw, shape) | {"num_layers": draw(st.integers(1, 2))}


def _few_layers_of_both(draw: Draw, shape: Shape) -> dict[str, Any]:
    layers = {f"num_{part}_layers": draw(st.integers(1, 2)) for part in ("encoder", "decoder")}
    return _with_heads("nhead")(draw, shape) | layers


def _block(draw: Draw, shape: Shape) -> dict[str, Any]:
    """An activation that goes with overwriting, or none of that."""
    return draw(
        st.sampled_from([{"inplace": None}, {"activation_layer": "Mish"}, {"activation_layer": None}])
    )


def _states(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """Hidden states for a cell; the first few of them, as they may be left out."""
    state: Shape = [params.get("hidden_size", 64)]
    return [state] * draw(st.integers(0, 2))


def _hidden(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    return _states(draw, shape, params)[:1]


def _indices(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """The indices of a pooling, and often what went into it."""
    if len(shape) < 2 or draw(st.booleans()):
        return [shape]
    kernel, stride = params.get("kernel_size", 2), params.get("stride")
    steps = kernel if stride is None else stride
    step = steps if isinstance(steps, int) else min(steps)
    grown = [dim if dim == SYMBOL else dim * step + draw(st.integers(0, step)) for dim in shape[1:]]
    return [shape, [shape[0], *grown]]


def _factor(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """The second factor of a matrix product: leading dims that broadcast, and rows for the columns."""
    columns = draw(st.sampled_from([1, 3, 5, SYMBOL]))
    if len(shape) < 2:
        return [draw(like(shape))]
    leading = [draw(st.sampled_from([dim, dim, 1])) for dim in shape[:-2]]
    return [[*leading, shape[-1], columns]]


def _keys(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """Keys and values of one length for queries of any shape."""
    length = draw(st.sampled_from([shape[-2], 1, 3, SYMBOL])) if len(shape) > 1 else 1
    if not params.get("batch_first", True):
        return [draw(st.sampled_from([shape, [4, *shape[1:]]]))] * 2
    key_size, value_size = (params.get(name) or (shape or [1])[-1] for name in ("kdim", "vdim"))
    return [[*shape[:-2], length, key_size], [*shape[:-2], length, value_size]]


def _memory(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    return _keys(draw, shape, params)[:1]


def _masked(
    others: Callable[[Draw, Shape, Mapping[str, Any]], list[Shape]],
    masks: Callable[[Any, Any], list[Shape]],
) -> Callable[[Draw, Shape, Mapping[str, Any]], list[Shape]]:
    """Further inputs, often with the first few masks that go with them."""

    def drawn(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
        found = others(draw, shape, params)
        fits = len(shape) == 2 and all(len(other) == 2 for other in found) and params.get("batch_first", True)
        if draw(st.booleans()) if fits else draw(st.integers(0, 9)):
            return found
        fitting = masks(shape[0] if shape else 1, (found or [shape])[0][0] if shape else 1)
        if params.get("nhead", params.get("num_heads")) != 1 and draw(st.integers(0, 9)):
            fitting = [mask for mask in fitting if len(mask) == 1]  # others have a place for each head
        return found + fitting[: draw(st.integers(1, len(fitting)))]

    return drawn


def _nothing(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    return []


def _scores(draw: Draw, shape: Shape, params: Mapping[str, Any]) -> list[Shape]:
    """Keys and values, and often a mask of their scores."""
    found = _keys(draw, shape, params)
    if len(shape) < 2 or draw(st.booleans()):
        return found
    scores = [*shape[:-2], shape[-2], found[0][-2]]
    return [*found, [draw(st.sampled_from([dim, dim, 1])) for dim in scores][-draw(st.integers(1, 3)) :]]


# Inputs after the first, drawn with that one in mind, as few others would fit.
OTHER_INPUTS: Mapping[str, Callable[[Draw, Shape, Mapping[str, Any]], list[Shape]]] = {
    "Einsum": _operands,
    "Select": _picked,
    "Index": _numbers,
    "Gather": _places,
    **{f"MaxUnpool{ndim}d": _indices for ndim in (1, 2, 3)},
    "RNNCell": _hidden,
    "GRUCell": _hidden,
    "LSTMCell": _states,
    "MatMul": _factor,
    "Bmm": _factor,
    "DotProductAttention": _scores,
    "MultiheadAttention": _masked(_keys, lambda q, k: [[k], [q, k]]),
    **dict.fromkeys(
        ("TransformerEncoderLayer", "TransformerEncoder"), _masked(_nothing, lambda q, k: [[q], [q, q]])
    ),
    **dict.fromkeys(
        ("TransformerDecoderLayer", "TransformerDecoder"),
        _masked(_memory, lambda q, k: [[q], [k], [q, q], [q, k]]),
    ),
    "Transformer": _masked(_memory, lambda q, k: [[k], [q], [q, q], [k, k], [k, q]]),
}

# Parameters drawn with the input in mind, as few that ignore it would fit.
FITTED: Mapping[str, Callable[[Draw, Shape], Mapping[str, Any]]] = {
    "Reshape": _regrouped,
    "Permute": _permutation,
    "LayerNorm": _trailing,
    "RMSNorm": _trailing,
    "PixelShuffle": _pixel_shuffle,
    "PixelUnshuffle": lambda draw, shape: {"downscale_factor": _divisor(draw, *shape[-2:])},
    "ChannelShuffle": lambda draw, shape: {"groups": _divisor(draw, *shape[:1])},
    "Unflatten": _unflattened,
    "Fold": _folded,
    "Upsample": _upsampled,
    "UpsamplingNearest2d": _one_of_two("size", "scale_factor"),
    "UpsamplingBilinear2d": _one_of_two("size", "scale_factor"),
    "FractionalMaxPool2d": _one_of_two("output_size", "output_ratio"),
    "FractionalMaxPool3d": _one_of_two("output_size", "output_ratio"),
    "Interpolate": _upsampled,
    **dict.fromkeys(("Mean", "Sum", "Std", "Max", "Min", "Norm"), _axes),
    "Transpose": _transposed,
    "Expand": _expanded,
    "Repeat": _repeated,
    "GLU": _halved,
    "Einsum": _equation,
    **dict.fromkeys(("Select", "Index", "Gather"), _some_axis),
    "Split": _split,
    "Chunk": lambda draw, shape: {"dim": draw(_axis(len(shape) + 1)), "chunks": draw(st.integers(1, 4))},
    "Clamp": _clamped,
    "RReLU": _ordered("lower", "upper"),
    "Hardtanh": _ordered("min_val", "max_val"),
    **dict.fromkeys(("MultiheadAttention", *WINDOWS), _with_heads("num_heads")),
    **dict.fromkeys(("Conv2dNormActivation", "Conv3dNormActivation"), _block),
    **dict.fromkeys(("TransformerEncoderLayer", "TransformerDecoderLayer"), _with_heads("nhead")),
    **dict.fromkeys(("TransformerEncoder", "TransformerDecoder"), _few_layers),
    "Transformer": _few_layers_of_both,
}
