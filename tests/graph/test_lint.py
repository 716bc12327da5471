"""Design rules: what they find, and fixes that work."""

import json
from urllib.parse import urlparse

import pytest

from graph.catalog import CATALOG
from graph.catalog.spec import TRAITS
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import Batch, ChangeTraining
from graph.inference import Inference
from graph.lint.check import BY_CODE, RULES, lint
from graph.lint.context import LintContext
from graph.lint.plan import PlanFacts
from graph.silence import Silence, all_silenced, is_silenced
from graph.storage import from_bytes, to_bytes
from tests.graph.builders import chain, edge, node
from tests.graph.good_networks import GOOD
from tests.graph.lint_cases import CASES
from tests.graph.lint_networks import CONV, FEATURES, IMAGE, TEN, codes, ends_with, findings, with_another

each_case = pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case.code}" for n, case in enumerate(CASES)])
FIXES = [(case, index) for case in CASES for index in range(len(case.labels))]
each_fix = pytest.mark.parametrize(
    ("case", "index"), FIXES, ids=[f"{case.code}-{case.labels[index]}" for case, index in FIXES]
)


@each_case
def test_a_broken_rule_is_found_once_at_its_place(case):
    project = case.project()
    assert Inference(project.graph).problems() == []
    (problem,) = findings(project, case.num_classes)
    assert problem.code == case.code
    assert (problem.node and project.graph.nodes[problem.node].name) == case.name
    assert tuple(fix.label for fix in problem.fixes) == case.labels
    assert problem.severity == BY_CODE[case.code].severity
    assert json.loads(json.dumps(problem.to_json()))["why"] == BY_CODE[case.code].why


@each_case
def test_a_finding_is_told_in_three_parts(case):
    (problem,) = findings(case.project(), case.num_classes)
    assert case.name is None or problem.message.startswith(f"{case.name}: ")
    assert f"Expected {problem.expected}." in problem.message
    assert problem.hint
    assert problem.message.endswith(".")
    assert len(problem.message) < 300


@each_fix
def test_a_fix_ends_the_finding_and_leaves_a_valid_graph_and_undo_restores_every_byte(case, index):
    document = Document(case.project())
    before = to_bytes(document.project)
    (problem,) = findings(document.project, case.num_classes)
    fix = problem.fixes[index]
    document.apply(Batch(fix.label, fix.edits))
    assert case.code not in codes(document.project, case.num_classes)
    assert Inference(document.graph).problems() == []
    after = to_bytes(document.project)
    document.undo()
    assert to_bytes(document.project) == before
    document.redo()
    assert to_bytes(document.project) == after


@each_case
def test_a_silenced_rule_is_quiet_at_its_place_also_in_the_saved_file(case):
    document = Document(case.project())
    before = to_bytes(document.project)
    (problem,) = findings(document.project, case.num_classes)
    document.apply(Silence(problem.node, problem.code))
    assert findings(document.project, case.num_classes) == []
    reread = from_bytes(to_bytes(document.project))
    assert findings(reread, case.num_classes) == []
    assert list(all_silenced(reread.graph)) == [(problem.node, problem.code)]
    document.undo()
    assert to_bytes(document.project) == before
    document.redo()
    document.apply(Silence(problem.node, problem.code, on=False))
    assert findings(document.project, case.num_classes) == [problem]
    assert to_bytes(document.project) == before


def test_a_rule_is_silenced_at_one_node_alone():
    graph = chain(IMAGE, CONV, "BatchNorm2d", "ReLU", CONV, "BatchNorm2d", "Output")
    document = Document(Project(graph=graph))
    document.apply(Silence("n2", "bias-before-batch-norm"))
    document.apply(Silence("n2", "no-such-rule"))
    document.apply(Silence("n2", "bias-before-batch-norm"))
    assert [problem.node for problem in findings(document.project)] == ["n5"]
    assert document.graph.nodes["n2"].silenced == ("no-such-rule", "bias-before-batch-norm")


