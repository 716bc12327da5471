"""The check behind every test of truth: a layer is accepted exactly if torch runs it, with equal results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec
from graph.node_result import NodeResult
from graph.parameters import resolve
from graph.shapes import TensorSpec, evaluate_shape
from tests.graph.builders import infer_single, single
from tests.graph.fitting import TRANSFORMERS
from tests.graph.oracle import Oracle, Refused, usual_device
from tests.graph.strategies import Case

# A symbol stands for every size that is large enough: what is accepted must run for both, and what is
# rejected must fail for one of them. Layers with windows need more steps than the others.
SIZES: tuple[Mapping[str, int], ...] = ({"N": 7, "T": 31}, {"N": 12, "T": 44})
SMALL_SIZES: tuple[Mapping[str, int], ...] = ({"N": 7, "T": 5}, {"N": 11, "T": 9})


class Disagreement(AssertionError):
    """Netloom and torch see a layer differently; the text is the layer and what each of them says."""


def _may_be_ones(output_size: int | list[int | None] | None) -> bool:
    """Whether every size is 1, or None, which is the input's and can be 1."""
    return set(output_size if isinstance(output_size, list) else [output_size]) <= {1, None}


@dataclass(frozen=True)
class Stricter:
    """Where Netloom rejects on purpose what torch runs."""

    types: tuple[str, ...]
    code: str
    reason: str
    when: Callable[[NodeResult, Mapping[str, Any]], bool] = lambda result, params: True


UNPOOLS = ("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
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
        lambda result, params: _may_be_ones(params.get("output_size", 1)),
    ),
    Stricter(
        ("DotProductAttention",),
        "shapes-differ",
        "torch's fused kernel on the CPU takes a value of another length than key",
        lambda result, params: "length" in result.problems[0].message,
    ),
    Stricter(
        ("Dropout2d", "FeatureAlphaDropout"),
        "wrong-rank",
        "torch asks for a channel dim unless p leaves nothing to chance",
        lambda result, params: params.get("p") in (0, 1),
    ),
    Stricter(
        (
            "Dropout",
            "Dropout1d",
            "Dropout2d",
            "Dropout3d",
            "AlphaDropout",
            "FeatureAlphaDropout",
            "StochasticDepth",
        ),
        "wrong-dtype",
        "torch takes integers if p leaves nothing to chance",
        lambda result, params: params.get("p") in (0, 1),
    ),
    Stricter(
        ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"),
        "wrong-dtype",
        "torch takes float64 too without weights and statistics",
        lambda result, params: params.get("affine") is False and params.get("track_running_stats") is False,
    ),
    Stricter(
        ("MaxPool1d",),
        "wrong-dtype",
        "torch takes integers too where it gives indices",
        lambda result, params: params.get("return_indices") is True,
    ),
    Stricter(
        ("LayerNorm", "LayerNorm2d"),
        "wrong-dtype",
        "torch takes float64 too without weights",
        lambda result, params: params.get("elementwise_affine") is False,
    ),
    Stricter(("Threshold",), "value-too-small", "torch lets a negative number wrap around in bytes"),
    Stricter(
        ("Threshold",),
        "value-too-large",
        "the CPU compares half floats in float32, a GPU need not",
        lambda result, params: result.problems[0].param == "threshold",
    ),
    Stricter(("Hardtanh",), "wrong-dtype", "torch takes bytes too where no limit is negative"),
    *(
        Stricter(
            ("Pad", *(f"ConstantPad{ndim}d" for ndim in (1, 2, 3))),
            code,
            "torch never looks at the value where nothing is added",
        )
        for code in ("value-too-large", "value-too-small")
    ),
    Stricter(
        ("LocalResponseNorm",),
        "wrong-dtype",
        "the CPU takes half floats for sequences but not for maps",
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
    Stricter(
        ("Upsample", "Interpolate"),
        "wrong-dtype",
        "torch takes the mean of integers where no number is left",
        lambda result, params: params.get("mode") == "area",
    ),
    Stricter(("Interpolate",), "nothing-left", "torch gives a tensor with nothing in it"),
    Stricter(
        ("MultiheadAttention", *TRANSFORMERS),
        "two-masks",
        "torch takes the flag as a hint that the mask is causal, and goes wrong in silence where it is not",
    ),
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
    "Einsum": "whether torch promotes dtypes or multiplies integers depends on which sizes are 1",
    "PositionalEncoding": "sines and cosines as integers are next to nothing",
    "LSTMCell": "the CPU promotes a cell state of another dtype, the fused cell of a GPU does not",
}


