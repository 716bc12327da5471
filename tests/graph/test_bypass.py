"""Nodes that nothing is computed for: bypassed ones, and points that edges run through."""

import pytest
import torch
from torch import nn

from codegen.live import build
from codegen.source import generate
from graph.catalog import CATALOG
from graph.connection import refusal
from graph.cost import Cost
from graph.document import Block, Graph, Node, PortRef, Project
from graph.edits import AddNodes, Connect, Disconnect, RenameNode
from graph.inference import Inference
from graph.lint.check import lint
from graph.lint.context import LintContext
from graph.node_flags import SetBypassed
from graph.passing import without_passed
from graph.storage import from_bytes, to_bytes
from tests.graph.block_drawings import deep, in_a_row
from tests.graph.builders import chain, document, edge, node, single

IMAGE = ("Input", {"shape": [3, 8, 8]})
CONV = ("Conv2d", {"out_channels": 4, "kernel_size": 3})


def bypass(graph: Graph, *node_ids: str) -> Graph:
    for node_id in node_ids:
        graph.replace_node(graph.nodes[node_id].with_(bypassed=True))
    graph.log.take()
    return graph


def cut_out(graph: Graph, **passes: dict[str, str]) -> Graph:
    """The graph as somebody draws it by hand who leaves nodes out."""
    return without_passed(graph, graph.nodes, passes)


def code(graph: Graph, name: str = "Net") -> str:
    return generate(Project(name, graph)).text


def lstm(*read: str) -> Graph:
    """An LSTM of which some outputs are read."""
    nodes = [node("n1", "Input", shape=[5, 8]), node("n2", "LSTM", hidden_size=8)]
    nodes += [node(f"o{number}", "Output", f"y{number}") for number in range(len(read))]
    edges = [edge("n1.out", "n2.in"), *(edge(f"n2.{port}", f"o{n}.in") for n, port in enumerate(read))]
    return bypass(Graph(nodes, edges), "n2")


def test_a_bypassed_layer_gives_what_it_is_given_and_costs_nothing():
    graph = bypass(chain(IMAGE, CONV, "ReLU", "Output"), "n2")
    inference = Inference(graph)
    result = inference.result("n2")
    assert str(result.outputs["out"]) == str(inference.result("n1").outputs["out"]) == "(N, 3, 8, 8)"
    assert (result.parameters, result.flops, result.passes) == (0, 0, {"out": "in"})
    assert (inference.total_parameters, inference.total_flops) == (0, 0)
    assert inference.problems() == []
    assert Cost(graph, inference).activations("n2") == 0


def test_parameters_that_do_not_suit_are_nothing_to_rely_on_while_the_layer_is_bypassed():
    graph = bypass(chain(IMAGE, ("BatchNorm2d", {"num_features": "many"}), "Output"), "n2")
    result = Inference(graph).result("n2")
    assert result.params is None  # as for a layer that is not bypassed
    assert (result.problems, result.passes) == ((), {"out": "in"})
    assert str(result.outputs["out"]) == "(N, 3, 8, 8)"


def test_code_and_costs_are_those_of_a_graph_without_it():
    graph = chain(IMAGE, CONV, "ReLU", CONV, ("Flatten", {}), ("Linear", {"out_features": 5}), "Output")
    bypass(graph, "n2", "n3")
    plain = cut_out(graph, n2={"out": "in"}, n3={"out": "in"})
    assert code(graph) == code(plain)
    assert "conv1" not in code(graph)
    assert "self.conv2 = nn.Conv2d(3, 4, kernel_size=3)" in code(graph)
    costs, plain_costs = (Cost(each, Inference(each)) for each in (graph, plain))
    assert costs.memory == plain_costs.memory
    assert costs.receptive_fields == plain_costs.receptive_fields


@pytest.mark.parametrize("type_name", [n for n, spec in CATALOG.items() if spec.inputs and spec.outputs])
def test_every_layer_can_be_bypassed_whatever_its_parameters(type_name):
    spec = CATALOG[type_name]
    port = f"{spec.inputs[0].name}0" if spec.inputs[0].variadic else spec.inputs[0].name
    output = f"{spec.outputs[0].name}0" if spec.outputs[0].variadic else spec.outputs[0].name
    nodes = [node("n1", "Input", "x", shape=[3]), Node("n2", spec.type, "it"), node("n3", "Output", "y")]
    graph = Graph(nodes, [edge("n1.out", f"n2.{port}"), edge(f"n2.{output}", "n3.in")])
    assert Inference(bypass(graph, "n2")).problems() == []
    assert code(graph) == code(Graph([nodes[0], nodes[2]], [edge("n1.out", "n3.in")]))


