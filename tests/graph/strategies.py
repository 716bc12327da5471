"""Hypothesis strategies for layers: parameters from their declarations, and inputs that often fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from graph.catalog import CATALOG
from graph.catalog.code import Assembled, Embedded
from graph.catalog.params import Axes, Axis, Choice, Dims, Flag, Float, Int, IntOrTuple, Pads, ParamSpec
from graph.catalog.per_dim import Factors, Sizes
from graph.catalog.spec import LayerSpec
from graph.shapes import DTYPES
from tests.graph.fitting import (
    EQUATIONS,
    FITTED,
    OTHER_INPUTS,
    SYMBOL,
    TRANSFORMERS,
    WINDOWS,
    Draw,
    Shape,
    like,
)


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

OF_VECTORS = (*TRANSFORMERS, "MultiheadAttention")
SIZED_VECTORS = (*OF_VECTORS, *WINDOWS, "PatchMerging", "PatchMergingV2")  # whose last dim must have a size

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
        inputs += [draw(like(shape)) for _ in range(draw(st.integers(1, 2)))]
    elif type_name in OTHER_INPUTS and draw(st.integers(0, 5)):
        inputs += OTHER_INPUTS[type_name](draw, shape, params)
    else:
        inputs += [draw(like(shape)) for _ in spec.inputs[1:]]
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


def layer_types() -> Sequence[str]:
    """Every type that computes something of which PyTorch knows what; whole models have test_backbone.py."""
    computing = (spec for spec in CATALOG.values() if spec.inputs and spec.outputs)
    return [spec.type for spec in computing if not isinstance(spec.code, Assembled | Embedded)]
