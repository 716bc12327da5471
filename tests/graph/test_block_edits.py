"""Edits of blocks: what they do in all graphs, the way back, and what is refused."""

import pytest

from graph.annotation_edits import AddAnnotations
from graph.block_edits import (
    AddBlock,
    InBlock,
    RemoveBlock,
    RemoveBlockParam,
    RenameBlock,
    RenameBlockParam,
    SetBlockParams,
)
from graph.document import Block, BlockParam, Document, EditError, Frame, Graph, Node, Note, PortRef, Project
from graph.edits import (
    AddNodes,
    Batch,
    Connect,
    Disconnect,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    RenameProject,
    SetParams,
    SetTraining,
)
from graph.inference import Inference
from graph.inserting import InsertNode
from graph.node_flags import SetPinned
from graph.replacing import ReplaceType
from graph.storage import from_bytes, to_bytes
from tests.graph.block_drawings import deep, graph, in_a_row, residual
from tests.graph.builders import edge
from tests.graph.shadow import Shadow, assert_consistent

SPARE = Block("Spare", in_a_row(("ReLU", {})), (BlockParam("p", "float", 0.5),))
EDITS = {
    "a parameter inside": InBlock("Residual", SetParams("n2", {"bias": False})),
    "a node more inside": InBlock("Pair", AddNodes((Node("n9", "Residual", "third"),))),
    "a node less inside": InBlock("Residual", RemoveNodes(("n3",))),
    "an edge inside": InBlock("Residual", Disconnect((edge("n4.out", "n5.in1"),))),
    "a place inside": InBlock("Residual", MoveNodes({"n3": (8.0, 8.0)})),
    "a frame and a note inside": InBlock("Residual", AddAnnotations((Frame("f1"),), (Note("t1", "why"),))),
    "a frame inside and a place": InBlock(
        "Pair", Batch("Both", (AddAnnotations((Frame("f1"),)), MoveNodes({"f1": (8.0, 8.0)}, "frame")))
    ),
    "a pinned node inside": InBlock("Residual", SetPinned(("n3",))),
    "another type inside": InBlock("Residual", ReplaceType("n3", "Tanh", {})),
    "a layer between inside": InBlock("Residual", InsertNode(PortRef("n5", "in1"), "Dropout")),
    "an input's name": InBlock("Residual", RenameNode("n1", "tokens")),
    "an output's name": InBlock("Residual", RenameNode("n6", "sum")),
    "an end that becomes the other": InBlock("Residual", ReplaceType("n1", "Output", {})),
    "an input less": InBlock("Residual", RemoveNodes(("n1",))),
    "the plan, from inside": InBlock("Residual", SetTraining({"epochs": 9})),
    "the project's name, from inside": InBlock("Residual", RenameProject("Other")),
    "a block, from inside another": InBlock("Pair", InBlock("Residual", RenameNode("n1", "tokens"))),
    "a block more": AddBlock(SPARE),
    "a block more, and one of it": Batch("Both", (AddBlock(SPARE), AddNodes((Node("n9", "Spare", "s"),)))),
    "a block less": Batch("Both", (RemoveNodes(("n3",)), RemoveBlock("Pair"))),
    "the first block less": Batch(
        "All", (RemoveNodes(("n2", "n3")), RemoveBlock("Pair"), RemoveBlock("Residual"))
    ),
    "a block changed, then less": Batch(
        "All",
        (RemoveNodes(("n3",)), InBlock("Pair", RenameNode("n2", "one")), RemoveBlock("Pair")),
    ),
    "a block anew": Batch(
        "All",
        (RemoveNodes(("n3",)), RemoveBlock("Pair"), AddBlock(Block("Pair", in_a_row(("ReLU", {}))))),
    ),
    "a block's name": RenameBlock("Residual", "Skip"),
    "a block's parameters": SetBlockParams("Residual", (BlockParam("size", "str", "x"),)),
    "a block without parameters": SetBlockParams("Pair", ()),
    "a parameter's name": RenameBlockParam("Residual", "width", "features"),
    "a parameter less": RemoveBlockParam("Residual", "width"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_edit_is_undone_and_redone_to_the_byte(edit):
    doc = Document(deep())
    shadow, before = Shadow(doc), to_bytes(doc.project)
    doc.apply(edit)
    after = to_bytes(doc.project)
    assert after != before
    for _ in range(2):
        shadow.assert_equal(doc)
        doc.undo()
        assert to_bytes(doc.project) == before
        shadow.assert_equal(doc)
        for each in doc.project.graphs():
            assert_consistent(each)
        doc.redo()
        assert to_bytes(doc.project) == after
        assert to_bytes(from_bytes(after)) == after


def test_edges_of_all_instances_follow_a_port_to_its_new_name():
    doc = Document(deep())
    doc.apply(InBlock("Residual", RenameNode("n1", "tokens")))
    assert [str(each.target) for each in doc.graph.edges] == ["n2.tokens", "n3.x", "n4.in"]
    assert str(doc.project.blocks["Pair"].graph.edges[1].target) == "n3.tokens"
    assert Inference(doc.graph).problems() == []


def test_two_ports_can_swap_their_names_at_once():
    body = graph([("n1", "Input", "a", {}), ("n2", "Input", "b", {})])
    main = graph(
        [("n1", "Input", "one", {}), ("n2", "Input", "two", {}), ("n3", "Both", "both", {})],
        "n1.out n3.a",
        "n2.out n3.b",
    )
    doc = Document(Project("P", main, {"Both": Block("Both", body)}))
    before = to_bytes(doc.project)
    swap = (RenameNode("n1", "c"), RenameNode("n2", "a"), RenameNode("n1", "b"))
    doc.apply(InBlock("Both", Batch("Swap", swap)))
    assert [(each.source.node, each.target.port) for each in doc.graph.edges] == [("n1", "b"), ("n2", "a")]
    doc.undo()
    assert to_bytes(doc.project) == before


def test_an_edge_is_never_lost_to_a_port_that_takes_its_name():
    main = graph(
        [("n1", "Input", "one", {}), ("n2", "Part", "part", {})],
        "n1.out n2.x",
        "n1.out n2.y",
    )
    doc = Document(Project("P", main, {"Part": Block("Part", graph([("n1", "Input", "x", {})]))}))
    before = to_bytes(doc.project)
    doc.apply(InBlock("Part", RenameNode("n1", "y")))
    assert {str(each.target) for each in doc.graph.edges} == {"n2.x", "n2.y"}
    doc.undo()
    assert to_bytes(doc.project) == before


def test_a_failing_edit_inside_leaves_everything_as_it_was():
    doc = Document(deep())
    before, told = to_bytes(doc.project), []
    doc.subscribe(told.append)
    edits = (
        InBlock("Residual", RenameNode("n1", "tokens")),
        RenameBlock("Pair", "Two"),
        RemoveBlock("Residual"),
    )
    with pytest.raises(EditError, match="Residual is used by res1, first in Two, second in Two"):
        doc.apply(Batch("Doomed", edits))
    assert to_bytes(doc.project) == before
    assert told == []
    assert Inference(doc.graph).problems() == []
    doc.apply(RenameNode("n2", "other"))
    assert (told[0].updated, told[0].blocks) == (("n2",), {})


def test_a_block_keeps_its_own_name_when_renamed_to_it():
    doc = Document(deep())
    doc.apply(RenameBlock("Pair", " Pair "))
    assert list(doc.project.blocks) == ["Residual", "Pair"]


def test_an_edit_holds_a_block_that_no_document_changes():
    edit = AddBlock(SPARE)
    for _ in range(2):
        doc = Document(deep())
        doc.apply(edit)
        doc.apply(InBlock("Spare", RenameNode("n2", "changed")))
        assert SPARE.graph.nodes["n2"].name == "layer1"


def test_a_recursion_that_a_file_had_comes_back_by_undo():
    project = Project("P", graph([]), {"Self": Block("Self", graph([("n1", "Self", "me", {})]))})
    doc = Document(project)
    before = to_bytes(project)
    for edit in (RemoveNodes(("n1",)), ReplaceType("n1", "ReLU", {})):
        doc.apply(InBlock("Self", edit))
        doc.undo()
        assert to_bytes(project) == before
    doc.apply(RemoveBlock("Self"))
    doc.undo()
    assert to_bytes(project) == before


def nodes(type_name: str) -> AddNodes:
    return AddNodes((Node("n99", type_name, "new"),))


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (InBlock("Nowhere", RenameNode("n1", "x")), "There is no block Nowhere."),
        (InBlock("Residual", RemoveNodes(("n77",))), "There is no node n77."),
        (
            InBlock("Residual", Batch("Two", (RenameNode("n2", "other"), RenameBlock("Residual", "Skip")))),
            "Residual cannot be renamed or deleted by an edit inside it.",
        ),
        (InBlock("Residual", nodes("Residual")), "Residual cannot contain itself."),
        (InBlock("Residual", nodes("Pair")), "Pair contains Residual, so Residual cannot contain Pair."),
        (InBlock("Residual", ReplaceType("n3", "Pair", {})), "Pair contains Residual, so Residual cannot"),
        (InBlock("Residual", InsertNode(PortRef("n3", "in"), "Pair")), "Pair contains Residual, so Residual"),
        (AddBlock(Block("Loop", graph([("n1", "Loop", "me", {})]))), "Loop cannot contain itself."),
        (AddBlock(Block("Linear")), "Linear is a layer type already. Call the block something else."),
        (AddBlock(Block("Pair")), "There already is a block called Pair."),
        (AddBlock(Block("")), "A block's name has 1 to 80 characters and no space at its ends."),
        (AddBlock(Block("x" * 81)), "A block's name has 1 to 80 characters"),
        (
            AddBlock(Block("New", Graph(), (BlockParam("a b", "int", 1),))),
            "Parameter 1: 'a b' is not a Python name",
        ),
        (RemoveBlock("Nowhere"), "There is no block Nowhere."),
        (
            RemoveBlock("Residual"),
            "Residual is used by res1, first in Pair, second in Pair. Delete or unpack",
        ),
        (RenameBlock("Nowhere", "x"), "There is no block Nowhere."),
        (RenameBlock("Pair", "Conv2d"), "Conv2d is a layer type already."),
        (RenameBlock("Pair", "Residual"), "There already is a block called Residual."),
        (RenameBlock("Pair", "  "), "A block's name has 1 to 80 characters"),
        (RenameBlock("Pair", "Typo"), "odd1 is of an unknown type called Typo already. Replace it first."),
        (SetBlockParams("Nowhere", ()), "There is no block Nowhere."),
        (RenameBlockParam("Nowhere", "n", "m"), "There is no block Nowhere."),
        (RenameBlockParam("Pair", "n", "m"), "Pair has no parameter n."),
        (RenameBlockParam("Pair", "width", "for"), "Parameter 1: 'for' is not a Python name"),
        (RemoveBlockParam("Pair", "n"), "Pair has no parameter n."),
        (
            SetBlockParams("Pair", (BlockParam("n", "int", "x"),)),
            "Parameter 1: 'x' does not suit. Expected an integer",
        ),
        (
            SetBlockParams("Pair", (BlockParam("n", "list", 1),)),
            "Parameter 1: 'list' is not one of int, float",
        ),
        (
            SetBlockParams("Pair", (BlockParam("repeat", "int", 1),)),
            "Parameter 1: repeat means something else",
        ),
        (SetBlockParams("Pair", (BlockParam("min", "int", 1),)), "Parameter 1: min means something else"),
        (SetBlockParams("Pair", (BlockParam("if", "int", 1),)), "Parameter 1: 'if' is not a Python name"),
        (
            SetBlockParams("Pair", (BlockParam("n", "int", 1), BlockParam("n", "int", 1))),
            "Parameter 2: there already is a parameter called n.",
        ),
    ],
)
def test_an_edit_that_does_not_suit_says_why(edit, text):
    doc = Document(deep())
    doc.apply(AddNodes((Node("n9", "Typo", "odd1"),)))
    before = to_bytes(doc.project)
    with pytest.raises(EditError) as caught:
        doc.apply(edit)
    assert str(caught.value).startswith(text)
    assert to_bytes(doc.project) == before