def test_a_broken_layer_has_no_fault_while_it_is_bypassed():
    broken = ("Conv2d", {"out_channels": -1, "nonsense": 3})
    graph = chain(("Input", {"shape": [7]}), broken, "Output")
    assert len(Inference(graph).problems()) > 1
    assert Inference(bypass(graph, "n2")).problems() == []


@pytest.mark.parametrize(
    ("type_name", "params", "inputs", "passed"),
    [
        ("Add", {}, [([4], "float32"), ([4], "float32")], "in0"),
        ("Where", {}, [([4], "bool"), ([4], "float32"), ([4], "float32")], "input"),
        ("Concat", {"dim": 1}, [([4], "float32"), ([2], "float32")], "in0"),  # neither is like the sum
        ("MatMul", {}, [([2, 3], "float32"), ([3, 3], "float32")], "in"),
        ("MatMul", {}, [([3, 3], "float32"), ([3, 2], "float32")], "other"),
    ],
)
def test_of_several_inputs_the_first_that_is_like_the_output_is_passed_on(type_name, params, inputs, passed):
    graph = single(type_name, params, inputs)
    ports = list(Inference(graph).result("n0").inputs)
    passed = {"in": ports[0], "other": ports[1]}.get(passed, passed)
    (output,) = CATALOG[type_name].output_names
    assert Inference(bypass(graph, "n0")).result("n0").passes == {output: passed}


def test_one_of_several_outputs_can_be_passed_on():
    inference = Inference(lstm("out"))
    assert inference.problems() == []
    assert [str(tensor) for tensor in inference.result("n2").outputs.values()] == [
        "(N, 5, 8)",
        "None",
        "None",
    ]


def test_several_outputs_need_inputs_that_are_like_them():
    graph = lstm("out", "h")
    (problem,) = Inference(graph).problems()
    assert problem.message == (
        "lstm1: it is bypassed, but out, h are read and no input is like h. "
        "Expected for each of them an input of its shape and dtype. Stop bypassing it, or read one."
    )
    (fix,) = problem.fixes
    assert fix.label == "Stop bypassing"
    doc = document(graph)
    for each in fix.edits:
        doc.apply(each)
    assert Inference(graph).problems() == []


@pytest.mark.parametrize(
    ("graph", "node_id", "text"),
    [
        (
            chain("Input", "ReLU", "Output"),
            "n1",
            "input1: it is bypassed, but Input has no input. Expected a layer with an input and an output. "
            "Stop bypassing it.",
        ),
        (chain("Input", "ReLU", "Output"), "n3", "output1: it is bypassed, but Output has no output."),
        (
            Graph([node("n1", "ReLU"), node("n2", "Output"), node("n3", "Input")], [edge("n1.out", "n2.in")]),
            "n1",
            "relu1: it is bypassed, but nothing is connected to it. Expected an input that can take the "
            "place of its output. Connect it, or stop bypassing it.",
        ),
    ],
)
def test_what_cannot_be_bypassed_says_why(graph, node_id, text):
    found = [problem for problem in Inference(bypass(graph, node_id)).problems() if problem.is_error]
    assert [problem.code for problem in found] == ["bypass"]
    assert found[0].message.startswith(text)
    assert found[0].fixes[0].edits == (SetBypassed((node_id,), on=False),)


def test_nothing_is_said_of_a_bypassed_layer_that_nobody_reads():
    graph = bypass(chain("Input", "ReLU", "Output"), "n2")
    graph.insert_nodes([node("n9", "Linear", "loose")])
    assert Inference(bypass(graph, "n9")).problems() == []


def test_what_is_unknown_before_it_stays_the_only_mistake():
    graph = chain("Input", ("Conv2d", {"out_channels": 0}), "ReLU", "ReLU", "Output")
    before = [problem.message for problem in Inference(graph).problems()]
    assert [problem.message for problem in Inference(bypass(graph, "n3")).problems()] == before


