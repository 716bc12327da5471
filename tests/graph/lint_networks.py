"""Small networks that design rules are tried on, and what the rules say of them."""

from __future__ import annotations

from typing import Any

from graph.document import Graph, Project
from graph.inference import Inference
from graph.lint.check import lint
from graph.lint.context import LintContext
from graph.problems import Problem
from tests.graph.builders import chain, edge, node

IMAGE = ("Input", {"shape": [3, 16, 16]})
PICTURE = ("Input", {"shape": [1, 28, 28]})
FEATURES = ("Input", {"shape": [20]})
CONV = ("Conv2d", {"out_channels": 8, "padding": 1})
PLAIN_CONV = ("Conv2d", {"out_channels": 8, "padding": 1, "bias": False})
LAYER = ("Linear", {"out_features": 8})
TEN = ("Linear", {"out_features": 10})
ONE = ("Linear", {"out_features": 1})


def findings(project: Project, num_classes: int | None = None) -> list[Problem]:
    """What the design rules say about a project."""
    return lint(LintContext(project.graph, Inference(project.graph), project.training, num_classes))


def codes(project: Project, num_classes: int | None = None) -> list[str]:
    """The codes of the rules that a project breaks."""
    return [problem.code for problem in findings(project, num_classes)]


def loss(name: str) -> dict[str, Any]:
    return {"loss": {"type": name}}


def ends_with(*layers: Any, classes: Any = TEN) -> Graph:
    return chain(FEATURES, classes, *layers, "Output")


def with_another(*layers: Any, classes: Any = TEN) -> Graph:
    """As `ends_with`, with a second Output called size that gives one number."""
    graph = ends_with(*layers, classes=classes)
    graph.insert_nodes([node("m1", "Linear", "one", out_features=1), node("m2", "Output", "size")])
    graph.insert_edges([edge("n1.out", "m1.in"), edge("m1.out", "m2.in")])
    return graph


def own(output: str, loss: str, **settings: Any) -> dict[str, Any]:
    """A plan in which size learns the input, and another Output something else."""
    return {
        "outputs": {
            "m2": {"loss": "MSELoss", "target": "input"},
            output: {"loss": {"type": loss}, **settings},
        }
    }


def one_half() -> Graph:
    """The other half goes nowhere."""
    nodes = [node("n1", "Input", shape=[20]), node("n2", "Chunk", dim=1), node("n3", "Output")]
    return Graph(nodes, [edge("n1.out", "n2.in"), edge("n2.out1", "n3.in")])


def two_of_three() -> Graph:
    """The part in the middle goes nowhere."""
    nodes = [node("n1", "Input", shape=[9]), node("n2", "Split", dim=1, split_size_or_sections=[2, 3, 4])]
    nodes += [node("n3", "Output"), node("n4", "Output", "rest")]
    return Graph(nodes, [edge("n1.out", "n2.in"), edge("n2.out0", "n3.in"), edge("n2.out2", "n4.in")])


def pooled_with_indices() -> Graph:
    """A pooling whose indices are read, so that it cannot simply be taken out."""
    graph = chain(
        ("Input", {"shape": [3, 4, 4]}),
        ("MaxPool2d", {"kernel_size": 4, "return_indices": True}),
        CONV,
        "Output",
    )
    graph.insert_nodes([node("n5", "Output", "places")])
    graph.insert_edges([edge("n2.indices", "n5.in")])
    return graph


def reading(**params: Any) -> Graph:
    """A network that looks integers up in an embedding with sparse gradients."""
    embedding = ("Embedding", {"num_embeddings": 50, "sparse": True, **params})
    return chain(("Input", {"shape": [4], "dtype": "int64"}), embedding, "Flatten", TEN, "Output")


def frozen(*names: str) -> Graph:
    """Four Linear layers, of which these do not learn."""
    graph = chain(FEATURES, LAYER, "ReLU", LAYER, "ReLU", LAYER, "ReLU", TEN, "Output")
    for each in tuple(graph.nodes.values()):
        if each.name in names:
            graph.replace_node(each.with_(params={**each.params, "frozen": True}))
    return graph
