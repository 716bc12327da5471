"""Accepted <=> torch runs it, and the shapes are equal: every layer, over its whole parameter space."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
import torch
from hypothesis import assume, given, reject, settings

from graph.catalog import CATALOG
from graph.catalog.code import Module
from graph.catalog.spec import LayerSpec, no_flops
from graph.dims import evaluate
from graph.shapes import DTYPES
from tests.graph.agreement import (
    SMALL_SIZES,
    STRICTER_DTYPES,
    UNPOOLS,
    agrees_with_torch,
    complete,
    infer,
    samples,
)
from tests.graph.fitting import WINDOWS
from tests.graph.oracle import Oracle, Refused, written
from tests.graph.strategies import OF_VECTORS, Case, cases, layer_types, usual_dtypes

MOST = settings(max_examples=2 * settings().max_examples // 3)
LONG = (
    *UNPOOLS,
    *OF_VECTORS,
    "DotProductAttention",
    "Select",
)  # whose optional inputs are not of the shape of the others
FITTING_SHAPES = {
    "Fold": [4, 196],
    **{name: [64] for name in ("RNNCell", "LSTMCell", "GRUCell")},
    **{name: [6, 6] for name in ("MatMul", "Bmm", "Einsum")},
    **{name: [4] for name in ("Expand", "Repeat")},
    **{name: [4, 8] for name in OF_VECTORS},
    **{name: [6, 6, 8] for name in WINDOWS},
    "Index.1": [],
}  # samples that the parameters of a new node fit, by type or by type and number of the input


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tensors this small are computed faster by one thread, most of all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("type_name", "params", "shape"),
    [
        (
            "MaxPool1d",
            {"kernel_size": 1, "stride": 3, "ceil_mode": True},
            [1, 3],
        ),  # the last window begins outside
        ("MaxPool1d", {"kernel_size": 1, "stride": 3, "ceil_mode": True}, [1, 4]),
        ("AvgPool2d", {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}, [1, 5, 6]),
        ("MaxPool2d", {"kernel_size": 3, "padding": 2, "dilation": 2}, [1, 9, 9]),
        ("Conv1d", {"padding": 2, "padding_mode": "reflect"}, [1, 2]),
        ("Conv1d", {"padding": 2, "padding_mode": "reflect"}, [1, 3]),
        ("Conv1d", {"padding": 2, "padding_mode": "circular"}, [1, 2]),
        ("Conv1d", {"kernel_size": 4, "padding": "same", "padding_mode": "circular"}, [1, 1]),
        ("Conv2d", {"kernel_size": [2, 5], "padding": "same", "dilation": 2}, [3, 7, "T"]),
        ("Linear", {}, []),
        ("LastStep", {"dim": 0, "index": -7}, [4]),
        ("LSTM", {"hidden_size": 5, "proj_size": 3, "num_layers": 2, "bidirectional": True}, ["T", 4]),
        ("RNN", {"batch_first": False}, ["T", 4]),
    ],
)
def test_corners_of_the_formulas_are_torchs(type_name, params, shape):
    agrees_with_torch(Case(type_name, params, (shape,), usual_dtypes(type_name, 1)))


@pytest.mark.parametrize("size", [1, 2, [1, 3]])
@pytest.mark.parametrize(("channels", "sides"), [(3, [5, 4]), (3, [1, 1]), (4, [5, 4])])
def test_bytes_are_mixed_where_torch_mixes_them(channels, sides, size):
    for type_name, params in (("UpsamplingBilinear2d", {}), ("Interpolate", {"mode": "bicubic"})):
        params = {"size": size, "scale_factor": None, **params}
        agrees_with_torch(Case(type_name, params, ([channels, *sides],), ("uint8",)))


@pytest.mark.parametrize("type_name", layer_types())
def test_a_layer_is_accepted_exactly_if_torch_runs_it_with_equal_shapes_and_parameters(type_name):
    accepted = 0

    @MOST
    @given(cases(type_name))
    def holds(case):
        nonlocal accepted
        accepted += agrees_with_torch(case)

    holds()
    assert accepted >= MOST.max_examples / 20, "too few cases are sound to say much"


@pytest.mark.parametrize("type_name", layer_types())
def test_flops_are_those_of_torchs_counter(type_name):
    spec = CATALOG[type_name]
    sizes = {"N": 1, "T": 4}

    @settings(max_examples=5 if spec.flops is no_flops else 20)
    @given(cases(type_name))
    def holds(case):
        result = infer(case)
        assume(not result.problems)
        try:
            oracle = Oracle(spec, result.params, "meta")
            counted = oracle.flops(samples(case, sizes, "meta"), sizes)
        except Refused:
            reject()  # four steps are too few for this window
        assert evaluate(result.flops, sizes) == counted

    holds()


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")
@pytest.mark.parametrize(
    "type_name", [name for name in layer_types() if not isinstance(CATALOG[name].code, Module)]
)
def test_the_python_text_of_a_layer_computes_what_the_layer_means(type_name):
    spec = CATALOG[type_name]

    @settings(max_examples=30)
    @given(cases(type_name))
    def holds(case):
        result = infer(case)
        assume(not result.problems)
        call, sizes = result.call(), SMALL_SIZES[0]
        ports = [spec.input_port(name) for name in call.inputs.ports]
        inputs = [
            given if port.below else (2 * torch.rand(given.shape)).to(given.dtype)
            for given, port in zip(samples(case, sizes, "cpu"), ports, strict=True)
        ]
        computed = written(spec, call, inputs)
        meant = Oracle(spec, result.params, "cpu").run(inputs, sizes)
        for mine, theirs in zip(computed, meant, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=0, equal_nan=True)

    holds()


def shapes_that_fit(type_name: str, count: int) -> tuple[list[int], ...]:
    ndims = CATALOG[type_name].inputs[0].ndims or (3,)
    usual = FITTING_SHAPES.get(type_name, [4, 6, 6, 6][: ndims[-1] - 1])
    return tuple(FITTING_SHAPES.get(f"{type_name}.{number}", usual) for number in range(count))


@pytest.mark.parametrize("type_name", layer_types())
def test_a_dtype_is_accepted_exactly_if_torch_takes_it_on_the_cpu(type_name):
    spec = CATALOG[type_name]
    wrong, accepted = [], 0
    for dtypes in dtype_choices(spec):
        shapes = shapes_that_fit(type_name, len(dtypes))
        case = Case(type_name, spec.initial_params, shapes, dtypes)
        result = infer(case)
        params = complete(spec, case, [(7, *shape) for shape in shapes])
        try:
            computed = Oracle(spec, params, "cpu").run(samples(case, {"N": 7}, "cpu"), {})
            truth = [str(tensor.dtype).removeprefix("torch.") for tensor in computed]
        except Refused:
            truth = None
        ours = None if result.problems else [tensor.dtype for tensor in result.outputs.values()]
        accepted += truth is not None
        if ours != truth and not (ours is None and type_name in STRICTER_DTYPES):
            wrong.append(f"{dtypes}: {ours}, torch {truth}")
    assert not wrong, "\n".join(wrong)
    assert accepted, "torch took no dtype at all, so the shape was to blame"


def dtype_choices(spec: LayerSpec) -> Iterator[tuple[str, ...]]:
    required = sum(not port.optional for port in spec.inputs) if spec.type in LONG else len(spec.inputs)
    return product(DTYPES, repeat=2 if spec.is_variadic else required)
