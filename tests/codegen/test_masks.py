"""Masks of attention: what is written, and that they are obeyed."""

import pytest
import torch

from codegen.export import export_onnx
from codegen.live import build
from codegen.source import generate
from graph.inference import Inference
from tests.codegen.drawing import draw

CAUSAL = """\
    def forward(self, tokens):
        x = self.encoder(
            tokens,
            mask=nn.Transformer.generate_square_subsequent_mask(
                tokens.shape[1], device=tokens.device
            ),
            is_causal=True,
        )
        return x
"""
PADDED = """\
    def forward(self, tokens, padding):
        return self.layer(tokens, src_key_padding_mask=padding)
"""
MASKED = """\
    def forward(self, tokens):
        x, _ = self.attention(tokens, tokens, tokens, attn_mask=self.mask)
        return x
"""
SCORED = """\
    def forward(self, tokens):
        x = F.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=self.mask)
        return x
"""
TOKENS = ("tokens", "Input", {"shape": [4, 8]})
FIRST_ONLY = {
    "value": [float(row < column) * -1e9 for row in range(4) for column in range(4)],
    "shape": [4, 4],
}
SMALL = {"num_layers": 2, "nhead": 2, "dim_feedforward": 16, "dropout": 0.0}


def causal(**params):
    return draw(
        ("tokens", "Input", {"shape": ["T", 8]}),
        ("encoder", "TransformerEncoder", SMALL | {"is_causal": True} | params),
        ("result", "Output"),
        edges="tokens -> encoder, encoder -> result",
    )


def padded():
    return draw(
        TOKENS,
        ("padding", "Input", {"shape": [4], "dtype": "bool"}),
        ("layer", "TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0}),
        ("result", "Output"),
        edges="tokens -> layer, padding -> layer.src_key_padding_mask, layer -> result",
    )


def masked(type_name, name, **params):
    ports = ("query", "key", "value")
    return draw(
        TOKENS,
        ("mask", "Constant", FIRST_ONLY),
        (name, type_name, params),
        ("result", "Output"),
        edges=f"{','.join(f'tokens -> {name}.{port}' for port in ports)},"
        f"mask -> {name}.attn_mask, {name} -> result",
    )


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (causal(), CAUSAL),
        (padded(), PADDED),
        (masked("MultiheadAttention", "attention", num_heads=2), MASKED),
        (masked("DotProductAttention", "attention"), SCORED),
    ],
)
def test_a_mask_is_given_by_its_keyword(project, expected):
    assert generate(project).text.endswith(expected)


@pytest.mark.parametrize(
    "project",
    [
        causal(),
        causal(norm_first=True),
        masked("MultiheadAttention", "attention", num_heads=2),
        masked("DotProductAttention", "attention"),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_no_position_sees_those_behind_it(project, training):
    module = build(project, seed=0).module.train(training)
    tokens = torch.rand(3, 4, 8)
    changed = tokens.clone()
    changed[:, 2:] += 1
    before, after = module(tokens), module(changed)
    torch.testing.assert_close(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2:], after[:, 2:])


def test_no_position_sees_the_padding():
    module = build(padded(), seed=0).module
    padding = torch.tensor([[False, False, False, True]] * 3)
    tokens = torch.rand(3, 4, 8)
    changed = tokens.clone()
    changed[:, 3] += 1
    before, after = module(tokens, padding), module(changed, padding)
    torch.testing.assert_close(before[:, :3], after[:, :3])


@pytest.mark.parametrize(
    ("type_name", "flag", "mask"),
    [
        ("TransformerEncoderLayer", "is_causal", "src_mask"),
        ("TransformerDecoderLayer", "tgt_is_causal", "tgt_mask"),
        ("TransformerDecoder", "tgt_is_causal", "tgt_mask"),
        ("Transformer", "src_is_causal", "src_mask"),
        ("Transformer", "tgt_is_causal", "tgt_mask"),
    ],
)
def test_a_flag_puts_a_mask_in_the_call_and_nothing_in_the_constructor(type_name, flag, mask):
    ports = {"TransformerEncoderLayer": ["in"], "Transformer": ["src", "tgt"]}.get(
        type_name, ["tgt", "memory"]
    )
    project = draw(
        ("x", "Input", {"shape": [4, 8]}),
        ("layer", type_name, {"nhead": 2, "dim_feedforward": 16, flag: True}),
        ("result", "Output"),
        edges=f"{','.join(f'x -> layer.{port}' for port in ports)}, layer -> result",
    )
    made, _, called = generate(project).text.partition("def forward")
    assert flag not in made
    assert f"{mask}=nn.Transformer.generate_square_subsequent_mask(" in called
    assert f"{flag}=True" in called
    assert build(project, seed=0).module(torch.rand(2, 4, 8)).shape == (2, 4, 8)


@pytest.mark.parametrize(
    ("shape", "params", "code", "text"),
    [
        ([4, 4], {"is_causal": True}, "two-masks", "is_causal is set, and mask feeds attn_mask"),
        ([4, 3], {}, "mask-shape", "mask gives (4, 3) to attn_mask. Expected (4, 4)."),
        ([2, 4, 4], {}, "mask-shape", "mask gives (2, 4, 4) to attn_mask. Expected (4, 4)."),
    ],
)
def test_a_mask_that_does_not_fit_is_told(shape, params, code, text):
    project = masked("MultiheadAttention", "attention", num_heads=2, **params)
    mask = project.graph.by_name("mask")
    project.graph.replace_node(mask.with_(params={"value": 0, "shape": shape}))
    (problem,) = (each for each in Inference(project.graph).problems() if each.is_error)
    assert (problem.code, problem.port) == (code, "attn_mask")
    assert text in problem.message


def test_a_causal_mask_is_for_queries_that_are_the_keys():
    project = draw(
        TOKENS,
        ("memory", "Input", {"shape": [5, 8]}),
        ("attention", "MultiheadAttention", {"num_heads": 2, "is_causal": True}),
        ("result", "Output"),
        edges="tokens -> attention.query, memory -> attention.key, memory -> attention.value,"
        "attention -> result",
    )
    (problem,) = (each for each in Inference(project.graph).problems() if each.is_error)
    assert problem.code == "causal-lengths"
    assert "query is (N, 4, 8) and key is (N, 5, 8)" in problem.message


def test_a_causal_network_of_any_length_is_exported(tmp_path):
    assert export_onnx(causal(), tmp_path / "causal.onnx").ok
