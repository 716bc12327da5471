"""Accepted <=> torch runs it, and the shapes are equal: every layer, over its whole parameter space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import assume, event, given, reject, settings

from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec, Module, no_flops
from graph.dims import evaluate
from graph.inference import NodeResult
from graph.parameters import resolve
from graph.shapes import DTYPES, TensorSpec, evaluate_shape
from tests.graph.builders import infer_single, single
from tests.graph.oracle import Oracle, Refused, usual_device, written
from tests.graph.strategies import Case, cases, layer_types

# A symbol stands for every size that is large enough: what is accepted must run for both, and what is
# rejected must fail for one of them.
SIZES: tuple[Mapping[str, int], ...] = ({"N": 7, "T": 31}, {"N": 12, "T": 44})
MOST = settings(max_examples=2 * settings().max_examples)

CEIL_NEEDS_SIZE = "the size is the smaller of two quotients, which no dim can express"
BATCH_AS_TIME = "torch takes (N, features) for one sequence without a batch, so the batch would become time"
MEAN_OF_ANY_RANK = "torch computes output_size 1 as a mean over the last two dims of any tensor, even over the batch"
# Where Netloom rejects on purpose what torch runs.
STRICTER = {
    ("RNN", "wrong-rank"): BATCH_AS_TIME,
    ("LSTM", "wrong-rank"): BATCH_AS_TIME,
    ("GRU", "wrong-rank"): BATCH_AS_TIME,
    ("AdaptiveAvgPool2d", "wrong-rank"): MEAN_OF_ANY_RANK,
    ("Dropout2d", "wrong-rank"): "torch drops nothing at p = 0, but otherwise asks for a channel dim",
    ("MaxPool1d", "ceil-mode-needs-a-size"): CEIL_NEEDS_SIZE,
    ("MaxPool2d", "ceil-mode-needs-a-size"): CEIL_NEEDS_SIZE,
    ("AvgPool2d", "ceil-mode-needs-a-size"): CEIL_NEEDS_SIZE,
}
INPUT_DTYPES = {"Embedding": "int64"}


def infer(case: Case, dtype: str) -> NodeResult:
    return infer_single(case.type, case.params, [(shape, dtype) for shape in case.inputs])


def sample(shape: Sequence[int | str], sizes: Mapping[str, int], dtype: str, device: str) -> torch.Tensor:
    concrete = [sizes["N"], *(sizes.get(dim, dim) for dim in shape)]
    return torch.zeros(concrete, dtype=getattr(torch, dtype), device=device)


def samples(case: Case, sizes: Mapping[str, int], dtype: str, device: str) -> list[torch.Tensor]:
    return [sample(shape, sizes, dtype, device) for shape in case.inputs]


def complete(spec: LayerSpec, case: Case, shapes: list[tuple[int, ...]]) -> dict[str, Any]:
    """The parameters as torch gets them, with those that follow from the first input filled in."""
    node = single(case.type, case.params, [(shape, "float32") for shape in case.inputs]).nodes["n0"]
    params, problems = resolve(node, spec)
    assert not problems
    inputs = tuple(TensorSpec(shape) for shape in shapes)
    for param, from_inputs in spec.inferred:
        if params[param.name] is None:
            params[param.name] = from_inputs(inputs)
    return dict(params)


def torch_shapes(case: Case, dtype: str, device: str) -> list[list[tuple[int, ...]]] | str:
    """The output shapes for each of SIZES, all from one layer; torch's own words if it does not run one of them."""
    spec = CATALOG[case.type]
    try:
        first = [tuple(SIZES[0].get(d, d) for d in ("N", *shape)) for shape in case.inputs]
        oracle = Oracle(spec, complete(spec, case, first), device)
        return [
            [tuple(t.shape) for t in oracle.run(samples(case, sizes, dtype, device), sizes)] for sizes in SIZES
        ]
    except Refused as refusal:
        return str(refusal)


