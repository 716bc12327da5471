"""What a person is told about a mistake, and fixes that work."""

import json

import pytest

from graph.document import Graph
from graph.edits import Batch
from graph.inference import Inference
from graph.problems import closest, did_you_mean, shown
from tests.graph.builders import chain, document, edge, node, only_problem

IMAGE = ("Input", {"shape": [16, 14, 14]})
LAST_CHANNELS = ("Input", {"shape": [14, 14, 3]})
FLAT = ("Input", {"shape": [784]})
SLIVER = ("Input", {"shape": [1, 2, 9]})
LINEAR = ("Linear", {"out_features": 10})

# Graph, the whole message, and what the buttons say.
MISTAKES = {
    "a feature map into Linear": (
        chain(IMAGE, "Conv2d", LINEAR, "Output"),
        "linear1: conv1 gives a feature map (N, 32, 12, 12), but Linear reads only the last dim. "
        "Expected (N, features), one vector per sample. Insert a Flatten before it.",
        ["Insert Flatten"],
    ),
    "a feature map into Linear whose size was typed": (
        chain(IMAGE, "Conv2d", ("Linear", {"in_features": 4608}), "Output"),
        "linear1: conv1 gives a feature map (N, 32, 12, 12), but Linear reads only the last dim. "
        "Expected (N, features), one vector per sample. Insert a Flatten before it.",
        ["Insert Flatten"],
    ),
    "an image into Linear whose size was typed": (
        chain(("Input", {"shape": [1, 28, 28]}), ("Linear", {"in_features": 784}), "Output"),
        "linear1: in_features is 784, but input1 gives (N, 1, 28, 28). Expected 28. "
        "Insert a Flatten before it, or set in_features = 28.",
        ["Insert Flatten", "Set in_features = 28"],
    ),
    "too many channels": (
        chain(IMAGE, ("MaxPool2d", {"kernel_size": 1}), ("Conv2d", {"in_channels": 32}), "Output"),
        "conv1: in_channels is 32, but pool1 gives (N, 16, 14, 14). Expected 16. Set in_channels = 16.",
        ["Set in_channels = 16"],
    ),
    "channels last": (
        chain(LAST_CHANNELS, ("Conv2d", {"in_channels": 3}), "Output"),
        "conv1: in_channels is 3, but input1 gives (N, 14, 14, 3). Expected 14. "
        "Insert a Permute before it, or set in_channels = 14.",
        ["Insert Permute", "Set in_channels = 14"],
    ),
    "a vector into Conv2d": (
        chain(FLAT, "Conv2d", "Output"),
        "conv1: the input is (N, 784) from input1, which has 2 dims. Expected (N, C, H, W). "
        "Insert a Reshape before it.",
        ["Insert Reshape"],
    ),
    "an image without channels into Conv2d": (
        chain(("Input", {"shape": [28, 28]}), "Conv2d", "Output"),
        "conv1: the input is (N, 28, 28) from input1, which has 3 dims. Expected (N, C, H, W). "
        "Insert a Reshape before it.",
        ["Insert Reshape"],
    ),
    "a number into Dropout2d": (
        chain(("Input", {"shape": []}), "Dropout2d", "Output"),
        "dropout1: the input is (N,) from input1, which has 1 dim. Expected (N, C, H, W). "
        "Insert a Reshape before it.",
        ["Insert Reshape"],
    ),
    "an image into GRU": (
        chain(("Input", {"shape": [1, 8, 8]}), "GRU", "Output"),
        "gru1: the input is (N, 1, 8, 8) from input1, which has 4 dims. Expected (N, T, features). "
        "Insert a Squeeze before it.",
        ["Insert Squeeze"],
    ),
    "a symbolic sequence into Conv2d": (
        chain(("Input", {"shape": [4, "T"]}), "Conv2d", "Output"),
        "conv1: the input is (N, 4, T) from input1, which has 3 dims. Expected (N, C, H, W). "
        "Insert a Reshape before it.",
        ["Insert Reshape"],
    ),
    "a feature map into BatchNorm1d": (
        chain(IMAGE, "Conv2d", "BatchNorm1d", "Output"),
        "norm1: the input is (N, 32, 12, 12) from conv1, which has 4 dims. Expected (N, C) or (N, C, L). "
        "Insert a Flatten before it.",
        ["Insert Flatten"],
    ),
    "an unknown size": (
        chain(("Input", {"shape": ["T"]}), "Linear", "Output"),
        "linear1: in_features would follow from the input, but that dim of (N, T) has no fixed size. "
        "Expected a number. Give that dim a size in the Input, or change the order of the dims.",
        [],
    ),
    "a given size where the incoming is unknown": (
        chain(("Input", {"shape": ["T"]}), ("Linear", {"in_features": 4}), "Output"),
        "linear1: in_features is 4, but input1 gives (N, T). Expected a fixed size. "
        "Give that dim a size in the Input, or change the order of the dims.",
        [],
    ),
    "a dtype that does not fit": (
        chain(("Input", {"dtype": "int64"}), "Conv2d", "Output"),
        "conv1: input1 gives int64. Expected float32. Set the dtype of input1 to float32.",
        ["Set the dtype of input1 to float32"],
    ),
    "a dtype that does not fit, further up": (
        chain(("Input", {"shape": [8]}), "Flatten", "Embedding", "Output"),
        "embedding1: flatten1 gives float32. Expected int64 or int32. Set the dtype of input1 to int64.",
        ["Set the dtype of input1 to int64"],
    ),
    "a mistyped type": (
        chain(IMAGE, "Conv2D", "Output"),
        "conv1: there is no layer type 'Conv2D'. Did you mean Conv2d?",
        ["Replace with Conv2d"],
    ),
    "an unheard-of type": (
        chain(IMAGE, "Quantum", "Output"),
        "quantum1: there is no layer type 'Quantum'. Replace the node with one from the palette.",
        [],
    ),
    "a mistyped parameter": (
        chain(IMAGE, ("Conv2d", {"kernelsize": 5}), "Output"),
        "conv1: Conv2d has no parameter called 'kernelsize'. Expected one of: in_channels, out_channels, "
        "kernel_size, stride, padding, dilation, groups, bias, padding_mode, weight_init, init_std, "
        "frozen, lr_factor. Did you mean kernel_size?",
        ["Rename to kernel_size", "Remove 'kernelsize'"],
    ),
    "a parameter of a layer that has none": (
        chain(IMAGE, ("ReLU", {"inplace": True}), "Output"),
        "relu1: ReLU has no parameter called 'inplace'. Expected none. Remove it.",
        ["Remove 'inplace'"],
    ),
    "a bad value": (
        chain(IMAGE, ("Conv2d", {"kernel_size": 0}), "Output"),
        "conv1: kernel_size is 0. Expected an integer of at least 1 or a list of 2. Set kernel_size = 3.",
        ["Set kernel_size = 3"],
    ),
    "a bad value of what may be left out": (
        chain(FLAT, ("Linear", {"in_features": "many"}), "Output"),
        "linear1: in_features is 'many'. Expected an integer of at least 1. Leave in_features out.",
        ["Leave in_features out"],
    ),
    "an unconnected input": (
        Graph([node("n1", "ReLU"), node("n2", "Input"), node("n3", "Output")], [edge("n2.out", "n3.in")]),
        "relu1: nothing is connected to its input. Drag an edge from an output to it.",
        [],
    ),
    "a merge with one input": (
        chain(IMAGE, "Add", "Output"),
        "add1: 1 of at least 2 inputs connected. Drag an edge from an output to it.",
        [],
    ),
    "a dead branch": (
        Graph(
            [node("n1", "Input"), node("n2", "Output"), node("n3", "ReLU"), node("n4", "Tanh")],
            [edge("n1.out", "n2.in"), edge("n1.out", "n3.in"), edge("n3.out", "n4.in")],
        ),
        "tanh1: it leads to no Output, so it is left out of the network. Connect it, or delete it.",
        ["Delete tanh1 and 1 with it"],
    ),
    "a dead end": (
        Graph(
            [node("n1", "Input"), node("n2", "ReLU"), node("n3", "Output"), node("n4", "Tanh")],
            [edge("n1.out", "n2.in"), edge("n2.out", "n3.in"), edge("n2.out", "n4.in")],
        ),
        "tanh1: it leads to no Output, so it is left out of the network. Connect it, or delete it.",
        ["Delete tanh1"],
    ),
    "too many learned numbers": (
        chain(("Input", {"shape": [10**9]}), ("Linear", {"out_features": 10**9}), "Output"),
        "linear1: it would learn 1,000,000,001,000,000,000 numbers, 4,000,000,004,000,000,000 bytes. "
        "Expected at most 4,398,046,511,104 bytes. Use smaller sizes.",
        [],
    ),
    "too large an input": (
        chain(("Input", {"shape": [10**9, 10**9]}), "Output"),
        "input1: its output (N, 1000000000, 1000000000) would hold 1,000,000,000,000,000,000 numbers "
        "per sample. "
        "Expected at most 9,007,199,254,740,992. Use smaller sizes.",
        [],
    ),
    "a window that does not fit": (
        chain(("Input", {"shape": [1, 4, 4]}), ("Conv2d", {"kernel_size": 7}), "Output"),
        "conv1: the window spans 7, but input1 gives (N, 1, 4, 4), 4 with padding. Expected at least 7. "
        "Use a smaller kernel_size, more padding, or fewer pooling layers before it.",
        [],
    ),
    "groups": (
        chain(IMAGE, ("Conv2d", {"groups": 3}), "Output"),
        "conv1: groups is 3, which does not divide in_channels = 16. Expected a divisor of 16 and 32. "
        "Set groups = 1, or change the channels.",
        ["Set groups = 1"],
    ),
    "padding that keeps the size, with a stride": (
        chain(IMAGE, ("Conv2d", {"padding": "same", "stride": 2}), "Output"),
        "conv1: padding is 'same', but stride is 2. Expected stride 1. Set stride = 1, or give "
        "padding in pixels.",
        ["Set stride = 1"],
    ),
    "too much padding": (
        chain(IMAGE, ("MaxPool2d", {"kernel_size": [2, 5], "padding": 2}), "Output"),
        "pool1: padding is 2, more than half of kernel_size = 2. Expected at most 1. Set padding = 1.",
        ["Set padding = 1"],
    ),
    "reflected padding": (
        chain(SLIVER, ("Conv2d", {"padding": 2, "padding_mode": "reflect"}), "Output"),
        "conv1: padding_mode 'reflect' cannot take 2 pixels from a side of 2. Expected at most 1. "
        "Use less padding or padding_mode = 'zeros'.",
        ["Set padding_mode = 'zeros'"],
    ),
    "rounding up an unknown length": (
        chain(("Input", {"shape": [1, "T"]}), ("MaxPool1d", {"stride": 3, "ceil_mode": True}), "Output"),
        "pool1: with ceil_mode the output size depends on what T is. Expected a fixed size. Set "
        "ceil_mode = False.",
        ["Set ceil_mode = False"],
    ),
    "a dim that is not there": (
        chain(FLAT, ("Softmax", {"dim": 2}), "Output"),
        "softmax1: dim is 2, but the input has 2 dims. Expected an index from -2 to 1. Set dim = 1.",
        ["Set dim = 1"],
    ),
    "a step that is not there": (
        chain(("Input", {"shape": [3, 4]}), ("LastStep", {"index": 3}), "Output"),
        "last1: index is 3, but dim 1 of (N, 3, 4) has 3 entries. Expected an index from -3 to 2. "
        "Set index = -1 for the last.",
        ["Set index = -1"],
    ),
    "a dim named twice": (
        chain(("Input", {"shape": [1, 4, 1]}), ("Squeeze", {"dim": [1, -3]}), "Output"),
        "squeeze1: dim is [1, -3], which names a dim twice. Expected each dim once. Set dim = [1].",
        ["Set dim = [1]"],
    ),
    "dims in the wrong order": (
        chain(IMAGE, ("Flatten", {"start_dim": 2, "end_dim": 1}), "Output"),
        "flatten1: start_dim is 2, behind end_dim = 1 of (N, 16, 14, 14). Expected start_dim up to end_dim. "
        "Set end_dim = -1.",
        ["Set end_dim = -1"],
    ),
    "no permutation": (
        chain(IMAGE, ("Permute", {"dims": [0, 2, 1]}), "Output"),
        "permute1: dims is [0, 2, 1], but input1 gives (N, 16, 14, 14) with 4 dims. Expected each of "
        "0 to 3 once. "
        "Set dims = [0, 1, 2, 3] and swap from there; the batch is 0.",
        [],
    ),
    "a shape that holds another number": (
        chain(FLAT, ("Reshape", {"shape": [1, 28, 29]}), "Output"),
        "reshape1: shape (1, 28, 29) holds 812 per sample, but input1 gives (N, 784), which holds 784. "
        "Expected dims whose product is 784. Change shape, or put one -1 where the size shall follow "
        "from the input.",
        [],
    ),
    "a shape with several dims to guess": (
        chain(("Input", {"shape": ["A", "B"]}), "Flatten", ("Reshape", {"shape": ["A", "B"]}), "Output"),
        "reshape1: shape (A, B) has several dims whose size is no dim of (N, A*B). "
        "Expected at most one, as code has one -1 for it. "
        "Reshape in two steps, or use sizes and symbols of the input.",
        [],
    ),
    "a shape to normalise over that is not there": (
        chain(FLAT, ("LayerNorm", {"normalized_shape": [5]}), "Output"),
        "norm1: normalized_shape is [5], but input1 gives (N, 784). Expected the last dims of (N, 784). "
        "Clear normalized_shape to normalise the last dim.",
        ["Clear normalized_shape"],
    ),
    "an index to pad with that is not there": (
        chain(("Input", {"shape": [8], "dtype": "int64"}), ("Embedding", {"padding_idx": 1000}), "Output"),
        "embedding1: padding_idx is 1000, but there are 1000 embeddings. Expected an index from "
        "-1000 to 999. "
        "Clear padding_idx, or give an index that exists.",
        ["Clear padding_idx"],
    ),
    "a norm of what the batch was averaged to": (
        chain(("Input", {"shape": [8]}), ("Mean", {"dim": [0], "keepdim": True}), "BatchNorm1d", "Output"),
        "norm1: mean1 gives (1, 8), a single value per channel, which has no variance. "
        "Expected several values per channel. Use a LayerNorm, or put it before the pooling.",
        [],
    ),
    "too wide a projection": (
        chain(("Input", {"shape": [5, 8]}), ("LSTM", {"hidden_size": 4, "proj_size": 4}), "Output"),
        "lstm1: proj_size is 4, not smaller than hidden_size = 4. Expected 0 (none) to 3. Set proj_size = 0.",
        ["Set proj_size = 0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("graph", "text", "labels"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_once_with_its_remedies(graph, text, labels):
    problem = only_problem(graph)
    assert problem.message == text
    assert [fix.label for fix in problem.fixes] == labels
    as_json = json.loads(json.dumps(problem.to_json()))
    assert as_json["fixes"] == labels
    assert as_json["severity"] in ("error", "warning")
    assert problem.is_error == (problem.code != "dead-branch")


FIXES = [(name, index) for name, (_, _, labels) in MISTAKES.items() for index in range(len(labels))]


@pytest.mark.parametrize(("name", "index"), FIXES, ids=[f"{name}-{index}" for name, index in FIXES])
def test_a_fix_makes_its_problem_disappear(name, index):
    graph = MISTAKES[name][0]
    doc = document(Graph(graph.nodes.values(), graph.edges))
    inference = Inference(doc.graph)
    doc.subscribe(inference.update)
    (problem,) = inference.problems()
    fix = problem.fixes[index]
    doc.apply(Batch(fix.label, fix.edits))
    assert problem.code not in {p.code for p in inference.problems() if p.node == problem.node}
    doc.undo()
    assert inference.problems() == [problem]


def test_a_fix_still_works_after_other_edits():
    doc = document(chain(IMAGE, "Conv2d", LINEAR, "Output"))
    inference = Inference(doc.graph)
    (problem,) = inference.problems()
    other = chain(*["ReLU"] * 6).nodes["n6"]
    doc.graph.insert_nodes([other.with_(id="n5", name="flatten1")])
    doc.apply(Batch("Insert Flatten", problem.fixes[0].edits))
    assert Inference(doc.graph).result("n3").problems == ()


@pytest.mark.parametrize(
    ("word", "known", "text"),
    [
        ("conv2d", ["Conv1d", "Conv2d"], "Did you mean Conv2d?"),
        ("Droput", ["Dropout", "Dropout2d"], "Did you mean Dropout?"),
        ("zebra", ["Conv2d"], ""),
        ("x" * 10**6, ["Conv2d"], ""),
    ],
)
def test_a_mistyped_word_is_recognised(word, known, text):
    assert did_you_mean(word, known) == text


def test_values_are_shown_short():
    assert closest("relu", ("ReLU",)) == "ReLU"
    assert shown((1, 2)) == "[1, 2]"
    assert shown("x" * 1000) == "'" + "x" * 58 + "…"
    assert shown([1] * 100) == "a list of 100"
    assert shown(2**300) == "an integer of about 91 digits"
    assert len(shown({"key": ["x" * 10**6]})) <= 60
