"""The text of generated files, and what is known about it."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.source import GenerationError, generate
from graph.document import Document
from graph.edits import MoveNodes, RenameNode
from graph.inference import Inference
from tests.codegen.drawing import chain, draw
from tests.codegen.networks import ALL, residual, sequence_lstm, small_cnn, two_ends

ROOT = Path(__file__).resolve().parents[2]

SMALL_CNN = '''\
import torch.nn.functional as F
from torch import nn


class SmallCNN(nn.Module):
    """Maps image (N, 1, 28, 28) to logits (N, 10)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(8)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=(3, 5), stride=2, padding=(1, 2))
        self.norm2 = nn.BatchNorm2d(16, momentum=0.2)
        self.drop = nn.Dropout2d(0.25)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(16, 10)

    def forward(self, image):
        x = F.relu(self.norm1(self.conv1(image)))  # (N, 8, 28, 28)
        x = self.pool1(x)  # (N, 8, 14, 14)
        x = F.leaky_relu(self.norm2(self.conv2(x)), negative_slope=0.1)  # (N, 16, 7, 7)
        x = self.drop(x)
        x = self.gap(x)  # (N, 16, 1, 1)
        x = x.flatten(1)  # (N, 16)
        return self.head(x)
'''

RESIDUAL = '''\
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """Maps image (N, 3, 8, 8) to features (N, 4, 8, 8)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(4, 4, kernel_size=3, padding=1)
        self.norm2 = nn.BatchNorm2d(4)

    def forward(self, image):
        stem = F.relu(self.conv1(image))  # (N, 4, 8, 8)
        x = self.norm2(self.conv2(stem))
        return F.relu(x + stem)
'''

SEQUENCE = '''\
import torch
from torch import nn


class SequenceClassifier(nn.Module):
    """Maps sequence (N, T, 8) to probabilities (N, 2)."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16, num_layers=2, batch_first=True)
        self.head = nn.Linear(32, 2)

    def forward(self, sequence):
        out, (_, c) = self.lstm(sequence)  # (N, T, 16), (2, N, 16)
        last = out[:, -1]  # (N, 16)
        x = c[-1]  # (N, 16)
        x = torch.cat([last, x], dim=1)  # (N, 32)
        return torch.softmax(self.head(x), dim=-1)
'''

TWO_ENDS = '''\
import torch
import torch.nn.functional as F
from torch import nn


class TwoEnds(nn.Module):
    """Maps image and tokens to logits and value.

    Shape:
        image: (N, 3, 8, 8)
        tokens: (N, T) of int64
        logits: (N, 10)
        value: (N, 1)
    """

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, kernel_size=3, padding="same")
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.embed = nn.Embedding(5, 6)
        self.gru = nn.GRU(6, 7, batch_first=True)
        self.shared = nn.Linear(11, 12)
        self.head = nn.Linear(12, 10)
        self.critic = nn.Linear(12, 1)

    def forward(self, image, tokens):
        x = F.gelu(self.conv(image), approximate="tanh")  # (N, 4, 8, 8)
        x = self.gap(x)  # (N, 4, 1, 1)
        flat = x.flatten(1)  # (N, 4)
        x = self.embed(tokens)  # (N, T, 6)
        x, _ = self.gru(x)  # (N, T, 7)
        x = x[:, -1]  # (N, 7)
        x = torch.cat([flat, x], dim=1)  # (N, 11)
        tanh = torch.tanh(self.shared(x))  # (N, 12)
        logits = self.head(tanh)  # (N, 10)
        value = self.critic(tanh)  # (N, 1)
        return logits, value
