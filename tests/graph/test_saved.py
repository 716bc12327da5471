"""What each layer declares to keep for the backward pass, held against what torch's autograd saves."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given, reject, settings
from torch.autograd.graph import saved_tensors_hooks

from graph.catalog import CATALOG
from graph.catalog.call import LayerCall
from graph.catalog.saving import saves_unknown
from graph.dims import evaluate
from graph.shapes import ITEM_BYTES, TensorSpec, num_elements
from tests.graph.agreement import infer, samples
from tests.graph.fitting import TRANSFORMERS, WINDOWS
from tests.graph.oracle import Oracle, Refused
from tests.graph.strategies import Case, cases, layer_types, usual_dtypes

SIZES = {"N": 3, "T": 11}
# Layers of many kernels, which share, round and skip in corners: there the sum is right within a share.
NEARLY = {
    "LSTM": 0.1,
    **dict.fromkeys(WINDOWS, 0.05),
    **dict.fromkeys(("RNN", "GRU", "MultiheadAttention", "SqueezeExcitation", *TRANSFORMERS), 0.01),
    **dict.fromkeys(("PatchMerging", "PatchMergingV2", "Einsum"), 0.01),
}
UNKNOWN = [name for name, spec in CATALOG.items() if spec.saves is saves_unknown]
ORDINARY = (
    ("RNN", {"hidden_size": 64, "num_layers": 2, "bidirectional": True}, ([24, 32],)),
    ("RNN", {"hidden_size": 64, "num_layers": 2, "dropout": 0.5, "batch_first": False}, ([24, 32],)),
    ("GRU", {"hidden_size": 64, "num_layers": 2, "dropout": 0.5}, ([24, 32],)),
    ("LSTM", {"hidden_size": 64}, ([24, 32],)),
    ("LSTM", {"hidden_size": 64, "num_layers": 3, "dropout": 0.5}, ([24, 32],)),
    ("LSTM", {"hidden_size": 64, "bidirectional": True}, ([24, 32],)),
    ("LSTM", {"hidden_size": 64, "proj_size": 16}, ([24, 32],)),
    ("MultiheadAttention", {"num_heads": 4}, ([16, 32], [16, 32], [16, 32])),
    ("MultiheadAttention", {"num_heads": 4, "dropout": 0.1}, ([16, 32], [12, 32], [12, 32])),
    ("TransformerEncoderLayer", {"nhead": 4}, ([16, 32],)),
    ("TransformerEncoderLayer", {"nhead": 4, "activation": "gelu", "norm_first": True}, ([16, 32],)),
    ("TransformerEncoderLayer", {"nhead": 4, "dropout": 0.0, "batch_first": False}, ([16, 32],)),
    ("TransformerDecoderLayer", {"nhead": 4}, ([16, 32], [12, 32])),
    ("TransformerDecoderLayer", {"nhead": 4, "dropout": 0.0}, ([16, 32], [12, 32])),
    ("TransformerEncoder", {"nhead": 4, "norm_first": True, "num_layers": 2}, ([16, 32],)),
    ("TransformerDecoder", {"nhead": 4, "num_layers": 2}, ([16, 32], [12, 32])),
    ("ShiftedWindowAttention", {"window_size": 4, "shift_size": 2}, ([10, 8, 16],)),
    ("ShiftedWindowAttention", {"attention_dropout": 0.1, "dropout": 0.1}, ([14, 14, 16],)),
    ("ShiftedWindowAttentionV2", {"window_size": 4, "shift_size": 2}, ([10, 8, 16],)),
    ("SqueezeExcitation", {"activation": "SiLU", "scale_activation": "Hardsigmoid"}, ([16, 9, 9],)),
    ("Einsum", {"equation": "bij,bjk->bik"}, ([8, 16], [16, 12])),
    ("PatchMerging", {}, ([8, 8, 16],)),
    ("PatchMergingV2", {}, ([8, 8, 16],)),
    ("Transformer", {"nhead": 4, "num_encoder_layers": 2, "num_decoder_layers": 2}, ([16, 32], [12, 32])),
)


def declared(type_name: str, call: LayerCall) -> int:
    """Bytes that a layer declares to keep; inputs of equal shapes are one tensor where `kept` gives one."""
    saved = CATALOG[type_name].saves(call)
    assert saved is not None
    kept: list[TensorSpec] = [call.inputs[index] for index in saved.inputs]
    kept += [call.outputs[index] for index in saved.outputs]
    return sum(evaluate(num_elements(t.shape), SIZES) * ITEM_BYTES[t.dtype] for t in (*kept, *saved.own))


def kept(oracle: Oracle, inputs: list[torch.Tensor]) -> int:
    """Bytes of the memory that autograd saves, each piece once, without parameters."""
    saved: list[torch.Tensor] = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor)
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        oracle.run(inputs, SIZES)
    module = oracle.module
    state: list[torch.Tensor] = [] if module is None else [*module.parameters(), *module.buffers()]
    owned = {tensor.untyped_storage().data_ptr() for tensor in state}
    pieces = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in saved}
    return sum(size for place, size in pieces.items() if place not in owned)


def differentiable(tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """The tensors as layers before would give them."""
    return [t.requires_grad_() * 1.0 if t.is_floating_point() else t for t in tensors]


@pytest.mark.parametrize("type_name", [name for name in layer_types() if name not in {*NEARLY, *UNKNOWN}])
def test_a_layer_keeps_what_autograd_saves(type_name):
    @settings(max_examples=8)
    @given(cases(type_name))
    def holds(case):
        case = replace(case, dtypes=usual_dtypes(type_name, len(case.inputs)))
        result = infer(case)
        assume(not result.problems)
        try:
            oracle = Oracle(CATALOG[type_name], result.params, "cpu")
            truth = kept(oracle, differentiable(samples(case, SIZES, "cpu")))
        except Refused:
            reject()
        assert declared(type_name, result.call()) == truth

    holds()


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(("type_name", "params", "shapes"), ORDINARY)
def test_a_layer_of_many_kernels_keeps_nearly_what_autograd_saves(type_name, params, shapes):
    case = Case(type_name, params, shapes, usual_dtypes(type_name, len(shapes)))
    result = infer(case)
    oracle = Oracle(CATALOG[type_name], result.params, "cpu")
    inputs = differentiable(samples(case, SIZES, "cpu"))
    if len({tuple(tensor.shape) for tensor in inputs}) == 1:
        inputs = [inputs[0]] * len(inputs)
    assert declared(type_name, result.call()) == pytest.approx(kept(oracle, inputs), rel=NEARLY[type_name])


def test_every_layer_that_is_not_exact_has_ordinary_cases():
    assert {type_name for type_name, _, _ in ORDINARY} == set(NEARLY)


def test_only_what_has_code_of_its_own_is_unknown():
    assert set(UNKNOWN) == {"Custom"}