def is_stricter(case: Case, result: NodeResult) -> bool:
    """Whether the first problem is one that Netloom sees on purpose and torch does not."""
    code = result.problems[0].code
    rules = (rule for rule in STRICTER if case.type in rule.types and code == rule.code)
    is_dtype = code in ("wrong-dtype", "dtypes-differ") and case.type in STRICTER_DTYPES
    return is_dtype or any(rule.when(result, case.params) for rule in rules)


def is_of_nothing(result: NodeResult, truth: Truth) -> bool:
    """Whether torch only lets a dtype pass as there is no number to look at."""
    sizes = [size for run in truth.outputs for shape, _ in run for size in shape]
    return result.problems[0].code == "wrong-dtype" and 0 in sizes


def infer(case: Case) -> NodeResult:
    """What Netloom says of it."""
    return infer_single(case.type, case.params, list(zip(case.inputs, case.dtypes, strict=True)))


def sample(shape: Sequence[int | str], sizes: Mapping[str, int], dtype: str, device: str) -> torch.Tensor:
    """Zeros of a shape whose symbols, and the batch before it, have these sizes."""
    concrete = [sizes["N"], *(sizes.get(dim, dim) for dim in shape)]
    return torch.zeros(concrete, dtype=getattr(torch, dtype), device=device)


def samples(case: Case, sizes: Mapping[str, int], device: str) -> list[torch.Tensor]:
    """A tensor for each input."""
    inputs = zip(case.inputs, case.dtypes, strict=True)
    return [sample(shape, sizes, dtype, device) for shape, dtype in inputs]


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


Output = tuple[tuple[int, ...], str]  # shape and dtype


@dataclass(frozen=True)
class Truth:
    """What torch says: the outputs for several sizes, all from one layer, or why it does not run."""

    outputs: list[list[Output]] = field(default_factory=list)
    parameters: int = 0
    refusal: str = ""

    def __str__(self) -> str:
        return f"refuses it: {self.refusal}" if self.refusal else f"gives {self.outputs}"


def ask_torch(case: Case, device: str, several: Sequence[Mapping[str, int]]) -> Truth:
    """What torch makes of it on a device, for several sizes of the symbols."""
    try:
        shapes = [tuple(tensor.shape) for tensor in samples(case, several[0], "meta")]
        spec = CATALOG[case.type]
        oracle = Oracle(spec, complete(spec, case, shapes), device)
        runs = [oracle.run(samples(case, sizes, device), sizes) for sizes in several]
    except Refused as refusal:
        return Truth(refusal=str(refusal) or "no reason given")
    outputs = [[(tuple(t.shape), str(t.dtype).removeprefix("torch.")) for t in run] for run in runs]
    return Truth(outputs, oracle.parameters)


def predicted(result: NodeResult, sizes: Mapping[str, int]) -> list[Output]:
    """The outputs as Netloom sees them, for one size of the symbols."""
    return [(evaluate_shape(t.shape, sizes), t.dtype) for t in result.outputs.values() if t]


def is_enough(result: NodeResult, sizes: Mapping[str, int]) -> bool:
    """Whether every window finds something; a symbol stands for large enough sizes only."""
    return all(size > 0 for shape, _ in predicted(result, sizes) for size in shape)


def agrees_with_torch(case: Case) -> bool:
    """Whether the case is accepted.

    Raises:
        Disagreement: torch sees it differently.
    """
    # The meta device does not look at every dtype that a real one refuses.
    device = usual_device(case)
    result = infer(case)
    # Of a product, such as Unfold's number of blocks, two sizes below zero would not be seen.
    candidates = SIZES if device == "meta" or case.type == "Unfold" else SMALL_SIZES
    several = [sizes for sizes in candidates if is_enough(result, sizes)] or SIZES
    truth = ask_torch(case, device, several)
    if result.problems:
        if not truth.refusal and device == "meta" and not is_stricter(case, result):
            truth = ask_torch(case, "cpu", several)  # as the meta device lets some mistakes pass
        if not (truth.refusal or is_stricter(case, result) or is_of_nothing(result, truth)):
            raise Disagreement(f"{case}\n  Netloom refuses it: {result.problems[0].message}\n  torch {truth}")
        return False
    outputs = [predicted(result, sizes) for sizes in several]
    if truth != Truth(outputs, result.parameters or 0):
        mine = f"gives {outputs}, learns {result.parameters} numbers"
        raise Disagreement(f"{case}\n  Netloom {mine}\n  torch {truth}, learns {truth.parameters} numbers")
    return True
