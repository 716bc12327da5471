"""The training plan: reading, writing, changing and previewing."""

import json
import subprocess
import sys
from operator import attrgetter

import pytest

from runtime.data.choices import SOURCES, TRANSFORMS
from runtime.loss_choices import LOSSES
from runtime.optimizer_choices import OPTIMIZERS
from runtime.options import OptionSpec
from runtime.plan import EarlyStopping, PlanError, TrainingPlan, lr_at, parse_setting
from runtime.plan_choices import SETTINGS
from runtime.schedule_choices import SCHEDULERS

FULL = {
    "data": {
        "source": "torchvision:FashionMNIST",
        "root": "data",
        "val_fraction": 0.1,
        "transforms": {
            "train": [{"type": "Resize", "size": 32}, {"type": "Normalize", "mean": [0.3], "std": [0.35]}],
            "eval": [{"type": "Resize", "size": [32, 32]}],
        },
    },
    "loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1},
    "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 0.5, "eta_min": 1e-5},
    "epochs": 3,
    "batch_size": 128,
    "sampler": "weighted",
    "drop_last": True,
    "precision": "amp-bfloat16",
    "clip_grad_norm": 1.0,
    "seed": 7,
    "device": "cpu",
}
TABLES = (LOSSES, OPTIMIZERS, SCHEDULERS, SOURCES, TRANSFORMS)
SPECS = [spec for table in TABLES for spec in table.values()]


def plan(**mapping: object) -> TrainingPlan:
    return TrainingPlan.from_mapping(mapping)


def changed(text: str, start: TrainingPlan | None = None) -> TrainingPlan:
    return (start or TrainingPlan()).with_setting(*parse_setting(text))


def refusal(mapping: object) -> str:
    with pytest.raises(PlanError) as caught:
        TrainingPlan.from_mapping(mapping)
    return str(caught.value)


def test_an_empty_mapping_is_the_default_plan():
    default = plan()
    assert default == TrainingPlan()
    assert (default.data.source.type, default.loss.type, default.optimizer.type) == (
        "digits",
        "CrossEntropyLoss",
        "AdamW",
    )
    assert default.scheduler is None
    assert (default.epochs, default.batch_size, default.seed, default.device) == (5, 64, 0, "auto")
    assert (default.precision, default.clip_grad_norm) == ("float32", None)
    assert default.to_mapping() == {}


def test_a_full_plan_survives_the_file():
    assert json.loads(json.dumps(plan(**FULL).to_mapping())) == FULL


def test_the_complete_mapping_is_the_same_plan():
    start = plan(**FULL)
    complete = json.loads(json.dumps(start.to_mapping(defaults=True)))
    assert complete["optimizer"]["dampening"] == 0.0
    assert TrainingPlan.from_mapping(complete) == start


def test_keys_of_a_later_version_are_kept():
    later = {"sorting": "weighted", "distillation": {"teacher": "x"}}
    assert plan(**later, epochs=9).to_mapping() == {"epochs": 9, **later}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.type)
def test_every_declaration_is_complete(spec: OptionSpec):
    assert spec.help.endswith(".")
    assert spec.source.startswith("https://")
    assert spec.complete({}, "x") == {param.name: param.default for param in spec.params}
    json.dumps([param.describe() for param in spec.params])
    for param in spec.params:
        with pytest.raises(PlanError, match=f"x.{param.name} is "):
            spec.complete({param.name: {"not": "a value"}}, "x")


