"""Ports that come and go with parameters and inputs."""

import pytest

from graph.catalog import CATALOG
from graph.connection import refusal
from graph.document import Graph, PortRef
from graph.edits import Connect, SetParams
from graph.inference import Inference
from graph.storage import from_bytes, to_bytes
from tests.graph.builders import document, edge, node, only_problem


def pooled(**params):
    """image -> pool -> unpool, with the pool's indices where it has them."""
    nodes = [
        node("n1", "Input", "image", shape=[3, 9, 9]),
        node("n2", "MaxPool2d", "pool1", **params),
        node("n3", "MaxUnpool2d", "unpool1"),
        node("n4", "Output", "result"),
    ]
    edges = ("n1.out n2.in", "n2.out n3.in", "n2.indices n3.indices", "n1.out n3.like", "n3.out n4.in")
    return Graph(nodes, [edge(*text.split()) for text in edges])


def divided(size, **params):
    """A vector cut into parts, of which two are added up."""
    nodes = [
        node("n1", "Input", "x", shape=[size]),
        node("n2", "Chunk", "chunk1", dim=1, **params),
        node("n3", "Add", "sum"),
        node("n4", "Output", "result"),
    ]
    edges = ("n1.out n2.in", "n2.out0 n3.in0", "n2.out2 n3.in1", "n3.out n4.in")
    return Graph(nodes, [edge(*text.split()) for text in edges])


def test_unpooling_takes_a_pooling_back():
    inference = Inference(pooled(return_indices=True))
    assert inference.problems() == []
    shapes = {name: str(tensor) for name, tensor in inference.result("n2").outputs.items()}
    assert shapes == {"out": "(N, 3, 4, 4)", "indices": "(N, 3, 4, 4)"}
    assert inference.result("n2").outputs["indices"].dtype == "int64"
    assert str(inference.result("n3").outputs["out"]) == "(N, 3, 9, 9)"


def test_an_output_that_a_parameter_took_away_is_a_problem_whose_fix_brings_it_back():
    before = document(pooled(return_indices=True))
    saved = to_bytes(before.project)
    before.apply(SetParams("n2", reset=("return_indices",)))
    problem = only_problem(before.graph)
    assert problem.message == (
        "unpool1: pool1 has no output called indices. Expected out. Set return_indices = true of pool1."
    )
    assert (problem.code, problem.node, problem.port) == ("unknown-port", "n3", "indices")
    assert to_bytes(from_bytes(to_bytes(before.project))) == to_bytes(before.project)
    before.apply(problem.fixes[0].edits[0])
    assert Inference(before.graph).problems() == []
    before.undo()
    before.undo()
    assert to_bytes(before.project) == saved


def test_what_is_not_there_yet_cannot_be_connected():
    graph = pooled()
    graph.delete_edges([edge("n2.indices", "n3.indices")])
    source, target = PortRef("n2", "indices"), PortRef("n3", "indices")
    reason = "pool1 gives indices only with return_indices = true. Set that first."
    assert refusal(graph, source, target) == reason
    changed = document(graph)
    changed.apply(SetParams("n2", {"return_indices": True}))
    changed.apply(Connect(source, target))
    assert Inference(changed.graph).problems() == []


def test_inference_follows_a_port_that_goes_and_comes_back():
    changed = document(pooled(return_indices=True))
    inference = Inference(changed.graph)
    changed.subscribe(inference.update)
    for value, codes in ((False, ["unknown-port"]), (True, [])):
        changed.apply(SetParams("n2", {"return_indices": value}))
        assert [problem.code for problem in inference.problems()] == codes
        assert inference.problems() == Inference(changed.graph).problems()


@pytest.mark.parametrize(
    ("size", "chunks", "given"), [(6, 3, 3), (7, 3, 3), (5, 4, 3), (12, 6, 6), (5, 3, 3), (3, 7, 3)]
)
def test_a_chunk_gives_as_many_outputs_as_torch(size, chunks, given):
    outputs = Inference(divided(size, chunks=chunks)).result("n2").outputs
    assert list(outputs) == [f"out{index}" for index in range(given)]


def test_a_part_that_is_not_there_is_a_problem_at_the_edge_that_reads_it():
    problem = only_problem(divided(6, chunks=2))
    assert problem.message == (
        "sum: chunk1 has no output called out2. "
        "Expected out0, out1. Delete the edge, or connect another port."
    )
    assert (problem.code, problem.port) == ("unknown-port", "in1")


@pytest.mark.parametrize("params", [{"chunks": 0}, {"chunks": "many"}, {"dim": 5}])
def test_while_a_cut_is_unknown_its_edges_are_not_blamed(params):
    graph = divided(6, chunks=3)
    changed = document(graph)
    changed.apply(SetParams("n2", params))
    problem = only_problem(changed.graph)
    assert problem.node == "n2"


def test_too_many_parts_are_refused_before_they_are_made():
    nodes = [node("n1", "Input", "x", shape=[10**12]), node("n2", "Split", "split1", dim=1)]
    graph = Graph([*nodes, node("n3", "Output")], [edge("n1.out", "n2.in"), edge("n2.out0", "n3.in")])
    problem = only_problem(graph)
    assert problem.code == "too-many-parts"
    assert "1,000,000,000,000 parts" in problem.message
    changed = document(graph)
    changed.apply(problem.fixes[0].edits[0])
    assert Inference(changed.graph).problems() == []


@pytest.mark.parametrize(
    ("type_name", "names"),
    [
        ("MaxPool1d", ("in", "out")),
        ("Add", ("in0", "out")),
        ("Split", ("in", "out0")),
        ("Input", (None, "out")),
    ],
)
def test_a_new_node_is_joined_at_its_first_ports(type_name, names):
    spec = CATALOG[type_name]
    assert (spec.first_input, spec.first_output) == names
