"""Custom layers in generated files: their text above the network, run only when trusted."""

import subprocess
import sys

import pytest
import torch

from codegen.export import export_python
from codegen.exporting.samples import Samples
from codegen.live import build
from codegen.source import GenerationError, generate
from graph.catalog.custom import EXAMPLE
from graph.custom_shapes import Found, ask_from_now_on
from graph.document import Edge, Graph, Node, PortRef, Project
from graph.inference import Inference
from graph.model import Block, BlockParam
from graph.shapes import BATCH, TensorSpec
from tests.codegen.drawing import draw
from tests.graph.custom_layers import GATE, GATE_ARGUMENTS, Knower, between, forward

FAILING = """\
import math
from torch import nn


class Checked(nn.Module):
    def __init__(self, limit):
        super().__init__()
        self.limit = limit

    def forward(self, x):
        if len(x) > self.limit:
            raise RuntimeError("too many")
        return x * math.pi
"""
TEXT = '''\
import torch
import torch.nn.functional as F
from torch import nn


class Gate(nn.Module):
    """Lets a part through."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.linear = nn.Linear(channels, channels, bias=bias)

    def forward(self, x):
        return x * F.sigmoid(self.linear(x))


class LearnedScale(nn.Module):
    """Multiplies its input by one learned number."""

    def __init__(self, start: float = 1.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(start))

    def forward(self, x):
        return x * self.scale


class Net(nn.Module):
    """Maps given (N, 8) to result (N, 8)."""

    def __init__(self):
        super().__init__()
        self.first = Gate(channels=8)
        self.scale = LearnedScale()
        self.second = Gate(channels=8, bias=False)

    def forward(self, given):
        x = self.first(given)
        x = self.scale(x)
        return self.second(x)
'''


@pytest.fixture
def knower():
    found = Knower({GATE: Found(TensorSpec((BATCH, 8)), 72)})
    before = ask_from_now_on(found)
    yield found
    ask_from_now_on(before)


def two_gates():
    return draw(
        ("given", "Input", {"shape": [8]}),
        ("first", "Custom", {"source": GATE, "arguments": GATE_ARGUMENTS}),
        ("scale", "Custom", {"source": EXAMPLE}),
        ("second", "Custom", {"source": GATE, "arguments": {**GATE_ARGUMENTS, "bias": False}}),
        ("result", "Output"),
        edges="given -> first.in0, first -> scale.in0, scale -> second.in0, second -> result",
    )


def in_a_row(source, *arguments):
    names = [f"custom{number}" for number in range(1, len(arguments) + 1)]
    rows = [
        (name, "Custom", {"source": source, "arguments": given})
        for name, given in zip(names, arguments, strict=True)
    ]
    ends = zip(["given", *names], [f"{name}.in0" for name in names] + ["result"], strict=True)
    return draw(
        ("given", "Input", {"shape": [8]}),
        *rows,
        ("result", "Output"),
        edges=", ".join(f"{start} -> {end}" for start, end in ends),
    )


def test_the_text_stands_above_the_network_once_with_its_imports_at_the_top(knower):
    assert generate(two_gates()).text == TEXT


