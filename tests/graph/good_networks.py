"""Networks as good practice has them, each with the plan that it is trained with: nothing to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.catalog import CATALOG
from graph.document import Edge, Graph, Node, PortRef, Project

Row = tuple[Any, ...]  # name, type, parameters, and the names of what feeds it, `name.port` where it matters
CONV = {"kernel_size": 3, "padding": 1, "bias": False}


def network(training: Mapping[str, Any], *rows: Row) -> Project:
    """A project with these nodes; a row without sources is fed by the row before it."""
    graph = Graph()
    for number, (name, type_name, *rest) in enumerate(rows):
        params = next((item for item in rest if isinstance(item, dict)), {})
        given = [item for item in rest if isinstance(item, str)]
        spec = CATALOG[type_name]
        sources = given or ([rows[number - 1][0]] if spec.inputs else [])
        graph.insert_nodes([Node(name, type_name, name, params, (220.0 * number, 0.0))])
        ports = [f"in{n}" for n in range(len(sources))] if spec.is_variadic else [p.name for p in spec.inputs]
        graph.insert_edges(
            Edge(_source(graph, source), PortRef(name, port))
            for source, port in zip(sources, ports, strict=False)
        )
    graph.log.take()
    return Project("Good", graph, training=dict(training))


def _source(graph: Graph, text: str) -> PortRef:
    name, _, port = text.partition(".")
    return PortRef(name, port or CATALOG[graph.nodes[name].type].output_names[0])


def conv_bn(name: str, channels: int, source: str, relu: bool = True, **params: Any) -> tuple[Row, ...]:
    """Convolution and BatchNorm called `name`, with a ReLU behind them called `name_relu`."""
    rows: tuple[Row, ...] = (
        (f"{name}_conv", "Conv2d", {**CONV, "out_channels": channels, **params}, source),
        (name, "BatchNorm2d"),
    )
    return (*rows, (f"{name}_relu", "ReLU")) if relu else rows


def residual_network() -> Project:
    """Shortcuts, one of them with a 1x1 convolution of stride 2 that skips pixels on purpose."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}, "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}},
        ("image", "Input", {"shape": [3, 32, 32]}),
        *conv_bn("stem", 16, "image"),
        *conv_bn("a1", 16, "stem_relu"),
        *conv_bn("a2", 16, "a1_relu", relu=False),
        ("add1", "Add", "a2", "stem_relu"),
        ("relu1", "ReLU"),
        *conv_bn("b1", 32, "relu1", stride=2),
        *conv_bn("b2", 32, "b1_relu", relu=False),
        *conv_bn("short", 32, "relu1", relu=False, kernel_size=1, padding=0, stride=2),
        ("add2", "Add", "b2", "short"),
        ("relu2", "ReLU"),
        ("gap", "AdaptiveAvgPool2d"),
        ("flat", "Flatten"),
        ("fc", "Linear", {"out_features": 10, "in_features": 32}),
        ("logits", "Output"),
    )


