"""A suggested plan: what is set for which data, network and device, and that it can be trained with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.document import Project
from graph.templates import template
from runtime import launch
from runtime.control import Control
from runtime.events import DataProgress, RunEnded
from runtime.options import PlanError
from runtime.plan import TrainingPlan
from runtime.suggesting import suggest_plan
from runtime.suggestion import (
    Advice,
    Situation,
    applied,
    fits,
    suggested,
)
from runtime.suggestion_facts import DataFacts, DeviceFacts, EndFacts, NetworkFacts
from tests.runtime.test_preflight import LABELS, VALUES, YES, X, heads, linear
from tests.runtime.training import spiral_project

CLASSES = DataFacts("CrossEntropyLoss", "One of 10 classes a sample.", (10,), 8000, 2000, 10, 1.1)
NETWORK = NetworkFacts(frozenset({"Linear"}), taken=(784,), given=(10,))
CPU = DeviceFacts("cpu", "the CPU", 8 << 30)
GPU = DeviceFacts("cuda", "NVIDIA H100", 80 << 30, has_bfloat16=True)
GIGANTIC = 1 << 20


def advice(
    facts: DataFacts = CLASSES,
    network: NetworkFacts = NETWORK,
    device: DeviceFacts = CPU,
    largest: int | None = GIGANTIC,
    **training: Any,
) -> dict[str, Advice]:
    plan = TrainingPlan.from_mapping(training)
    return {each.path: each for each in suggested(Situation(plan, facts, network, device, largest))}


def values(*given: Any, **more: Any) -> dict[str, Any]:
    return {path: each.value for path, each in advice(*given, **more).items()}


def test_classification() -> None:
    assert values() == {
        "epochs": 48,
        "batch_size": 128,
        "loss": {"type": "CrossEntropyLoss"},
        "optimizer": {"type": "AdamW"},
        "optimizer.lr": 0.001,
        "optimizer.weight_decay": 0.01,
        "optimizer.decay_norm_and_bias": False,
        "scheduler": {"type": "CosineAnnealingLR", "warmup_epochs": 1.0},
        "precision": "float32",
        "monitor": "val_accuracy",
        "early_stopping.patience": 9,
    }


def test_classes_of_which_one_is_rare_weigh_more() -> None:
    found = advice(replace(CLASSES, imbalance=25.0))
    assert found["loss.weight"].value == "balanced"
    assert "25 times as many" in found["loss.weight"].why
    assert (found["data.stratify"].value, found["monitor"].value) == (True, "val_f1")
    assert "sampler" not in found


def test_yes_or_no_once_and_for_several_labels() -> None:
    data = DataFacts("BCEWithLogitsLoss", "Every target is yes or no.", (1,), 500, 100)
    found = values(data, replace(NETWORK, given=(1,)))
    assert (found["loss"], found["monitor"]) == ({"type": "BCEWithLogitsLoss"}, "val_accuracy")
    several = values(replace(data, output_shape=(6,)), replace(NETWORK, given=(6,)))
    assert (several["loss"], several["monitor"]) == ({"type": "BCEWithLogitsLoss"}, "val_f1")


def test_regression_keeps_a_loss_that_would_do() -> None:
    data = DataFacts("MSELoss", "The targets are numbers.", (1,), 442, 88, other_losses=("HuberLoss",))
    network = replace(NETWORK, taken=(10,), given=(1,))
    found = values(data, network)
    assert (found["loss"], found["monitor"], found["batch_size"]) == ({"type": "MSELoss"}, "val_loss", 8)
    assert values(data, network, loss="HuberLoss")["loss"] == {"type": "HuberLoss"}
    assert values(data, network, loss="CrossEntropyLoss")["loss"] == {"type": "MSELoss"}


def test_an_autoencoder_learns_its_input() -> None:
    network = NetworkFacts(frozenset({"Convolution"}), taken=(1, 28, 28), given=(1, 28, 28))
    found = advice(network=network)
    assert found["data.target"].value == "input"
    assert (found["loss"].value, found["monitor"].value) == ({"type": "MSELoss"}, "val_loss")
    assert "gives back" not in found["loss"].why
    back = values(replace(CLASSES, imbalance=99.0), data={"source": "digits", "target": "input"})
    assert (back["data.target"], back["loss.weight"]) == ("label", "balanced")
    assert "loss.weight" not in values(replace(CLASSES, imbalance=99.0), network)


def test_sequences_are_clipped() -> None:
    gru = NetworkFacts(frozenset({"Recurrent", "Linear"}), taken=(36, 1), given=(10,))
    found = values(network=gru)
    assert (found["clip_grad_norm"], found["optimizer.lr"]) == (1.0, 0.001)


def test_tokens_are_judged_by_the_loss_and_learnt_with_short_steps() -> None:
    data = DataFacts(
        "CrossEntropyLoss", "One of 70 classes at every place.", (70, 64), 1800, 400, 70, 90.0, is_text=True
    )
    network = NetworkFacts(frozenset({"Attention", "Embedding"}), taken=(64,), given=(70, 64))
    found = values(data, network)
    assert (found["monitor"], found["clip_grad_norm"], found["optimizer.lr"]) == ("val_loss", 1.0, 3e-4)
    assert "data.stratify" not in found


def test_sparse_gradients_get_the_optimizer_that_takes_them() -> None:
    network = NetworkFacts(frozenset({"Embedding"}), taken=(64,), given=(10,), has_sparse_gradients=True)
    found = advice(network=network)
    assert found["optimizer"].value == {"type": "SparseAdam"}
    assert found["optimizer.lr"].needs == ("optimizer", "SparseAdam")
    assert not found.keys() & {"optimizer.weight_decay", "optimizer.decay_norm_and_bias"}


def test_weights_from_a_file_are_only_adjusted() -> None:
    found = advice(network=replace(NETWORK, is_pretrained=True))
    assert found["optimizer.lr"].value == 1e-4
    assert "trained before" in found["optimizer.lr"].why


@pytest.mark.parametrize(
    ("device", "precision"),
    [(CPU, "float32"), (DeviceFacts("mps", "mps", 1 << 33), "float32"), (GPU, "amp-bfloat16"),
     (replace(GPU, place="Tesla T4", has_bfloat16=False), "amp-float16")],
)  # fmt: skip
def test_the_precision_is_that_of_the_device(device: DeviceFacts, precision: str) -> None:
    found = advice(device=device)
    assert found["precision"].value == precision
    assert device.place in found["precision"].why
    assert "channels_last" not in found
    with_maps = advice(network=replace(NETWORK, families=frozenset({"Convolution"})), device=device)
    assert ("channels_last" in with_maps) == (device.kind == "cuda")


def test_a_cpu_that_multiplies_bfloat16_is_not_said_to_be_no_faster_by_it() -> None:
    able, plain = (advice(device=replace(CPU, has_bfloat16=can))["precision"] for can in (True, False))
    assert (able.value, plain.value) == ("float32", "float32")
    assert "about half the time" in able.why
    assert "not faster" in plain.why


@pytest.mark.parametrize(
    ("samples", "largest", "size", "text"),
    [
        (100, GIGANTIC, 8, "13 steps an epoch; 1,048,576 would fit"),
        (1_000_000, GIGANTIC, 256, "would fit into half"),
        (1_000_000, 100, 64, "more would not leave half"),
        (1_000_000, 0, 1, "more would not leave half"),
        (8000, None, 128, "is not known"),
    ],
)
def test_the_batch_leaves_enough_steps_and_fits(samples, largest, size, text) -> None:
    found = advice(replace(CLASSES, train_samples=samples), largest=largest)
    assert found["batch_size"].value == size
    assert text in found["batch_size"].why


def test_samples_are_held_back() -> None:
    assert values(replace(CLASSES, val_samples=0))["data.val_fraction"] == 0.2


def two(first: tuple[int, ...] | None, second: tuple[int, ...] | None) -> NetworkFacts:
    ends = (EndFacts("n3", "kind", first), EndFacts("n5", "other", second))
    return replace(NETWORK, outputs=2, given=None, ends=ends)


def test_each_of_several_outputs_gets_a_loss_that_suits() -> None:
    found = advice(network=two((10,), (784,)))
    assert found["outputs"].value == {
        "n3": {"loss": {"type": "CrossEntropyLoss"}},
        "n5": {"loss": {"type": "MSELoss"}, "target": "input"},
    }
    assert "kind: One of 10 classes a sample. other: It has the shape of the Input" in found["outputs"].why
    assert found["monitor"].value == "val_loss"
    assert values(network=two((10,), (10,)))["monitor"] == "val_accuracy"


def test_what_was_chosen_for_an_output_stays() -> None:
    chosen = {
        "n3": {"loss": {"type": "FocalLoss", "gamma": 3.0}, "weight": 2.0},
        "n5": {"loss": {"type": "CrossEntropyLoss"}, "groups": [0, 1] * 5},
    }
    facts = replace(CLASSES, other_losses=("FocalLoss",))
    found = advice(facts, two((10,), (2,)), outputs=chosen)
    assert found["outputs"].value == chosen
    assert found["outputs"].is_followed(TrainingPlan.from_mapping({"outputs": chosen}))
    assert not found["outputs"].is_followed(TrainingPlan.from_mapping({}))
    wrong = {"n3": {"loss": {"type": "MSELoss"}}, "n5": chosen["n5"]}
    assert values(facts, two((10,), (2,)), outputs=wrong)["outputs"]["n3"] == {
        "loss": {"type": "CrossEntropyLoss"}
    }


def test_rare_classes_weigh_more_at_an_output_too() -> None:
    found = values(replace(CLASSES, imbalance=30.0), two((10,), (784,)))
    assert found["outputs"]["n3"] == {"loss": {"type": "CrossEntropyLoss", "weight": "balanced"}}
    assert found["monitor"] == "val_loss"


def test_an_output_that_nothing_is_known_of_leaves_all_as_they_are() -> None:
    assert "outputs" not in values(network=two((10,), (3,)))
    assert "outputs" not in values(network=two((10,), None))
    assert "outputs" not in values(network=two((10,), (10,)), loss="GaussianNLLLoss")


def test_a_network_with_several_outputs_trains_with_what_is_suggested(tmp_path) -> None:
    np.savez(tmp_path / "data.npz", x=X, y=LABELS)
    training = {"data": {"source": "arrays", "path": "data.npz"}, "device": "cpu"}
    project = Project("Suggested", heads((6,), (linear(3),), (linear(6),)), training=training)
    found = [each for each in looked_at(project, tmp_path) if each.path not in ("epochs", "scheduler")]
    project.training = applied({**training, "epochs": 2}, found)
    assert project.training["outputs"]["out_b"]["target"] == "input"
    (*_, ended) = launch.run(project, tmp_path / "run", Control(), data_folder=tmp_path)
    assert isinstance(ended, RunEnded)
    assert (ended.state, ended.reason) == ("finished", "")


def test_several_outputs_keep_their_losses() -> None:
    found = values(network=replace(NETWORK, outputs=2, given=None))
    assert "loss" not in found
    assert found["monitor"] == "val_loss"
    own = values(outputs={"n3": {"loss": "MSELoss", "target": "input"}})
    assert not {"loss", "data.target"} & own.keys()


def test_every_reason_is_one_sentence() -> None:
    rare = replace(CLASSES, imbalance=30.0, val_samples=0)
    network = replace(NETWORK, families=frozenset({"Convolution", "Recurrent"}))
    for each in advice(rare, network, GPU).values():
        assert each.why[0] == each.why[0].upper(), each
        assert each.why.endswith("."), each
        assert len(each.why) < 160, each


# -- taking it


def test_what_is_taken_is_set_and_the_rest_stays() -> None:
    training = {"seed": 7, "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}, "loss": "NLLLoss"}
    taken = advice(replace(CLASSES, imbalance=30.0))
    changed = applied(training, [taken["optimizer"], taken["optimizer.lr"], taken["epochs"]])
    assert changed == {
        "seed": 7, "optimizer": {"type": "AdamW", "lr": 0.001}, "loss": "NLLLoss", "epochs": 48
    }  # fmt: skip
    assert applied(training, [taken["optimizer.lr"], taken["loss.weight"]]) == training
    patience = applied({"early_stopping": {"min_delta": 0.1}}, [taken["early_stopping.patience"]])
    assert patience == {"early_stopping": {"min_delta": 0.1, "patience": 9}}
    weighted = applied(
        {"loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1}}, [taken["loss"], taken["loss.weight"]]
    )
    assert weighted["loss"] == {"type": "CrossEntropyLoss", "label_smoothing": 0.1, "weight": "balanced"}
    assert training["loss"] == "NLLLoss"


def test_what_is_there_already_is_known() -> None:
    plan = TrainingPlan.from_mapping({"epochs": 48, "optimizer": {"type": "AdamW", "lr": 0.5}})
    found = advice(epochs=48, optimizer={"type": "AdamW", "lr": 0.5})
    assert found["epochs"].is_followed(plan)
    assert found["optimizer"].is_followed(plan)
    assert not found["optimizer.lr"].is_followed(plan)
    assert (found["optimizer.lr"].now(plan), found["scheduler"].now(plan)) == (0.5, None)


def test_what_does_not_go_together_is_told() -> None:
    found = advice()
    alone = [found["scheduler"]]
    assert "scheduler.warmup_epochs is 1, but the run has 1 epochs" in fits({"epochs": 1}, alone)
    assert fits({"epochs": 1}, [*alone, found["epochs"]]) == ""
    with pytest.raises(PlanError):
        applied({"epochs": 1}, alone)


# -- from a project


def looked_at(project: Project, folder: Path | None = None) -> tuple[Advice, ...]:
    work = suggest_plan(project, folder)
    while True:
        try:
            assert isinstance(next(work), DataProgress)
        except StopIteration as end:
            found: tuple[Advice, ...] = end.value
            return found


@pytest.mark.parametrize("name", ["MLP", "SmallCNN", "Autoencoder", "MultiHead", "GPT"])
def test_every_kind_of_template_gets_a_plan_that_can_be_used(name: str) -> None:
    project = template(name).project()
    if name == "Autoencoder":
        project.training = {**template("MLP").project().training, "loss": "CrossEntropyLoss"}
    if name == "GPT":
        project.training = {**project.training, "data": "alice"}
    found = looked_at(project)
    changed = applied(project.training, found)
    plan = TrainingPlan.from_mapping(changed)
    assert plan.optimizer.type == "AdamW"
    assert all(each.is_followed(plan) for each in found)
    if name == "Autoencoder":
        assert (plan.data.target, plan.loss.type) == ("input", "MSELoss")


@pytest.mark.parametrize(
    ("y", "outputs", "loss"),
    [(LABELS, 3, "CrossEntropyLoss"), (YES, 2, "BCEWithLogitsLoss"), (VALUES, 2, "MSELoss"),
     (LABELS, 6, "MSELoss")],
)  # fmt: skip
def test_a_network_trains_with_what_is_suggested(tmp_path, y, outputs, loss) -> None:
    np.savez(tmp_path / "data.npz", x=X, y=y)
    training = {"data": {"source": "arrays", "path": "data.npz"}, "device": "cpu", "loss": "NLLLoss"}
    project = Project("Suggested", heads((6,), (linear(outputs),)), training=training)
    found = [each for each in looked_at(project, tmp_path) if each.path != "epochs"]
    short = [
        replace(each, value={**each.value, "warmup_epochs": 0.5}) if each.path == "scheduler" else each
        for each in found
    ]
    project.training = applied({**training, "epochs": 3}, short)
    assert project.training["loss"]["type"] == loss
    (*_, ended) = launch.run(project, tmp_path / "run", Control(), data_folder=tmp_path)
    assert isinstance(ended, RunEnded)
    assert (ended.state, ended.reason) == ("finished", "")


@pytest.mark.parametrize(("factor", "is_scaled"), [(1.0, False), (300.0, True), (0.001, True)])
def test_numbers_to_predict_that_lie_far_apart_are_to_be_scaled(tmp_path, factor, is_scaled) -> None:
    rows = [f"{a},{b},{factor * (a - 2 * b)}" for a, b in np.random.default_rng(0).normal(size=(80, 2))]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *rows]))
    data = {"source": "csv", "path": "t.csv", "label": "y"}
    project = Project("Regression", heads((2,), (linear(1),)), training={"data": data, "loss": "MSELoss"})
    found = looked_at(project, tmp_path)
    assert ("data.standardize_target" in {each.path for each in found}) == is_scaled
    project.training = applied(project.training, found)
    assert TrainingPlan.from_mapping(project.training).data.source.params.standardize_target == is_scaled
    again = {each.path: each for each in looked_at(project, tmp_path)}
    assert "data.standardize_target" not in again


def test_points_in_the_plane_get_small_batches() -> None:
    found = {each.path: each for each in looked_at(spiral_project())}
    assert found["batch_size"].value == 8
    assert "CPU" in found["precision"].why
