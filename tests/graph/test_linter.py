"""Findings that are kept up to date: after any edits they are those of a fresh look."""

from collections import deque
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.document import Change, Document, Edit, EditError, Graph, PortRef, Project
from graph.edits import ChangeTraining, Connect, Disconnect, MoveNodes, RemoveNodes, RenameNode, SetParams
from graph.inference import Inference
from graph.inserting import InsertNode
from graph.lint.check import lint, linter
from graph.lint.context import LintContext
from graph.node_flags import SetBypassed
from graph.replacing import ReplaceType
from graph.silence import Silence
from tests.graph.builders import chain, edge, first_input
from tests.graph.lint_cases import CASES
from tests.graph.lint_networks import CONV, IMAGE, PLAIN_CONV, TEN

LAYERS = (  # what rules ask for, look past and stop at
    ("Conv2d", {"out_channels": 8, "padding": 1}),
    ("Conv2d", {"out_channels": 8, "kernel_size": 1}),
    ("Conv2d", {"out_channels": 8, "kernel_size": 7, "padding": 3}),
    ("Conv2d", {"out_channels": 8, "kernel_size": 2, "stride": 4}),
    ("MaxPool2d", {"kernel_size": 16}),
    ("AdaptiveAvgPool2d", {"output_size": 1}),
    ("BatchNorm2d", {}),
    ("ReLU", {}),
    ("Sigmoid", {}),
    ("Dropout", {}),
    ("Dropout2d", {}),
    ("Softmax", {"dim": 1}),
    ("Flatten", {}),
    ("Reshape", {"shape": [2048]}),
    ("Linear", {"out_features": 10}),
    ("Linear", {"out_features": 4, "in_features": 2048}),
    ("Linear", {"out_features": 10, "frozen": True}),
    ("ArgMax", {"dim": 1}),
    ("Chunk", {"chunks": 2, "dim": 1}),
)
KINDS = (
    "set",
    "type",
    "insert",
    "insert",
    "remove",
    "join",
    "cut",
    "rename",
    "move",
    "silence",
    "bypass",
    "plan",
)
LOSSES = ("CrossEntropyLoss", "NLLLoss", "BCELoss", "MSELoss")


class Followed:
    """A document with a linter that follows it."""

    def __init__(self, graph: Graph) -> None:
        self.document = Document(Project(graph=graph))
        self.inference = Inference(graph)
        self.linter = linter(self._context())
        self._looking = self.linter.look()
        self.document.subscribe(self._follow)

    def fresh(self):
        """What a linter finds that has seen nothing before."""
        return lint(self._context(Inference(self.document.graph)))

    def kept(self):
        """What was found before and is still so, and what is found anew."""
        self.look()
        return list(self.linter.problems())

    def look(self, bits=None):
        """Goes on looking, from where it was before an edit."""
        for _ in islice(self._looking, bits):
            pass
        if not bits:
            self._looking = self.linter.look()
            deque(self._looking, maxlen=0)

    def _context(self, inference=None):
        project = self.document.project
        return LintContext(project.graph, inference or self.inference, project.training, 10)

    def _follow(self, change: Change) -> None:
        self.linter.follow(change, self.inference.update(change))
        if "training" in change.fields:
            self.linter.set_plan(self.document.project.training, 10)


def any_edit(draw, graph: Graph) -> Edit:
    """An edit of what rules look at."""
    ids = sorted(graph.nodes)
    node_id = draw(st.sampled_from(ids))
    type_name, params = draw(st.sampled_from(LAYERS))
    match draw(st.sampled_from(KINDS)):
        case "set":
            name, value = draw(st.sampled_from([("bias", False), ("frozen", True), ("kernel_size", 1)]))
            return SetParams(node_id, {name: value}, reset=("out_features",))
        case "type":
            return ReplaceType(node_id, type_name, params)
        case "insert":
            edges = list(graph.edges) or [edge("n1.out", "n2.in")]
            return InsertNode(draw(st.sampled_from(edges)).target, type_name, params)
        case "remove":
            return RemoveNodes((node_id,))
        case "join":
            target = draw(st.sampled_from(ids))
            return Connect(PortRef(node_id, "out"), PortRef(target, first_input(graph.nodes[target].type)))
        case "cut":
            return Disconnect(tuple(graph.incoming(node_id).values()))
        case "rename":
            return RenameNode(node_id, draw(st.sampled_from(["alpha", "beta", "gamma"])))
        case "move":
            return MoveNodes({node_id: (draw(st.integers(0, 999)) * 1.0, 0.0)})
        case "silence":
            return Silence(node_id, draw(st.sampled_from(CASES)).code)
        case "bypass":
            return SetBypassed((node_id,), draw(st.booleans()))
    return ChangeTraining({"loss": {"type": draw(st.sampled_from(LOSSES))}, "batch_size": 1})