def pre_activation_network() -> Project:
    """BatchNorm and ReLU before each convolution."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}},
        ("image", "Input", {"shape": [3, 32, 32]}),
        ("stem", "Conv2d", {**CONV, "out_channels": 16}),
        ("norm1", "BatchNorm2d"),
        ("relu1", "ReLU"),
        ("conv1", "Conv2d", {**CONV, "out_channels": 16}),
        ("norm2", "BatchNorm2d"),
        ("relu2", "ReLU"),
        ("drop", "Dropout", {"p": 0.1}),
        ("conv2", "Conv2d", {**CONV, "out_channels": 16}),
        ("add", "Add", "conv2", "stem"),
        ("norm3", "BatchNorm2d"),
        ("relu3", "ReLU"),
        ("gap", "AdaptiveAvgPool2d"),
        ("squeeze", "Squeeze", {"dim": [2, 3]}),
        ("fc", "Linear", {"out_features": 10}),
        ("logits", "Output"),
    )


def u_net() -> Project:
    """Down, up again with transposed convolutions, and across; one class for each pixel."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}},
        ("image", "Input", {"shape": [3, 32, 32]}),
        *conv_bn("d1", 16, "image"),
        *conv_bn("d2", 16, "d1_relu"),
        ("pool1", "MaxPool2d"),
        *conv_bn("d3", 32, "pool1"),
        ("pool2", "MaxPool2d"),
        *conv_bn("bottom", 64, "pool2"),
        ("up1", "ConvTranspose2d", {"out_channels": 32, "stride": 2}),
        ("cat1", "Concat", {"dim": 1}, "up1", "d3_relu"),
        *conv_bn("u1", 32, "cat1"),
        ("up2", "ConvTranspose2d", {"out_channels": 16, "stride": 2}),
        ("cat2", "Concat", {"dim": 1}, "up2", "d2_relu"),
        *conv_bn("u2", 16, "cat2"),
        ("head", "Conv2d", {"out_channels": 2, "kernel_size": 1}),
        ("mask", "Output"),
    )


def transformer() -> Project:
    """An encoder layer with the norms first, written out, and a classifier on the mean of the tokens."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}, "optimizer": {"type": "AdamW", "lr": 0.0003}},
        ("tokens", "Input", {"shape": ["T"], "dtype": "int64"}),
        ("embed", "Embedding", {"num_embeddings": 100, "embedding_dim": 32}),
        ("norm1", "LayerNorm"),
        ("attention", "MultiheadAttention", {"num_heads": 4}, "norm1", "norm1", "norm1"),
        ("drop1", "Dropout", {"p": 0.1}),
        ("add1", "Add", "drop1", "embed"),
        ("norm2", "LayerNorm"),
        ("fc1", "Linear", {"out_features": 128}),
        ("gelu", "GELU"),
        ("drop2", "Dropout", {"p": 0.1}),
        ("fc2", "Linear", {"out_features": 32}),
        ("drop3", "Dropout", {"p": 0.1}),
        ("add2", "Add", "drop3", "add1"),
        ("norm3", "LayerNorm"),
        ("mean", "Mean", {"dim": [1]}),
        ("head", "Linear", {"out_features": 10}),
        ("logits", "Output"),
    )


def attention_by_hand() -> Project:
    """A softmax in the middle, over scores."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}},
        ("sequence", "Input", {"shape": [12, 16]}),
        ("query", "Linear", {"out_features": 16}, "sequence"),
        ("key", "Linear", {"out_features": 16}, "sequence"),
        ("value", "Linear", {"out_features": 16}, "sequence"),
        ("turned", "Transpose", {"dim0": 1, "dim1": 2}, "key"),
        ("scores", "MatMul", "query", "turned"),
        ("weights", "Softmax", {"dim": -1}),
        ("mixed", "MatMul", "weights", "value"),
        ("flat", "Flatten"),
        ("head", "Linear", {"out_features": 10}),
        ("logits", "Output"),
    )


def autoencoder(loss: str) -> Project:
    """A narrow middle without an activation, and a sigmoid at the end."""
    return network(
        {"loss": {"type": loss}},
        ("image", "Input", {"shape": [784]}),
        ("enc1", "Linear", {"out_features": 128}),
        ("relu1", "ReLU"),
        ("code", "Linear", {"out_features": 8}),
        ("dec1", "Linear", {"out_features": 128}),
        ("relu2", "ReLU"),
        ("dec2", "Linear", {"out_features": 784}),
        ("sigmoid", "Sigmoid"),
        ("restored", "Output"),
    )


