"""Blocks as classes: one for each block, as a person would write it, that computes what the drawing says."""

import pytest
import torch
from torch import nn

from codegen.blocks import block_key
from codegen.live import build
from codegen.source import generate
from graph.document import Block, BlockParam, Edge, Graph, PortRef, Project
from graph.inference import Inference
from graph.shapes import evaluate_shape
from tests.graph.block_drawings import deep, graph, in_a_row, residual


def convolution() -> Block:
    """Convolution, norm and activation; nothing inside says how many channels come in."""
    body = in_a_row(
        ("Conv2d", {"out_channels": "=channels", "stride": "=stride", "padding": 1, "bias": False}),
        ("BatchNorm2d", {}),
        ("ReLU", {}),
        shape=[3, 8, 8],
    )
    return Block("conv_bn", body, (BlockParam("channels", "int", 16), BlockParam("stride", "int", 1)))


def drawn(*layers, blocks, shape, name="Net"):
    """A chain of layers and blocks as a project."""
    chain = in_a_row(*layers, shape=shape)
    kinds = {node.id: node.type for node in chain.nodes.values()}
    made = {block.name: block for block in blocks}
    edges = [
        Edge(
            PortRef(edge.source.node, "y" if kinds[edge.source.node] in made else edge.source.port),
            PortRef(edge.target.node, "x" if kinds[edge.target.node] in made else edge.target.port),
        )
        for edge in chain.edges
    ]
    return Project(name, Graph(chain.nodes.values(), edges), made)


def code(project):
    return generate(project).text


def class_of(text, name):
    """The lines of one class."""
    return next(part for part in text.split("\n\n\n") if part.startswith(f"class {name}("))


def test_an_inner_block_is_written_before_the_one_that_holds_it():
    assert (
        code(deep())
        == '''\
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """Maps x (N, width) to y (N, width)."""

    def __init__(self, width=8):
        super().__init__()
        self.inner = nn.Linear(width, width * 2)
        self.outer = nn.Linear(width * 2, width)

    def forward(self, x):
        y = F.relu(self.inner(x))  # (N, width * 2)
        y = self.outer(y)  # (N, width)
        return x + y


class Pair(nn.Module):
    """Maps x (N, width) to y (N, width)."""

    def __init__(self, width=8):
        super().__init__()
        self.first = Residual(width=width)
        self.second = Residual(width=width)

    def forward(self, x):
        return self.second(self.first(x))


class Deep(nn.Module):
    """Maps image (N, 8) to logits (N, 8)."""

    def __init__(self):
        super().__init__()
        self.res1 = Residual()
        self.pair1 = Pair()

    def forward(self, image):
        return self.pair1(self.res1(image))
'''
    )


def test_what_the_input_determines_becomes_an_argument():
    text = code(
        drawn(
            ("conv_bn", {}),
            ("conv_bn", {"channels": 32, "stride": 2}),
            ("AdaptiveAvgPool2d", {}),
            blocks=[convolution()],
            shape=[3, 16, 16],
        )
    )
    assert "def __init__(self, in_channels, channels=16, stride=1):" in text
    assert "in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False" in text
    assert "nn.BatchNorm2d(channels)" in text
    assert "self.layer1 = ConvBn(3)" in text
    assert "self.layer2 = ConvBn(16, channels=32, stride=2)" in text


def test_a_size_that_only_happens_to_equal_a_parameter_is_not_written_as_it():
    """8 steps and a width of 8: the Linear reads the width, the Reshape the steps."""
    body = in_a_row(("Linear", {"out_features": "=width"}), ("Reshape", {"shape": [8, -1]}), shape=[8, 8])
    block = Block("Odd", body, (BlockParam("width", "int", 8),))
    text = class_of(code(drawn(("Odd", {}), blocks=[block], shape=[8, 8])), "Odd")
    assert "nn.Linear(in_features, width)" in text
    assert "x.reshape(x.shape[0], 8, -1)" in text


def test_forward_reads_arguments_as_attributes():
    body = in_a_row(("Reshape", {"shape": ["=heads", -1]}), ("Linear", {"out_features": 4}), shape=[8, 4])
    block = Block("Heads", body, (BlockParam("heads", "int", 2),))
    text = code(drawn(("Heads", {}), ("Reshape", {"shape": [8, 1]}), blocks=[block], shape=[8, 4]))
    inner = class_of(text, "Heads")
    assert "        self.heads = heads\n" in inner
    assert "x.reshape(x.shape[0], self.heads, -1)" in inner


def test_repetitions_are_a_comprehension():
    text = code(drawn(("Residual", {"repeat": 6}), blocks=[residual()], shape=[8]))
    assert "self.layer1 = nn.Sequential(*[Residual() for _ in range(6)])" in text


def test_repetitions_that_differ_go_through_their_arguments():
    project = drawn(("conv_bn", {"repeat": 3}), blocks=[convolution()], shape=[3, 8, 8])
    assert "for in_channels in (3, 16, 16)]" in code(project)
    shapes = [tuple(weight.shape) for weight in build(project).module.parameters() if weight.ndim == 4]
    assert shapes == [(16, 3, 3, 3), (16, 16, 3, 3), (16, 16, 3, 3)]