def test_two_blocks_that_would_contain_each_other_are_refused_in_any_order():
    doc = Document(Project(blocks={"A": Block("A"), "B": Block("B"), "C": Block("C")}))
    doc.apply(InBlock("A", nodes("B")))
    doc.apply(InBlock("B", nodes("C")))
    with pytest.raises(EditError, match="A contains C, so C cannot contain A"):
        doc.apply(InBlock("C", nodes("A")))
    with pytest.raises(EditError, match="cannot contain"):
        doc.apply(InBlock("C", Batch("Two", (nodes("ReLU"), ReplaceType("n99", "B", {})))))


def test_instances_are_connected_by_the_names_of_their_ports():
    project = Project(blocks={"Residual": residual()})
    doc = Document(project)
    doc.apply(AddNodes((Node("n1", "Input", "image"), Node("n2", "Residual", "res1"))))
    doc.apply(Connect(PortRef("n1", "out"), PortRef("n2", "x")))
    with pytest.raises(EditError, match="res1 has no input called in"):
        doc.apply(Connect(PortRef("n1", "out"), PortRef("n2", "in")))
    doc.apply(InsertNode(PortRef("n2", "x"), "Residual"))
    assert doc.graph.by_name("residual1") is not None
    assert [str(each.target) for each in doc.graph.edges] == ["n3.x", "n2.x"]


