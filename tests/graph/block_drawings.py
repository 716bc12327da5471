"""Projects with blocks, drawn in few words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from graph.document import Block, BlockParam, Edge, Graph, Node, Project
from tests.graph.builders import edge

Drawn = tuple[str, str, str, Mapping[str, Any]]  # id, type, name, params


def graph(nodes: list[Drawn], *edges: str) -> Graph:
    """`graph([("n1", "Input", "x", {})], "n1.out n2.in")`."""
    made = [Node(node_id, kind, name, dict(params)) for node_id, kind, name, params in nodes]
    return Graph(made, [_edge(text) for text in edges])


def _edge(text: str) -> Edge:
    return edge(*text.split())


def in_a_row(*layers: tuple[str, Mapping[str, Any]], shape: list[Any] | None = None) -> Graph:
    """Input `x`, layers, Output `y`, with ids n1, n2, ..."""
    kinds = [("Input", {"shape": shape or [4]}), *layers, ("Output", {})]
    names = ["x", *(f"layer{number}" for number in range(1, len(layers) + 1)), "y"]
    ids = [f"n{number}" for number in range(1, len(kinds) + 1)]
    nodes = [(i, kind, name, params) for i, (kind, params), name in zip(ids, kinds, names, strict=True)]
    return graph(nodes, *(f"{one}.out {other}.in" for one, other in pairwise(ids)))


def residual() -> Block:
    """`x + relu(linear(x))` with `width` features inside: ports `x` and `y`."""
    nodes: list[Drawn] = [
        ("n1", "Input", "x", {"shape": [8]}),
        ("n2", "Linear", "inner", {"out_features": "=width * 2"}),
        ("n3", "ReLU", "relu", {}),
        ("n4", "Linear", "outer", {"out_features": "=width"}),
        ("n5", "Add", "add", {}),
        ("n6", "Output", "y", {}),
    ]
    edges = ("n1.out n2.in", "n2.out n3.in", "n3.out n4.in", "n1.out n5.in0", "n4.out n5.in1", "n5.out n6.in")
    return Block("Residual", graph(nodes, *edges), (BlockParam("width", "int", 8, "Features."),))


def pair() -> Block:
    """Two Residuals, one behind the other."""
    nodes: list[Drawn] = [
        ("n1", "Input", "x", {"shape": [8]}),
        ("n2", "Residual", "first", {"width": "=width"}),
        ("n3", "Residual", "second", {"width": "=width"}),
        ("n4", "Output", "y", {}),
    ]
    body = graph(nodes, "n1.out n2.x", "n2.y n3.x", "n3.y n4.in")
    return Block("Pair", body, (BlockParam("width", "int", 8),))


def deep() -> Project:
    """image (N, 8) -> Residual -> Pair -> logits."""
    nodes: list[Drawn] = [
        ("n1", "Input", "image", {"shape": [8]}),
        ("n2", "Residual", "res1", {}),
        ("n3", "Pair", "pair1", {"width": 8}),
        ("n4", "Output", "logits", {}),
    ]
    main = graph(nodes, "n1.out n2.x", "n2.y n3.x", "n3.y n4.in")
    return Project("Deep", main, {"Residual": residual(), "Pair": pair()}, {"epochs": 1})
