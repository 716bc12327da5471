"""Networks of any size to measure with: chains, residual branches and concatenations by turns."""

from __future__ import annotations

from typing import Any

from graph.document import Edge, Graph, Node, PortRef, Project

CHANNELS = 32
CONVOLUTION = ("Conv2d", {"out_channels": CHANNELS, "kernel_size": 3, "padding": 1})


class _Drawing:
    """Nodes put behind each other; `last` is where the next goes."""

    def __init__(self) -> None:
        self.nodes = [Node("n1", "Input", "image", {"shape": [CHANNELS, 64, 64]})]
        self.edges: list[Edge] = []
        self.last = "n1"

    def add(self, type_name: str, params: dict[str, Any], *sources: str) -> str:
        """Puts a node behind the last, or behind these."""
        node_id = f"n{len(self.nodes) + 1}"
        self.nodes.append(Node(node_id, type_name, f"{type_name.lower()}_{node_id}", params))
        ports = [f"in{number}" for number in range(len(sources))] or ["in"]
        for source, port in zip(sources or (self.last,), ports, strict=True):
            self.edges.append(Edge(PortRef(source, "out"), PortRef(node_id, port)))
        self.last = node_id
        return node_id

    def convolve(self) -> str:
        self.add(*CONVOLUTION)
        self.add("BatchNorm2d", {})
        return self.add("ReLU", {})

    def residual(self) -> None:
        start = self.last
        self.convolve()
        self.add("Add", {}, self.convolve(), start)

    def concatenated(self) -> None:
        start = self.last
        first = self.convolve()
        self.last = start
        self.add("Concat", {"dim": 1}, first, self.convolve())


def mixed(num_nodes: int) -> Graph:
    """An Input, blocks of three kinds by turns, a chain that fills up, an Output: so many nodes in all.

    An edit of the Input's shape reaches every node.
    """
    drawing = _Drawing()
    blocks = (drawing.convolve, drawing.residual, drawing.concatenated)
    turn = 0
    while len(drawing.nodes) + 9 < num_nodes:
        blocks[turn % len(blocks)]()
        turn += 1
    while len(drawing.nodes) + 2 < num_nodes:
        drawing.add("ReLU", {})
    drawing.add("Dropout2d", {})
    drawing.add("Output", {})
    return Graph(drawing.nodes, drawing.edges)


def unlike(num_nodes: int) -> Graph:
    """An Input, convolutions of which no two have the same size each with a norm and a ReLU, an Output."""
    drawing = _Drawing()
    while len(drawing.nodes) + 4 < num_nodes:
        drawing.add("Conv2d", {"out_channels": CHANNELS + len(drawing.nodes), "padding": 1})
        drawing.add("BatchNorm2d", {})
        drawing.add("ReLU", {})
    while len(drawing.nodes) + 1 < num_nodes:
        drawing.add("Dropout2d", {})
    drawing.add("Output", {})
    return Graph(drawing.nodes, drawing.edges)


def project(num_nodes: int) -> Project:
    """The network as a project."""
    return Project("Mixed", mixed(num_nodes))