@pytest.mark.parametrize("spec", SETTINGS, ids=lambda spec: spec.name)
def test_every_setting_has_its_default_in_the_plan(spec):
    assert attrgetter(spec.name)(TrainingPlan()) == spec.default
    first, _, inner = spec.name.partition(".")
    wrong = {"not": "a value"}
    assert refusal({first: {inner: wrong} if inner else wrong}).startswith(f"{spec.name} is ")


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ([1], r'training is [1]. Expected an object. Write it as {"epochs": 5}.'),
        ({"epoch": 3}, "There is no setting epoch. Expected one of data, loss, optimizer"),
        ({"epoch": 3}, "Did you mean 'epochs'?"),
        ({"epochs": 0}, "epochs is 0. Expected an integer of at least 1. Leave it out for the default, 5."),
        ({"clip_grad_norm": 0}, "clip_grad_norm is 0. Expected a number above 0. Leave it out."),
        ({"precision": "amp-float"}, "Did you mean 'amp-float16'?"),
        ({"optimizer": {"type": "sgd"}}, 'optimizer.type is "sgd". Expected one of AdamW, Adam, SGD, '),
        ({"optimizer": {}}, "optimizer has no 'type'. Expected one of AdamW, Adam, SGD, "),
        ({"optimizer": 3}, "optimizer is 3. Expected an object."),
        ({"optimizer": {"type": "Adam", "lr": -1}}, "optimizer.lr is -1. Expected a number of at least 0."),
        ({"optimizer": {"type": "Adam", "lr": float("nan")}}, "optimizer.lr is NaN. Expected a number"),
        ({"optimizer": {"type": "Adam", "betas": [0.9, 1]}}, "2 numbers of at least 0 and below 1."),
        ({"optimizer": {"type": "Adam", "betas": [0.9]}}, "optimizer.betas is [0.9]. Expected a list of 2"),
        ({"optimizer": {"type": "SGD", "momentums": 1}}, "optimizer.momentums is not a parameter of SGD."),
        ({"optimizer": {"type": "SGD", "nesterov": True}}, "Expected false, or a momentum above 0 with"),
        ({"loss": {"type": "CrossEntropyLoss", "label_smoothing": 2}}, "Expected a number from 0 to 1."),
        ({"scheduler": {"type": "StepLR", "gamma": 0}}, "scheduler.gamma is 0. Expected a number above 0."),
        ({"epochs": 2, "scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 2}}, "but the run has 2"),
        ({"scheduler": {"type": "MultiStepLR", "milestones": [3, 2]}}, "Expected a list of rising integers"),
        ({"scheduler": {"type": "MultiStepLR", "milestones": [1.5]}}, "Expected a list of rising integers"),
        ({"optimizer": {"type": "Adafactor", "eps": [None]}}, "Expected a list of 2 numbers of at least 0."),
        ({"optimizer": {"type": "Rprop", "etas": [1.5, 0.5]}}, "a number between 0 and 1, and one above 1."),
        ({"early_stopping": 3}, 'early_stopping is 3. Expected an object. Write it as {"patience": 5}.'),
        ({"early_stopping": {"patients": 3}}, "Did you mean 'patience'?"),
        ({"data": {"source": "torchvison:MNIST"}}, "Did you mean 'torchvision:MNIST'?"),
        ({"data": {}}, "data has no 'source'."),
        ({"data": {"source": "digits", "rot": "x"}}, "data.rot is not a setting of digits."),
        ({"data": {"source": "digits", "val_fraction": 1}}, "is 1. Expected a number from 0 to 0.99"),
        ({"data": {"source": "digits", "transforms": []}}, "data.transforms is []. Expected an object."),
        ({"data": {"source": "digits", "transforms": {"test": []}}}, "data.transforms.test is not a chain"),
        ({"data": {"source": "digits", "transforms": {"train": 1}}}, "transforms.train is 1. Expected a"),
    ],
)  # fmt: skip
def test_a_mistake_is_explained(mapping, text):
    assert text in refusal(mapping)


@pytest.mark.parametrize(
    ("transform", "text"),
    [
        ({"type": "Rezise"}, 'train[1].type is "Rezise". Expected one of Resize, CenterCrop,'),
        ({"type": "Resize", "size": 0}, "data.transforms.train[1].size is 0. Expected an integer of at"),
        ({"type": "Normalize", "mean": [0.5], "std": [0]}, "train[1].std is [0.0]. Expected numbers above"),
        ({"type": "Normalize", "mean": [0.5, 0.5], "std": [1]}, "Expected as many numbers as mean, 2."),
        ({"type": "Normalize", "mean": "0.5"}, "Expected a list of numbers, or auto."),
    ],
)  # fmt: skip
def test_a_transform_is_checked(transform, text):
    data = {"source": "digits", "transforms": {"train": [{"type": "Resize"}, transform]}}
    assert text in refusal({"data": data})