def two_ends() -> Block:
    """Two inputs and two outputs."""
    body = graph(
        [
            ("a", "Input", "x", {"shape": [4]}),
            ("b", "Input", "mask", {"shape": [4]}),
            ("m", "Multiply", "masked", {}),
            ("l", "Linear", "lin", {"out_features": 4}),
            ("o", "Output", "y", {}),
            ("p", "Output", "kept", {}),
        ],
        "a.out m.in0", "b.out m.in1", "m.out l.in", "l.out o.in", "m.out p.in",
    )  # fmt: skip
    return Block("Masked", body)


def masked(**params):
    main = graph(
        [
            ("i", "Input", "image", {"shape": [4]}),
            ("k", "Input", "mask", {"shape": [4]}),
            ("t", "Masked", "steps", params),
            ("o", "Output", "result", {}),
        ],
        "i.out t.x", "k.out t.mask", "t.y o.in",
    )  # fmt: skip
    return Project("Net", main, {"Masked": two_ends()})


def test_repetitions_with_several_ends_are_a_loop():
    text = class_of(code(masked(repeat=3)), "Net")
    assert "self.steps = nn.ModuleList([Masked(4) for _ in range(3)])" in text
    body = text.partition("mask):\n")[2].splitlines()
    assert [line.strip() for line in body] == [
        "x = image",
        "for module in self.steps:",
        "x, _ = module(x, mask)",
        "return x",
    ]


def test_what_runs_is_what_the_drawing_says():
    torch.manual_seed(0)
    module = build(masked(repeat=3)).module.eval()
    image, mask = torch.randn(5, 4), torch.randn(5, 4)
    expected = image
    for layer in module.steps:
        expected = layer.lin(expected * mask)
    assert torch.equal(module(image, mask), expected)


def test_classes_are_told_apart_where_one_cannot_serve_both():
    """A squeeze has nothing to do for one instance, so their code differs in more than values."""
    body = in_a_row(("Squeeze", {"dim": 1}), ("Flatten", {}), ("Linear", {"out_features": 3}), shape=[1, 4])
    block = Block("Tail", body)
    main = graph(
        [
            ("i", "Input", "one", {"shape": [1, 4]}),
            ("j", "Input", "two", {"shape": [2, 4]}),
            ("s", "Tail", "tail1", {}),
            ("t", "Tail", "tail2", {}),
            ("a", "Add", "add", {}),
            ("o", "Output", "result", {}),
        ],
        "i.out s.x", "j.out t.x", "s.y a.in0", "t.y a.in1", "a.out o.in",
    )  # fmt: skip
    project = Project("Net", main, {"Tail": block})
    text = code(project)
    assert text.count("(nn.Module):") == 3
    module = build(project).module
    assert module(torch.randn(2, 1, 4), torch.randn(2, 2, 4)).shape == (2, 3)


def test_an_input_that_nothing_inside_reads_is_still_an_argument():
    body = graph(
        [
            ("a", "Input", "x", {"shape": [4]}),
            ("b", "Input", "unread", {"shape": [4]}),
            ("l", "Linear", "lin", {"out_features": 4}),
            ("o", "Output", "y", {}),
        ],
        "a.out l.in", "l.out o.in",
    )  # fmt: skip
    main = graph(
        [
            ("i", "Input", "image", {"shape": [4]}),
            ("t", "Half", "half", {}),
            ("o", "Output", "result", {}),
        ],
        "i.out t.x", "i.out t.unread", "t.y o.in",
    )  # fmt: skip
    project = Project("Net", main, {"Half": Block("Half", body)})
    assert "def forward(self, x, unread):" in code(project)
    assert build(project).module(torch.randn(2, 4)).shape == (2, 4)


@pytest.mark.parametrize(
    "project",
    [
        deep(),
        masked(repeat=2),
        drawn(
            ("conv_bn", {"channels": 8}),
            ("conv_bn", {"channels": 24, "stride": 2, "repeat": 2}),
            ("AdaptiveAvgPool2d", {}),
            ("Flatten", {}),
            ("Linear", {"out_features": 5}),
            blocks=[convolution()],
            shape=[3, 16, 16],
        ),
    ],
    ids=["deep", "loop", "convolutions"],
)
def test_shapes_and_parameters_are_those_that_were_foretold(project):
    inference = Inference(project.graph)
    live = build(project)
    source = live.source
    inputs = [torch.randn(evaluate_shape(tensor.shape, {"N": 3})) for tensor in source.input_tensors]
    outputs = live.module(*inputs)
    foretold = [evaluate_shape(tensor.shape, {"N": 3}) for tensor in source.output_tensors]
    assert [tuple(outputs.shape)] == [tuple(shape) for shape in foretold]
    assert sum(weight.numel() for weight in live.module.parameters()) == inference.total_parameters
    assert all(isinstance(getattr(live.module, name), nn.Module) for name in source.attribute_of.values())


def test_every_node_of_a_block_has_its_place_in_the_code():
    source = generate(deep())
    lines = source.text.splitlines()
    (made, called) = source.lines_of[block_key("Residual", "n2")]
    assert "nn.Linear(width, width * 2)" in lines[made - 1]
    assert "self.inner(x)" in lines[called - 1]


def test_an_error_inside_a_block_names_the_way_to_it():
    live = build(deep())
    live.module.pair1.second.outer = nn.Linear(3, 8)
    with pytest.raises(RuntimeError) as raised:
        live.module(torch.randn(2, 8))
    found = live.explain(raised.value)
    assert found.node_id == "n3"
    assert found.message.startswith("pair1, second, outer: ")
