"""Copies of projects and graphs: what is done to one is not done to the other."""

from graph.block_edits import InBlock, RenameBlock
from graph.document import Document
from graph.edits import SetParams
from graph.inference import Inference
from graph.storage import to_bytes
from tests.graph.block_drawings import deep, in_a_row
from tests.graph.builders import edge


def test_a_copy_of_a_project_shares_nothing_that_an_edit_changes():
    document = Document(deep())
    copy = document.project.copy()
    before = to_bytes(copy)
    document.apply(InBlock("Residual", SetParams("n2", {"out_features": 3})))
    document.apply(RenameBlock("Residual", "Rest"))
    assert to_bytes(copy) == before
    assert Inference(copy.graph).problems() == []


def test_a_graph_and_its_copies_keep_their_edges_apart():
    first = in_a_row(("Linear", {"out_features": 3}), ("ReLU", {}))
    second = first.copy()
    third = second.copy()
    first.delete_edges([edge("n1.out", "n2.in")])
    second.delete_edges([edge("n2.out", "n3.in")])
    third.delete_edges([edge("n3.out", "n4.in")])
    third.insert_edges([edge("n2.out", "n4.in")])
    fourth = third.copy()
    third.delete_edges([edge("n2.out", "n4.in")])
    fifth = second.copy()
    fifth.insert_edges([edge("n1.out", "n3.in")])
    wanted = {"n1 n2", "n2 n3", "n3 n4"}
    assert _looked_up(first) == wanted - {"n1 n2"}
    assert _looked_up(second) == wanted - {"n2 n3"}
    assert _looked_up(third) == wanted - {"n3 n4"}
    assert _looked_up(fourth) == wanted - {"n3 n4"} | {"n2 n4"}
    assert _looked_up(fifth) == wanted - {"n2 n3"} | {"n1 n3"}


def _looked_up(graph):
    """The edges as their ends know them, which is the same from both sides and in the list of all."""
    into = {edge for node_id in graph.nodes for edge in graph.incoming(node_id).values()}
    out = {edge for node_id in graph.nodes for edge in graph.outgoing(node_id)}
    assert into == out == set(graph.edges)
    return {f"{edge.source.node} {edge.target.node}" for edge in into}
