"""Hypothesis strategies for layers: parameters from their declarations, and inputs that often fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from graph.catalog import CATALOG
from graph.catalog.params import Axes, Axis, Choice, Dims, Flag, Float, Int, IntOrTuple, Pads, ParamSpec
from graph.catalog.per_dim import Factors, Sizes
from graph.catalog.spec import Assembled, Embedded, LayerSpec
from graph.shapes import DTYPES

Shape = list[int | str]
Draw = Callable[[st.SearchStrategy[Any]], Any]
SYMBOL = "T"


@dataclass(frozen=True)
class Case:
    """A layer with inputs.

    Args:
        params: those that were set.
        inputs: the shape of every input without the batch.
        dtypes: of every input.
    """

    type: str
    params: Mapping[str, Any]
    inputs: tuple[Shape, ...]
    dtypes: tuple[str, ...]

    @property
    def has_usual_dtypes(self) -> bool:
        return self.dtypes == usual_dtypes(self.type, len(self.inputs))


def _int(param: Int) -> st.SearchStrategy[Any]:
    return st.integers(max(param.min, -9), min(param.max, max(param.min, -9) + 5))


def _float(param: Float) -> st.SearchStrategy[Any]:
    values = (0, 0.0, 1e-5, 0.1, 0.5, 1.0, 1, 3.0, -0.5, -7, 300, 1e5, 3.4e38)
    above = -float("inf") if param.above is None else param.above
    return st.sampled_from([value for value in values if param.min <= value <= param.max and value > above])


def _ints(param: IntOrTuple) -> st.SearchStrategy[Any]:
    one = st.integers(param.min, param.min + 4)
    entry = st.one_of(one, st.none()) if param.holes else one
    several = st.lists(entry, min_size=param.ndim, max_size=param.ndim)
    words = [st.sampled_from(param.choices)] if param.choices else []
    return st.one_of(one, several, *words)


def _dims(param: Dims) -> st.SearchStrategy[Any]:
    entries: list[Any] = [1, 2, 3, 4, 6, 8, 12]
    entries += [SYMBOL] if param.symbolic else []
    entries += [-1] if param.wildcard or param.wildcards else []
    most = 4 if param.wildcards else 1
    return st.lists(st.sampled_from(entries), max_size=4).filter(lambda dims: dims.count(-1) <= most)


def _one_or_several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(one, one, st.lists(one, min_size=1, max_size=3))


BY_KIND: Mapping[type[ParamSpec], Callable[[Any], st.SearchStrategy[Any]]] = {
    Int: _int,
    Axis: lambda param: st.integers(-5, 5),
    Float: _float,
    Flag: lambda param: st.booleans(),
    Choice: lambda param: st.sampled_from(param.choices),
    IntOrTuple: _ints,
    Axes: lambda param: st.one_of(st.integers(-5, 5), st.lists(st.integers(-4, 4), min_size=1, max_size=4)),
    Dims: _dims,
    Pads: lambda param: st.lists(st.integers(-2, 4), min_size=2, max_size=8).filter(
        lambda v: len(v) % 2 == 0
    ),
    Sizes: lambda param: _one_or_several(st.integers(1, 5)),
    Factors: lambda param: _one_or_several(st.sampled_from([0.25, 0.3, 0.5, 1.0, 1.5, 2, 2.7, 3.0])),
}

TRANSFORMERS = (
    "TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder", "TransformerDecoder",
    "Transformer",
)  # fmt: skip

WINDOWS = ("ShiftedWindowAttention", "ShiftedWindowAttentionV2")
OF_VECTORS = (*TRANSFORMERS, "MultiheadAttention")
SIZED_VECTORS = (*OF_VECTORS, *WINDOWS, "PatchMerging", "PatchMergingV2")  # whose last dim must have a size

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

# Values that matter more than those that the declaration alone suggests.
OVERRIDES: Mapping[tuple[str, str], st.SearchStrategy[Any]] = {
    ("Conv1d", "out_channels"): st.sampled_from([1, 2, 3, 4, 6]),
    ("Conv2d", "out_channels"): st.sampled_from([1, 2, 3, 4, 6]),
    ("Einsum", "equation"): st.sampled_from(EQUATIONS),
    ("Embedding", "padding_idx"): st.integers(-8, 8),
    ("LastStep", "index"): st.integers(-5, 4),
    ("Select", "index"): st.integers(-5, 4),
    **{
        (name, "out_channels"): st.sampled_from([1, 2, 3, 4, 6])
        for name in ("Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
    },
    **{(f"ConvTranspose{n}d", "output_padding"): st.sampled_from([0, 0, 1, [1] * n, 2]) for n in (1, 2, 3)},
    **{
        (f"{kind}Pad{n}d", "padding"): st.one_of(
            st.integers(-2, 4), st.lists(st.integers(-3, 4), min_size=2 * n, max_size=2 * n)
        )
        for kind in ("Zero", "Constant")
        for n in (1, 2, 3)
    },
    **{(f"FractionalMaxPool{n}d", "kernel_size"): st.sampled_from([1, 1, 2, 2, 3]) for n in (2, 3)},
    ("EmbeddingBag", "padding_idx"): st.integers(-8, 8),
    ("PReLU", "num_parameters"): st.sampled_from([1, 1, 2, 3, 4, 6]),
    ("Slice", "start"): st.integers(-5, 4),
    ("Slice", "end"): st.integers(-4, 5),
    ("Norm", "ord"): st.sampled_from([0, 1, 2, 2.5, 3, -1, 0.5]),
    **{(name, "dim_feedforward"): st.integers(1, 5) for name in TRANSFORMERS},
    **{(name, "nhead"): st.sampled_from([1, 1, 1, 2, 3]) for name in TRANSFORMERS},
    **{(name, "num_heads"): st.sampled_from([1, 1, 1, 2, 3]) for name in ("MultiheadAttention", *WINDOWS)},
    **{(f"Conv{n}dNormActivation", "out_channels"): st.sampled_from([1, 2, 3, 4, 6]) for n in (2, 3)},
}


def value_of(spec: LayerSpec, param: ParamSpec) -> st.SearchStrategy[Any]:
    """Values that a parameter's declaration allows."""
    override = OVERRIDES.get((spec.type, param.name))
    values = override if override is not None else BY_KIND[type(param)](param)
    return st.one_of(values, st.none()) if param.optional else values


