"""What makes one project another, in words."""

from itertools import pairwise

import pytest

from graph.block_edits import AddBlock, InBlock
from graph.differences import differences
from graph.document import Block, Graph, Node, PortRef, Project
from graph.edits import (
    AddNodes,
    Connect,
    Disconnect,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    RenameProject,
    SetParams,
    SetTraining,
)
from graph.inserting import InsertNode
from graph.model import Edge
from graph.replacing import ReplaceType
from graph.silence import Silence
from graph.templates import templates
from tests.graph.block_drawings import deep


def project():
    nodes = (
        Node("n1", "Input", "image", {"shape": [1, 28, 28]}),
        Node("n2", "Flatten", "flat"),
        Node("n3", "Linear", "fc", {"out_features": 10, "bias": False}),
        Node("n4", "Output", "logits"),
    )
    graph = Graph(nodes)
    ids = [node.id for node in nodes]
    graph.insert_edges(Edge(PortRef(a, "out"), PortRef(b, "in")) for a, b in pairwise(ids))
    return Project("Net", graph, training={"optimizer": {"type": "Adam", "lr": 9}, "epochs": 3})


def told(edit, before=None):
    before = before or project()
    after = before.copy()
    edit.apply(after)
    return differences(before, after)


EDGE = Edge(PortRef("n2", "out"), PortRef("n3", "in"))
CASES = {
    "insertion": (
        InsertNode(PortRef("n3", "in"), "ReLU"),
        ["inserts relu1 (ReLU) between flat and fc"],
    ),
    "addition": (AddNodes((Node("x", "ReLU", "relu1"),)), ["adds relu1 (ReLU)"]),
    "removal": (RemoveNodes(["n2"]), ["removes flat (Flatten)"]),
    "parameters": (
        SetParams("n3", {"out_features": 20, "in_features": 784}, reset=("bias",)),
        [
            "changes out_features of fc from 10 to 20",
            "changes bias of fc from False to True, its default",
            "sets in_features of fc to 784",
        ],
    ),
    "rename": (RenameNode("n3", "head"), ["renames fc to head"]),
    "type": (ReplaceType("n2", "Identity"), ["replaces flat (Flatten) by Identity"]),
    "disconnect": (Disconnect((EDGE,)), ["takes flat off fc"]),
    "name": (RenameProject("Other"), ["renames the project to Other"]),
    "silence": (Silence("n3", "some-code"), ["changes which warnings are silenced at fc"]),
    "nothing": (MoveNodes({"n3": (500.0, 500.0)}), []),
    "plan": (
        SetTraining({"optimizer": {"type": "Adam", "lr": 0.001}, "batch_size": 8}),
        [
            "changes optimizer.lr for training from 9 to 0.001",
            "unsets epochs for training, which was 3",
            "sets batch_size for training to 8",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_edit_is_told_in_words(name):
    edit, phrases = CASES[name]
    assert told(edit) == phrases


def test_ports_are_named_where_the_usual_one_is_not_meant():
    nodes = (
        Node("a", "Input", "tokens", {"shape": ["T", 8]}),
        Node("b", "MultiheadAttention", "attention", {"num_heads": 2}),
    )
    before = Project("Net", Graph(nodes))
    edit = Connect(PortRef("a", "out"), PortRef("b", "key"))
    assert told(edit, before) == ["connects tokens to attention.key"]


def test_what_happens_inside_a_block_is_told_with_its_name():
    before = deep()
    edit = InBlock("Residual", SetParams("n2", {"in_features": 7}))
    (phrase,) = told(edit, before)
    assert "in_features of inner" in phrase
    assert phrase.endswith(" in Residual")
    block = Block("Extra", Graph((Node("i", "Input", "x"), Node("o", "Output", "y"))))
    assert told(AddBlock(block)) == ["adds block Extra"]


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.name)
def test_a_project_is_no_different_from_itself(template):
    one = template.project()
    assert differences(one, template.project()) == []
    assert differences(one, one.copy()) == []
