"""Networks of the kinds that people build, as graphs: residual, encoder-decoder, transformers, recurrent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graph.catalog import CATALOG
from graph.document import Edge, Graph, Node, PortRef, Project

Layer = tuple[str, Mapping[str, Any]]


class Network:
    """A graph that grows layer by layer from its Input, whose id is `input`."""

    def __init__(self, shape: Sequence[int | str], dtype: str = "float32") -> None:
        self.graph = Graph()
        self.input = self.add("Input", shape=list(shape), dtype=dtype)

    def add(self, type_name: str, *sources: str, **params: Any) -> str:
        """Adds a layer that reads the first outputs of these; gives its id."""
        spec, number = CATALOG[type_name], len(self.graph.nodes) + 1
        node = Node(f"n{number}", type_name, f"{spec.stem}{number}", params)
        self.graph.insert_nodes([node])
        names = [port.name for port in spec.inputs]
        if spec.is_variadic:
            names = [f"{names[0]}{index}" for index in range(len(sources))]
        for source, name in zip(sources, names, strict=False):
            output = CATALOG[self.graph.nodes[source].type].output_names[0]
            self.graph.insert_edges([Edge(PortRef(source, output), PortRef(node.id, name))])
        return node.id

    def row(self, source: str, *layers: Layer) -> str:
        """Adds layers one behind the other; gives the id of the last."""
        for type_name, params in layers:
            source = self.add(type_name, source, **params)
        return source

    def project(self, source: str) -> Project:
        """The network that gives back what this layer makes."""
        self.add("Output", source)
        return Project("Network", self.graph)


def residual() -> Project:
    """A small ResNet for images of 32 by 32."""
    net = Network([3, 32, 32])
    x = net.row(net.input, conv(16), ("BatchNorm2d", {}), ("ReLU", {}))
    for channels, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        inner = (("BatchNorm2d", {}), ("ReLU", {}), conv(channels), ("BatchNorm2d", {}))
        y = net.row(x, conv(channels, stride=stride), *inner)
        if stride > 1:
            x = net.row(x, conv(channels, kernel_size=1, stride=stride, padding=0), ("BatchNorm2d", {}))
        x = net.row(net.add("Add", y, x), ("ReLU", {}))
    return net.project(net.row(x, ("AdaptiveAvgPool2d", {}), ("Flatten", {}), head()))


def encoder_decoder() -> Project:
    """One level of a U-Net, with a classifier behind it."""
    net = Network([1, 32, 32])
    norm_and_activation = (("BatchNorm2d", {}), ("LeakyReLU", {}))
    skip = net.row(net.input, conv(16), *norm_and_activation)
    x = net.row(skip, ("MaxPool2d", {}), conv(32), *norm_and_activation)
    x = net.add("ConvTranspose2d", x, out_channels=16, stride=2)
    x = net.row(net.add("Concat", skip, x, dim=1), conv(16), *norm_and_activation)
    return net.project(
        net.row(x, ("Dropout2d", {"p": 0.2}), ("AvgPool2d", {"kernel_size": 4}), ("Flatten", {}), head())
    )


def vision_transformer() -> Project:
    """Patches of an image, and encoder layers over them."""
    net = Network([3, 32, 32])
    patches = conv(64, kernel_size=4, stride=4, padding=0)
    encoder = ("TransformerEncoder", {"nhead": 4, "dim_feedforward": 128, "num_layers": 3})
    return net.project(
        net.row(
            net.input, patches, ("Flatten", {"start_dim": 2}), ("Transpose", {}), encoder,
            ("Mean", {"dim": [1]}), ("LayerNorm", {}), head(),
        )
    )  # fmt: skip


def decoder_only() -> Project:
    """Two blocks of a language model, drawn layer by layer."""
    net = Network([32], "int64")
    x = net.add("Embedding", net.input, num_embeddings=100, embedding_dim=64)
    for _ in range(2):
        normed, split = net.add("LayerNorm", x), (("Reshape", {"shape": [32, 4, 16]}), ("Transpose", {}))
        heads = [net.row(net.add("Linear", normed, out_features=64), *split) for _ in range(3)]
        attention = net.add("DotProductAttention", *heads, is_causal=True)
        joined = net.row(attention, ("Transpose", {}), ("Reshape", {"shape": [32, 64]}), head(64))
        x = net.add("Add", x, joined)
        inner = (("LayerNorm", {}), head(256), ("GELU", {}), head(64), ("Dropout", {"p": 0.1}))
        x = net.add("Add", x, net.row(x, *inner))
    return net.project(net.row(x, ("LayerNorm", {}), ("LastStep", {}), head(100)))


def attention() -> Project:
    """Attention of a sequence to itself, with a skip connection."""
    net = Network([16, 32])
    x = net.add("Linear", net.input, out_features=64)
    x = net.add("Add", x, net.add("MultiheadAttention", x, x, x, num_heads=4))
    return net.project(net.row(x, ("LayerNorm", {}), ("Mean", {"dim": [1]}), head()))


def recurrent(type_name: str, **params: Any) -> Callable[[], Project]:
    """A recurrent layer over 28 steps, classified by the last."""

    def network() -> Project:
        net = Network([28, 28])
        x = net.add(type_name, net.input, hidden_size=64, **params)
        return net.project(net.row(x, ("LastStep", {}), head()))

    return network


def words() -> Project:
    """Two LSTM layers over word vectors."""
    net = Network([20], "int64")
    x = net.add("Embedding", net.input, num_embeddings=5000, embedding_dim=64)
    x = net.add("LSTM", x, hidden_size=128, num_layers=2, dropout=0.2)
    return net.project(net.row(x, ("LastStep", {}), head(4)))


def conv(channels: int, **params: Any) -> Layer:
    """A convolution of 3 by 3 that keeps the size, unless told otherwise."""
    return ("Conv2d", {"out_channels": channels, "padding": 1, "bias": False, **params})


def head(features: int = 10) -> Layer:
    """A Linear layer."""
    return ("Linear", {"out_features": features})


NETWORKS: Mapping[str, Callable[[], Project]] = {
    "residual": residual,
    "encoder-decoder": encoder_decoder,
    "vision transformer": vision_transformer,
    "decoder only": decoder_only,
    "attention": attention,
    "RNN": recurrent("RNN"),
    "two GRUs both ways": recurrent("GRU", num_layers=2, bidirectional=True),
    "LSTM": recurrent("LSTM"),
    "words": words,
}