@pytest.mark.parametrize("type_name", layer_types())
def test_a_layer_is_accepted_exactly_if_torch_runs_it_and_shapes_are_equal(type_name):
    dtype = INPUT_DTYPES.get(type_name, "float32")

    @MOST
    @given(cases(type_name))
    def holds(case):
        result, truth = infer(case, dtype), torch_shapes(case, dtype, usual_device(type_name))
        if result.problems:
            (problem,) = result.problems
            event(f"rejected: {problem.code}")
            if (type_name, problem.code) not in STRICTER:
                # The meta device lets some mistakes pass that every real device finds.
                truth = truth if isinstance(truth, str) else torch_shapes(case, dtype, "cpu")
                assert isinstance(truth, str), f"rejected, but torch gives {truth}: {problem.message}"
            return
        event("accepted")
        tensors = result.outputs.values()
        assert truth == [[evaluate_shape(tensor.shape, sizes) for tensor in tensors] for sizes in SIZES]

    holds()


@pytest.mark.parametrize("type_name", layer_types())
def test_learned_numbers_are_torchs(type_name):
    dtype = INPUT_DTYPES.get(type_name, "float32")

    @given(cases(type_name))
    def holds(case):
        result = infer(case, dtype)
        assume(not result.problems)
        assert result.parameters == Oracle(CATALOG[type_name], result.params, "cpu").parameters

    holds()


@pytest.mark.parametrize("type_name", layer_types())
def test_flops_are_those_of_torchs_counter(type_name):
    spec, dtype = CATALOG[type_name], INPUT_DTYPES.get(type_name, "float32")
    sizes = {"N": 1, "T": 4}

    @settings(max_examples=5 if spec.flops is no_flops else 20)
    @given(cases(type_name))
    def holds(case):
        result = infer(case, dtype)
        assume(not result.problems)
        try:
            oracle = Oracle(spec, result.params, "meta")
            counted = oracle.flops(samples(case, sizes, dtype, "meta"), sizes)
        except Refused:
            reject()  # four steps are too few for this window
        assert evaluate(result.flops, sizes) == counted

    holds()


@pytest.mark.parametrize("type_name", layer_types())
def test_the_python_text_of_a_layer_computes_what_the_layer_means(type_name):
    spec, dtype = CATALOG[type_name], INPUT_DTYPES.get(type_name, "float32")

    @given(cases(type_name))
    def holds(case):
        result = infer(case, dtype)
        assume(not result.problems)
        call, sizes = result.call(), SIZES[1]
        inputs = [torch.rand_like(tensor) for tensor in samples(case, sizes, dtype, "cpu")]
        computed = written(spec, call, inputs)
        meant = Oracle(spec, result.params, "cpu").run(inputs, sizes)
        for mine, theirs in zip(computed, meant, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=0)

    if not isinstance(spec.code, Module):
        holds()


def shape_that_fits(type_name: str) -> list[int]:
    ndims = CATALOG[type_name].inputs[0].ndims
    return [4, 6, 6][: max(ndims) - 1] if ndims and max(ndims) <= 4 else [4, 6]


@pytest.mark.parametrize("type_name", layer_types())
def test_a_dtype_is_accepted_exactly_if_torch_takes_it_on_the_cpu(type_name):
    spec, shape = CATALOG[type_name], shape_that_fits(type_name)
    wrong = []
    for dtypes in dtype_choices(spec):
        case = Case(type_name, spec.initial_params, tuple(shape for _ in dtypes))
        result = infer_single(type_name, case.params, [(shape, dtype) for dtype in dtypes])
        params = complete(spec, case, [(7, *shape)] * len(dtypes))
        try:
            inputs = [sample(shape, {"N": 7}, dtype, "cpu") for dtype in dtypes]
            truth = [str(t.dtype).removeprefix("torch.") for t in Oracle(spec, params, "cpu").run(inputs, {})]
        except Refused:
            truth = None
        ours = None if result.problems else [tensor.dtype for tensor in result.outputs.values()]
        if ours != truth:
            wrong.append(f"{dtypes}: {ours}, torch {truth}")
    assert not wrong, "\n".join(wrong)


def dtype_choices(spec: LayerSpec) -> Iterator[tuple[str, ...]]:
    return product(DTYPES, repeat=2 if spec.is_variadic else 1)
