"""What design rules leave alone, as it only looks like a mistake."""

import pytest

from graph.document import Document, Project
from graph.edits import Batch
from graph.inference import Inference
from graph.lint.check import BY_CODE, lint
from graph.lint.context import LintContext
from tests.graph.builders import chain, edge, node
from tests.graph.lint_networks import (
    CONV,
    FEATURES,
    IMAGE,
    ONE,
    PICTURE,
    PLAIN_CONV,
    TEN,
    codes,
    ends_with,
    findings,
    frozen,
    loss,
    one_half,
    own,
    reading,
    with_another,
)


def both_halves():
    graph = one_half()
    graph.insert_nodes([node("n4", "Output", "other")])
    graph.insert_edges([edge("n2.out0", "n4.in")])
    return graph


LEFT_ALONE = {
    "softmax where probabilities are compared": (
        "softmax-before-cross-entropy", ends_with(("Softmax", {"dim": -1})), loss("MSELoss")
    ),
    "log-probabilities where they are wanted": (
        "nll-without-log-softmax", ends_with(("LogSoftmax", {"dim": -1})), loss("NLLLoss")
    ),
    "a sum may be a log-probability": (
        "nll-without-log-softmax", ends_with(("Softmax", {"dim": -1}), "Log"), loss("NLLLoss")
    ),
    "a clamp may be a probability": (
        "bce-without-sigmoid", ends_with(("Clamp", {"min": 0.0, "max": 1.0}), classes=ONE), loss("BCELoss")
    ),
    "logits where they are wanted": (
        "sigmoid-before-bce-with-logits", ends_with(classes=ONE), loss("BCEWithLogitsLoss")
    ),
    "a sigmoid where no loss was chosen": ("activation-on-last-layer", ends_with("Sigmoid"), {}),
    "tanh in a regression": ("rectified-regression", ends_with("Tanh"), loss("MSELoss")),
    "an unknown loss": ("activation-on-last-layer", ends_with("ReLU"), loss("MyLoss")),
    "an Input right into an Output": ("activation-on-last-layer", chain(FEATURES, "Output"), {}),
    "a bottleneck": (
        "no-activation-between", chain(FEATURES, ("Linear", {"out_features": 4}), TEN, "Output"), {}
    ),
    "different kinds of linear layers": (
        "no-activation-between", chain(IMAGE, CONV, ("ConvTranspose2d", {}), "Output"), {}
    ),
    "a pooling between": ("no-activation-between", chain(IMAGE, CONV, "MaxPool2d", CONV, "Output"), {}),
    "sizes that are not known": (
        "no-activation-between",
        chain(("Input", {"shape": [5]}), ("Linear", {"in_features": 6}), TEN, "Output"), {},
    ),
    "BatchNorm behind pooling": (
        "batch-norm-after-activation",
        chain(IMAGE, PLAIN_CONV, "ReLU", "MaxPool2d", "BatchNorm2d", "Output"), {},
    ),
    "BatchNorm of steps, not of features": (
        "bias-before-batch-norm",
        chain(("Input", {"shape": [5, 8]}), TEN, "BatchNorm1d", "Output"), {},
    ),
    "LayerNorm keeps a bias": (
        "bias-before-batch-norm", chain(FEATURES, TEN, "LayerNorm", "Output"), {}
    ),
    "dropout of pooled maps": (
        "dropout-before-activation", chain(IMAGE, CONV, "MaxPool2d", "Dropout2d", "ReLU", "Output"), {}
    ),
    "dropout a layer before BatchNorm": (
        "dropout-before-batch-norm", chain(IMAGE, "Dropout2d", PLAIN_CONV, "BatchNorm2d", "Output"), {}
    ),
    "channel dropout of maps": (
        "channel-dropout-on-features", chain(IMAGE, CONV, "ReLU", "Dropout2d", "Output"), {}
    ),
    "a typed size of features": (
        "hard-coded-size", chain(PICTURE, "Flatten", ("Linear", {"in_features": 784}), "Output"), {}
    ),
    "a typed size of single pixels": (
        "hard-coded-size",
        chain(IMAGE, ("Conv2d", {"kernel_size": 16}), "Flatten", ("Linear", {"in_features": 32}), "Output"),
        {},
    ),
    "a Reshape that follows from the input": (
        "hard-coded-size", chain(IMAGE, CONV, ("Reshape", {"shape": [-1]}), TEN, "Output"), {}
    ),
    "a Reshape to something else": (
        "hard-coded-size", chain(IMAGE, CONV, ("Reshape", {"shape": [8, 256]}), "Output"), {}
    ),
    "3x3 filters on 2x2 pixels": (
        "kernel-larger-than-map", chain(("Input", {"shape": [3, 2, 2]}), CONV, "Output"), {}
    ),
    "a window as large as the map": (
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, 5, 5]}), ("Conv2d", {"kernel_size": 5}), "Output"), {},
    ),
    "maps of any size": (
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, "H", 9]}), ("Conv2d", {"kernel_size": 11, "padding": 5}), "Output"), {},
    ),
    "a 1x1 convolution with a stride": (
        "stride-skips-pixels", chain(IMAGE, ("Conv2d", {"kernel_size": 1, "stride": 2}), "Output"), {}
    ),
    "a stride that leads nowhere": (
        "stride-skips-pixels",
        chain(("Input", {"shape": [3, 4, 4]}), ("MaxPool2d", {"kernel_size": 3, "stride": 9}), "Output"), {},
    ),
    "a stride within a dilated window": (
        "stride-skips-pixels", chain(IMAGE, ("Conv2d", {"stride": 4, "dilation": 2}), "Output"), {}
    ),
    "a single pixel at the end": (
        "shrunk-too-early",
        chain(("Input", {"shape": [3, 4, 4]}), ("Conv2d", {"kernel_size": 4}), "ReLU",
              ("Conv2d", {"kernel_size": 1}), "Flatten", "Output"),
        {},
    ),
    "a Split whose parts are all read": ("unread-output", both_halves(), {}),
    "an unconnected Split": ("unread-output", chain(FEATURES, ("Chunk", {"dim": 1})), {}),
    "a batch without BatchNorm": (
        "batch-norm-with-batch-size-1", chain(FEATURES, TEN, "LayerNorm", "Output"), {"batch_size": 1}
    ),
    "BatchNorm with two samples": (
        "batch-norm-with-batch-size-1", chain(FEATURES, "BatchNorm1d", TEN, "Output"), {"batch_size": 2}
    ),
    "normalised data": (
        "unnormalized-input", chain(PICTURE, "Flatten", TEN, "Output"),
        {"data": {"source": "torchvision:MNIST", "transforms": {"train": [{"type": "Normalize"}]}}},
    ),
    "a norm as the first layer": (
        "unnormalized-input", chain(PICTURE, "BatchNorm2d", "Flatten", TEN, "Output"),
        {"data": "torchvision:MNIST"},
    ),
    "an Input that nothing reads": (
        "unnormalized-input", chain(PICTURE), {"data": "torchvision:MNIST"}
    ),
    "data of an unknown scale": (
        "unnormalized-input", chain(PICTURE, "Flatten", TEN, "Output"), {"data": {"source": "arrays"}}
    ),
    "a learning rate at the edge": (
        "unusual-learning-rate", ends_with(), {"optimizer": {"type": "SGD", "lr": 1.0}}
    ),
    "a learning rate that the plan refuses": (
        "unusual-learning-rate", ends_with(), {"optimizer": {"type": "SGD", "lr": -1}}
    ),
    "a frozen layer with a factor of 0": (
        "learning-rate-factor-of-0",
        chain(FEATURES, ("Linear", {"out_features": 10, "lr_factor": 0, "frozen": True}), "Output"), {},
    ),
    "an unknown optimizer": ("unusual-learning-rate", ends_with(), {"optimizer": {"type": "Mine", "lr": 99}}),
    "an Output with a loss of its own": (
        "softmax-before-cross-entropy", ends_with("Softmax"), {"outputs": {"n4": {"loss": "MSELoss"}}}
    ),
    "an Output that learns columns of its own": (
        "wrong-class-count", with_another(), own("n3", "CrossEntropyLoss", columns=["kind"])
    ),
    "an Output that learns its input": (
        "wrong-class-count", with_another(), own("n3", "CrossEntropyLoss", target="input")
    ),
    "several Outputs of one loss": ("softmax-before-cross-entropy", with_another("Softmax"), {}),
    "a frozen backbone": ("frozen-in-the-middle", frozen("linear1", "linear2", "linear3"), {}),
    "a frozen head": ("frozen-in-the-middle", frozen("linear4"), {}),
    "a frozen norm": (
        "frozen-in-the-middle",
        chain(IMAGE, PLAIN_CONV, ("BatchNorm2d", {"frozen": True}), "ReLU", CONV, "Output"), {},
    ),
    "sparse gradients of a frozen embedding": ("sparse-gradients", reading(frozen=True), {}),
    **{
        f"sparse gradients with {kind}": ("sparse-gradients", reading(), {"optimizer": kind})
        for kind in ("SparseAdam", "SGD", "Adagrad", "LBFGS")
    },
    "integers on their way in": (
        "unused-parameters",
        chain(("Input", {"shape": [4]}), ("Cast", {"dtype": "int64"}), "Embedding", "Output"),
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "graph", "training"), LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_what_only_looks_like_a_mistake_is_left_alone(code, graph, training):
    assert code in BY_CODE
    assert code not in codes(Project(graph=graph, training=training), num_classes=7)