def convolutional_autoencoder() -> Project:
    """Down to a single pixel at the narrowest, and up again."""
    return network(
        {"loss": {"type": "MSELoss"}},
        ("image", "Input", {"shape": [1, 16, 16]}),
        ("conv1", "Conv2d", {"out_channels": 16, "kernel_size": 4, "stride": 4}),
        ("relu1", "ReLU"),
        ("code", "Conv2d", {"out_channels": 32, "kernel_size": 4}),
        ("relu2", "ReLU"),
        ("up1", "ConvTranspose2d", {"out_channels": 16, "kernel_size": 4}),
        ("relu3", "ReLU"),
        ("conv2", "Conv2d", {"out_channels": 16, "kernel_size": 3, "padding": 1}),
        ("relu4", "ReLU"),
        ("up2", "ConvTranspose2d", {"out_channels": 1, "kernel_size": 4, "stride": 4}),
        ("sigmoid", "Sigmoid"),
        ("restored", "Output"),
    )


def regression() -> Project:
    """A plain number, from features that a BatchNorm brings to scale."""
    return network(
        {"loss": {"type": "SmoothL1Loss"}, "optimizer": {"type": "Adam", "lr": 0.01}, "data": "arrays"},
        ("row", "Input", {"shape": [12]}),
        ("scale", "BatchNorm1d"),
        ("fc1", "Linear", {"out_features": 64, "bias": False}),
        ("norm", "BatchNorm1d"),
        ("relu", "ReLU"),
        ("drop", "Dropout"),
        ("fc2", "Linear", {"out_features": 1}),
        ("price", "Output"),
    )


def generator() -> Project:
    """Pictures from -1 to 1 out of noise."""
    return network(
        {"loss": {"type": "MSELoss"}},
        ("noise", "Input", {"shape": [64, 1, 1]}),
        ("up1", "ConvTranspose2d", {"out_channels": 64, "kernel_size": 4, "bias": False}),
        ("norm1", "BatchNorm2d"),
        ("relu1", "ReLU"),
        (
            "up2",
            "ConvTranspose2d",
            {"out_channels": 32, "kernel_size": 4, "stride": 2, "padding": 1, "bias": False},
        ),
        ("norm2", "BatchNorm2d"),
        ("relu2", "ReLU"),
        ("up3", "ConvTranspose2d", {"out_channels": 3, "kernel_size": 4, "stride": 2, "padding": 1}),
        ("tanh", "Tanh"),
        ("fake", "Output"),
    )