def test_validation_gets_the_training_transforms_unless_it_has_its_own():
    resize = {"type": "Resize", "size": 28}
    shared = plan(data={"source": "digits", "transforms": {"train": [resize]}}).data
    own = plan(data={"source": "digits", "transforms": {"train": [resize], "eval": []}}).data
    assert shared.eval_transforms == shared.train_transforms != ()
    assert own.eval_transforms == ()
    assert own.to_mapping()["transforms"] == {"train": [resize], "eval": []}


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("optimizer.lr=0.01", ("optimizer.lr", 0.01)),
        ("precision=amp-float16", ("precision", "amp-float16")),
        ("data.root=/a=b", ("data.root", "/a=b")),
        ("scheduler=null", ("scheduler", None)),
        ("drop_last=true", ("drop_last", True)),
    ],
)
def test_a_setting_on_the_command_line_is_json_or_text(text, setting):
    assert parse_setting(text) == setting


@pytest.mark.parametrize("text", ["optimizer.lr", "=3", ""])
def test_a_setting_needs_a_key_and_a_value(text):
    with pytest.raises(
        PlanError, match=r"is not a setting\. Expected KEY=VALUE\. Write it like optimizer\.lr=0\.01\."
    ):
        parse_setting(text)


def test_one_setting_changes_and_the_rest_stays():
    start = plan(**FULL)
    after = changed("optimizer.lr=0.5", start)
    assert after.optimizer.params.lr == 0.5
    assert after.to_mapping() == {**FULL, "optimizer": {**FULL["optimizer"], "lr": 0.5}}
    assert start.optimizer.params.lr == 0.1


def test_a_new_type_keeps_the_parameters_that_were_set_and_it_shares():
    start = plan(optimizer={"type": "AdamW", "lr": 0.5, "betas": [0.5, 0.9]})
    assert changed("optimizer.type=SGD", start).optimizer.to_mapping() == {"type": "SGD", "lr": 0.5}


def test_a_new_source_keeps_split_and_transforms():
    after = changed("data.source=synthetic:spirals", plan(data=FULL["data"])).data
    assert after.source.type == "synthetic:spirals"
    assert (after.val_fraction, len(after.train_transforms)) == (0.1, 2)


def test_a_bare_name_is_a_type_with_its_defaults():
    assert changed("scheduler=StepLR").scheduler.to_mapping() == {"type": "StepLR"}
    assert changed("scheduler.type=StepLR").scheduler.to_mapping() == {"type": "StepLR"}
    assert changed("scheduler=null", plan(**FULL)).scheduler is None
    assert changed("data=arrays").data.source.type == "arrays"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "optimiser.lr=1",
            "There is no setting optimiser.lr. Expected one of data, loss, .* Did you mean 'optimizer'?",
        ),
        ("optimizer.rate=1", "optimizer.rate is not a parameter of AdamW"),
        ("optimizer.type=SDG", "Did you mean 'SGD'?"),
        ("epochs.count=1", "epochs.count: epochs has no parts. Expected a value for it alone. Set epochs."),
        ("scheduler.gamma=0.5", "scheduler has no 'type'"),
        ("epochs=many", 'epochs is "many". Expected an integer'),
    ],
)
def test_a_wrong_setting_is_explained(text, answer):
    with pytest.raises(PlanError, match=answer):
        changed(text)


def test_an_unknown_kept_key_can_be_set():
    assert changed("sorting=plain", plan(sorting="weighted")).to_mapping() == {"sorting": "plain"}


def test_early_stopping_is_a_part_of_the_plan():
    stopping = plan(early_stopping={"patience": 3, "metric": "val_accuracy"})
    assert stopping.early_stopping == EarlyStopping(3, "val_accuracy", 0.0)
    assert stopping.to_mapping() == {"early_stopping": {"patience": 3, "metric": "val_accuracy"}}
    assert changed("early_stopping.min_delta=0.5", stopping).early_stopping.min_delta == 0.5
    assert changed("early_stopping.patience=2").to_mapping() == {"early_stopping": {"patience": 2}}
    assert changed("early_stopping=null", stopping) == plan(early_stopping={}) == TrainingPlan()


def test_the_preview_drops_by_epoch():
    stepped = plan(
        optimizer={"type": "SGD", "lr": 1.0}, scheduler={"type": "StepLR", "step_size": 2, "gamma": 0.1}
    )
    assert [round(lr_at(stepped, step, 3), 6) for step in (0, 5, 6, 11, 12)] == [1.0, 1.0, 0.1, 0.1, 0.01]


def test_the_plan_needs_neither_torch_nor_numpy():
    code = "import sys, runtime.plan; print({'torch', 'numpy', 'PySide6'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
