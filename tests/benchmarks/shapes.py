"""From an edit to new shapes in a network of 500 nodes, beside torch's own shape computation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import nn

from graph.document import Document, Edge, Graph, Node, PortRef, Project
from graph.edits import RemoveNodes, SetParams
from graph.inference import Inference

NODES = 500
ROUNDS = 25
CHANNELS = 32
STAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Conv2d", {"out_channels": CHANNELS, "kernel_size": 3, "padding": 1}),
    ("BatchNorm2d", {}),
    ("ReLU", {}),
    ("Dropout2d", {}),
)


def network(num_nodes: int) -> Graph:
    """Input, convolution blocks in a row, Output."""
    nodes = [Node("n1", "Input", "image", {"shape": [CHANNELS, 64, 64]})]
    for number in range(2, num_nodes):
        type_name, params = STAGES[(number - 2) % len(STAGES)]
        nodes.append(Node(f"n{number}", type_name, f"layer{number}", params))
    nodes.append(Node(f"n{num_nodes}", "Output", "logits"))
    return Graph(nodes, [_edge(first.id, second.id) for first, second in pairwise(nodes)])


def torch_network(num_nodes: int) -> nn.Module:
    """The same layers as torch has them, without numbers."""
    makers: tuple[Callable[[], nn.Module], ...] = (
        lambda: nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        lambda: nn.BatchNorm2d(CHANNELS),
        nn.ReLU,
        nn.Dropout2d,
    )
    with torch.device("meta"):
        return nn.Sequential(*(makers[index % len(makers)]() for index in range(num_nodes - 2)))


def run() -> dict[str, Any]:
    """Figures in milliseconds, and how often the peers' time they take."""
    document = Document(Project(graph=network(NODES)))
    inference = Inference(document.graph)
    edits = {
        "edit_at_root_ms": lambda round_: SetParams("n1", {"shape": [CHANNELS, 65 + round_, 64]}),
        "edit_at_leaf_ms": lambda round_: SetParams(f"n{NODES - 1 - NODES % 4}", {"p": 0.1 + round_ / 100}),
        "edit_of_structure_ms": lambda round_: RemoveNodes((f"n{NODES - 1 - round_}",)),
    }
    figures = {"whole_ms": median_ms(lambda round_: Inference(document.graph))}
    for name, edit in edits.items():
        figures[name] = median_ms(lambda round_, edit=edit: inference.update(document.apply(edit(round_))))
    figures["problems_ms"] = median_ms(lambda round_: inference.problems())
    model, batch = torch_network(NODES), torch.empty(2, CHANNELS, 64, 64, device="meta")
    graph = network(NODES)
    peers = {
        "torch_meta_forward_ms": median_ms(lambda round_: model(batch)),
        "torch_meta_build_and_forward_ms": median_ms(lambda round_: torch_network(NODES)(batch)),
        "bare_walk_ms": median_ms(lambda round_: _walk(graph)),
    }
    ratios = {
        "whole_vs_torch_build": figures["whole_ms"] / peers["torch_meta_build_and_forward_ms"],
        "edit_at_root_vs_torch_forward": figures["edit_at_root_ms"] / peers["torch_meta_forward_ms"],
        "edit_at_root_vs_bare_walk": figures["edit_at_root_ms"] / peers["bare_walk_ms"],
    }
    return {"figures": {"nodes": NODES, **rounded(figures), **rounded(ratios)}, "peers": rounded(peers)}


def _walk(graph: Graph) -> int:
    """The floor: every node visited once along its edges, nothing computed."""
    return len(graph.reachable("n1"))


def median_ms(step: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """The median time that a step takes, in milliseconds; it is given the number of its round."""
    times = []
    for round_ in range(rounds):
        start = perf_counter()
        step(round_)
        times.append((perf_counter() - start) * 1000)
    return median(times)


def rounded(values: dict[str, float]) -> dict[str, float]:
    """The figures with as many digits as mean something."""
    return {name: round(value, 3) for name, value in values.items()}


def _edge(source: str, target: str) -> Edge:
    return Edge(PortRef(source, "out"), PortRef(target, "in"))
