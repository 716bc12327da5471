"""Design rules inside blocks."""

import pytest

from graph.document import Block, Document, Graph, Project
from graph.edits import Batch
from graph.inference import Inference
from graph.lint.blocks import lint_blocks
from graph.silence import Silence
from graph.storage import from_bytes, to_bytes
from tests.graph.builders import chain, edge, node

STEM = chain(
    ("Input", {"shape": [3, 16, 16]}),
    ("Conv2d", {"out_channels": 8, "padding": 1}),
    "BatchNorm2d",
    "ReLU",
    "Softmax2d",
    "Output",
)


def project(*types: str) -> Project:
    """A project whose main graph holds instances in a row; `Outer` holds a `Stem`."""
    outer = chain(("Input", {"shape": [3, 16, 16]}), "Flatten", "Output")
    outer.delete_edges(outer.edges)
    outer.delete_nodes(["n2"])
    outer.insert_nodes([node("n2", "Stem", "stem")])
    outer.insert_edges([edge("n1.out", "n2.input1"), edge("n2.output1", "n3.in")])
    outer.log.take()
    nodes = [node("n1", "Input", shape=[3, 16, 16])]
    edges, port = [], "n1.out"
    for number, type_name in enumerate(types, start=2):
        nodes.append(node(f"n{number}", type_name, f"block{number}"))
        edges.append(edge(port, f"n{number}.input1"))
        port = f"n{number}.output1"
    nodes.append(node("end", "Output"))
    blocks = {"Stem": Block("Stem", STEM.copy(), ()), "Outer": Block("Outer", outer, ())}
    return Project("P", Graph(nodes, [*edges, edge(port, "end.in")]), blocks)


def found(made):
    return lint_blocks(made, Inference(made.graph))


@pytest.mark.parametrize("types", [("Stem",), ("Stem", "Stem"), ("Outer",), ("Outer", "Stem")])
def test_a_block_is_looked_into_once_and_its_outputs_are_not_those_of_the_network(types):
    made = project(*types)
    assert [problem for problem in Inference(made.graph).problems() if problem.is_error] == []
    (problem,) = found(made)
    assert problem.code == "bias-before-batch-norm"
    assert problem.node == "n2"
    assert problem.message.startswith("Stem, conv1: its bias has no effect")


def test_a_fix_changes_the_block_and_is_undone_to_the_byte():
    document = Document(project("Outer", "Stem"))
    before = to_bytes(document.project)
    (problem,) = found(document.project)
    document.apply(Batch("Fix", problem.fixes[0].edits))
    assert document.project.blocks["Stem"].graph.nodes["n2"].params["bias"] is False
    assert found(document.project) == []
    document.undo()
    assert to_bytes(document.project) == before


def test_a_finding_is_silenced_at_the_instance_or_inside():
    document = Document(project("Stem"))
    (problem,) = found(document.project)
    document.apply(Silence(problem.node, problem.code))
    assert found(document.project) == []
    assert found(from_bytes(to_bytes(document.project))) == []
    document.undo()
    inside = STEM.nodes["n2"].with_(silenced=(problem.code,))
    document.project.blocks["Stem"].graph.replace_node(inside)
    assert found(from_bytes(to_bytes(document.project))) == []


def test_an_instance_with_a_mistake_is_not_looked_into():
    made = project("Stem")
    made.graph.replace_node(made.graph.nodes["n2"].with_(params={"nonsense": 1}))
    assert found(made) == []
