"""Inside the instances that somebody enters: what is known there follows every change, as all problems do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.block_edits import AddBlock, InBlock, SetBlockParams, made_inside
from graph.document import Block, BlockParam, Document, EditError, PortRef, Project
from graph.edits import Batch, Connect, Disconnect, RemoveNodes, RenameNode, SetParams, SetTraining
from graph.inference import Inference
from graph.packing import Pack
from graph.scopes import Scope, changed_graphs, leads_to, path_to
from graph.storage import from_bytes, to_bytes
from tests.graph.block_drawings import deep, graph, in_a_row
from tests.graph.builders import edge
from tests.graph.random_block_edits import random_project_edit
from tests.graph.shadow import Shadow, assert_consistent


def known(scope: Scope):
    results = {node_id: scope.inference.result(node_id) for node_id in scope.graph.nodes}
    return scope.path, scope.block, results, scope.inference.problems(), scope.all_problems()


def messages(scope: Scope) -> list[tuple]:
    return [(each.path, each.block, each.problem.message) for each in scope.all_problems()]


def test_inside_an_instance_flows_what_it_is_given():
    project = deep()
    scope = Scope(project, ("n3", "n2"))
    assert (scope.path, scope.block) == (("n3", "n2"), "Residual")
    assert scope.graph is project.blocks["Residual"].graph
    assert str(scope.inference.result("n2").outputs["out"]) == "(N, 16)"
    scope.leave()
    assert (scope.path, scope.block) == (("n3",), "Pair")
    scope.leave()
    scope.leave()
    assert (scope.path, scope.block, scope.inference) == ((), None, scope.main)


def test_only_an_instance_can_be_entered():
    scope = Scope(deep())
    assert not scope.enter("n1")
    assert not scope.enter("n77")
    assert Scope(deep(), ("n3", "n1", "n2")).path == ("n3",)


def test_values_that_are_not_known_are_those_of_the_sample_and_the_defaults():
    project = deep()
    document = Document(project)
    document.apply(Disconnect((edge("n1.out", "n2.x"),)))
    document.apply(SetParams("n2", {"width": "wide"}))
    scope = Scope(project, ("n2",))
    assert str(scope.inference.result("n1").outputs["out"]) == "(N, 8)"
    assert str(scope.inference.result("n2").outputs["out"]) == "(N, 16)"


def test_the_first_repetition_is_seen():
    block = Block("Dense", in_a_row(("Linear", {"out_features": "=size"})), (BlockParam("size", "int", 4),))
    nodes = [
        ("n1", "Input", "x", {"shape": [8]}),
        ("n2", "Dense", "d", {"repeat": 2, "size": {"each": [5, 6]}}),
    ]
    scope = Scope(Project("P", graph(nodes, "n1.out n2.x"), {"Dense": block}), ("n2",))
    assert str(scope.inference.result("n2").outputs["out"]) == "(N, 5)"


def test_a_scope_ends_where_its_instance_is_no_more():
    document = Document(deep())
    scope = Scope(document.project, ("n3", "n2"))
    document.subscribe(scope.follow)
    document.apply(InBlock("Pair", RemoveNodes(("n2",))))
    assert (scope.path, scope.block) == (("n3",), "Pair")
    document.apply(RemoveNodes(("n3",)))
    assert (scope.path, scope.inference) == ((), scope.main)


def test_only_what_changed_inside_is_told():
    document = Document(deep())
    scope, told = Scope(document.project, ("n3", "n2")), []
    document.subscribe(lambda change: told.append(scope.follow(change)))
    document.apply(InBlock("Residual", SetParams("n2", {"bias": False})))
    document.apply(RenameNode("n1", "picture"))
    document.apply(InBlock("Residual", SetParams("n2", {"out_features": 3})))
    document.apply(SetParams("n3", {"width": 16}))
    assert told[:3] == [{"n2"}, set(), {"n2", "n3", "n4"}]
    assert told[3] == {"n1", "n2", "n3", "n4", "n5", "n6"}


def test_a_parameter_of_another_kind_is_another_value():
    block = Block("Dense", in_a_row(("Linear", {"out_features": "=size"})), (BlockParam("size", "int", 4),))
    document = Document(Project("P", graph([("n1", "Dense", "d", {})]), {"Dense": block}))
    scope = Scope(document.project, ("n1",))
    document.subscribe(scope.follow)
    document.apply(SetBlockParams("Dense", (BlockParam("size", "float", 4.0),)))
    assert "'=size', which is 4.0" in scope.inference.result("n2").problems[0].message
    document.undo()
    assert not scope.inference.result("n2").problems


def test_every_root_cause_is_found_once_where_it_is():
    document = Document(deep())
    document.apply(InBlock("Residual", SetParams("n4", {"nonsense": 1})))
    scope = Scope(document.project)
    ((path, block, message),) = messages(scope)
    assert (path, block) == (("n2",), "Residual")
    assert message.startswith("outer: Linear has no parameter called 'nonsense'.")
    (located,) = scope.all_problems()
    document.apply(
        Batch("Fix", [made_inside(edit, located.block) for edit in located.problem.fixes[0].edits])
    )
    assert Scope(document.project).all_problems() == []


def test_parallel_instances_tell_a_mistake_once_and_each_its_own():
    block = Block("Dense", in_a_row(("Linear", {"in_features": 8})), ())
    nodes = [
        ("n1", "Input", "four", {"shape": [4]}),
        ("n2", "Input", "five", {"shape": [5]}),
        *((f"n{n}", "Dense", f"dense{n}", {}) for n in (3, 4, 5)),
        *((f"n{n}", "Output", f"y{n}", {}) for n in (6, 7, 8)),
    ]
    edges = ("n1.out n3.x", "n1.out n4.x", "n2.out n5.x", "n3.y n6.in", "n4.y n7.in", "n5.y n8.in")
    scope = Scope(Project("P", graph(nodes, *edges), {"Dense": block}))
    found = [(each.path, each.problem.received, each.problem.message) for each in scope.all_problems()]
    assert [path for path, _, _ in found] == [("n3",), ("n5",)]
    assert ["(N, 4)" in found[0][2], "(N, 5)" in found[1][2]] == [True, True]


def test_a_mistake_in_a_later_repetition_is_told_at_the_instance():
    block = Block("Pool", in_a_row(("MaxPool1d", {"kernel_size": 4}), shape=[3, 16]))
    nodes = [
        ("n1", "Input", "x", {"shape": [3, 16]}),
        ("n2", "Pool", "pool", {"repeat": 3}),
        ("n3", "Output", "y", {}),
    ]
    (located,) = Scope(
        Project("P", graph(nodes, "n1.out n2.x", "n2.y n3.in"), {"Pool": block})
    ).all_problems()
    assert (located.path, located.block, located.problem.code) == ((), None, "in-block")


def test_a_warning_inside_a_sound_block_is_found():
    document = Document(deep())
    document.apply(InBlock("Residual", Disconnect((edge("n4.out", "n5.in1"), edge("n1.out", "n5.in0")))))
    document.apply(InBlock("Residual", Connect(PortRef("n3", "out"), PortRef("n5", "in0"))))
    document.apply(InBlock("Residual", Connect(PortRef("n1", "out"), PortRef("n5", "in1"))))
    document.apply(InBlock("Residual", SetParams("n2", {"out_features": "=width"})))
    found = [(path, block) for path, block, _ in messages(Scope(document.project))]
    assert found == [(("n2",), "Residual")]


def test_nothing_is_looked_for_inside_a_bypassed_instance_of_which_it_is_not_known_what_it_passes_on():
    ends = [("n1", "Input", "x", {"shape": [8]}), ("n2", "Output", "y", {}), ("n3", "Output", "z", {})]
    fork = Block("Fork", graph(ends, "n1.out n2.in", "n1.out n3.in"))
    layers = [
        ("n1", "Input", "x", {"shape": [8]}),
        ("n2", "Linear", "linear", {"in_features": 99, "out_features": 8}),
        ("n3", "Fork", "fork", {}),
        ("n4", "Add", "add", {}),
        ("n5", "Output", "y", {}),
    ]
    edges = ("n1.out n2.in", "n2.out n3.x", "n3.y n4.in0", "n3.z n4.in1", "n4.out n5.in")
    main = graph(layers, *edges)
    main.replace_node(main.nodes["n3"].with_(bypassed=True))
    scope = Scope(Project("P", main, {"Fork": fork}))
    assert [each.problem.node for each in scope.all_problems()] == ["n2"]
    assert scope.main.result("n3").params is None


@given(st.data())
def test_any_history_with_blocks_is_consistent_to_the_byte(data):
    doc = Document(deep())
    shadow, states = Shadow(doc), [to_bytes(doc.project)]
    scope, main = Scope(doc.project, ("n3", "n2")), Inference(doc.graph)
    doc.subscribe(scope.follow)
    doc.subscribe(main.update)

    def assert_followed() -> None:
        shadow.assert_equal(doc)
        for each in doc.project.graphs():
            assert_consistent(each)
        fresh = Scope(doc.project, scope.path)
        assert known(scope) == known(fresh)
        assert main.problems() == fresh.main.problems()

    for _ in range(data.draw(st.integers(1, 6))):
        edit = random_project_edit(data.draw, doc.project)
        try:
            doc.apply(edit)
        except EditError:
            assert to_bytes(doc.project) == states[-1]
        else:
            states.append(to_bytes(doc.project))
            assert to_bytes(from_bytes(states[-1])) == states[-1]
        assert_followed()
    for expected in reversed(states[:-1]):
        doc.undo()
        assert to_bytes(doc.project) == expected
        assert_followed()
    assert doc.undo_label is None
    for expected in states[1:]:
        doc.redo()
        assert to_bytes(doc.project) == expected
        assert_followed()


@pytest.mark.parametrize(
    ("path", "block"),
    [((), None), (("n2",), "Residual"), (("n3", "n2"), "Residual"), (("n1",), None), (("n3", "n9"), None)],
)
def test_a_path_leads_to_a_block(path, block):
    assert leads_to(deep(), path) == block


def test_a_block_is_found_by_the_shortest_way():
    project = deep()
    AddBlock(Block("Idle", in_a_row(("ReLU", {})))).apply(project)
    ways = {name: path_to(project, name) for name in (None, "Residual", "Pair", "Idle")}
    assert ways == {None: (), "Residual": ("n2",), "Pair": ("n3",), "Idle": None}
    RemoveNodes(["n2"]).apply(project)
    assert path_to(project, "Residual") == ("n3", "n2")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (SetParams("n2", {"repeat": 2}), [None]),
        (InBlock("Residual", SetParams("n2", {"bias": False})), ["Residual"]),
        (Pack(["n2"], "New"), [None, "New"]),
        (InBlock("Pair", Pack(["n2"], "New")), ["Pair", "New"]),
        (SetTraining({"epochs": 3}), []),
    ],
)
def test_it_is_known_in_which_graph_a_change_was_made(edit, expected):
    assert changed_graphs(Document(deep()).apply(edit)) == expected
