"""Another type in place of a node: what stays, what comes back, and which types are offered first."""

import pytest

from graph.document import Graph, Project
from graph.inference import Inference
from graph.replacements import replacements
from graph.replacing import ReplaceType
from graph.storage import to_bytes
from tests.graph.block_drawings import deep
from tests.graph.builders import chain, document, edge, node
from tests.graph.shadow import Shadow, assert_consistent

CONV = ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": "same", "bias": False})
IMAGE = ("Input", {"shape": [3, 8, 8]})


def replaced(graph: Graph, type_name: str, node_id: str = "it") -> Graph:
    """The graph with another type at a node; the way there and back is exact."""
    doc = document(graph)
    shadow, before = Shadow(doc), to_bytes(doc.project)
    doc.apply(ReplaceType(node_id, type_name))
    after = to_bytes(doc.project)
    shadow.assert_equal(doc)
    assert_consistent(graph)
    doc.undo()
    assert to_bytes(doc.project) == before
    shadow.assert_equal(doc)
    doc.redo()
    assert to_bytes(doc.project) == after
    return graph


def wired(type_name: str, inputs: list[str], outputs: list[str], **params: object) -> Graph:
    """A node, `it`, with an Input at each of some inputs and an Output at each of some outputs."""
    nodes = [node(f"i{n}", "Input", f"x{n}", shape=[5, 8]) for n in range(len(inputs))]
    nodes += [node("it", type_name, "it", **params)]
    nodes += [node(f"o{n}", "Output", f"y{n}") for n in range(len(outputs))]
    edges = [edge(f"i{n}.out", f"it.{port}") for n, port in enumerate(inputs)]
    edges += [edge(f"it.{port}", f"o{n}.in") for n, port in enumerate(outputs)]
    return Graph(nodes, edges)


def ends(graph: Graph) -> list[str]:
    """Where the edges of `it` are, in the order of the file."""
    touching = [each for each in graph.edges if "it" in (each.source.node, each.target.node)]
    return [f"{each.source} {each.target}" for each in touching]


@pytest.mark.parametrize(
    ("before", "inputs", "outputs", "after", "expected"),
    [
        ("ReLU", ["in"], ["out"], "Tanh", ["i0.out it.in", "it.out o0.in"]),
        ("ReLU", ["in"], ["out", "out"], "Add", ["i0.out it.in0", "it.out o0.in", "it.out o1.in"]),
        ("Add", ["in0", "in2", "in10"], ["out"], "Concat",
         ["i0.out it.in0", "i1.out it.in2", "i2.out it.in10", "it.out o0.in"]),
        ("Add", ["in2", "in10"], ["out"], "ReLU", ["i0.out it.in", "it.out o0.in"]),
        ("MultiheadAttention", ["query", "key", "value"], [], "Linear", ["i0.out it.in"]),
        ("MultiheadAttention", ["value", "query", "key"], [], "Concat",
         ["i0.out it.in2", "i1.out it.in0", "i2.out it.in1"]),
        ("Linear", ["in"], ["out"], "MultiheadAttention", ["i0.out it.query", "it.out o0.in"]),
        ("LSTM", ["in"], ["out", "h", "c"], "GRU", ["i0.out it.in", "it.out o0.in", "it.h o1.in"]),
        ("LSTM", ["in"], ["h"], "Linear", ["i0.out it.in", "it.out o0.in"]),
        ("Split", ["in"], ["out1", "out0"], "Chunk", ["i0.out it.in", "it.out1 o0.in", "it.out0 o1.in"]),
        ("Split", ["in"], ["out1", "out0"], "ReLU", ["i0.out it.in", "it.out o1.in"]),
        ("MaxPool2d", ["in"], ["indices"], "AvgPool2d", ["i0.out it.in", "it.out o0.in"]),
        ("ReLU", ["in"], ["out"], "Input", ["it.out o0.in"]),
        ("ReLU", ["in"], ["out"], "Output", ["i0.out it.in"]),
        ("ReLU", ["in"], ["out"], "NoSuchLayer", ["i0.out it.in", "it.out o0.in"]),
        ("NoSuchLayer", ["input"], ["result"], "ReLU", ["i0.out it.in", "it.out o0.in"]),
    ],
)  # fmt: skip
def test_edges_stay_where_the_new_type_has_a_port_for_them(before, inputs, outputs, after, expected):
    assert ends(replaced(wired(before, inputs, outputs), after)) == expected


def test_an_output_that_a_parameter_brings_stays_with_it():
    graph = wired("MaxPool2d", ["in"], ["out", "indices"], return_indices=True)
    assert ends(replaced(graph, "MaxPool1d")) == ["i0.out it.in", "it.out o0.in", "it.indices o1.in"]