'''


@pytest.mark.parametrize(
    ("project", "text"),
    [(small_cnn(), SMALL_CNN), (residual(), RESIDUAL), (sequence_lstm(), SEQUENCE), (two_ends(), TWO_ENDS)],
    ids=ALL,
)
def test_the_text_is_what_a_person_would_write(project, text):
    assert generate(project).text == text


def forward_of(project):
    text = generate(project).text
    return [line.strip() for line in text[text.index("    def forward") :].splitlines()]


def test_a_network_without_submodules_needs_no_init():
    project = chain(("image", "Input", {"shape": [4]}), ("same", "Output"), name="Identity")
    assert generate(project).text == (
        "from torch import nn\n\n\nclass Identity(nn.Module):\n"
        '    """Maps image (N, 4) to same (N, 4)."""\n\n    def forward(self, image):\n        return image\n'
    )


def test_nodes_that_lead_to_no_output_are_left_out():
    rows = [("image", "Input", {"shape": [4]}), ("fc", "Linear"), ("dead", "Linear"), ("logits", "Output")]
    source = generate(draw(*rows, edges="image -> fc, image -> dead, fc -> logits"))
    assert "dead" not in source.text
    assert source.attribute_of == {"n2": "fc"}
    assert set(source.lines_of) == {"n1", "n2", "n4"}


def test_an_argument_called_x_is_not_overwritten_while_it_is_needed():
    rows = [
        ("x", "Input", {"shape": [4]}),
        ("a", "Linear", {"out_features": 4}),
        ("b", "Linear", {"out_features": 4}),
    ]
    project = draw(
        *rows,
        ("sum", "Add"),
        ("out", "Output"),
        edges="x -> a, a -> b, b -> sum.in0, x -> sum.in1, sum -> out",
    )
    assert forward_of(project)[1:] == ["y = self.a(x)", "y = self.b(y)", "return y + x"]


def test_an_argument_called_x_may_be_overwritten_after_its_last_use():
    rows = [("x", "Input", {"shape": [4]}), ("a", "Linear"), ("b", "Linear"), ("out", "Output")]
    assert forward_of(chain(*rows))[1:] == ["x = self.a(x)  # (N, 64)", "return self.b(x)"]


def test_a_layer_with_nothing_to_do_is_not_written():
    rows = [("image", "Input", {"shape": [4]}), ("squeeze", "Squeeze"), ("fc", "Linear"), ("out", "Output")]
    source = generate(chain(*rows))
    assert forward_of(chain(*rows))[1:] == ["return self.fc(image)"]
    assert "n2" not in source.lines_of


def test_both_results_may_be_the_same_value():
    rows = [("image", "Input", {"shape": [4]}), ("fc", "Linear"), ("a", "Output"), ("b", "Output")]
    project = draw(*rows, edges="image -> fc, fc -> a, fc -> b")
    assert forward_of(project)[1:] == ["a = self.fc(image)  # (N, 64)", "return a, a"]


def test_wide_merges_are_broken_as_formatters_do():
    names = [f"branch_number_{n}" for n in range(6)]
    rows = [
        ("image", "Input", {"shape": [4]}),
        *((name, "Linear") for name in names),
        ("sum", "Add"),
        ("out", "Output"),
    ]
    edges = ",".join(f"image -> {name}, {name} -> sum.in{n}" for n, name in enumerate(names))
    assert forward_of(draw(*rows, edges=f"{edges}, sum -> out"))[-9:] == [
        "x = self.branch_number_5(image)  # (N, 64)",
        "return (",
        "branch_number_0",
        "+ branch_number_1",
        "+ branch_number_2",
        "+ branch_number_3",
        "+ branch_number_4",
        "+ x",
        ")",
    ]


def test_errors_are_told_in_words():
    project = chain(
        ("image", "Input", {"shape": [4]}), ("fc", "Linear", {"in_features": 5}), ("out", "Output")
    )
    with pytest.raises(GenerationError, match=r"Net has an error.*\n  fc: in_features is 5") as caught:
        generate(project)
    assert [problem.node for problem in caught.value.problems] == ["n2"]


def test_an_empty_project_says_what_is_missing():
    with pytest.raises(GenerationError, match=r"2 errors(.|\n)*no Input(.|\n)*no Output"):
        generate(draw())


# Names

NAMES = [
    "class",
    "match",
    "nn",
    "F",
    "self",
    "torch",
    "forward",
    "train",
    "x",
    "größe",
    "ﬁlm",
    "3x3",
    "a b",
    "",
    "l",
    "🙂",
]


def test_every_name_becomes_a_valid_one():
    rows = [(name or "?", "Linear", {"out_features": 4}) for name in NAMES]
    source = generate(chain(("input", "Input", {"shape": [4]}), *rows, ("return", "Output")))
    assert source.input_names == ("input_",)
    assert source.output_names == ("return_",)
    assert list(source.attribute_of.values()) == [
        "class_", "match_", "nn_", "F_", "self_", "torch_", "forward_", "train_", "x", "größe", "film",
        "linear_3x3", "a_b", "linear", "l_", "linear_2",
    ]  # fmt: skip
    compile(source.text, "names", "exec")


def test_duplicates_are_numbered():
    rows = [("fc", "Linear"), ("fc", "Linear"), ("fc_2", "Linear")]
    source = generate(chain(("image", "Input", {"shape": [4]}), *rows, ("out", "Output")))
    assert list(source.attribute_of.values()) == ["fc", "fc_2", "fc_2_2"]


def test_a_single_result_may_be_called_like_a_layer_but_not_like_an_input():
    source = generate(chain(("image", "Input", {"shape": [4]}), ("logits", "Linear"), ("logits", "Output")))
    assert (source.output_names, source.attribute_of) == (("logits",), {"n2": "logits"})
    source = generate(chain(("image", "Input", {"shape": [4]}), ("fc", "Linear"), ("image", "Output")))
    assert (source.input_names, source.output_names) == (("image",), ("image_2",))


# Determinism


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_positions_do_not_matter(make):
    project = make()
    text = generate(project).text
    random.seed(1)
    Document(project).apply(
        MoveNodes({node: (random.random(), random.random()) for node in project.graph.nodes})
    )
    assert generate(project).text == text


def test_the_order_of_layers_in_the_file_does_not_matter():
    project = two_ends()
    ids = list(project.graph.nodes)
    inner = [node_id for node_id in ids if project.graph.nodes[node_id].type not in ("Input", "Output")]
    random.Random(2).shuffle(inner)
    nodes = [project.graph.nodes[node_id] for node_id in (*ids[:2], *inner, *ids[-2:])]
    shuffled = type(project)(project.name, type(project.graph)(nodes, reversed(project.graph.edges)))
    assert generate(shuffled).text == TWO_ENDS


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_hash_seed_does_not_matter(seed):
    code = (
        "from codegen.source import generate\n"
        "from tests.codegen.networks import two_ends\n"
        "print(generate(two_ends()).text, end='')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    assert answer.stdout.decode().replace(os.linesep, "\n") == TWO_ENDS


def test_inference_that_is_there_already_is_used():
    project = residual()
    document = Document(project)
    inference = Inference(document.graph)
    inference.update(document.apply(RenameNode("n2", "first")))
    assert generate(project, inference).text == RESIDUAL.replace("conv1", "first")


def test_formatter_and_linter_have_nothing_to_say(tmp_path):
    for name, make in ALL.items():
        (tmp_path / f"{name}.py").write_text(generate(make()).text, encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        answer = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", tmp_path],
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stdout


# Where the nodes stand


def pieces_of(source, node_id):
    lines = source.text.splitlines()
    return [
        lines[s.line - 1][s.column : s.end_column]
        for s in source.spans
        if s.node == node_id and s.line == s.end_line
    ]


def test_spans_hold_what_a_node_wrote():
    source = generate(small_cnn())
    assert pieces_of(source, "n1") == ["image"]
    assert pieces_of(source, "n2") == [
        "self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False)",
        "self.conv1(image)",
    ]
    assert pieces_of(source, "n3")[1] == "self.norm1(self.conv1(image))"
    assert pieces_of(source, "n4") == ["x = F.relu(self.norm1(self.conv1(image)))"]
    assert pieces_of(source, "n13") == ["return self.head(x)"]


def test_lines_of_a_node():
    source = generate(small_cnn())
    assert source.lines_of["n2"] == [10, 20]
    assert source.lines_of["n1"] == [19]


def test_the_innermost_node_of_a_place_and_the_outermost_of_a_line():
    source = generate(small_cnn())
    line = source.text.splitlines()[19]
    assert source.node_at(20) == "n4"
    assert source.node_at(20, line.index("self.conv1")) == "n2"
    assert source.node_at(20, line.index("self.norm1")) == "n3"
    assert source.node_at(20, line.index("self.conv1"), 20, line.index("))") + 2) == "n3"
    assert source.node_at(1) is None
    assert source.node_at(20, 0) is None


def test_spans_survive_broken_lines():
    name = "a_name_that_is_as_long_as_names_may_ever"
    rows = [(name, "Input", {"shape": [4]}), (f"{name}_1", "Linear"), ("fc", "Linear"), ("out", "Output")]
    source = generate(chain(*rows))
    lines = source.text.splitlines()
    (broken,) = (span for span in source.spans if span.line != span.end_line)
    assert source.attribute_of[broken.node] == f"{name}_2"
    assert lines[broken.line - 1][broken.column :] == f"x = self.{name}_2("
    assert lines[broken.end_line - 1][: broken.end_column] == f"{' ' * 8})"
    assert source.lines_of["n2"][-3:] == [broken.line, broken.line + 1, broken.end_line]
    assert not any("\ue000" <= character <= "\uf8ff" for character in source.text)