def test_formatter_and_linter_have_nothing_to_say(knower, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(generate(two_gates()).text, encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        answer = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", path],
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stdout


def test_live_is_exported_bit_for_bit(knower, tmp_path):
    report = export_python(two_gates(), tmp_path / "net.py", verify=True)
    assert report.max_abs_difference == 0.0
    live = build(two_gates(), seed=0)
    assert [name for name, _ in live.module.named_parameters()] == [
        "first.linear.weight", "first.linear.bias", "scale.scale", "second.linear.weight",
    ]  # fmt: skip
    assert live.node_of_parameter("second.linear.weight") == "n4"
    (given,) = Samples(two_gates()).inputs(3)
    assert live.module(given).shape == (3, 8)


def test_a_custom_layer_can_be_frozen_start_anew_and_learn_at_its_own_rate(knower):
    prepared = {"weight_init": "normal", "init_std": 1e-3, "frozen": True, "lr_factor": 0.5}
    project = draw(
        ("given", "Input", {"shape": [8]}),
        ("gate", "Custom", {"source": GATE, "arguments": GATE_ARGUMENTS, **prepared}),
        ("result", "Output"),
        edges="given -> gate.in0, gate -> result",
    )
    gate = build(project, seed=0).module.gate
    assert not any(parameter.requires_grad for parameter in gate.parameters())
    assert gate.linear.weight.std() < 2e-3
    assert not gate.linear.bias.any()
    assert gate.lr_factor == 0.5


def test_every_line_leads_to_the_nodes_that_wrote_it(knower):
    source = generate(two_gates())
    lines = source.text.splitlines()
    written = [lines[number - 1] for number in source.custom_lines]
    assert written[:3] == ["", "", "class Gate(nn.Module):"]
    assert written[-1] == "        return x * self.scale"
    at = lines.index("class Gate(nn.Module):") + 1
    assert at in source.lines_of["n2"]
    assert at in source.lines_of["n4"]
    assert source.node_at(lines.index("class LearnedScale(nn.Module):") + 1) == "n3"


def test_an_error_is_told_at_the_layer_that_called_the_code(knower):
    live = build(in_a_row(FAILING, {"limit": 10}, {"limit": 2}))
    with pytest.raises(RuntimeError, match="too many") as caught:
        live.module(torch.zeros(3, 8))
    assert live.explain(caught.value) == ("n3", "custom2: too many")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "Any()"),
        ({"a": 1, "b": -0.5, "c": True, "d": None}, "Any(a=1, b=-0.5, c=True, d=None)"),
        ({"a": [3], "b": [1, [2]]}, "Any(a=[3], b=[1, [2]])"),
        ({"a": {"b": [1]}}, 'Any(a={"b": [1]})'),
        ({"a": 'it\'s "so"\n'}, "Any(a='it\\'s \"so\"\\n')"),
        ({"a": "x); import os"}, 'Any(a="x); import os")'),
    ],
)
def test_arguments_are_written_as_values(knower, arguments, text):
    source = "class Any(nn.Module):\n def __init__(self, **rest): ...\n def forward(self, x): return x"
    assert f"self.custom1 = {text}" in generate(in_a_row(source, arguments)).text


@pytest.mark.parametrize(
    ("source", "head"),
    [
        (forward("return x"), "from torch import nn\n\n\nclass Layer(nn.Module):\n"),
        (
            "from torch import Tensor\nimport math\nfrom math import tau as circle\nimport torch.utils.data\n"
            f"from math import pi\nimport os.path as p\n{forward('return torch.relu(x)')}",
            "import math\nimport os.path as p\nfrom math import pi\nfrom math import tau as circle\n\n"
            "import torch\nimport torch.utils.data\nfrom torch import Tensor, nn\n\n\nclass Layer",
        ),
        (
            f"import math; X = 1\n{forward('return x')}",
            "import math\n\nfrom torch import nn\n\n\nimport math; X",
        ),
    ],
)
def test_imports_go_to_the_top(knower, source, head):
    text = generate(in_a_row(source, {})).text
    assert text.startswith(head)
    compile(text, "net.py", "exec")


def test_torchvision_is_loaded_for_a_source_that_imports_it(knower):
    source = f"from torchvision import ops\n{forward('return ops.box_area(x)')}"
    generated = generate(in_a_row(source, {}))
    assert generated.needs_torchvision
    assert generated.text.startswith("from torch import nn\nfrom torchvision import ops\n\n\nclass Layer")
    assert not generate(in_a_row(forward("ops = x", "return ops"), {})).needs_torchvision


def test_line_ends_of_another_system_become_those_of_the_file(knower):
    source = generate(in_a_row(forward("return x").replace("\n", "\r\n"), {}))
    assert "\r" not in source.text
    assert "class Layer(nn.Module):\n    def forward(self, x):\n" in source.text


def test_the_network_gives_way_to_a_class_of_its_name(knower):
    project = in_a_row(forward("return x"), {})
    project.name = "layer"
    source = generate(project)
    assert source.class_name == "LayerNet"
    assert "class Layer(nn.Module):" in source.text
    assert type(build(project).module).__name__ == "LayerNet"


# Inside blocks