def test_shared_parameters_stay_where_they_are_valid():
    graph = replaced(chain(IMAGE, CONV, "Output"), "ConvTranspose2d", "n2")
    params = graph.nodes["n2"].params
    assert (params["out_channels"], params["kernel_size"], params["bias"]) == (4, 3, False)
    assert "padding" not in params  # the transposed one takes no words
    assert Inference(graph).result("n2").problems == ()


def test_what_was_left_at_its_default_stays_what_it_was():
    graph = replaced(wired("Softmax", ["in"], ["out"], dim=1), "LogSoftmax")
    assert graph.nodes["it"].params["dim"] == 1
    params = replaced(chain(IMAGE, CONV, "Output"), "ConvTranspose2d", "n2").nodes["n2"].params
    assert params.get("stride", 1) == 1  # not the 2 of a new one
    assert replaced(wired("ReLU", ["in"], ["out"]), "Dropout").nodes["it"].params == {}


def test_expressions_stay():
    graph = replaced(wired("Linear", ["in"], ["out"], out_features="=width * 2"), "LSTM")
    assert "out_features" not in graph.nodes["it"].params
    graph = replaced(wired("LSTM", ["in"], ["out"], hidden_size="=width * 2"), "GRU")
    assert graph.nodes["it"].params["hidden_size"] == "=width * 2"


def test_a_name_that_the_user_gave_stays():
    graph = chain(IMAGE, CONV, "ReLU", "Tanh", "Output")
    assert replaced(graph, "Tanh", "n3").nodes["n3"].name == "tanh2"
    graph.replace_node(graph.nodes["n2"].with_(name="stem", pinned=True, position=(8.0, 8.0)))
    new = replaced(graph, "MaxPool2d", "n2").nodes["n2"]
    assert (new.name, new.pinned, new.position) == ("stem", True, (8.0, 8.0))


def test_params_that_are_given_are_taken_as_they_are():
    doc = document(chain(IMAGE, CONV, "Output"))
    doc.apply(ReplaceType("n2", "Conv2d", {"out_channels": 7}))
    assert doc.graph.nodes["n2"].params == {"out_channels": 7}


def names(graph: Graph, node_id: str) -> list[str]:
    return [spec.type for spec in replacements(graph, node_id, Inference(graph))]


def test_types_that_keep_shapes_valid_are_offered_first():
    linear = ("Linear", {"out_features": 4})
    graph = chain(IMAGE, CONV, "ReLU", ("Flatten", {}), linear, "Output")
    offered = names(graph, "n3")
    assert offered[0] in ("LeakyReLU", "ELU", "GELU", "CELU", "Hardtanh", "Sigmoid", "PReLU")
    assert "ReLU" not in offered
    assert len(offered) == len(set(offered)) == len(graph.catalog) - 1
    assert offered.index("BatchNorm2d") < offered.index("BatchNorm1d")
    assert offered.index("MaxPool2d") < offered.index("LSTM")
    assert (
        offered.index("Sigmoid") < offered.index("MaxPool2d") < offered.index("Add")
    )  # which lacks an input
    assert offered.index("Output") > offered.index("Add")


def test_a_type_that_leaves_its_readers_without_a_fault_goes_first():
    graph = chain(IMAGE, CONV, ("Conv2d", {"in_channels": 4, "out_channels": 2, "kernel_size": 3}), "Output")
    offered = names(graph, "n2")
    assert offered[:2] == ["Conv2dNormActivation", "ConvTranspose2d"]
    assert offered.index("ConvTranspose2d") < offered.index("BatchNorm2d")
    doc = document(graph)
    doc.apply(ReplaceType("n2", offered[0]))
    assert Inference(graph).problems() == []


def test_types_are_offered_where_nothing_is_known():
    graph = chain(("Input", {"shape": [-4]}), "ReLU", "Output")
    offered = names(graph, "n2")
    assert offered.index("Tanh") < offered.index("Input")
    assert names(Graph([node("n1", "NoSuchLayer")]), "n1")


def test_blocks_are_offered_and_take_expressions_inside_them():
    project: Project = deep()
    assert "Residual" in names(project.graph, next(iter(project.graph.nodes)))
    inner = project.blocks["Residual"].graph
    relu = next(each.id for each in inner.nodes.values() if each.type == "ReLU")
    known = Inference(inner, env={"width": 8})
    offered = [spec.type for spec in replacements(inner, relu, known)]
    assert offered.index("Tanh") < offered.index("Conv2d")