def test_inference_follows_as_outputs_are_read_and_names_change():
    doc = document(lstm("out"))
    inference = Inference(doc.graph)
    steps = [
        AddNodes((node("o9", "Output", "second"),)),
        Connect(PortRef("n2", "h"), PortRef("o9", "in")),
        RenameNode("n1", "tokens"),
        Disconnect((edge("n2.out", "o0.in"),)),
        SetBypassed(("n2",), on=False),
    ]
    for step in steps:
        inference.update(doc.apply(step))
        assert inference.problems() == Inference(doc.graph).problems()
    while doc.undo_label:
        inference.update(doc.undo())
        assert inference.problems() == Inference(doc.graph).problems()


def test_a_mistake_behind_names_the_layer_that_made_the_tensor():
    graph = chain(("Input", {"shape": [3]}), "ReLU", "Reroute", ("Conv2d", {"out_channels": 2}), "Output")
    (problem,) = Inference(bypass(graph, "n2")).problems()
    assert "(N, 3) from input1" in problem.message
    doc = document(graph)
    inference = Inference(graph)
    inference.update(doc.apply(RenameNode("n1", "pixels")))
    assert "from pixels" in inference.problems()[0].message


def test_a_bypassed_embedding_passes_on_integers():
    graph = chain(("Input", {"shape": [3], "dtype": "int64"}), "Embedding", "Embedding")
    graph.delete_edges([edge("n2.out", f"n3.{CATALOG['Embedding'].inputs[0].name}")])
    ends = PortRef("n2", "out"), PortRef("n3", CATALOG["Embedding"].inputs[0].name)
    assert "gives float32" in refusal(graph, *ends)
    assert refusal(bypass(graph, "n2"), *ends) is None


def findings(graph: Graph) -> list[tuple[str | None, str]]:
    training = {"loss": {"type": "CrossEntropyLoss"}}
    return [(each.node, each.code) for each in lint(LintContext(graph, Inference(graph), training))]


def test_design_rules_see_the_network_as_it_is_computed():
    head = ("Linear", {"out_features": 5})
    graph = chain(("Input", {"shape": [8]}), head, "Reroute", "Softmax", "Reroute", "Output")
    assert findings(graph) == findings(cut_out(graph, n3={"out": "in"}, n5={"out": "in"}))
    assert ("n4", "softmax-before-cross-entropy") in findings(graph)
    bypass(graph, "n4")
    assert not {node_id for node_id, _ in findings(graph)} & {"n3", "n4", "n5"}
    assert findings(graph) == findings(chain(("Input", {"shape": [8]}), head, "Output"))


def test_only_fixes_that_can_be_made_are_offered():
    head = ("Linear", {"out_features": 5})
    graph = chain(("Input", {"shape": [8]}), head, "Reroute", head, "Output")
    inference = Inference(graph)
    for problem in lint(LintContext(graph, inference, {})):
        for fix in problem.fixes:
            doc = document(graph.copy())
            for each in fix.edits:
                doc.apply(each)


def test_a_layer_that_leads_to_a_bypassed_one_alone_is_left_out():
    graph = chain(("Input", {"shape": [4]}), ("Linear", {"out_features": 4}), "Add", "Output")
    graph.insert_nodes([node("n9", "Linear", "side", out_features=4)])
    graph.insert_edges([edge("n1.out", "n9.in"), edge("n9.out", "n3.in1")])
    bypass(graph, "n3")
    (problem,) = Inference(graph).problems()
    assert (problem.code, problem.node) == ("dead-branch", "n9")
    assert "side" not in code(graph)


def test_what_leads_nowhere_is_deleted_with_the_point_behind_it():
    graph = chain(("Input", {"shape": [4]}), ("Linear", {"out_features": 4}), "Output")
    graph.insert_nodes([node("n9", "Linear", "side", out_features=4), node("r1", "Reroute")])
    graph.insert_edges([edge("n1.out", "n9.in"), edge("n9.out", "r1.in")])
    (problem,) = Inference(graph).problems()
    assert (problem.code, problem.node) == ("dead-branch", "n9")
    doc = document(graph)
    for each in problem.fixes[0].edits:
        doc.apply(each)
    assert list(graph.nodes) == ["n1", "n2", "n3"]
    assert Inference(graph).problems() == []