def gated(**params):
    """A project with a block that holds a gate of its parameter's width, used twice."""
    gate = {"source": GATE, "arguments": {"channels": "=width * 4", "bias": True}}
    inner = draw(
        ("x", "Input", {"shape": [8]}),
        ("gate", "Custom", gate),
        ("y", "Output"),
        edges="x -> gate.in0, gate -> y",
    ).graph
    block = Block("Gated", inner, (BlockParam("width", "int", 2),))
    nodes = [
        Node("n1", "Input", "given", {"shape": [8]}),
        Node("n2", "Gated", "first", params),
        Node("n3", "Custom", "gate", {"source": GATE, "arguments": GATE_ARGUMENTS}),
        Node("n4", "Output", "result"),
    ]
    pairs = [("n1.out", "n2.x"), ("n2.y", "n3.in0"), ("n3.out", "n4.in")]
    edges = [Edge(PortRef.parse(start), PortRef.parse(end)) for start, end in pairs]
    return Project("Net", Graph(nodes, edges), {"Gated": block})


def test_code_inside_a_block_is_written_once_and_made_with_the_parameters_of_the_block(knower):
    source = generate(gated(repeat=2))
    assert source.text.count("class Gate(nn.Module):") == 1
    assert "class Gated(nn.Module):" in source.text
    at = source.text.splitlines().index("class Gate(nn.Module):") + 1
    assert {node for node, lines in source.lines_of.items() if at in lines} == {"n3", "Gated/n2"}
    live = build(gated(repeat=2), seed=0)
    assert sum(each.numel() for each in live.module.parameters()) == 3 * 72
    (given,) = Samples(gated()).inputs(3)
    assert live.module(given).shape == (3, 8)


def test_an_error_inside_a_block_is_told_at_its_layer(knower):
    project = gated()
    arguments = {"source": FAILING, "arguments": {"limit": 2}}
    graph = project.blocks["Gated"].graph
    graph.replace_node(graph.nodes["n2"].with_(params=arguments))
    live = build(Project("Net", project.graph, project.blocks))
    with pytest.raises(RuntimeError, match="too many") as caught:
        live.module(torch.zeros(3, 8))
    assert live.explain(caught.value) == ("n2", "first, gate: too many")


def test_untrusted_code_inside_a_block_is_not_written(knower):
    project = gated()
    inference = Inference(project.graph)
    knower.trusted = set()
    with pytest.raises(GenerationError, match="gate: the code is not trusted") as caught:
        generate(project, inference)
    assert [problem.node for problem in caught.value.problems] == ["n2", "n3"]


# Nothing runs untrusted


def test_untrusted_code_is_neither_written_nor_run(knower, tmp_path):
    marker = tmp_path / "ran"
    source = f"import pathlib\nX = pathlib.Path({str(marker)!r}).touch()\n{forward('return x')}"
    project = in_a_row(source, {})
    knower.trusted = {GATE}
    for act in (
        generate,
        build,
        lambda project: build(project, device="meta"),
        lambda project: export_python(project, tmp_path / "net.py", verify=True),
        Samples,
    ):
        with pytest.raises(GenerationError, match="custom1: the code is not trusted"):
            act(project)
    assert not marker.exists()
    assert not (tmp_path / "net.py").exists()
    knower.trusted = {source}
    build(project)
    assert marker.exists()


def test_trust_that_was_taken_back_is_noticed_where_the_code_is_written(knower):
    project = in_a_row(forward("return x"), {})
    inference = Inference(project.graph)
    knower.trusted = set()
    assert inference.problems() == []
    with pytest.raises(GenerationError, match="custom1: the code is not trusted"):
        generate(project, inference)


def test_there_is_no_code_before_the_shape_is_known(knower):
    knower.answers[GATE] = None
    project = Project(graph=between(GATE, arguments=GATE_ARGUMENTS))
    inference = Inference(project.graph)
    with pytest.raises(GenerationError, match="custom1: what it gives is still being computed") as caught:
        generate(project, inference)
    assert [problem.node for problem in caught.value.problems] == ["n2"]
    knower.answers[GATE] = Found(TensorSpec((BATCH, 8)), 72)
    inference.retry(inference.pending)
    assert "class Gate" in generate(project, inference).text
