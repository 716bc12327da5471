"""Accepted <=> torch runs it, and the shapes are equal: every layer, over its whole parameter space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import assume, given, reject, settings

from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec, Module, no_flops
from graph.dims import evaluate
from graph.inference import NodeResult
from graph.parameters import resolve
from graph.shapes import DTYPES, TensorSpec, evaluate_shape
from tests.graph.builders import infer_single, single
from tests.graph.oracle import Oracle, Refused, usual_device, written
from tests.graph.strategies import OF_VECTORS, TRANSFORMERS, WINDOWS, Case, cases, layer_types

# A symbol stands for every size that is large enough: what is accepted must run for both, and what is
# rejected must fail for one of them. Layers with windows need more steps than the others.
SIZES: tuple[Mapping[str, int], ...] = ({"N": 7, "T": 31}, {"N": 12, "T": 44})
SMALL_SIZES: tuple[Mapping[str, int], ...] = ({"N": 7, "T": 5}, {"N": 11, "T": 9})
MOST = settings(max_examples=2 * settings().max_examples // 3)
INPUT_DTYPES = {"Where": "bool", "Embedding": "int64", "EmbeddingBag": "int64"}
UNPOOLS = ("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
INDEX_PORTS = {(name, 1) for name in UNPOOLS}
FITTING_SHAPES = {
    "Fold": [4, 196],
    **{name: [64] for name in ("RNNCell", "LSTMCell", "GRUCell")},
    **{name: [6, 6] for name in ("MatMul", "Bmm")},
    **{name: [4] for name in ("Expand", "Repeat")},
    **{name: [4, 8] for name in OF_VECTORS},
    **{name: [6, 6, 8] for name in WINDOWS},
}  # samples that the parameters of a new node fit


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tensors this small are computed faster by one thread, most of all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Stricter:
    """Where Netloom rejects on purpose what torch runs."""

    types: tuple[str, ...]
    code: str
    reason: str
    when: Callable[[NodeResult, Mapping[str, Any]], bool] = lambda result, params: True


UPSAMPLINGS = ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")
INSTANCE_NORMS = ("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d")
STRICTER = (
    Stricter(
        ("RNN", "LSTM", "GRU", "MultiheadAttention", *TRANSFORMERS),
        "wrong-rank",
        "torch takes (N, features) for one sequence without a batch, so the batch would become time",
    ),
    Stricter(
        ("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d"),
        "wrong-rank",
        "torch takes the mean over the last two dims of any tensor for output_size 1, even over the batch",
        lambda result, params: params.get("output_size", 1) in (1, [1], [1, 1], [1, 1, 1]),
    ),
    Stricter(
        ("Dropout2d", "FeatureAlphaDropout"),
        "wrong-rank",
        "torch asks for a channel dim unless p leaves nothing to chance",
        lambda result, params: params.get("p") in (0, 1),
    ),
    Stricter(
        tuple(f"{kind}Pool{ndim}d" for kind in ("Max", "Avg", "LP") for ndim in (1, 2, 3)),
        "ceil-mode-needs-a-size",
        "the size is the smaller of two quotients, which no dim can express",
    ),
    Stricter(
        ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"),
        "param-mismatch",
        "without weights and statistics torch never looks at num_features, which is wrong all the same",
        lambda result, params: params.get("affine") is False and params.get("track_running_stats") is False,
    ),
    Stricter(
        INSTANCE_NORMS,
        "param-mismatch",
        "without weights and statistics torch only warns of a wrong num_features",
        lambda result, params: not params.get("affine") and not params.get("track_running_stats"),
    ),
    Stricter(
        (*UPSAMPLINGS, "FractionalMaxPool2d", "FractionalMaxPool3d"),
        "scale-needs-a-size",
        "torch rounds the product of a size and a fraction, which no dim can express",
    ),
    Stricter(
        ("GroupNorm",),
        "param-mismatch",
        "without weights torch never looks at num_channels, which is wrong all the same",
        lambda result, params: params.get("affine") is False,
    ),
    Stricter(
        (*INSTANCE_NORMS, "Unfold", "Fold", "PixelShuffle", "PixelUnshuffle"),
        "wrong-rank",
        "torch takes one dim less for a sample without a batch, so the batch would be channels",
    ),
    Stricter(
        ("RNNCell", "LSTMCell", "GRUCell", "DotProductAttention", "MatMul", "Softmax2d"),
        "wrong-rank",
        "torch takes a tensor with one dim less for one sample, so the batch would be features",
    ),
    Stricter(
        ("PatchMerging", "PatchMergingV2"),
        "wrong-rank",
        "torch takes (H, W, C) for a sample without a batch, so the batch would be the height",
    ),
    Stricter(
        ("Interpolate",),
        "scale-needs-a-size",
        "the product of a symbol and a factor that floats cannot hold depends on how it is rounded",
    ),
    Stricter(("Interpolate",), "nothing-left", "torch gives a tensor with nothing in it"),
    Stricter(
        ("Split", "Chunk"), "parts-need-a-size", "how many outputs there are must be known while drawing"
    ),
    Stricter(UNPOOLS, "nothing-left", "torch gives a tensor with nothing in it"),
    Stricter(("Slice",), "empty-slice", "torch gives a tensor with nothing in it"),
    Stricter(("Pad",), "empty-dim", "torch gives a tensor with nothing in it"),
    Stricter(("Repeat",), "wrong-count", "torch puts new dims before the batch"),
    Stricter(
        ("Dropout1d", "Dropout3d"),
        "wrong-rank",
        "torch takes other dims for a sample without a batch, and drops whole samples of a batch",
    ),
    Stricter(
        ("UpsamplingNearest2d",),
        "wrong-rank",
        "torch enlarges sequences and volumes too, which the name denies; Upsample is for them",
    ),
    Stricter(
        (
            "FractionalMaxPool2d",
            "FractionalMaxPool3d",
            "Upsample",
            "ConvTranspose1d",
            "ConvTranspose2d",
            "ConvTranspose3d",
            *(f"{kind}Pad{ndim}d" for kind in ("Zero", "Constant") for ndim in (1, 2, 3)),
        ),
        "nothing-left",
        "torch gives a tensor with nothing in it",
    ),
)


STRICTER_DTYPES = {
    "PositionalEncoding": "sines and cosines as integers are next to nothing",
    "LSTMCell": "the CPU promotes a cell state of another dtype, the fused cell of a GPU does not",
}


def is_stricter(case: Case, result: NodeResult) -> bool:
    code = result.problems[0].code
    return any(case.type in s.types and code == s.code and s.when(result, case.params) for s in STRICTER)


def infer(case: Case, dtype: str) -> NodeResult:
    dtypes = dtypes_of(case, dtype)
    return infer_single(case.type, case.params, list(zip(case.inputs, dtypes, strict=True)))


def dtype_of(type_name: str) -> str:
    return INPUT_DTYPES.get(type_name, "float32")


def sample(shape: Sequence[int | str], sizes: Mapping[str, int], dtype: str, device: str) -> torch.Tensor:
    concrete = [sizes["N"], *(sizes.get(dim, dim) for dim in shape)]
    return torch.zeros(concrete, dtype=getattr(torch, dtype), device=device)


def samples(case: Case, sizes: Mapping[str, int], dtype: str, device: str) -> list[torch.Tensor]:
    return [
        sample(shape, sizes, each, device)
        for shape, each in zip(case.inputs, dtypes_of(case, dtype), strict=True)
    ]


def dtypes_of(case: Case, dtype: str) -> list[str]:
    return ["int64" if (case.type, n) in INDEX_PORTS else dtype for n in range(len(case.inputs))]


def is_module(type_name: str) -> bool:
    return isinstance(CATALOG[type_name].code, Module)


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


@dataclass(frozen=True)
class Truth:
    """What torch says: the output shapes for several sizes, all from one layer, or why it does not run."""

    shapes: list[list[tuple[int, ...]]] = field(default_factory=list)
    parameters: int = 0
    refusal: str = ""


def ask_torch(case: Case, device: str, several: Sequence[Mapping[str, int]]) -> Truth:
    spec, dtype = CATALOG[case.type], dtype_of(case.type)
    try:
        first = [tuple(tensor.shape) for tensor in samples(case, several[0], dtype, "meta")]
        oracle = Oracle(spec, complete(spec, case, first), device)
        runs = [oracle.run(samples(case, sizes, dtype, device), sizes) for sizes in several]
        return Truth([[tuple(tensor.shape) for tensor in run] for run in runs], oracle.parameters)
    except Refused as refusal:
        return Truth(refusal=str(refusal) or "refused")


def agrees_with_torch(case: Case) -> bool:
    """Whether the case is accepted; fails where torch sees it differently."""
    device = usual_device(case.type, case.params)
    several = SIZES if device == "meta" else SMALL_SIZES
    result, truth = infer(case, dtype_of(case.type)), ask_torch(case, device, several)
    if not result.problems:
        tensors = result.outputs.values()
        assert truth.refusal == ""
        assert truth.shapes == [[evaluate_shape(t.shape, sizes) for t in tensors] for sizes in several]
        assert truth.parameters == result.parameters
    elif not is_stricter(case, result):
        # The meta device lets some mistakes pass that every real device finds.
        truth = truth if truth.refusal else ask_torch(case, "cpu", several)
        assert truth.refusal, f"rejected: {result.problems[0].message} But torch gives {truth.shapes}"
    return not result.problems


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
    agrees_with_torch(Case(type_name, params, (shape,)))


@pytest.mark.parametrize("type_name", layer_types())
def test_a_layer_is_accepted_exactly_if_torch_runs_it_with_equal_shapes_and_parameters(type_name):
    accepted = 0

    @MOST
    @given(cases(type_name))
    def holds(case):
        nonlocal accepted
        accepted += agrees_with_torch(case)

    holds()
    assert accepted > MOST.max_examples / 10, "too few cases are sound to say much"


@pytest.mark.parametrize("type_name", layer_types())
def test_flops_are_those_of_torchs_counter(type_name):
    spec, dtype = CATALOG[type_name], dtype_of(type_name)
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


@pytest.mark.filterwarnings("ignore:std.*degrees of freedom")
@pytest.mark.parametrize("type_name", [name for name in layer_types() if not is_module(name)])
def test_the_python_text_of_a_layer_computes_what_the_layer_means(type_name):
    spec, dtype = CATALOG[type_name], dtype_of(type_name)

    @settings(max_examples=30)
    @given(cases(type_name))
    def holds(case):
        result = infer(case, dtype)
        assume(not result.problems)
        call, sizes = result.call(), SMALL_SIZES[0]
        inputs = [(2 * torch.rand(t.shape)).to(t.dtype) for t in samples(case, sizes, dtype, "cpu")]
        computed = written(spec, call, inputs)
        meant = Oracle(spec, result.params, "cpu").run(inputs, sizes)
        for mine, theirs in zip(computed, meant, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=0, equal_nan=True)

    holds()


def shape_that_fits(type_name: str) -> list[int]:
    ndims = CATALOG[type_name].inputs[0].ndims or (3,)
    return FITTING_SHAPES.get(type_name, [4, 6, 6, 6][: ndims[-1] - 1])


@pytest.mark.parametrize("type_name", layer_types())
def test_a_dtype_is_accepted_exactly_if_torch_takes_it_on_the_cpu(type_name):
    spec, shape = CATALOG[type_name], shape_that_fits(type_name)
    wrong, accepted = [], 0
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
        accepted += truth is not None
        if ours != truth and not (ours is None and type_name in STRICTER_DTYPES):
            wrong.append(f"{dtypes}: {ours}, torch {truth}")
    assert not wrong, "\n".join(wrong)
    assert accepted, "torch took no dtype at all, so the shape was to blame"


def dtype_choices(spec: LayerSpec) -> Iterator[tuple[str, ...]]:
    required = sum(not port.optional for port in spec.inputs) if spec.type in UNPOOLS else len(spec.inputs)
    return product(DTYPES, repeat=2 if spec.is_variadic else required)
