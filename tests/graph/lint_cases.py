"""Networks that break one design rule each, and where it has to be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.document import Graph, Project
from tests.graph.builders import chain
from tests.graph.lint_networks import (
    CONV,
    FEATURES,
    IMAGE,
    ONE,
    PICTURE,
    PLAIN_CONV,
    TEN,
    ends_with,
    frozen,
    loss,
    one_half,
    own,
    pooled_with_indices,
    reading,
    two_of_three,
    with_another,
)


@dataclass(frozen=True)
class Case:
    """A network and the one rule that it breaks.

    Args:
        name: of the node that the finding is about; None for the plan.
        labels: what the fixes are called.
    """

    code: str
    graph: Graph
    name: str | None
    labels: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    num_classes: int | None = None

    def project(self) -> Project:
        return Project(graph=Graph(self.graph.nodes.values(), self.graph.edges), training=self.training)


CASES = (
    Case(
        "softmax-before-cross-entropy",
        ends_with(("Softmax", {"dim": -1})), "softmax1", ("Remove softmax1",), loss("CrossEntropyLoss"),
    ),
    Case(
        "softmax-before-cross-entropy",  # the loss that a plan starts with
        chain(IMAGE, CONV, "ReLU", ("Conv2d", {"kernel_size": 1}), "Softmax2d", "Output"),
        "softmax1", ("Remove softmax1",),
    ),
    Case(
        "softmax-before-cross-entropy",
        ends_with(("Softmax", {"dim": -1}), ("Unflatten", {"unflattened_size": [5, 2]}), "Flatten"),
        "softmax1", ("Remove softmax1",), {"loss": "CrossEntropyLoss"},
    ),
    Case(
        "log-softmax-before-cross-entropy",
        ends_with(("LogSoftmax", {"dim": 1})), "log_softmax1", ("Remove log_softmax1", "Use NLLLoss"),
        loss("CrossEntropyLoss"),
    ),
    Case(
        "nll-without-log-softmax",
        ends_with(), "linear1", ("Insert LogSoftmax", "Use CrossEntropyLoss"), loss("NLLLoss"),
    ),
    Case(
        "nll-without-log-softmax",
        ends_with(("Softmax", {"dim": -1})), "softmax1", ("Replace with LogSoftmax",), loss("NLLLoss"),
    ),
    Case(
        "sigmoid-before-bce-with-logits",
        ends_with("Sigmoid", classes=ONE), "sigmoid1", ("Remove sigmoid1", "Use BCELoss"),
        loss("BCEWithLogitsLoss"),
    ),
    Case(
        "bce-without-sigmoid",
        ends_with(classes=ONE), "linear1", ("Use BCEWithLogitsLoss", "Insert Sigmoid"), loss("BCELoss"),
    ),
    Case(
        "bce-without-sigmoid",
        ends_with("Tanh", classes=ONE), "tanh1", ("Replace with Sigmoid",), loss("BCELoss"),
    ),
    Case("activation-on-last-layer", ends_with("ReLU"), "relu1", ("Remove relu1",)),
    Case(
        "activation-on-last-layer",
        ends_with("Sigmoid"), "sigmoid1", ("Remove sigmoid1",), loss("CrossEntropyLoss"),
    ),
    Case(
        "activation-on-last-layer",
        ends_with("Tanh", ("Dropout", {"p": 0.1}), classes=ONE), "tanh1", ("Remove tanh1",),
        loss("BCEWithLogitsLoss"),
    ),
    Case(
        "rectified-regression",
        ends_with("ReLU", classes=ONE), "relu1", ("Remove relu1", "Replace with Softplus"), loss("MSELoss"),
    ),
    Case(
        "classes-as-numbers", ends_with(), "output1", ("Use CrossEntropyLoss",), loss("MSELoss"),
        num_classes=10,
    ),
    Case(
        "classes-as-numbers", with_another(), "output1", ("Use CrossEntropyLoss",), own("n3", "L1Loss"),
        num_classes=10,
    ),
    Case("wrong-class-count", ends_with(), "linear1", ("Set out_features = 7",), num_classes=7),
    Case(
        "wrong-class-count", with_another(), "linear1", ("Set out_features = 7",),
        own("n3", "CrossEntropyLoss"), num_classes=7,
    ),
    Case(
        "wrong-class-count", with_another(), "linear1", ("Set out_features = 2",),
        own("n3", "CrossEntropyLoss", groups=[0, 1, 1]), num_classes=3,
    ),
    Case(
        "softmax-before-cross-entropy", with_another("Softmax"), "softmax1", ("Remove softmax1",),
        own("n4", "CrossEntropyLoss"),
    ),
    Case(
        "softmax-before-cross-entropy",  # whose Output has the loss of the plan
        with_another("Softmax"), "softmax1", ("Remove softmax1",), {"outputs": {"m2": {"loss": "MSELoss"}}},
    ),
    Case(
        "nll-without-log-softmax", with_another(), "linear1",
        ("Insert LogSoftmax", "Use CrossEntropyLoss"), own("n3", "NLLLoss", weight=2),
    ),
    Case(
        "bce-without-sigmoid", with_another(classes=ONE), "linear1",
        ("Use BCEWithLogitsLoss", "Insert Sigmoid"), own("n3", "BCELoss"),
    ),
    Case(
        "rectified-regression", with_another("ReLU"), "relu1", ("Remove relu1", "Replace with Softplus"),
        own("n4", "MSELoss"),
    ),
    Case(
        "wrong-class-count",
        chain(IMAGE, CONV, "ReLU", ("Conv2d", {"out_channels": 4, "kernel_size": 1}), "AdaptiveAvgPool2d",
              "Flatten", "Output"),
        "conv2", ("Set out_channels = 3",), num_classes=3,
    ),
    Case(
        "no-activation-between",
        chain(FEATURES, ("Linear", {"out_features": 64}), TEN, "Output"), "linear2", ("Insert ReLU",),
    ),
    Case(
        "no-activation-between",
        chain(FEATURES, ("Linear", {"out_features": 64}), "Dropout", TEN, "Output"),
        "linear2", ("Insert ReLU",),
    ),
    Case(
        "no-activation-between",
        chain(IMAGE, CONV, ("Conv2d", {"out_channels": 16}), "Output"), "conv2", ("Insert ReLU",),
    ),
    Case(
        "batch-norm-after-activation",
        chain(IMAGE, PLAIN_CONV, "ReLU", "BatchNorm2d", CONV, "Output"),
        "norm1", ("Move relu1 behind norm1",),
    ),
    Case(
        "bias-before-batch-norm",
        chain(IMAGE, CONV, "BatchNorm2d", "ReLU", CONV, "Output"), "conv1", ("Set bias = False",),
    ),
    Case(
        "bias-before-batch-norm",
        chain(FEATURES, ("Linear", {"out_features": 8}), "BatchNorm1d", "ReLU", TEN, "Output"),
        "linear1", ("Set bias = False",),
    ),
    Case(
        "dropout-before-activation",
        chain(FEATURES, ("Linear", {"out_features": 8}), "Dropout", "ReLU", TEN, "Output"),
        "dropout1", ("Move dropout1 behind relu1",),
    ),
    Case(
        "dropout-before-activation",
        chain(IMAGE, PLAIN_CONV, "BatchNorm2d", "Dropout2d", "GELU", CONV, "Output"),
        "dropout1", ("Move dropout1 behind gelu1",),
    ),
    Case(
        "dropout-before-batch-norm",
        chain(IMAGE, PLAIN_CONV, "Dropout2d", "BatchNorm2d", "ReLU", CONV, "Output"),
        "dropout1", ("Move dropout1 behind relu1",),
    ),
    Case(
        "dropout-before-batch-norm",
        chain(IMAGE, CONV, "MaxPool2d", "Dropout2d", "BatchNorm2d", "Output"),
        "dropout1", ("Move dropout1 behind norm1",),
    ),
    Case(
        "channel-dropout-on-features",
        chain(FEATURES, ("Linear", {"out_features": 8}), "ReLU", ("Dropout2d", {"p": 0.3}), TEN, "Output"),
        "dropout1", ("Replace with Dropout",),
    ),
    Case(
        "channel-dropout-on-features",
        chain(FEATURES, ("Linear", {"out_features": 8}), "SELU", "FeatureAlphaDropout", TEN, "Output"),
        "dropout1", ("Replace with AlphaDropout",),
    ),
    Case(
        "hard-coded-size",
        chain(IMAGE, CONV, "ReLU", "Flatten", "Dropout", ("Linear", {"in_features": 2048}), "Output"),
        "linear1", ("Clear in_features", "Insert AdaptiveAvgPool2d"),
    ),
    Case(
        "hard-coded-size",
        chain(IMAGE, CONV, "ReLU", ("Reshape", {"shape": [2048]}), TEN, "Output"),
        "reshape1", ("Replace with Flatten",),
    ),
    Case(
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, 4, 4]}), ("Conv2d", {"kernel_size": 7, "padding": 3}), "Output"),
        "conv1", ("Set kernel_size = 3, padding = 1",),
    ),
    Case(
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, 1, 9]}), ("Conv2d", {"kernel_size": 3, "padding": "same"}), "Output"),
        "conv1", ("Set kernel_size = [1, 3]",),
    ),
    Case(
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, 20]}), ("Conv1d", {"dilation": 24, "padding": 24}), "Output"),
        "conv1", ("Set kernel_size = 1, padding = 0",),
    ),
    Case(
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, 4, 9]}), ("Conv2d", {"kernel_size": [6, 3], "padding": [1, 0]}),
              "Output"),
        "conv1", ("Set kernel_size = [4, 3], padding = 0",),
    ),
    Case(
        "kernel-larger-than-map",  # too little padding to take away
        chain(("Input", {"shape": [3, 10]}), ("Conv1d", {"kernel_size": 5, "dilation": 3, "padding": 2}),
              "Output"),
        "conv1",
    ),
    Case(
        "kernel-larger-than-map",  # no window of even size is small enough
        chain(("Input", {"shape": [3, 1, 9]}), ("Conv2d", {"kernel_size": [2, 3], "padding": 1}), "Output"),
        "conv1",
    ),
    Case(
        "stride-skips-pixels",
        chain(IMAGE, CONV, "ReLU", ("MaxPool2d", {"kernel_size": 2, "stride": 3}), "Output"),
        "pool1", ("Set stride = 2",),
    ),
    Case(
        "stride-skips-pixels",
        chain(IMAGE, ("Conv2d", {"kernel_size": [3, 2], "stride": [2, 4]}), "Output"),
        "conv1", ("Set stride = 2",),
    ),
    Case(
        "shrunk-too-early",
        chain(("Input", {"shape": [3, 4, 4]}), CONV, "ReLU", ("MaxPool2d", {"kernel_size": 4}), CONV,
              "Output"),
        "pool1", ("Remove pool1",),
    ),
    Case(
        "shrunk-too-early",
        chain(("Input", {"shape": [3, 4, 4]}), ("Conv2d", {"kernel_size": 4, "stride": 4}), "ReLU",
              ("Conv2d", {"kernel_size": 1}), "ReLU", CONV, "Output"),
        "conv1", ("Keep the size with padding = 'same'",),
    ),
    Case("unread-output", one_half(), "chunk1", ("Replace with Slice",)),
    Case("unread-output", two_of_three(), "split1"),
    Case(
        "unread-output",
        chain(IMAGE, ("MaxPool2d", {"return_indices": True}), "Output"),
        "pool1", ("Clear return_indices",),
    ),
    Case(
        "shrunk-too-early",
        pooled_with_indices(), "pool1",
    ),
    Case(
        "batch-norm-with-batch-size-1",
        chain(IMAGE, PLAIN_CONV, "BatchNorm2d", "ReLU", PLAIN_CONV, "BatchNorm2d", "Output"),
        "norm1", ("Set batch_size = 32",), {"batch_size": 1, "epochs": 3},
    ),
    Case(
        "precision-without-kernel",
        chain(("Input", {"shape": [5, 8]}), "LSTM", "LastStep", TEN, "Output"),
        "lstm1", ("Set precision = amp-bfloat16",), {"precision": "amp-float16", "device": "cpu"},
    ),
    Case(
        "unnormalized-input",
        chain(PICTURE, "Flatten", TEN, "Output"), "input1", ("Add Normalize",),
        {"data": {"source": "torchvision:MNIST", "transforms": {"train": [{"type": "Resize", "size": 28}]}}},
    ),
    Case(
        "unnormalized-input",
        chain(IMAGE, "Flatten", TEN, "Output"), "input1", ("Add Normalize",),
        {"data": {"source": "torchvision:CIFAR10", "transforms": {"train": [], "eval": []}}},
    ),
    Case(
        "unnormalized-input",
        chain(PICTURE, "Flatten", TEN, "Output"), "input1", ("Add Normalize",),
        {"data": "torchvision:FashionMNIST"},
    ),
    Case(
        "unusual-learning-rate",
        ends_with(), None, ("Set lr = 0.001",), {"optimizer": {"type": "Adam", "lr": 3, "eps": 1e-7}},
    ),
    Case(
        "unusual-learning-rate",
        ends_with(), None, ("Set lr = 0.01",), {"optimizer": {"type": "SGD", "lr": 1e-7}},
    ),
    Case(
        "unusual-learning-rate",
        ends_with(), None, ("Set lr = 0.001",), {"optimizer": {"type": "AdamW", "lr": 0}},
    ),
    Case(
        "learning-rate-factor-of-0",
        chain(FEATURES, ("Linear", {"out_features": 10, "lr_factor": 0}), "Output"), "linear1",
        ("Set lr_factor = 1", "Freeze linear1"),
    ),
    Case("frozen-in-the-middle", frozen("linear2"), "linear2", ("Unfreeze linear2", "Freeze linear1")),
    Case(
        "frozen-in-the-middle",
        frozen("linear2", "linear3"), "linear2", ("Unfreeze 2 layers", "Freeze linear1"),
    ),
    Case(
        "unused-parameters",
        chain(FEATURES, TEN, ("ArgMax", {"dim": 1}), "Output"),
        "arg_max1", ("Remove arg_max1",), loss("MSELoss"),
    ),
    Case(
        "unused-parameters",
        chain(FEATURES, TEN, "ReLU", ("Cast", {"dtype": "int64"}), ("Cast", {"dtype": "float32"}), "Output"),
        "cast1", (), loss("MSELoss"),
    ),
    Case("sparse-gradients", reading(), "embedding1", ("Use SparseAdam", "Set sparse = false")),
    Case(
        "sparse-gradients",
        reading(), "embedding1", ("Set weight_decay = 0", "Set sparse = false"),
        {"optimizer": {"type": "SGD", "lr": 0.01, "weight_decay": 0.1}},
    ),
    Case(
        "sparse-gradients",
        reading(scale_grad_by_freq=True), "embedding1",
        ("Set scale_grad_by_freq = false", "Set sparse = false"), {"optimizer": "SparseAdam"},
    ),
)  # fmt: skip