def params_of(spec: LayerSpec) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a layer's parameters, set; a rare one that the incoming shape determines."""
    return st.fixed_dictionaries(
        {}, optional={param.name: value_of(spec, param) for param in spec.params if not _rarely_set(param)}
    )


def _rarely_set(param: ParamSpec) -> bool:
    return param.inferred is not None and param.checked


def _sizes(ndim: int) -> st.SearchStrategy[Shape]:
    """Sizes of a sample with so many dims; the first is often a channel count."""
    channels = st.sampled_from([1, 2, 3, 4, 6])
    extents: st.SearchStrategy[int | str] = st.one_of(st.integers(1, 14), st.integers(1, 14), st.just(SYMBOL))
    return st.tuples(*[channels] * min(ndim, 1), *[extents] * (ndim - 1)).map(list)


def _sample_ndims(spec: LayerSpec) -> st.SearchStrategy[int]:
    fitting = [ndim - 1 for ndim in spec.inputs[0].ndims if ndim <= 6] or [0, 1, 2, 3, 4]
    return st.one_of(
        st.sampled_from(fitting), st.sampled_from(fitting), st.sampled_from(fitting), st.integers(0, 4)
    )


@st.composite
def cases(draw: Draw, type_name: str) -> Case:
    """A layer with parameters and inputs from its whole space, about half of which torch runs."""
    spec = CATALOG[type_name]
    shape = draw(_sample_ndims(spec).flatmap(_sizes))
    if type_name in SIZED_VECTORS and shape and draw(st.integers(0, 5)):
        shape[-1] = draw(st.sampled_from([1, 2, 4, 6]))
    params = draw(params_of(spec))
    for param in spec.params:
        if _rarely_set(param) and draw(st.integers(0, 4)) == 0:
            params[param.name] = draw(
                st.one_of(st.sampled_from([d for d in shape if d != SYMBOL] or [1]), _int(param))
            )
    inputs = [shape]
    if type_name in FITTED and draw(st.integers(0, 9)):
        params = params | FITTED[type_name](draw, shape)
    if spec.is_variadic and type_name not in OTHER_INPUTS:
        inputs += [draw(_like(shape)) for _ in range(draw(st.integers(1, 2)))]
    elif type_name in OTHER_INPUTS and draw(st.integers(0, 5)):
        inputs += OTHER_INPUTS[type_name](draw, shape, params)
    else:
        inputs += [draw(_like(shape)) for _ in spec.inputs[1:]]
    return Case(type_name, params, tuple(inputs), draw(_dtypes(type_name, len(inputs))))


def usual_dtypes(type_name: str, count: int) -> tuple[str, ...]:
    """What the first so many inputs of a layer read most often."""
    spec = CATALOG[type_name]
    ports = [spec.inputs[0]] * count if spec.is_variadic else spec.inputs[:count]
    return tuple("float32" if "float32" in port.dtypes else port.dtypes[0] for port in ports)


def _dtypes(type_name: str, count: int) -> st.SearchStrategy[tuple[str, ...]]:
    """The usual dtype for all inputs most of the time, else another one or several."""
    usual = st.just(usual_dtypes(type_name, count))
    equal = st.sampled_from(DTYPES).map(lambda dtype: (dtype,) * count)
    mixed = st.tuples(*[st.sampled_from(DTYPES)] * count)
    return st.integers(0, 7).flatmap(lambda n: usual if n < 6 else equal if n == 6 else mixed)


def _like(shape: Shape) -> st.SearchStrategy[Shape]:
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
        return [draw(_like(shape))]
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


def layer_types() -> Sequence[str]:
    """Every type that computes something of which PyTorch knows what; whole models have test_backbone.py."""
    computing = (spec for spec in CATALOG.values() if spec.inputs and spec.outputs)
    return [spec.type for spec in computing if not isinstance(spec.code, Assembled | Embedded)]
