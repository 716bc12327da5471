"""Design rules read the plan as it is run: defaults, choices and class counts are the same."""

import pytest

from builder.findings import all_problems, num_classes
from graph.catalog.embedding import TAKE_SPARSE
from graph.inference import Inference
from graph.lint import loss_rules
from graph.lint.plan import LossFacts, PlanFacts
from graph.lint.training_rules import PACES, STATISTICS
from graph.templates import templates
from runtime.data.choices import SOURCES
from runtime.optimizer_choices import OPTIMIZERS
from runtime.plan import TABLES, TrainingPlan


def test_an_empty_plan_reads_as_it_runs():
    plan, facts = TrainingPlan.from_mapping({}), PlanFacts.from_mapping({})
    assert (facts.loss.kind, facts.optimizer) == (plan.loss.type, plan.optimizer.type)
    assert (facts.lr, facts.batch_size) == (plan.optimizer.params.lr, plan.batch_size)
    assert (facts.source, facts.transforms) == (plan.data.source.type, ())


def test_a_full_plan_reads_as_it_runs():
    mapping = {
        "data": {"source": "torchvision:MNIST", "transforms": {"train": [{"type": "Normalize"}]}},
        "loss": "NLLLoss",
        "optimizer": {"type": "SGD", "lr": 0.5},
        "batch_size": 3,
    }
    TrainingPlan.from_mapping(mapping)
    assert PlanFacts.from_mapping(mapping) == PlanFacts(
        LossFacts("NLLLoss", is_chosen=True),
        optimizer="SGD",
        lr=0.5,
        batch_size=3,
        source="torchvision:MNIST",
        transforms=("Normalize",),
    )


def test_rules_name_what_a_plan_can_choose():
    losses = {
        *loss_rules.TAKES_SCORES,
        *loss_rules.COUNTS_CLASSES,
        *loss_rules.COMPARES_NUMBERS,
        "NLLLoss",
        "BCELoss",
    }
    assert losses <= set(TABLES["loss"])
    assert set(OPTIMIZERS) <= set(PACES)
    assert set(TAKE_SPARSE) == {name for name, spec in OPTIMIZERS.items() if spec.takes_sparse}
    assert set(STATISTICS) <= {name for name in SOURCES if name.startswith("torchvision:")}


@pytest.mark.parametrize("pace", PACES.values(), ids=PACES.keys())
def test_the_usual_learning_rate_is_within_the_range(pace):
    assert pace.low < pace.usual < pace.high


@pytest.mark.parametrize("source", ["digits", "synthetic:spirals"])
def test_known_class_counts_are_those_of_the_data(source, load):
    assert num_classes({"data": source}) == load(source).num_classes


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ("torchvision:CIFAR100", 100),
        ({"source": "synthetic:spirals", "num_classes": 5}, 5),
        ({"source": "arrays", "num_classes": 4}, 4),
        ("arrays", None),
        ("no such source", None),
        (7, None),
    ],
)
def test_class_counts_follow_the_plan(data, count):
    assert num_classes({"data": data}) == count


def test_classes_are_not_counted_before_data_is_chosen():
    assert num_classes({"loss": "CrossEntropyLoss"}) is None


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_templates_give_no_alarm_with_their_plan_nor_inside_their_blocks(template):
    project = template.project()
    assert all_problems(project, Inference(project.graph)) == []
