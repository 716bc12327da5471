"""Model, data and loss are compared before the first step; memory is asked for before it is taken."""

import dataclasses

import pytest
import torch

from runtime.data.fit import FitError, check_input, check_outputs
from runtime.data.memory import free_memory, memory_budget
from runtime.data.prepared import TrainData
from runtime.data.raw import DataError
from runtime.plan import PlanError, TrainingPlan

CLASSES = TrainData(
    torch.rand(4, 1, 8, 8), torch.arange(4), torch.rand(0, 1, 8, 8), torch.arange(0), (1, 8, 8), num_classes=4
)
VALUES = dataclasses.replace(CLASSES, train_y=torch.rand(4, 2), val_y=torch.rand(0, 2), num_classes=None)


MAPS = dataclasses.replace(CLASSES, train_y=torch.zeros(4, 8, 8, dtype=torch.int64))
SIGNS = dataclasses.replace(VALUES, train_y=torch.ones(4))
SEQUENCES = dataclasses.replace(CLASSES, train_y=torch.ones(4, 5, dtype=torch.int64), num_classes=3)


def check(data: TrainData, loss: object, *shapes: tuple) -> None:
    check_outputs(data, TrainingPlan.from_mapping({"loss": loss}).loss, shapes)


def weighted(weight: object, loss: str = "CrossEntropyLoss", name: str = "weight") -> dict[str, object]:
    return {"type": loss, name: weight}


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, "H", 8), ("C", "H", "W")])
def test_an_input_that_fits_is_let_through(shape):
    check_input(CLASSES, shape)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((1, 28, 28),
         r"\(N, 1, 28, 28\), but the data has \(N, 1, 8, 8\)\. .*Set Input\.shape to \[1, 8, 8\]"),
        ((64,), r"inputs \(N, 64\), but the data has \(N, 1, 8, 8\)"),
    ],
)  # fmt: skip
def test_an_input_that_does_not_fit_is_explained(shape, text):
    with pytest.raises(DataError, match=text):
        check_input(CLASSES, shape)


@pytest.mark.parametrize(
    ("data", "loss", "shapes"),
    [
        (CLASSES, "CrossEntropyLoss", [(4,)]),
        (CLASSES, "CrossEntropyLoss", [(5,)]),
        (CLASSES, "NLLLoss", [("C",)]),
        (MAPS, "CrossEntropyLoss", [(4, 8, 8)]),
        (MAPS, "CrossEntropyLoss", [(4, "H", 8)]),
        (CLASSES, weighted("balanced"), [(4,)]),
        (CLASSES, weighted([1, 2, 3, 4, 5]), [(5,)]),
        (VALUES, "MSELoss", [(2,)]),
        (VALUES, "BCEWithLogitsLoss", [(2,)]),
        (VALUES, weighted([1, 3], "BCEWithLogitsLoss", "pos_weight"), [(2,)]),
        (VALUES, weighted(3, "BCEWithLogitsLoss", "pos_weight"), [(2,)]),
        (VALUES, "GaussianNLLLoss", [(2,), (2,)]),
        (SIGNS, "CosineEmbeddingLoss", [(7,), (7,)]),
        (SIGNS, "CosineEmbeddingLoss", [("F",), (7,)]),
        (CLASSES, "TripletMarginLoss", [(7,), (7,), (7,)]),
        (SEQUENCES, "CTCLoss", [(5, 3)]),
        (SEQUENCES, {"type": "CTCLoss", "blank": 2}, [("T", 3)]),
    ],
)
def test_what_fits_is_let_through(data, loss, shapes):
    check(data, loss, *shapes)


