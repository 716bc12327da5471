"""Entering instances of blocks: another graph is shown, and edits are made in it."""

import pytest

from builder.fixing import fix_problem, show_again, silence
from builder.session import Session
from graph.block_edits import InBlock, RenameBlock
from graph.document import Document, Node, PortRef
from graph.edits import AddNodes, Batch, MoveNodes, RemoveNodes, RenameNode, SetParams, SetTraining
from graph.inserting import InsertNode
from graph.packing import Pack
from graph.replacing import ReplaceType
from graph.storage import to_bytes
from tests.builder.fixing_hands import fix_all
from tests.graph.block_drawings import deep


@pytest.fixture
def session(qtbot):
    return Session(Document(deep()))


@pytest.fixture
def log(session):
    log = []
    session.changed.connect(lambda change, touched: log.append(("changed", change, touched)))
    session.problems_changed.connect(lambda: log.append(("problems",)))
    session.selection_changed.connect(lambda ids: log.append(("selection", ids)))
    session.scope_changed.connect(lambda: log.append(("scope", session.scope, session.block)))
    session.message.connect(lambda text: log.append(("message", text)))
    return log


def body(session, name="Residual"):
    return session.project.blocks[name].graph


def test_an_instance_is_entered_and_left_again(session, log):
    session.select(["n3"])
    assert session.enter("n3")
    assert session.enter("n2")
    assert (session.scope, session.block) == (("n3", "n2"), "Residual")
    assert session.graph is body(session)
    assert str(session.result("n2").outputs["out"]) == "(N, 16)"
    session.leave()
    assert (session.scope, session.graph, session.selection) == (("n3",), body(session, "Pair"), ("n2",))
    session.leave()
    session.leave()
    assert (session.scope, session.block, session.selection) == ((), None, ("n3",))
    assert session.graph is session.project.graph
    assert [entry for entry in log if entry[0] == "scope"] == [
        ("scope", ("n3",), "Pair"),
        ("scope", ("n3", "n2"), "Residual"),
        ("scope", ("n3",), "Pair"),
        ("scope", (), None),
    ]


def test_what_is_no_instance_is_not_entered(session, log):
    assert not session.enter("n1")
    assert not session.show_scope(("n3", "n77"))
    assert session.scope == ()
    assert set(log) == {("message", "There is nothing to enter: that is no instance of a block.")}


def test_edits_are_made_in_the_graph_that_is_shown(session, log):
    before = to_bytes(session.project)
    session.enter("n2")
    log.clear()
    assert session.apply(SetParams("n2", {"bias": False}))
    assert body(session).nodes["n2"].params["bias"] is False
    (_, change, touched), *_ = log
    assert (change.updated, touched) == (("n2",), {"n2"})
    assert session.main_inference.result("n2").parameters == 280 - 16
    session.submit(RenameNode("n2", "wide"))
    assert body(session).nodes["n2"].name == "wide"
    session.undo()
    session.undo()
    assert to_bytes(session.project) == before
    assert session.scope == ("n2",)


def test_edits_of_the_project_are_made_wherever_one_is(session, log):
    session.enter("n2")
    assert session.apply(SetTraining({"epochs": 7}))
    assert log[-1][1].fields == ("training",)
    assert session.apply(RenameBlock("Residual", "Skip"))
    assert (session.block, session.scope) == ("Skip", ("n2",))
    assert session.apply_to_project(SetParams("n3", {"repeat": 2}))
    assert session.project.graph.nodes["n3"].params["repeat"] == 2
    assert not session.apply(AddNodes([Node("n9", "Skip", "again")]))
    assert log[-1] == ("message", "Skip cannot contain itself.")


def test_a_change_elsewhere_reaches_what_is_shown(session, log):
    session.enter("n3")
    log.clear()
    session.apply_to_project(SetParams("n3", {"width": 16}))
    assert [problem.code for problem in session.problems] == ["in-block"]
    (_, change, touched), *_ = log
    assert (change.updated, touched) == ((), set(session.graph.nodes))
    log.clear()
    session.apply_to_project(InBlock("Residual", RenameNode("n1", "tokens")))
    (_, change, touched), *_ = log
    assert {str(edge.target) for edge in change.connected} == {"n2.tokens", "n3.tokens"}
    assert touched >= {"n2", "n3"}


