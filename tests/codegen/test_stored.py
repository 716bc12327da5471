"""Tensors that a network keeps, written and run."""

import pytest
import torch
from torch import nn

from codegen.export import export_onnx
from codegen.live import build
from codegen.source import generate
from graph.inference import Inference
from tests.codegen.drawing import chain, draw

VISION = '''\
import torch
from torch import nn


def positional_encoding(x, max_period=10000.0):
    """Sines and cosines of every position of x (N, T, features), as (T, features)."""
    length, features = x.shape[-2:]
    even = torch.arange(0, features, 2, device=x.device)
    positions = torch.arange(length, device=x.device).unsqueeze(1)  # (T, 1)
    angles = positions * max_period ** (-even / features)  # (T, features / 2)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1)
    return waves.flatten(1)[:, :features].to(x.dtype)


class Tokens(nn.Module):
    """Maps patches (N, T, 6) to result (N, T + 1, 6)."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.empty(1, 1, 6).normal_(std=0.02))
        self.register_buffer("scale", torch.full((6,), 0.5))

    def forward(self, patches):
        x = self.token.expand(patches.shape[0], -1, -1)  # (N, 1, 6)
        x = torch.cat([x, patches], dim=1)  # (N, T + 1, 6)
        x = x + positional_encoding(x)
        return x * self.scale
'''


def tokens():
    """A class token before a sequence, with positions added, and everything scaled."""
    return draw(
        ("patches", "Input", {"shape": ["T", 6]}),
        ("token", "Parameter", {"shape": [1, 1, 6], "init": "normal"}),
        ("scale", "Constant", {"value": 0.5, "shape": [6]}),
        ("expand", "Expand", {"shape": [-1, -1]}),
        ("join", "Concat", {"dim": 1}),
        ("positions", "PositionalEncoding"),
        ("scaled", "Multiply"),
        ("result", "Output"),
        edges="token -> expand, patches -> expand.like, expand -> join.in0, patches -> join.in1,"
        "join -> positions, positions -> scaled.in0, scale -> scaled.in1, scaled -> result",
        name="Tokens",
    )


def added(stored, **params):
    """What comes in, and a stored tensor added to it."""
    return draw(
        ("x", "Input", {"shape": [2, 2]}),
        ("kept", stored, params),
        ("sum", "Add"),
        ("result", "Output"),
        edges="x -> sum.in0, kept -> sum.in1, sum -> result",
    )


def test_a_file_defines_what_its_layers_call_and_keeps_what_it_reads():
    assert generate(tokens()).text == VISION


def test_predictions_are_what_the_network_does():
    project = tokens()
    live = build(project, seed=0)
    inference = Inference(project.graph)
    result = live.module(torch.zeros(3, 5, 6))
    assert result.shape == (3, 6, 6)
    assert list(live.module.state_dict()) == ["token", "scale"]
    assert [name for name, _ in live.module.named_parameters()] == ["token"]
    assert sum(p.numel() for p in live.module.parameters()) == inference.total_parameters == 6
    assert live.node_of_parameter("token") == project.graph.by_name("token").id
    assert live.node_of_parameter("scale") == project.graph.by_name("scale").id
    result.sum().backward()
    assert torch.equal(live.module.token.grad, torch.full((1, 1, 6), 1.5))


def test_a_seed_decides_what_a_parameter_starts_from():
    first, second, other = (build(tokens(), seed=seed).module.token for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert first.abs().max() < 0.2


def test_positions_are_those_of_the_paper():
    live = build(tokens(), seed=0)
    nn.init.zeros_(live.module.token)
    encoding = 2 * live.module(torch.zeros(1, 4, 6))[0]
    for position in range(5):
        for pair in range(3):
            angle = torch.tensor(position / 10000 ** (2 * pair / 6))
            wanted = torch.stack([angle.sin(), angle.cos()])
            torch.testing.assert_close(encoding[position, 2 * pair : 2 * pair + 2], wanted)


@pytest.mark.parametrize(
    ("stored", "params", "text"),
    [
        ("Parameter", {"shape": [2, 2]}, "self.kept = nn.Parameter(torch.zeros(2, 2))"),
        ("Parameter", {"shape": [2], "init": "ones"}, "self.kept = nn.Parameter(torch.ones(2))"),
        (
            "Parameter",
            {"shape": [2], "init": "normal", "std": 1},
            "self.kept = nn.Parameter(torch.empty(2).normal_())",
        ),
        ("Constant", {"value": 1}, 'self.register_buffer("kept", torch.ones(1))'),
        (
            "Constant",
            {"value": 2, "shape": [2, 2], "dtype": "int32"},
            'self.register_buffer("kept", torch.full((2, 2), 2, dtype=torch.int32))',
        ),
        ("Constant", {"value": [1, 2]}, 'self.register_buffer("kept", torch.tensor([1.0, 2.0]))'),
        (
            "Constant",
            {"value": [0, 1, 1, 0], "shape": [2, 2]},
            'self.register_buffer("kept", torch.tensor([[0.0, 1.0], [1.0, 0.0]]))',
        ),
        (
            "Constant",
            {"value": [0, 1], "dtype": "bool"},
            'self.register_buffer("kept", torch.tensor([False, True], dtype=torch.bool))',
        ),
    ],
)
def test_a_stored_tensor_is_written_as_a_person_would(stored, params, text):
    project = added(stored, **params)
    source = generate(project).text
    assert f"        {text}\n" in source
    assert source.endswith("return x + self.kept\n")
    live = build(project)
    predicted = Inference(project.graph).result(project.graph.by_name("sum").id).outputs["out"]
    result = live.module(torch.zeros(3, 2, 2))
    assert str(result.dtype) == f"torch.{predicted.dtype}"
    wanted = torch.tensor(params.get("value", 1.0 if params.get("init") == "ones" else 0.0)).float()
    if params.get("init") != "normal":
        assert torch.equal(live.module.kept.float().flatten(), wanted.expand(live.module.kept.numel()))


def test_several_layers_share_what_the_file_defines():
    project = draw(
        ("positional_encoding", "Input", {"shape": ["T", 4]}),
        ("first", "PositionalEncoding", {"max_period": 100}),
        ("second", "PositionalEncoding"),
        ("result", "Output"),
        edges="positional_encoding -> first, first -> second, second -> result",
    )
    text = generate(project).text
    assert text.count("def positional_encoding(") == 1
    assert "+ positional_encoding(positional_encoding_2, max_period=100.0)" in text
    assert build(project).module(torch.zeros(2, 3, 4)).shape == (2, 3, 4)


def test_a_mistake_within_a_shared_function_is_that_of_the_layer_that_called_it():
    rows = (("x", "Input", {"shape": ["T", 4]}), ("positions", "PositionalEncoding"), ("result", "Output"))
    live = build(chain(*rows))
    with pytest.raises(ValueError, match="unpack") as caught:
        live.module(torch.zeros(4))
    assert live.explain(caught.value).node_id == "n2"


def test_what_is_stored_is_exported(tmp_path):
    assert export_onnx(tokens(), tmp_path / "tokens.onnx").ok
