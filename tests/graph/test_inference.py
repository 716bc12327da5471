"""Shapes, costs and problems of whole graphs, at once and edit by edit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.document import EditError, Graph, PortRef
from graph.edits import Connect, Disconnect, RemoveNodes, RenameNode, SetParams
from graph.flow import live_nodes
from graph.inference import Inference, check
from tests.graph.builders import chain, document, edge, infer_single, node, outputs
from tests.graph.random_edits import random_edit

CONV = ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1})


def same_knowledge(incremental: Inference, graph: Graph) -> None:
    fresh = Inference(graph)
    for node_id in graph.nodes:
        assert incremental.result(node_id) == fresh.result(node_id), node_id
    key = str
    assert sorted(incremental.problems(), key=key) == sorted(fresh.problems(), key=key)
    assert incremental.total_parameters == fresh.total_parameters
    assert incremental.total_flops == fresh.total_flops
    assert set(incremental.order()) == set(graph.nodes)


@settings(max_examples=2 * settings().max_examples)
@given(st.data())
def test_following_edits_gives_what_starting_afresh_gives(data):
    doc = document(chain("Input", CONV, "ReLU", "Flatten", "Linear", "Output"))
    inference = Inference(doc.graph)
    doc.subscribe(inference.update)
    for _ in range(data.draw(st.integers(1, 10))):
        edit = random_edit(data.draw, doc.graph)
        try:
            doc.apply(edit)
        except EditError:
            continue
        same_knowledge(inference, doc.graph)
    while doc.undo_label:
        doc.undo()
        same_knowledge(inference, doc.graph)


@given(st.data())
def test_cycles_of_a_file_are_followed_too(data):
    ids = [f"n{index}" for index in range(6)]
    pairs = st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids), st.integers(0, 2)), max_size=9)
    edges = {
        (target, port): edge(f"{source}.out", f"{target}.in{port}")
        for source, target, port in data.draw(pairs)
    }
    doc = document(Graph([node(node_id, "Add", node_id) for node_id in ids], edges.values()))
    inference = Inference(doc.graph)
    doc.subscribe(inference.update)
    same_knowledge(inference, doc.graph)
    assert {p.node for p in inference.problems() if p.code == "cycle"} == first_nodes_of_cycles(doc.graph)
    while doc.graph.edges:
        doc.apply(Disconnect((data.draw(st.sampled_from(doc.graph.edges)),)))
        same_knowledge(inference, doc.graph)
    while doc.undo_label:
        doc.undo()
        same_knowledge(inference, doc.graph)


def test_a_cycle_that_opens_behind_another_is_no_longer_told():
    nodes = [node(node_id, "Add", node_id) for node_id in "abxy"]
    edges = [
        edge("a.out", "b.in0"), edge("b.out", "a.in0"), edge("x.out", "y.in0"), edge("y.out", "x.in0"),
        edge("x.out", "a.in1"),
    ]  # fmt: skip
    doc = document(Graph(nodes, edges))
    inference = Inference(doc.graph)
    doc.subscribe(inference.update)
    assert [p.node for p in inference.problems() if p.code == "cycle"] == ["a", "x"]
    doc.apply(Disconnect((edges[0],)))
    assert [p.node for p in inference.problems() if p.code == "cycle"] == ["x"]
    same_knowledge(inference, doc.graph)


def first_nodes_of_cycles(graph: Graph) -> set[str]:
    def mates(node_id: str) -> list[str]:
        behind = {after for n in graph.successors(node_id) for after in graph.reachable(n)}
        return (
            [n for n in graph.nodes if n in behind and node_id in graph.reachable(n)]
            if node_id in behind
            else []
        )

    return {found[0] for node_id in graph.nodes if (found := mates(node_id))}


def test_an_update_tells_whose_result_is_another():
    doc = document(chain("Input", CONV, "ReLU", "Flatten", "Linear", "Output"))
    inference = Inference(doc.graph)
    assert inference.update(doc.apply(SetParams("n5", {"out_features": 10}))) == {"n5", "n6"}
    assert inference.update(doc.apply(SetParams("n5", {"out_features": 10}))) == set()
    assert inference.update(doc.apply(RenameNode("n3", "act"))) == set()
    assert inference.update(doc.apply(Disconnect((edge("n2.out", "n3.in"),)))) == {"n3", "n4", "n5", "n6"}
    assert inference.update(doc.apply(Connect(PortRef("n2", "out"), PortRef("n3", "in")))) == {
        "n3",
        "n4",
        "n5",
        "n6",
    }


def test_a_new_name_appears_in_the_messages_of_those_it_feeds():
    doc = document(chain("Input", CONV, "Linear", "Output"))
    inference = Inference(doc.graph)
    inference.update(doc.apply(RenameNode("n2", "stem")))
    assert inference.result("n3").problems[0].message.startswith("linear1: stem gives a feature map")


def test_a_removed_node_leaves_nothing_behind():
    doc = document(chain("Input", CONV, "Output"))
    inference = Inference(doc.graph)
    inference.update(doc.apply(RemoveNodes(("n2",))))
    assert inference.output(PortRef("n2", "out")) is None
    assert inference.total_parameters == 0
    assert inference.order() == ["n1", "n3"]


def test_order_follows_the_data_and_not_the_file():
    graph = chain("Input", "ReLU", "Output")
    turned = Graph(reversed(graph.nodes.values()), graph.edges)
    assert Inference(turned).order() == ["n1", "n2", "n3"]


def test_a_skip_connection_adds_up():
    graph = chain(
        "Input", CONV, ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1}), "Add", "Output"
    )
    graph.insert_edges([edge("n2.out", "n4.in1")])
    assert outputs(graph, "n4") == ["(N, 8, 28, 28)"]


def test_several_outputs_flow_on_separately():
    graph = chain(("Input", {"shape": ["T", 16]}), ("LSTM", {"hidden_size": 32, "num_layers": 2}), "Output")
    graph.insert_nodes([node("n4", "LastStep", dim=0)])
    graph.insert_edges([edge("n2.h", "n4.in")])
    assert outputs(graph, "n2") == ["(N, T, 32)", "(2, N, 32)", "(2, N, 32)"]
    assert outputs(graph, "n4") == ["(N, 32)"]


def test_variadic_inputs_are_taken_in_the_order_of_their_numbers():
    graph = Graph(
        [node("a", "Input", shape=[2, 5]), node("b", "Input", shape=[3, 5]), node("c", "Concat", dim=1)],
        [edge("a.out", "c.in10"), edge("b.out", "c.in2")],
    )
    assert list(Inference(graph).result("c").inputs) == ["in2", "in10"]
    assert outputs(graph, "c") == ["(N, 5, 5)"]


def test_two_ways_to_halve_twice_are_the_same_length():
    graph = Graph(
        [
            node("x", "Input", shape=[4, "T"]),
            node("a", "MaxPool1d", kernel_size=2),
            node("b", "MaxPool1d", kernel_size=2),
            node("c", "MaxPool1d", kernel_size=4),
            node("sum", "Add"),
        ],
        [
            edge("x.out", "a.in"), edge("a.out", "b.in"), edge("x.out", "c.in"), edge("b.out", "sum.in0"),
            edge("c.out", "sum.in1"),
        ],
    )  # fmt: skip
    assert outputs(graph, "sum") == ["(N, 4, T//4)"]


def test_costs_add_up():
    graph = chain(
        ("Input", {"shape": [784]}),
        ("Linear", {"out_features": 128}),
        "ReLU",
        ("Linear", {"out_features": 10}),
    )
    inference = Inference(graph)
    assert inference.total_parameters == 784 * 128 + 128 + 128 * 10 + 10
    assert inference.total_flops == 2 * (784 * 128 + 128 * 10)


def test_costs_of_a_sequence_grow_with_its_length():
    result = infer_single("GRU", {"hidden_size": 4}, [(["T", 3], "float32")])
    assert str(result.flops) == "168*T"


def test_only_what_leads_to_an_output_is_live():
    graph = chain("Input", "ReLU", "Output")
    graph.insert_nodes([node("n4", "Tanh")])
    graph.insert_edges([edge("n1.out", "n4.in")])
    assert live_nodes(graph) == {"n1", "n2", "n3"}


def test_a_project_is_checked_whole():
    doc = document(chain("Input", "ReLU", "Output"))
    assert check(doc.project).problems() == []


def test_layers_that_are_alike_are_worked_out_once():
    graph = chain(
        ("Input", {"shape": [4]}), "ReLU", "ReLU", ("Linear", {"out_features": 4}), "ReLU", "Output"
    )
    inference = Inference(graph)
    assert inference.result("n2") is inference.result("n3")
    assert inference.result("n5") is inference.result("n2")


def test_what_is_only_equal_is_not_taken_for_the_same():
    zeros = [("Threshold", {"threshold": 0.5, "value": value}) for value in (0.0, -0.0)]
    biases = [("Linear", {"bias": value}) for value in (True, 1)]
    inference = Inference(chain(("Input", {"shape": [64]}), *zeros, *biases, "Output"))
    assert [str(inference.result(node).params["value"]) for node in ("n2", "n3")] == ["0.0", "-0.0"]
    assert [(p.node, p.param) for p in inference.problems()] == [("n5", "bias")]
