"""Design rules over a network of 2,000 nodes, beside its inference."""

from __future__ import annotations

from typing import Any

from graph.document import Document, Graph, Project
from graph.edits import SetParams
from graph.inference import Inference
from graph.lint.check import RULES, lint
from graph.lint.context import LintContext
from graph.problems import Problem
from tests.benchmarks._networks import mixed
from tests.benchmarks._timing import best, rounded

NODES = 2000
EDITED_NODES = 500
TRAINING = {"loss": {"type": "MSELoss"}, "optimizer": {"type": "AdamW", "lr": 0.001}}


def run() -> dict[str, Any]:
    """Figures in milliseconds, and how long they take beside inference."""
    clean, biased = _without_bias(mixed(NODES)), mixed(NODES)
    document = Document(Project(graph=mixed(EDITED_NODES)))
    figures = {
        "clean_ms": _lint_ms(clean),
        "biased_ms": _lint_ms(biased),
        "ten_times_as_many_ms": _lint_ms(_without_bias(mixed(10 * NODES)), rounds=5),
        "after_an_edit_of_500_ms": _lint_ms(document.graph),
    }
    peers = {
        "inference_ms": best(lambda round_: Inference(clean)),
        "edit_of_500_ms": _edit_ms(document),
    }
    counts = {"nodes": NODES, "rules": len(RULES), "findings": len(_lint(biased, Inference(biased)))}
    ratios = {"clean_vs_inference": figures["clean_ms"] / peers["inference_ms"]}
    return {"figures": {**counts, **rounded(figures), **rounded(ratios)}, "peers": rounded(peers)}


def _without_bias(graph: Graph) -> Graph:
    """The same network without what a rule objects to in every one of its convolutions."""
    nodes = (
        node.with_(params={**node.params, "bias": False}) if "out_channels" in node.params else node
        for node in graph.nodes.values()
    )
    return Graph(nodes, graph.edges)


def _lint(graph: Graph, inference: Inference) -> list[Problem]:
    return lint(LintContext(graph, inference, TRAINING, num_classes=10))


def _lint_ms(graph: Graph, rounds: int = 25) -> float:
    inference = Inference(graph)
    return best(lambda round_: _lint(graph, inference), rounds)


def _edit_ms(document: Document) -> float:
    """From an edit that reaches every node to its shapes."""
    inference = Inference(document.graph)
    width = document.graph.nodes["n1"].params["shape"][1]

    def edit(round_: int) -> None:
        inference.update(document.apply(SetParams("n1", {"shape": [32, width + 1 + round_, 64]})))

    return best(edit)