def test_blocks_count_and_compute_without_what_is_bypassed_in_them():
    project = deep()
    plain = from_bytes(to_bytes(project))
    inner = project.blocks["Residual"].graph
    relu = next(each for each in inner.nodes.values() if each.type == "ReLU")
    bypass(inner, relu.id)
    data = to_bytes(project)
    read = from_bytes(data)
    text = generate(read).text
    assert "relu" in generate(plain).text
    assert "relu" not in text
    assert Inference(read.graph).total_parameters == Inference(plain.graph).total_parameters
    assert to_bytes(read) == data


def test_the_live_network_does_what_was_drawn_without_what_is_bypassed():
    project = deep()
    inner = project.blocks["Residual"].graph
    relu = next(each.id for each in inner.nodes.values() if each.type == "ReLU")
    bypass(inner, relu)
    bypass(project.graph, next(each.id for each in project.graph.nodes.values() if each.type == "Pair"))
    read = from_bytes(to_bytes(project))
    inference, live = Inference(read.graph), build(read, seed=1)
    tensor = live.source.input_tensors[0]
    given = torch.randn(3, *tensor.shape[1:])
    result = live.module(given)
    assert result.shape[1:] == inference.result(live.source.output_ids[0]).inputs["in"].shape[1:]
    learned = sum(each.numel() for each in live.module.parameters())
    assert learned == inference.total_parameters > 0
    assert not any(isinstance(each, nn.ReLU) for each in live.module.modules())


def test_other_layers_keep_their_state_keys_and_numbers():
    hidden, head = ("Linear", {"out_features": 6}), ("Linear", {"out_features": 5})
    graph = chain(("Input", {"shape": [6]}), hidden, hidden, head, "Output")
    before = build(Project("Net", graph), seed=1).module.state_dict()
    after = build(Project("Net", bypass(graph, "n3")), seed=1).module.state_dict()
    assert list(after) == [key for key in before if not key.startswith("linear2.")]
    assert torch.equal(before["linear1.weight"], after["linear1.weight"])


def test_an_instance_is_bypassed_like_a_layer():
    project = Project(
        graph=chain(("Input", {"shape": [4]}), ("Pair", {"repeat": 3}), "Output"),
        blocks={"Pair": Block("Pair", in_a_row(("Linear", {"out_features": "nonsense"})))},
    )
    project.graph.delete_edges([edge("n1.out", "n2.in"), edge("n2.out", "n3.in")])
    project.graph.insert_edges([edge("n1.out", "n2.x"), edge("n2.y", "n3.in")])
    assert Inference(project.graph).problems()
    bypass(project.graph, "n2")
    assert Inference(project.graph).problems() == []
    assert "Pair" not in generate(project).text


def test_a_reroute_is_no_more_than_an_edge():
    layers = (("Linear", {"out_features": 6}), "ReLU", ("Linear", {"out_features": 5}))
    plain = chain(("Input", {"shape": [8]}), *layers, "Output")
    bent = chain(("Input", {"shape": [8]}), *layers, "Output")
    target, source = PortRef("n4", "in"), PortRef("n3", "out")
    bent.delete_edges([edge(str(source), str(target))])
    bent.insert_nodes([node("r1", "Reroute"), node("r2", "Reroute", "reroute2")])
    bent.insert_edges([edge("n3.out", "r1.in"), edge("r1.out", "r2.in"), edge("r2.out", "n4.in")])
    assert code(bent) == code(plain)
    inference = Inference(bent)
    assert inference.problems() == []
    assert (inference.result("r1").parameters, inference.result("r1").flops) == (0, 0)
    assert Cost(bent, inference).memory == Cost(plain, Inference(plain)).memory
    assert findings(bent) == findings(plain)


def test_a_reroute_carries_any_dtype_on():
    for dtype in ("int64", "bool", "float64"):
        graph = chain(("Input", {"shape": [3], "dtype": dtype}), "Reroute", "Output")
        assert Inference(graph).result("n2").outputs["out"].dtype == dtype
    graph = Graph([node("n1", "Input", dtype="bool"), node("n2", "Reroute"), node("n3", "Linear")])
    graph.insert_edges([edge("n1.out", "n2.in")])
    assert "gives bool" in refusal(graph, PortRef("n2", "out"), PortRef("n3", "in"))