def test_another_loss_for_an_output_leaves_the_rest_of_the_plan():
    project = Project(graph=with_another(), training=own("n3", "NLLLoss", weight=2))
    (problem,) = findings(project)
    document = Document(project)
    document.apply(Batch("use", problem.fixes[1].edits))
    assert document.project.training == own("n3", "CrossEntropyLoss", weight=2)


@pytest.mark.parametrize("count", [None, 10])
def test_a_class_count_that_fits_or_is_not_known_is_left_alone(count):
    assert codes(Project(graph=ends_with()), count) == []


def test_classes_are_not_counted_along_time():
    steps = chain(("Input", {"shape": [7, 20]}), TEN, "Output")
    assert codes(Project(graph=steps), num_classes=10) == []


def test_the_inside_of_a_block_has_no_loss():
    graph = ends_with("ReLU", ("Softmax", {"dim": 1}))
    assert lint(LintContext(graph, Inference(graph), training=None, num_classes=3)) == []


def test_a_linear_layer_that_others_read_too_is_left_alone():
    graph = chain(FEATURES, ("Linear", {"out_features": 64}), TEN, "Output")
    graph.insert_nodes([node("n5", "Output", "features")])
    graph.insert_edges([edge("n2.out", "n5.in")])
    assert codes(Project(graph=graph)) == []


def test_an_activation_that_others_read_too_stays_where_it_is():
    graph = chain(IMAGE, PLAIN_CONV, "ReLU", "BatchNorm2d", "Output")
    graph.insert_nodes([node("n6", "Output", "features")])
    graph.insert_edges([edge("n3.out", "n6.in")])
    assert codes(Project(graph=graph)) == []