def test_every_rule_has_a_broken_network_here():
    assert {case.code for case in CASES} == set(BY_CODE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_explains_itself(rule):
    assert rule.code == rule.code.lower()
    assert " " not in rule.code
    assert rule.severity in ("warning", "info")
    assert rule.title[-1] != "."
    assert rule.why.endswith(".")
    assert 80 < len(rule.why) < 400
    assert urlparse(rule.source).netloc == "docs.pytorch.org"


def test_no_two_rules_share_a_code():
    assert len(BY_CODE) == len(RULES)


@pytest.mark.parametrize("spec", CATALOG.values(), ids=lambda spec: spec.type)
def test_traits_are_words_that_rules_know(spec):
    assert spec.traits <= set(TRAITS)


def test_every_trait_is_some_layers():
    assert set().union(*(spec.traits for spec in CATALOG.values())) == set(TRAITS)


@pytest.mark.parametrize("project", GOOD.values(), ids=GOOD.keys())
def test_good_networks_give_no_alarm(project):
    assert Inference(project.graph).problems() == []
    assert findings(project) == []


def test_removing_a_softmax_that_another_layer_reads_too_feeds_that_one_as_well():
    graph = chain(FEATURES, TEN, ("Softmax", {"dim": 1}), "Output")
    graph.insert_nodes([node("n5", "ReLU")])
    graph.insert_edges([edge("n3.out", "n5.in")])
    document = Document(Project(graph=graph))
    problem = next(p for p in findings(document.project) if p.code == "softmax-before-cross-entropy")
    document.apply(Batch("Fix", problem.fixes[0].edits))
    assert set(document.graph.edges) == {
        edge("n1.out", "n2.in"), edge("n2.out", "n4.in"), edge("n2.out", "n5.in")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("port", "part"), [(0, {"start": 0, "end": 2}), (1, {"start": 2, "end": 5}), (2, {"start": 5})]
)
def test_the_only_part_that_is_read_is_sliced_out(port, part):
    graph = chain(("Input", {"shape": [9]}), ("Split", {"dim": 1, "split_size_or_sections": [2, 3, 4]}))
    graph.insert_nodes([node("n3", "Output")])
    graph.insert_edges([edge(f"n2.out{port}", "n3.in")])
    document = Document(Project(graph=graph))
    before = Inference(graph).output(PortRef("n2", f"out{port}"))
    (problem,) = findings(document.project)
    document.apply(Batch("Fix", problem.fixes[0].edits))
    params = document.graph.nodes["n2"].params
    assert {name: value for name, value in params.items() if value is not None} == {"dim": 1, **part}
    assert Inference(graph).output(PortRef("n2", "out")) == before


def test_a_moved_layer_changes_places_on_the_canvas():
    case = next(case for case in CASES if case.code == "batch-norm-after-activation")
    document = Document(case.project())
    (problem,) = findings(document.project)
    document.apply(Batch("Fix", problem.fixes[0].edits))
    nodes = document.graph.nodes
    assert nodes["n4"].position < nodes["n3"].position
    assert {edge("n2.out", "n4.in"), edge("n4.out", "n3.in"), edge("n3.out", "n5.in")} < set(
        document.graph.edges
    )


def test_normalisation_is_added_to_what_the_plan_has_already():
    case = next(
        case for case in CASES if case.training.get("data", {}) and "MNIST" in case.training["data"]["source"]
    )
    document = Document(case.project())
    (problem,) = findings(document.project)
    document.apply(Batch("Fix", problem.fixes[0].edits))
    assert document.project.training["data"] == {
        "source": "torchvision:MNIST",
        "transforms": {
            "train": [
                {"type": "Resize", "size": 28},
                {"type": "Normalize", "mean": [0.1307], "std": [0.3081]},
            ]
        },
    }


def test_a_fix_of_the_plan_keeps_what_was_set_meanwhile():
    case = next(case for case in CASES if case.code == "batch-norm-with-batch-size-1")
    document = Document(case.project())
    (problem,) = findings(document.project)
    document.apply(ChangeTraining({"epochs": 7}))
    document.apply(Batch("Fix", problem.fixes[0].edits))
    assert document.project.training == {"batch_size": 32, "epochs": 7}


def test_a_range_of_learning_rates_is_written_out():
    project = Project(graph=ends_with(), training={"optimizer": {"type": "Adam", "lr": 3}})
    (problem,) = findings(project)
    assert problem.message == (
        "The plan's learning rate is 3; with it, Adam most likely diverges. "
        "Expected 0.000001 to 0.02, usually 0.001. Set lr = 0.001."
    )


def test_a_rate_of_0_is_told_as_one_that_learns_nothing():
    project = Project(graph=ends_with(), training={"optimizer": {"type": "SGD", "lr": 0}})
    (problem,) = findings(project)
    assert problem.message == (
        "The plan's learning rate is 0; with it, SGD learns nothing. "
        "Expected 0.0001 to 1, usually 0.01. Set lr = 0.01."
    )


def test_findings_come_along_the_data_flow():
    graph = chain(FEATURES, ("Linear", {"out_features": 64}), TEN, "Dropout", "ReLU", "Output")
    project = Project(graph=graph, training={"optimizer": {"type": "Adam", "lr": 5}})
    assert codes(project) == [
        "unusual-learning-rate",
        "no-activation-between",
        "dropout-before-activation",
        "activation-on-last-layer",
    ]


MNIST = "torchvision:MNIST"
HOSTILE = (
    {},
    {"outputs": "CrossEntropyLoss"},
    {"outputs": {"n4": 3, "m2": {"loss": 5, "groups": "x", "columns": 1}}},
    {"loss": 3},
    {"loss": {"type": ["x"]}},
    {"optimizer": [1]},
    {"optimizer": {"type": "SGD", "lr": "a"}},
    {"optimizer": {"type": "Adam", "lr": True}},
    {"batch_size": "1"},
    {"data": 7},
    {"data": {"transforms": 5}},
    {"data": {"source": MNIST, "transforms": {"train": [3, None, "x"]}}},
    {"data": {"source": MNIST, "transforms": {"train": {"a": 1}}}},
)


@pytest.mark.parametrize("training", HOSTILE, ids=str)
def test_a_plan_of_any_form_is_read(training):
    facts = PlanFacts.from_mapping(training)
    assert isinstance(facts.loss.kind, str)
    findings(Project(graph=with_another("Softmax"), training=training), 7)
    assert set(codes(Project(graph=ends_with(), training=training))) <= {"unnormalized-input"}


def test_a_graph_that_is_all_wrong_is_looked_at_too():
    nodes = [Node(f"n{n}", spec, f"n{n}", {"frozen": True, "stride": "x"}) for n, spec in enumerate(CATALOG)]
    graph = Graph([*nodes, Node("x", "NoSuchLayer", "x")])
    assert [p.severity for p in lint(LintContext(graph, Inference(graph), {}, 10)) if p.is_error] == []


def test_a_file_with_codes_of_the_wrong_form_is_refused_with_the_place():
    text = to_bytes(Project(graph=chain(FEATURES))).replace(b'"position"', b'"silenced": 3, "position"')
    with pytest.raises(Exception, match=r"graph\.nodes\[0\]\.silenced: input should be a valid list"):
        from_bytes(text)


def test_an_error_cannot_be_silenced():
    graph = chain("Conv2d", "Output")
    graph.replace_node(graph.nodes["n1"].with_(silenced=("not-connected",)))
    mistakes = Inference(graph).problems()
    assert "not-connected" in {problem.code for problem in mistakes}
    assert not any(is_silenced(graph, problem) for problem in mistakes)


def test_a_copy_keeps_what_is_silenced():
    document = Document(Project(graph=chain(FEATURES)))
    document.apply(Silence(None, "unusual-learning-rate"))
    document.apply(Silence("n1", "unnormalized-input"))
    assert to_bytes(document.project.copy()) == to_bytes(document.project)


def test_a_free_parameter_is_no_input():
    graph = Graph([node("n1", "Parameter"), node("n2", "ReLU"), node("n3", "Output")])
    graph.insert_edges([edge("n1.out", "n2.in"), edge("n2.out", "n3.in")])
    project = Project(graph=graph, training={"data": MNIST, "loss": "MSELoss"})
    assert "unnormalized-input" not in codes(project)


def test_silencing_a_missing_node_is_refused():
    document = Document(Project(graph=chain(FEATURES)))
    with pytest.raises(Exception, match="There is no node n9"):
        document.apply(Silence("n9", "dead-branch"))
    assert document.undo_label is None
