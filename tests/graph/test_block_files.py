"""Blocks in the project file: written and read back to the byte, every fault told with its place."""

import json

import pytest

from graph.block_edits import InBlock
from graph.document import BlockParam, Document, Project
from graph.edits import RemoveNodes
from graph.inference import Inference
from graph.storage import StorageError, from_bytes, json_schema, to_bytes
from tests.graph.block_drawings import deep

HEAD = {"format": "netloom", "version": 1, "graph": {"nodes": [], "edges": []}}


def read(**blocks) -> Project:
    return from_bytes(json.dumps({**HEAD, "blocks": blocks}).encode())


def test_blocks_are_read_back_to_the_byte():
    data = to_bytes(deep())
    project = from_bytes(data)
    assert to_bytes(project) == data
    assert project.blocks["Residual"].params == (BlockParam("width", "int", 8, "Features."),)
    assert Inference(project.graph).problems() == []


def test_every_node_of_a_block_has_a_line():
    lines = to_bytes(deep()).decode().splitlines()
    start = lines.index('    "Residual": {')
    assert lines[start + 1] == '      "nodes": ['
    assert lines[start + 2].startswith('        {"id": "n1", "type": "Input", "name": "x"')
    assert '        {"name": "width", "kind": "int", "default": 8, "help": "Features."}' in lines


def test_what_this_version_does_not_know_is_kept():
    node = {"id": "n1", "type": "ReLU", "position": [0, 0], "color": "red"}
    block = {
        "nodes": [node],
        "edges": [],
        "frames": [{"id": "f1", "style": "dashed"}],
        "notes": [{"id": "t1", "author": "me"}],
        "params": [{"name": "n", "kind": "int", "default": 1, "unit": "px"}],
        "icon": {"shape": "round"},
    }
    data = to_bytes(read(Odd=block))
    written = json.loads(data)["blocks"]["Odd"]
    assert written["nodes"][0]["color"] == "red"
    assert written["params"][0]["unit"] == "px"
    assert written["icon"] == {"shape": "round"}
    assert written["frames"][0]["style"] == "dashed"
    assert written["notes"][0]["author"] == "me"
    assert to_bytes(from_bytes(data)) == data


def test_a_block_may_leave_out_what_has_a_default():
    project = read(Empty={}, Named={"nodes": [{"id": "a", "type": "ReLU"}, {"id": "b", "type": "ReLU"}]})
    assert project.blocks["Empty"].params == ()
    nodes = project.blocks["Named"].graph.nodes
    assert [node.name for node in nodes.values()] == ["relu1", "relu2"]
    assert nodes["a"].position != nodes["b"].position


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (3, "blocks.B: input should be a valid dictionary or instance of BlockModel, not 3"),
        ({"nodes": [{"id": "a"}]}, "blocks.B.nodes[0].type: is missing"),
        (
            {"nodes": [{"id": "a", "type": "ReLU"}, {"id": "a", "type": "ReLU"}]},
            "blocks.B.nodes[1].id: 'a' is also the id of nodes[0]",
        ),
        (
            {"nodes": [{"id": "a", "type": "ReLU"}], "edges": [{"from": "a.out", "to": "b.in"}]},
            "blocks.B.edges[0].to: 'b.in' names no node.",
        ),
        ({"params": [{"name": "n"}]}, "blocks.B.params[0].default: is missing"),
        (
            {"params": [{"name": "n", "kind": "list", "default": 1}]},
            "blocks.B.params[0].kind: input should be 'int', 'float', 'bool' or 'str', not 'list'",
        ),
        (
            {"params": [{"name": "a b", "kind": "int", "default": 1}]},
            "blocks.B.params[0].name: 'a b' is not a Python name, such as channels",
        ),
        (
            {"params": [{"name": "n", "kind": "int", "default": "x"}]},
            "blocks.B.params[0].default: 'x' does not suit. Expected an integer",
        ),
        (
            {"params": [{"name": "n", "kind": "int", "default": {"each": [1]}}]},
            "blocks.B.params[0].default: {'each': [1]} does not suit. Expected one value",
        ),
        (
            {"params": [{"name": "n", "kind": "int", "default": 10**40}]},
            "blocks.B.params[0].default: ",
        ),
    ],
)
def test_a_broken_block_is_told_with_its_place(block, text):
    with pytest.raises(StorageError) as caught:
        read(B=block)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Linear", "blocks.Linear: a block cannot be called like the layer type Linear"),
        (" B", "blocks.' B': the name of a block has no space at its ends"),
        ("", "blocks"),
        ("x" * 81, "blocks"),
    ],
)
def test_a_name_that_no_block_can_have_is_told(name, text):
    with pytest.raises(StorageError) as caught:
        read(**{name: {}})
    assert str(caught.value).startswith(text)


def test_an_edge_to_a_port_that_is_no_more_is_a_problem_and_not_the_end_of_the_file():
    project = deep()
    Document(project).apply(InBlock("Residual", RemoveNodes(("n1",))))
    project.graph.replace_node(project.graph.nodes["n3"].with_(type="Add", params={}))
    project = from_bytes(to_bytes(project))
    problems = Inference(project.graph).problems()
    found = {(problem.node, problem.port) for problem in problems if problem.code == "unknown-port"}
    assert found == {("n2", "x"), ("n3", "x"), ("n4", "in")}


def test_the_schema_describes_blocks():
    schema = json_schema()
    assert schema["properties"]["blocks"]["additionalProperties"] == {"$ref": "#/$defs/BlockModel"}
    drawn = {"nodes", "edges", "frames", "notes", "silenced"}
    assert set(schema["$defs"]["BlockModel"]["properties"]) == {*drawn, "params"}
