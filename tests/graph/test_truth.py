"""Accepted <=> torch runs it, and the shapes are equal: every layer, over its whole parameter space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec
from graph.inference import Inference, NodeResult
from graph.parameters import resolve
from graph.shapes import TensorSpec, evaluate_shape
from tests.graph.builders import single
from tests.graph.oracle import Oracle, Refused, written
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
    return Inference(single(case.type, case.params, [(shape, dtype) for shape in case.inputs])).result("n0")


def sample(shape: list[int | str], sizes: Mapping[str, int], dtype: str, device: str) -> torch.Tensor:
    concrete = (sizes["N"], *(sizes.get(dim, dim) for dim in shape))
    return torch.zeros(concrete, dtype=getattr(torch, dtype), device=device)


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


def torch_shapes(case: Case, dtype: str, device: str = "meta") -> list[list[tuple[int, ...]]] | str:
    """The output shapes for each of SIZES, all from one layer; torch's own words if it does not run one of them."""
    spec = CATALOG[case.type]
    try:
        first = [tuple(SIZES[0].get(d, d) for d in ("N", *shape)) for shape in case.inputs]
        oracle = Oracle(spec, complete(spec, case, first), device)
        return [
            [tuple(t.shape) for t in oracle.run([sample(s, sizes, dtype, oracle.device) for s in case.inputs], sizes)]
            for sizes in SIZES
        ]
    except Refused as refusal:
        return str(refusal)


@pytest.mark.parametrize("type_name", layer_types())
def test_a_layer_is_accepted_exactly_if_torch_runs_it_and_shapes_are_equal(type_name):
    dtype = INPUT_DTYPES.get(type_name, "float32")

    @MOST
    @given(cases(type_name))
    def holds(case):
        result, truth = infer(case, dtype), torch_shapes(case, dtype)
        if result.problems:
            (problem,) = result.problems
            event(f"rejected: {problem.code}")
            if (type_name, problem.code) not in STRICTER:
                # The meta device lets some mistakes pass that every real device finds.
                truth = truth if isinstance(truth, str) else torch_shapes(case, dtype, "cpu")
                assert isinstance(truth, str), f"rejected, but torch gives {truth}: {problem.message}"
            return
        event("accepted")
        expected = [[evaluate_shape(spec.shape, sizes) for spec in result.outputs.values()] for sizes in SIZES]
        assert truth == expected

    holds()