def values(project: Project, block: str | None) -> dict:
    nodes = project.graph_of(block).nodes.values()
    return {node.name: dict(node.params) for node in nodes if node.type not in ("Input", "Output")}


def test_what_reads_or_sets_a_parameter_follows_its_name():
    document = Document(deep())
    before = Inference(document.graph).result("n3")
    document.apply(RenameBlockParam("Residual", "width", "features"))
    assert values(document.project, "Residual")["inner"] == {"out_features": "=features * 2"}
    assert values(document.project, "Residual")["outer"] == {"out_features": "=features"}
    assert values(document.project, "Pair")["first"] == {"features": "=width"}
    assert values(document.project, None)["pair1"] == {"width": 8}
    assert Inference(document.graph).result("n3").outputs == before.outputs
    assert document.undo_label == "Rename width to features"


def test_what_reads_a_parameter_that_goes_has_its_default():
    document = Document(deep())
    parameters = Inference(document.graph).total_parameters
    document.apply(RemoveBlockParam("Residual", "width"))
    assert values(document.project, "Residual")["inner"] == {"out_features": 16}
    assert values(document.project, "Residual")["outer"] == {"out_features": 8}
    assert values(document.project, "Pair")["first"] == {}
    known = Inference(document.graph)
    assert known.problems() == []
    assert known.total_parameters == parameters


def test_other_expressions_stay_as_they_are_written():
    project = deep()
    project.replace_block(
        project.blocks["Residual"].with_(params=(BlockParam("width", "int", 8), BlockParam("n", "int", 1)))
    )
    InBlock("Residual", SetParams("n4", {"out_features": "=width*1"})).apply(project)
    InBlock("Residual", SetParams("n2", {"out_features": "=width*n"})).apply(project)
    RenameBlockParam("Residual", "n", "factor").apply(project)
    assert values(project, "Residual")["outer"] == {"out_features": "=width*1"}
    assert values(project, "Residual")["inner"] == {"out_features": "=width * factor"}