def separable() -> Project:
    """Filters split by channel and by direction, squeeze and excitation, linear bottlenecks."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}},
        ("image", "Input", {"shape": [8, 32, 32]}),
        ("depth", "Conv2d", {**CONV, "out_channels": 8, "groups": 8}),
        ("point", "Conv2d", {"out_channels": 32, "kernel_size": 1, "bias": False}),
        ("norm1", "BatchNorm2d"),
        ("relu1", "ReLU6"),
        ("rows", "Conv2d", {"out_channels": 32, "kernel_size": [1, 7], "padding": [0, 3]}),
        ("columns", "Conv2d", {"out_channels": 32, "kernel_size": [7, 1], "padding": [3, 0]}),
        ("relu2", "ReLU"),
        ("squeeze", "AdaptiveAvgPool2d"),
        ("fewer", "Conv2d", {"out_channels": 8, "kernel_size": 1}),
        ("relu3", "ReLU"),
        ("more", "Conv2d", {"out_channels": 32, "kernel_size": 1}),
        ("gate", "Sigmoid"),
        ("scaled", "Multiply", "relu2", "gate"),
        ("project", "Conv2d", {"out_channels": 8, "kernel_size": 1, "bias": False}),
        ("norm2", "BatchNorm2d"),
        ("expand", "Conv2d", {"out_channels": 48, "kernel_size": 1, "bias": False}),
        ("norm3", "BatchNorm2d"),
        ("relu4", "ReLU6"),
        ("gap", "AdaptiveAvgPool2d"),
        ("flat", "Flatten"),
        ("drop", "Dropout"),
        ("fc", "Linear", {"out_features": 10}),
        ("logits", "Output"),
    )


def classic() -> Project:
    """An AlexNet: dropout before the Linear layers, a typed size behind an adaptive pooling."""
    return network(
        {"loss": {"type": "NLLLoss"}, "data": {"source": "torchvision:CIFAR10",
         "transforms": {"train": [{"type": "Normalize"}]}}},
        ("image", "Input", {"shape": [3, 32, 32]}),
        ("conv1", "Conv2d", {"out_channels": 16, "kernel_size": 5, "stride": 2, "padding": 2}),
        ("relu1", "ReLU"),
        ("pool1", "MaxPool2d", {"kernel_size": 3, "stride": 2}),
        ("conv2", "Conv2d", {"out_channels": 32, "padding": 1}),
        ("relu2", "ReLU"),
        ("avgpool", "AdaptiveAvgPool2d", {"output_size": 6}),
        ("flat", "Flatten"),
        ("drop1", "Dropout"),
        ("fc1", "Linear", {"in_features": 1152, "out_features": 64}),
        ("relu3", "ReLU"),
        ("drop2", "Dropout"),
        ("fc2", "Linear", {"out_features": 10}),
        ("log_probs", "LogSoftmax", {"dim": 1}),
        ("scores", "Output"),
    )  # fmt: skip


def siamese() -> Project:
    """Two inputs that one layer compares."""
    return network(
        {"loss": {"type": "BCEWithLogitsLoss"}},
        ("left", "Input", {"shape": [20]}),
        ("right", "Input", {"shape": [20]}),
        ("fc_left", "Linear", {"out_features": 16}, "left"),
        ("fc_right", "Linear", {"out_features": 16}, "right"),
        ("difference", "Subtract", "fc_left", "fc_right"),
        ("distance", "Abs"),
        ("same", "Linear", {"out_features": 1}),
        ("logit", "Output"),
    )


def two_heads() -> Project:
    """Two Outputs: which of them the loss is for is not for a design rule to guess."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}},
        ("row", "Input", {"shape": [20]}),
        ("fc", "Linear", {"out_features": 32}),
        ("relu", "ReLU"),
        ("policy", "Linear", {"out_features": 4}, "relu"),
        ("probabilities", "Softmax", {"dim": -1}),
        ("actions", "Output"),
        ("critic", "Linear", {"out_features": 1}, "relu"),
        ("value", "Output"),
    )


def sequence() -> Project:
    """A recurrent layer of which only the last state is read."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}, "batch_size": 1},
        ("steps", "Input", {"shape": ["T", 8]}),
        ("lstm", "LSTM", {"hidden_size": 32}),
        ("last", "LastStep", {"dim": 0}, "lstm.h"),
        ("norm", "LayerNorm"),
        ("fc", "Linear", {"out_features": 5}),
        ("logits", "Output"),
    )


def picked_class() -> Project:
    """Scores to learn from, and beside them the class that they name."""
    return network(
        {"loss": {"type": "CrossEntropyLoss"}},
        ("row", "Input", {"shape": [20]}),
        ("fc", "Linear", {"out_features": 10}),
        ("logits", "Output"),
        ("best", "ArgMax", {"dim": 1}, "fc"),
        ("answer", "Output"),
    )


GOOD = {
    "residual": residual_network(),
    "pre-activation": pre_activation_network(),
    "u-net": u_net(),
    "transformer": transformer(),
    "attention by hand": attention_by_hand(),
    "autoencoder, MSE": autoencoder("MSELoss"),
    "autoencoder, BCE": autoencoder("BCELoss"),
    "convolutional autoencoder": convolutional_autoencoder(),
    "regression": regression(),
    "generator": generator(),
    "separable": separable(),
    "classic": classic(),
    "siamese": siamese(),
    "two heads": two_heads(),
    "sequence": sequence(),
    "picked class": picked_class(),
}