@pytest.mark.parametrize(
    ("data", "loss", "shapes", "at", "text"),
    [
        (CLASSES, "CrossEntropyLoss", [(3,)], 0,
         r"gives \(N, 3\), but the data has 4 classes\. .* one logit a class\. Set out_features .* 4\."),
        (CLASSES, "CrossEntropyLoss", [(4, 2, 2)], 0,
         r"gives \(N, 4, 2, 2\)\. .* one logit a class, \(N, 4\)\. End the model with a Flatten"),
        (CLASSES, "NLLLoss", [()], 0, r"gives \(N\)\. NLLLoss expects one log-probability a class, \(N, 4\)"),
        (MAPS, "CrossEntropyLoss", [(4, 8, 7)], 0,
         r"gives \(N, 4, 8, 7\)\. .* one logit a class, \(N, 4, 8, 8\)\. Give it the sizes"),
        (VALUES, "MSELoss", [(1,)], 0,
         r"gives \(N, 1\), but the targets have \(N, 2\)\. MSELoss expects the same shape\."),
        (VALUES, "MSELoss", [()], 0, r"gives \(N\), but the targets have \(N, 2\)"),
        (VALUES, "GaussianNLLLoss", [(2,), (1,)], 1, r"output for variance gives \(N, 1\), but the targ"),
        (SIGNS, "CosineEmbeddingLoss", [(7,), (6,)], 1,
         r"for second gives \(N, 6\)\. .* second \(N, features\) with features = 7\."),
        (SIGNS, "CosineEmbeddingLoss", [(7, 2), (7, 2)], 0, r"first gives \(N, 7, 2\)\. .* \(N, features\)"),
        (CLASSES, "TripletMarginLoss", [(7,), (7,), (1,)], 2, r"The output for negative gives \(N, 1\)"),
        (SEQUENCES, "CTCLoss", [(5, 2)], 0, r"the data has 3 classes\. .* last layer to 3"),
        (SEQUENCES, "CTCLoss", [(3,)], 0, r"gives \(N, 3\)\. CTCLoss expects one log-probability a class"),
        (SEQUENCES, {"type": "CTCLoss", "blank": 2}, [(4, 3)], 0,
         r"gives T = 4, but the targets have S = 5\. .* expects T to be at least S\. Make"),
    ],
)  # fmt: skip
def test_an_output_that_does_not_fit_is_explained(data, loss, shapes, at, text):
    with pytest.raises(FitError, match=text) as caught:
        check(data, loss, *shapes)
    assert caught.value.output == at


@pytest.mark.parametrize(
    ("data", "loss", "shapes", "text"),
    [
        (MAPS, "MultiMarginLoss", [(4,)], r"have \(N, 8, 8\)\. .* class numbers 0, 1, 2, \.\.\. \(N\) "),
        (VALUES, "CosineEmbeddingLoss", [(7,), (7,)], r"have \(N, 2\)\. .* 1 if alike, else -1 \(N\)"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit_are_explained(data, loss, shapes, text):
    with pytest.raises(DataError, match=text):
        check(data, loss, *shapes)


@pytest.mark.parametrize(
    ("data", "loss", "shapes", "text"),
    [
        (CLASSES, weighted([1, 2]), [(4,)],
         r"loss\.weight has 2 numbers, but the model gives 4 .* Expected one for each class, 4\."),
        (CLASSES, weighted("balanced"), [(6,)],
         r"is balanced, .* 4 classes, but the model gives 6\. Expected 4 outputs\. Set out_feat"),
        (VALUES, weighted([1, 2, 3], "BCEWithLogitsLoss", "pos_weight"), [(2,)], r"one for each number, 2"),
        (VALUES, weighted([1], "MultiLabelSoftMarginLoss"), [(2,)], r"Expected one for each label, 2\."),
        (SEQUENCES, {"type": "CTCLoss", "blank": 3}, [(5, 3)],
         r"loss\.blank is 3, but the model gives 3 .* Expected a class number below 3\. Set"),
        (SEQUENCES, {"type": "CTCLoss", "blank": 1}, [(5, 3)],
         r"hold the class number 1, which loss\.blank has taken\. Expected targets without"),
    ],
)  # fmt: skip
def test_a_setting_of_the_loss_that_does_not_fit_is_explained(data, loss, shapes, text):
    with pytest.raises(PlanError, match=text):
        check(data, loss, *shapes)


def test_the_budget_is_half_of_what_the_system_has_left(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 4000 kB\nMemAvailable:    1000 kB\n")
    assert free_memory(meminfo) == 1_024_000
    assert free_memory(tmp_path / "none") > 0
    assert 0 < memory_budget() < free_memory(tmp_path / "none")
    assert memory_budget(torch.device("cpu")) > 0
