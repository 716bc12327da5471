"""Every root cause is told, and none of its consequences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.document import Edge, Graph, Node, PortRef
from graph.edits import AddNodes, Batch
from graph.inference import Inference
from tests.graph.builders import chain, document, edge, node, problems

IMAGE = ("Input", {"shape": [16, 14, 14]})
FLAT = ("Input", {"shape": [784]})


def test_independent_faults_are_all_told_and_their_consequences_are_not():
    graph = chain(
        IMAGE,
        ("Conv2d", {"in_channels": 3}),
        "ReLU",
        "Linear",
        "BatchNorm2d",
        ("Dropout", {"p": 7}),
        "Output",
    )
    assert [(p.node, p.code) for p in problems(graph)] == [("n2", "param-mismatch"), ("n6", "bad-value")]


def test_several_faults_of_one_node_are_all_told():
    graph = chain(FLAT, ("Conv2d", {"stride": 0, "bias": 1, "filters": 3}), "Output")
    assert [(p.code, p.param) for p in problems(graph)] == [
        ("unknown-param", "filters"),
        ("bad-value", "stride"),
        ("bad-value", "bias"),
        ("wrong-rank", None),
    ]


FAULTS = {
    "bad-value": ("Dropout", {"p": 7}),
    "unknown-param": ("ReLU", {"slope": 1}),
    "unknown-type": ("NoSuchLayer", {}),
    "param-mismatch": ("Conv2d", {"in_channels": 5}),
    "dim-out-of-range": ("Softmax", {"dim": 9}),
}
SOUND = ("ReLU", "Dropout2d", ("Conv2d", {"padding": 1}), "BatchNorm2d", "GELU")


@given(
    st.lists(st.sampled_from(SOUND), max_size=4),
    st.sampled_from(list(FAULTS)),
    st.lists(st.sampled_from(SOUND), max_size=4),
    st.sampled_from(["bad-value", "unknown-param", "unknown-type"]),
    st.lists(st.sampled_from(SOUND), max_size=4),
)
def test_two_faults_anywhere_in_a_row_are_two_problems(before, first, between, second, after):
    """The second is one that shows whatever comes in."""
    graph = chain(IMAGE, *before, FAULTS[first], *between, FAULTS[second], *after, "Output")
    assert [p.code for p in problems(graph)] == [first, second]
    unknown = [n for n in graph.nodes if n != f"n{len(graph.nodes)}"][len(before) + 1 :]
    inference = Inference(graph)
    assert all(tensor is None for n in unknown for tensor in inference.result(n).outputs.values())


@given(
    st.sampled_from(list(FAULTS)), st.sampled_from(list(FAULTS)), st.lists(st.sampled_from(SOUND), max_size=3)
)
def test_faults_of_two_branches_are_both_told(first, second, between):
    left = chain(IMAGE, FAULTS[first], *between)
    right = [Node(f"r{i}", t, f"r{i}", p) for i, (t, p) in enumerate([FAULTS[second], ("ReLU", {})])]
    end = f"n{len(left.nodes)}"
    nodes = [*left.nodes.values(), *right, node("add", "Add"), node("out", "Output")]
    edges = [
        *left.edges, edge("n1.out", "r0.in"), edge("r0.out", "r1.in"), edge(f"{end}.out", "add.in0"),
        edge("r1.out", "add.in1"), edge("add.out", "out.in"),
    ]  # fmt: skip
    assert sorted(p.node or "" for p in problems(Graph(nodes, edges))) == ["n2", "r0"]


def test_an_empty_graph_says_what_it_lacks():
    assert [(p.code, p.node, p.message) for p in problems(Graph())] == [
        (
            "no-input",
            None,
            "The graph has no Input, so it does not say what the network is given. Add an Input and "
            "connect it.",
        ),
        (
            "no-output",
            None,
            "The graph has no Output, so it does not say what the network gives back. "
            "Add an Output and connect it.",
        ),
    ]


@pytest.mark.parametrize("behind", ["relu1", "linear1"])
def test_without_an_output_one_is_offered_behind_the_last_layer(behind):
    layers = (FLAT, ("Linear", {"out_features": 9}), "ReLU")
    doc = document(chain(*layers[: 2 + (behind == "relu1")]))
    doc.apply(AddNodes((node("stray", "Tanh", "stray"),)))
    before = doc.graph.edges
    (problem,) = [each for each in problems(doc.graph) if each.code == "no-output"]
    (fix,) = problem.fixes
    assert fix.label == f"Add an Output behind {behind}"
    doc.apply(Batch(fix.label, fix.edits))
    assert [each.code for each in problems(doc.graph)] == ["not-connected"], "that of the stray layer"
    (edge,) = set(doc.graph.edges) - set(before)
    assert doc.graph.nodes[edge.source.node].name == behind
    assert doc.graph.nodes[edge.target.node].type == "Output"
    doc.undo()
    assert doc.graph.edges == before


def test_behind_an_input_alone_no_output_is_offered():
    (problem,) = problems(Graph([node("n1", "Input")]))
    assert (problem.code, problem.fixes) == ("no-output", ())


def cyclic() -> Graph:
    """x -> a -> b -> c -> a, and what follows from it."""
    nodes = [
        node("x", "Input", "x"),
        *(node(n, "Add", n) for n in "abc"),
        node("y", "ReLU", "y"),
        node("o", "Output"),
    ]
    edges = [
        edge("x.out", "a.in0"), edge("c.out", "a.in1"), edge("a.out", "b.in0"), edge("x.out", "b.in1"),
        edge("b.out", "c.in0"), edge("x.out", "c.in1"), edge("c.out", "y.in"), edge("y.out", "o.in"),
    ]  # fmt: skip
    return Graph(nodes, edges)


def test_a_cycle_is_told_once_and_its_fix_opens_it():
    doc = document(cyclic())
    inference = Inference(doc.graph)
    doc.subscribe(inference.update)
    (problem,) = inference.problems()
    assert problem.message == (
        "a: its output leads back to its own input by way of b, c. Expected a graph without cycles. "
        "Delete one edge of the cycle."
    )
    (fix,) = problem.fixes
    assert fix.label == "Delete the edge from c to a"
    doc.apply(Batch(fix.label, fix.edits))
    assert [p.code for p in inference.problems()] == ["not-connected"]  # Add has one input left


def test_what_feeds_itself_is_a_cycle_of_one():
    graph = Graph([node("a", "ReLU", "a")], [edge("a.out", "a.in")])
    assert [p.message for p in problems(graph) if p.code == "cycle"] == [
        "a: its output leads back to its own input. Expected a graph without cycles. Delete one edge "
        "of the cycle."
    ]


def test_a_large_cycle_is_told_at_once_in_few_words():
    graph = chain(*["ReLU"] * 3000)
    graph.insert_edges([edge("n3000.out", "n1.in")])
    (problem,) = (p for p in problems(graph) if p.code == "cycle")
    assert "by way of relu2, relu3, relu4 and 2996 more" in problem.message


@pytest.mark.parametrize(
    ("type_name", "at", "text", "silent"),
    [
        (
            "GRU",
            "last",
            "last: rnn has no output called c. Expected out, h. Delete the edge, or connect another port.",
            "out",
        ),
        (
            "Add",
            "rnn",
            "rnn: Add has no input called in. Expected in0. Delete the edge, or connect another port.",
            "last",
        ),
    ],
)
def test_an_edge_whose_port_went_away_with_the_type_is_told(type_name, at, text, silent):
    nodes = [
        Node("x", "Input", "x", {"shape": [5, 8]}), node("rnn", "LSTM", "rnn"),
        node("last", "LastStep", "last"), node("out", "Output"),
    ]  # fmt: skip
    graph = Graph(nodes, [edge("x.out", "rnn.in"), edge("rnn.c", "last.in"), edge("last.out", "out.in")])
    graph.replace_node(graph.nodes["rnn"].with_(type=type_name))
    doc = document(graph)
    inference = Inference(doc.graph)
    doc.subscribe(inference.update)
    problem = next(p for p in inference.problems() if p.code == "unknown-port" and p.node == at)
    assert problem.message == text
    assert inference.result(silent).problems == () or type_name == "Add"
    doc.apply(Batch("Delete", problem.fixes[0].edits))
    assert not [p for p in inference.problems() if p.code == "unknown-port" and p.node == at]


@pytest.mark.parametrize(
    ("type_name", "shapes", "text"),
    [
        (
            "Add",
            ([8, 4], [8, 5]),
            "layer: the inputs are (N, 8, 4) and (N, 8, 5): dim 2 is 4 and 5. Expected equal sizes, or 1. "
            "Make the paths give the same shape, for instance with padding or a 1x1 convolution.",
        ),
        (
            "Concat",
            ([8, 4], [8, 5]),
            "layer: the inputs are (N, 8, 4) and (N, 8, 5), which differ outside dim 1. Expected (N, "
            "any, 4). "
            "Make the paths agree in every dim but the one they are joined along.",
        ),
    ],
)
def test_branches_that_do_not_fit_are_told_with_both_shapes(type_name, shapes, text):
    nodes = [Node(f"x{i}", "Input", f"x{i}", {"shape": shape}) for i, shape in enumerate(shapes)]
    params = {"dim": 1} if type_name == "Concat" else {}
    edges = [Edge(PortRef(f"x{i}", "out"), PortRef("n0", f"in{i}")) for i in range(2)]
    graph = Graph([*nodes, Node("n0", type_name, "layer", params)], edges)
    (problem,) = Inference(graph).result("n0").problems
    assert problem.message == text
    assert problem.port == "in1"
