"""Hypothesis strategies for layers: parameters from their declarations, and inputs that often fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from graph.catalog import CATALOG
from graph.catalog.params import Axes, Axis, Choice, Dims, Flag, Float, Int, IntOrTuple, ParamSpec
from graph.catalog.spec import LayerSpec

Shape = list[int | str]
Draw = Callable[[st.SearchStrategy[Any]], Any]
SYMBOL = "T"


@dataclass(frozen=True)
class Case:
    """A layer with inputs.

    Args:
        params: those that were set.
        inputs: the shape of every input without the batch.
    """

    type: str
    params: Mapping[str, Any]
    inputs: tuple[Shape, ...]


def _int(param: Int) -> st.SearchStrategy[Any]:
    return st.integers(max(param.min, -9), min(param.max, max(param.min, -9) + 5))


def _float(param: Float) -> st.SearchStrategy[Any]:
    values = (0, 0.0, 1e-5, 0.1, 0.5, 1.0, 1, 3.0, -0.5)
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
    entries += [-1] if param.wildcard else []
    return st.lists(st.sampled_from(entries), max_size=4).filter(lambda dims: dims.count(-1) <= 1)


BY_KIND: Mapping[type[ParamSpec], Callable[[Any], st.SearchStrategy[Any]]] = {
    Int: _int,
    Axis: lambda param: st.integers(-5, 5),
    Float: _float,
    Flag: lambda param: st.booleans(),
    Choice: lambda param: st.sampled_from(param.choices),
    IntOrTuple: _ints,
    Axes: lambda param: st.one_of(st.integers(-5, 5), st.lists(st.integers(-4, 4), min_size=1, max_size=4)),
    Dims: _dims,
}

# Values that matter more than those that the declaration alone suggests.
OVERRIDES: Mapping[tuple[str, str], st.SearchStrategy[Any]] = {
    ("Conv1d", "out_channels"): st.sampled_from([1, 2, 3, 4, 6]),
    ("Conv2d", "out_channels"): st.sampled_from([1, 2, 3, 4, 6]),
    ("Embedding", "padding_idx"): st.integers(-8, 8),
    ("LastStep", "index"): st.integers(-7, 6),
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
    params = draw(params_of(spec))
    for param in spec.params:
        if _rarely_set(param) and draw(st.integers(0, 4)) == 0:
            params[param.name] = draw(
                st.one_of(st.sampled_from([d for d in shape if d != SYMBOL] or [1]), _int(param))
            )
    inputs = [shape]
    if type_name in FITTED and draw(st.integers(0, 3)):
        params = params | FITTED[type_name](draw, shape)
    if spec.is_variadic:
        inputs += [draw(_like(shape)) for _ in range(draw(st.integers(1, 2)))]
    return Case(type_name, params, tuple(inputs))


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


# Parameters drawn with the input in mind, as few that ignore it would fit.
FITTED: Mapping[str, Callable[[Draw, Shape], Mapping[str, Any]]] = {
    "Reshape": _regrouped,
    "Permute": _permutation,
    "LayerNorm": _trailing,
}


def layer_types() -> Sequence[str]:
    """Every type that computes something."""
    return [spec.type for spec in CATALOG.values() if spec.inputs and spec.outputs]
