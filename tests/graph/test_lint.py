"""Design rules: what they find, what they leave alone, and fixes that work."""

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
from tests.graph.lint_cases import (
    CASES,
    CONV,
    FEATURES,
    IMAGE,
    ONE,
    PICTURE,
    PLAIN_CONV,
    TEN,
    ends_with,
    findings,
    frozen,
    loss,
    one_half,
    own,
    with_another,
)

each_case = pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case.code}" for n, case in enumerate(CASES)])
FIXES = [(case, index) for case in CASES for index in range(len(case.labels))]
each_fix = pytest.mark.parametrize(
    ("case", "index"), FIXES, ids=[f"{case.code}-{case.labels[index]}" for case, index in FIXES]
)


def codes(project, num_classes=None):
    return [problem.code for problem in findings(project, num_classes)]


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


def both_halves():
    graph = one_half()
    graph.insert_nodes([node("n4", "Output", "other")])
    graph.insert_edges([edge("n2.out0", "n4.in")])
    return graph


LEFT_ALONE = {
    "softmax where probabilities are compared": (
        "softmax-before-cross-entropy", ends_with(("Softmax", {"dim": -1})), loss("MSELoss")
    ),
    "log-probabilities where they are wanted": (
        "nll-without-log-softmax", ends_with(("LogSoftmax", {"dim": -1})), loss("NLLLoss")
    ),
    "a sum may be a log-probability": (
        "nll-without-log-softmax", ends_with(("Softmax", {"dim": -1}), "Log"), loss("NLLLoss")
    ),
    "a clamp may be a probability": (
        "bce-without-sigmoid", ends_with(("Clamp", {"min": 0.0, "max": 1.0}), classes=ONE), loss("BCELoss")
    ),
    "logits where they are wanted": (
        "sigmoid-before-bce-with-logits", ends_with(classes=ONE), loss("BCEWithLogitsLoss")
    ),
    "a sigmoid where no loss was chosen": ("activation-on-last-layer", ends_with("Sigmoid"), {}),
    "tanh in a regression": ("rectified-regression", ends_with("Tanh"), loss("MSELoss")),
    "an unknown loss": ("activation-on-last-layer", ends_with("ReLU"), loss("MyLoss")),
    "an Input right into an Output": ("activation-on-last-layer", chain(FEATURES, "Output"), {}),
    "a bottleneck": (
        "no-activation-between", chain(FEATURES, ("Linear", {"out_features": 4}), TEN, "Output"), {}
    ),
    "different kinds of linear layers": (
        "no-activation-between", chain(IMAGE, CONV, ("ConvTranspose2d", {}), "Output"), {}
    ),
    "a pooling between": ("no-activation-between", chain(IMAGE, CONV, "MaxPool2d", CONV, "Output"), {}),
    "sizes that are not known": (
        "no-activation-between",
        chain(("Input", {"shape": [5]}), ("Linear", {"in_features": 6}), TEN, "Output"), {},
    ),
    "BatchNorm behind pooling": (
        "batch-norm-after-activation",
        chain(IMAGE, PLAIN_CONV, "ReLU", "MaxPool2d", "BatchNorm2d", "Output"), {},
    ),
    "BatchNorm of steps, not of features": (
        "bias-before-batch-norm",
        chain(("Input", {"shape": [5, 8]}), TEN, "BatchNorm1d", "Output"), {},
    ),
    "LayerNorm keeps a bias": (
        "bias-before-batch-norm", chain(FEATURES, TEN, "LayerNorm", "Output"), {}
    ),
    "dropout of pooled maps": (
        "dropout-before-activation", chain(IMAGE, CONV, "MaxPool2d", "Dropout2d", "ReLU", "Output"), {}
    ),
    "dropout a layer before BatchNorm": (
        "dropout-before-batch-norm", chain(IMAGE, "Dropout2d", PLAIN_CONV, "BatchNorm2d", "Output"), {}
    ),
    "channel dropout of maps": (
        "channel-dropout-on-features", chain(IMAGE, CONV, "ReLU", "Dropout2d", "Output"), {}
    ),
    "a typed size of features": (
        "hard-coded-size", chain(PICTURE, "Flatten", ("Linear", {"in_features": 784}), "Output"), {}
    ),
    "a typed size of single pixels": (
        "hard-coded-size",
        chain(IMAGE, ("Conv2d", {"kernel_size": 16}), "Flatten", ("Linear", {"in_features": 32}), "Output"),
        {},
    ),
    "a Reshape that follows from the input": (
        "hard-coded-size", chain(IMAGE, CONV, ("Reshape", {"shape": [-1]}), TEN, "Output"), {}
    ),
    "a Reshape to something else": (
        "hard-coded-size", chain(IMAGE, CONV, ("Reshape", {"shape": [8, 256]}), "Output"), {}
    ),
    "3x3 filters on 2x2 pixels": (
        "kernel-larger-than-map", chain(("Input", {"shape": [3, 2, 2]}), CONV, "Output"), {}
    ),
    "a window as large as the map": (
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, 5, 5]}), ("Conv2d", {"kernel_size": 5}), "Output"), {},
    ),
    "maps of any size": (
        "kernel-larger-than-map",
        chain(("Input", {"shape": [3, "H", 9]}), ("Conv2d", {"kernel_size": 11, "padding": 5}), "Output"), {},
    ),
    "a 1x1 convolution with a stride": (
        "stride-skips-pixels", chain(IMAGE, ("Conv2d", {"kernel_size": 1, "stride": 2}), "Output"), {}
    ),
    "a stride that leads nowhere": (
        "stride-skips-pixels",
        chain(("Input", {"shape": [3, 4, 4]}), ("MaxPool2d", {"kernel_size": 3, "stride": 9}), "Output"), {},
    ),
    "a stride within a dilated window": (
        "stride-skips-pixels", chain(IMAGE, ("Conv2d", {"stride": 4, "dilation": 2}), "Output"), {}
    ),
    "a single pixel at the end": (
        "shrunk-too-early",
        chain(("Input", {"shape": [3, 4, 4]}), ("Conv2d", {"kernel_size": 4}), "ReLU",
              ("Conv2d", {"kernel_size": 1}), "Flatten", "Output"),
        {},
    ),
    "a Split whose parts are all read": ("unread-output", both_halves(), {}),
    "an unconnected Split": ("unread-output", chain(FEATURES, ("Chunk", {"dim": 1})), {}),
    "a batch without BatchNorm": (
        "batch-norm-with-batch-size-1", chain(FEATURES, TEN, "LayerNorm", "Output"), {"batch_size": 1}
    ),
    "BatchNorm with two samples": (
        "batch-norm-with-batch-size-1", chain(FEATURES, "BatchNorm1d", TEN, "Output"), {"batch_size": 2}
    ),
    "normalised data": (
        "unnormalized-input", chain(PICTURE, "Flatten", TEN, "Output"),
        {"data": {"source": "torchvision:MNIST", "transforms": {"train": [{"type": "Normalize"}]}}},
    ),
    "a norm as the first layer": (
        "unnormalized-input", chain(PICTURE, "BatchNorm2d", "Flatten", TEN, "Output"),
        {"data": "torchvision:MNIST"},
    ),
    "an Input that nothing reads": (
        "unnormalized-input", chain(PICTURE), {"data": "torchvision:MNIST"}
    ),
    "data of an unknown scale": (
        "unnormalized-input", chain(PICTURE, "Flatten", TEN, "Output"), {"data": {"source": "arrays"}}
    ),
    "a learning rate at the edge": (
        "unusual-learning-rate", ends_with(), {"optimizer": {"type": "SGD", "lr": 1.0}}
    ),
    "an unknown optimizer": ("unusual-learning-rate", ends_with(), {"optimizer": {"type": "Mine", "lr": 99}}),
    "an Output with a loss of its own": (
        "softmax-before-cross-entropy", ends_with("Softmax"), {"outputs": {"n4": {"loss": "MSELoss"}}}
    ),
    "an Output that learns columns of its own": (
        "wrong-class-count", with_another(), own("n3", "CrossEntropyLoss", columns=["kind"])
    ),
    "an Output that learns its input": (
        "wrong-class-count", with_another(), own("n3", "CrossEntropyLoss", target="input")
    ),
    "several Outputs of one loss": ("softmax-before-cross-entropy", with_another("Softmax"), {}),
    "a frozen backbone": ("frozen-in-the-middle", frozen("linear1", "linear2", "linear3"), {}),
    "a frozen head": ("frozen-in-the-middle", frozen("linear4"), {}),
    "a frozen norm": (
        "frozen-in-the-middle",
        chain(IMAGE, PLAIN_CONV, ("BatchNorm2d", {"frozen": True}), "ReLU", CONV, "Output"), {},
    ),
    "integers on their way in": (
        "unused-parameters",
        chain(("Input", {"shape": [4]}), ("Cast", {"dtype": "int64"}), "Embedding", "Output"),
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "graph", "training"), LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_what_only_looks_like_a_mistake_is_left_alone(code, graph, training):
    assert code in BY_CODE
    assert code not in codes(Project(graph=graph, training=training), num_classes=7)