def test_instances_are_told_when_their_ports_may_be_others(session, log):
    session.apply(InBlock("Residual", AddNodes([Node("n9", "Output", "more")])))
    (_, change, touched), *_ = log
    assert change.updated == ()
    assert "n2" in touched


def test_what_is_shown_ends_with_its_instance(session, log):
    session.enter("n3")
    session.enter("n2")
    session.select(["n4"])
    log.clear()
    session.apply_to_project(Batch("Both", [RemoveNodes(["n3"]), SetTraining({"epochs": 2})]))
    assert (session.scope, session.selection) == ((), ())
    assert log[:2] == [("selection", ()), ("scope", (), None)]
    (_, change, touched) = log[2]
    assert (change.removed, change.fields, touched) == ((), ("training",), frozenset())
    session.undo()
    assert session.scope == ()


def test_every_problem_is_found_where_it_is_and_mended_from_anywhere(session):
    session.apply(InBlock("Residual", SetParams("n2", {"in_features": 7})))
    (located,) = session.all_problems
    assert (located.path, located.problem.node) == (("n2",), "n2")
    assert [problem.code for problem in session.problems] == ["in-block"]
    assert session.errors == (located.problem,)
    session.enter("n3")
    assert fix_problem(session, located.problem.fixes[0], located.block)
    assert session.all_problems == ()
    session.undo()
    session.show_scope(())
    assert fix_problem(session, session.problems[0].fixes[0], session.block)
    assert session.all_problems == ()
    session.undo()
    session.enter("n2")
    assert fix_problem(session, session.problems[0].fixes[0], session.block)
    assert session.all_problems == ()
    session.undo()
    assert fix_all(session) == 1
    assert (session.all_problems, session.problems) == ((), ())


def test_problems_of_the_main_graph_are_mended_from_inside_a_block(session):
    session.apply(SetParams("n3", {"nonsense": 1}))
    session.enter("n2")
    assert session.problems == ()
    assert fix_all(session) == 1
    assert "nonsense" not in session.project.graph.nodes["n3"].params


def test_nodes_are_packed_inside_a_block_too(session):
    session.enter("n2")
    before = session.main_inference.total_parameters
    assert session.apply(Pack(["n2", "n3"], "Inner"))
    instance = session.graph.by_name("inner1")
    assert session.enter(instance.id)
    assert session.block == "Inner"
    assert session.main_inference.total_parameters == before
    session.undo()
    assert (session.scope, session.block) == (("n2",), "Residual")


def test_graphs_without_positions_are_laid_out_as_if_read_so(qtbot):
    project = deep()
    for scope in project.scopes():
        with project.inside(scope) as graph:
            MoveNodes(dict.fromkeys(graph.nodes, (0.0, 0.0))).apply(project)
    session = Session(Document(project))
    for graph in session.project.graphs():
        assert len({node.position for node in graph.nodes.values()}) > 1
    assert session.document.undo_label is None
    assert not session.document.is_dirty


def test_what_design_rules_find_inside_is_shown_and_silenced_there(session):
    session.enter("n2")
    assert session.apply(InsertNode(PortRef("n3", "in"), "BatchNorm1d"))
    session.settle()
    (hint,) = (problem for problem in session.problems if problem.code == "bias-before-batch-norm")
    assert graph_problem(session, hint.code).message == f"Residual, {hint.message}"
    assert silence(session, hint, session.block)
    assert body(session).nodes[hint.node].silenced == (hint.code,)
    assert hint.code not in {problem.code for problem in session.problems}
    assert graph_problem(session, hint.code) is None
    assert show_again(session, hint.node, hint.code)
    assert graph_problem(session, hint.code) is not None


def graph_problem(session, code):
    """The problem of this kind as it is told of the whole project."""
    found = (located.problem for located in session.all_problems if located.problem.code == code)
    return next(found, None)


def test_another_block_is_shown_once_the_instance_is_of_it(session, log):
    session.enter("n2")
    session.select(["n4"])
    log.clear()
    session.apply_to_project(
        Batch("Both", [ReplaceType("n2", "Pair", {}), InBlock("Pair", RenameNode("n1", "tokens"))])
    )
    assert (session.scope, session.block, session.selection) == (("n2",), "Pair", ())
    assert session.graph is body(session, "Pair")
    assert log[:2] == [("selection", ()), ("scope", ("n2",), "Pair")]
    assert log[2][1].updated == ()
    session.undo()
    assert (session.scope, session.block) == (("n3",), "Pair")  # what was changed inside is to be seen
