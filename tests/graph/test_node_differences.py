"""Two networks node by node."""

from graph.document import Graph, Project
from graph.node_differences import NodeDifference, node_differences
from tests.graph.block_drawings import deep
from tests.graph.builders import node

CONV = {"out_channels": 4, "kernel_size": 3}


def test_nodes_come_go_and_are_set_in_another_way():
    before, after = Project("Net", Graph()), Project("Net", Graph())
    before.graph.insert_nodes([node("a", "Conv2d", "conv1", **CONV), node("b", "ReLU", "act")])
    after.graph.insert_nodes(
        [
            node("a", "Conv2d", "conv1", out_channels=8, kernel_size=3, stride=2),
            node("c", "Dropout", "drop1", p=0.5),
        ]
    )
    assert node_differences(before, after) == (
        NodeDifference("conv1", "", "Conv2d, out_channels=4", "Conv2d, out_channels=8, stride=2"),
        NodeDifference("act", "", "ReLU", ""),
        NodeDifference("drop1", "", "", "Dropout, p=0.5"),
    )


def test_another_type_name_or_a_bypass_is_told_and_another_place_is_not():
    before, after = Project("Net", Graph()), Project("Net", Graph())
    before.graph.insert_nodes([node(each, "ReLU", each) for each in ("a", "b", "c", "d")])
    nodes = before.graph.nodes
    after.graph.insert_nodes(
        [
            nodes["a"].with_(type="Tanh"),
            nodes["b"].with_(name="bend"),
            nodes["c"].with_(bypassed=True),
            nodes["d"].with_(position=(9.0, 9.0)),
        ]
    )
    assert node_differences(before, after) == (
        NodeDifference("a", "", "ReLU", "Tanh"),
        NodeDifference("bend", "", "b, ReLU", "bend, ReLU"),
        NodeDifference("c", "", "ReLU", "ReLU, bypassed"),
    )


def test_blocks_are_looked_into():
    before, after = deep(), deep()
    graph = after.blocks["Residual"].graph
    inner = next(each for each in graph.nodes.values() if each.type == "Linear")
    graph.replace_node(inner.with_(params={**inner.params, "bias": False}))
    after.delete_block("Pair")
    told = node_differences(before, after)
    assert NodeDifference(inner.name, "Residual", "Linear", "Linear, bias=False") in told
    gone = [each for each in told if each.block == "Pair"]
    assert [each.name for each in gone] == [each.name for each in before.blocks["Pair"].graph.nodes.values()]
    assert not any(each.after for each in gone)