@settings(max_examples=250)
@given(data=st.data())
def test_after_any_edits_the_findings_are_those_of_a_fresh_look(data):
    broken = data.draw(st.sampled_from([None, *CASES]))
    drawn = data.draw(st.lists(st.sampled_from(LAYERS), min_size=2, max_size=9))
    followed = Followed(broken.project().graph if broken else chain(IMAGE, *drawn, "Output"))
    document = followed.document
    for _ in range(data.draw(st.integers(1, 8))):
        followed.look(data.draw(st.sampled_from([None, 0, 3])))  # edits come also while rules look
        try:
            if document.graph.nodes and data.draw(st.integers(0, 4)):
                document.apply(any_edit(data.draw, document.graph))
            else:
                document.undo()
        except EditError:
            continue
        if data.draw(st.booleans()):
            assert followed.kept() == followed.fresh()
    assert followed.kept() == followed.fresh()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_remedy_and_its_undo_are_followed(case):
    followed = Followed(case.project().graph)
    followed.document.apply(ChangeTraining(case.training))
    before = followed.kept()
    for problem in before:
        for fix in problem.fixes:
            for edit in fix.edits:
                followed.document.apply(edit)
            assert followed.kept() == followed.fresh()
            for _ in fix.edits:
                followed.document.undo()
            assert followed.kept() == before


def test_an_edit_has_rules_look_only_where_they_can_see_it():
    row = [PLAIN_CONV, "BatchNorm2d", "ReLU"] * 30
    followed = Followed(chain(IMAGE, *row, "Output"))
    all_bits = sum(1 for _ in followed.linter.look())
    before = followed.linter.problems()
    followed.document.apply(SetParams("n50", {"bias": True}))
    bits = sum(1 for _ in followed.linter.look())
    assert [each.node for each in followed.linter.problems() if each not in before] == ["n50"]
    assert bits < all_bits / 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_change_of_any_layer_near_a_finding_is_followed(case):
    followed = Followed(case.project().graph)
    document = followed.document
    document.apply(ChangeTraining(case.training))
    before = followed.kept()
    for node_id in list(document.graph.nodes):
        for edit in (
            RenameNode(node_id, "another name"),
            MoveNodes({node_id: (7.0, 7.0)}),
            RemoveNodes((node_id,)),
            ReplaceType(node_id, "Dropout", {}),
            ReplaceType(node_id, "LeakyReLU", {}),
        ):
            document.apply(edit)
            assert followed.kept() == followed.fresh()
            document.undo()
            assert followed.kept() == before


def test_a_rule_sees_what_it_looks_past_other_layers_for():
    pool = ("AdaptiveAvgPool2d", {"output_size": 4})
    typed = ("Linear", {"out_features": 10, "in_features": 128})
    row = [IMAGE, CONV, pool, "ReLU", "Dropout", "Flatten", "Sigmoid", "Dropout", typed, "Output"]
    followed = Followed(chain(*row))
    assert "hard-coded-size" not in [each.code for each in followed.kept()]
    followed.document.apply(ReplaceType("n3", "MaxPool2d", {"kernel_size": 4}))
    assert "hard-coded-size" in [each.code for each in followed.kept()]


def test_layers_that_were_moved_are_not_put_back_by_a_remedy():
    followed = Followed(chain(IMAGE, PLAIN_CONV, "ReLU", "BatchNorm2d", "Output"))
    followed.kept()
    followed.document.apply(MoveNodes({"n3": (0.0, 777.0)}))
    problem = next(each for each in followed.kept() if each.code == "batch-norm-after-activation")
    followed.document.apply(problem.fixes[0].edits[-1])
    assert followed.document.graph.nodes["n4"].position == (0.0, 777.0)


def test_nothing_is_told_while_something_is_due():
    followed = Followed(chain(("Input", {"shape": [8]}), TEN, "Output"))
    with pytest.raises(AssertionError):
        followed.linter.problems()
    deque(followed.linter.look(), maxlen=0)
    assert not followed.linter.is_due


def test_a_point_that_an_edge_runs_through_hides_nothing():
    graph = chain(IMAGE, CONV, "Identity", "BatchNorm2d", "Output")
    followed = Followed(graph)
    for on in (True, False):
        followed.document.apply(SetBypassed(("n3",), on))
        assert ("bias-before-batch-norm" in [each.code for each in followed.kept()]) is on
        assert followed.kept() == followed.fresh()