def test_another_loss_for_an_output_leaves_the_rest_of_the_plan():
    project = Project(graph=with_another(), training=own("n3", "NLLLoss", weight=2))
    (problem,) = findings(project)
    document = Document(project)
    document.apply(Batch("use", problem.fixes[1].edits))
    assert document.project.training == own("n3", "CrossEntropyLoss", weight=2)


@pytest.mark.parametrize("count", [None, 10])
def test_a_class_count_that_fits_or_is_not_known_is_left_alone(count):
    assert codes(Project(graph=ends_with()), count) == []


def test_classes_are_not_counted_along_time():
    steps = chain(("Input", {"shape": [7, 20]}), TEN, "Output")
    assert codes(Project(graph=steps), num_classes=10) == []


def test_the_inside_of_a_block_has_no_loss():
    graph = ends_with("ReLU", ("Softmax", {"dim": 1}))
    assert lint(LintContext(graph, Inference(graph), training=None, num_classes=3)) == []


def test_a_linear_layer_that_others_read_too_is_left_alone():
    graph = chain(FEATURES, ("Linear", {"out_features": 64}), TEN, "Output")
    graph.insert_nodes([node("n5", "Output", "features")])
    graph.insert_edges([edge("n2.out", "n5.in")])
    assert codes(Project(graph=graph)) == []


def test_an_activation_that_others_read_too_stays_where_it_is():
    graph = chain(IMAGE, PLAIN_CONV, "ReLU", "BatchNorm2d", "Output")
    graph.insert_nodes([node("n6", "Output", "features")])
    graph.insert_edges([edge("n3.out", "n6.in")])
    assert codes(Project(graph=graph)) == []


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
