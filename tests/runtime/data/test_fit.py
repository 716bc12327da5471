"""Model, data and loss are compared before the first step; memory is asked for before it is taken."""

import dataclasses

import pytest
import torch

from runtime.data.fit import check_fit
from runtime.data.load import TrainData
from runtime.data.memory import free_memory, memory_budget
from runtime.data.raw import DataError
from runtime.plan import TrainingPlan

CLASSES = TrainData(
    torch.rand(4, 1, 8, 8), torch.arange(4), torch.rand(0, 1, 8, 8), torch.arange(0), (1, 8, 8), num_classes=4
)
VALUES = dataclasses.replace(CLASSES, train_y=torch.rand(4, 2), val_y=torch.rand(0, 2), num_classes=None)


def check(data: TrainData, loss: str, input_shape: tuple, output_shape: tuple) -> None:
    check_fit(data, TrainingPlan.from_mapping({"loss": loss}).loss, input_shape, output_shape)


@pytest.mark.parametrize(
    ("data", "loss", "input_shape", "output_shape"),
    [
        (CLASSES, "CrossEntropyLoss", (1, 8, 8), (4,)),
        (CLASSES, "CrossEntropyLoss", (1, "H", 8), (5,)),
        (VALUES, "MSELoss", (1, 8, 8), (2,)),
        (VALUES, "BCEWithLogitsLoss", (1, 8, 8), (2,)),
    ],
)
def test_what_fits_is_let_through(data, loss, input_shape, output_shape):
    check(data, loss, input_shape, output_shape)


@pytest.mark.parametrize(
    ("data", "loss", "input_shape", "output_shape", "text"),
    [
        (CLASSES, "CrossEntropyLoss", (1, 28, 28), (4,),
         r"inputs \(N, 1, 28, 28\), but the data has \(N, 1, 8, 8\)\. .*Set Input\.shape to \[1, 8, 8\]"),
        (CLASSES, "CrossEntropyLoss", (64,), (4,), r"inputs \(N, 64\), but the data has \(N, 1, 8, 8\)"),
        (CLASSES, "CrossEntropyLoss", (1, 8, 8), (3,),
         r"gives \(N, 3\), but the data has 4 classes\. .* one logit a class\. Set out_features .* 4\."),
        (CLASSES, "CrossEntropyLoss", (1, 8, 8), (4, 2, 2),
         r"gives \(N, 4, 2, 2\)\. .*expects one logit a class, \(N, 4\)"),
        (VALUES, "MSELoss", (1, 8, 8), (1,),
         r"gives \(N, 1\), but the targets have \(N, 2\)\. MSELoss expects the same shape\."),
        (VALUES, "MSELoss", (1, 8, 8), (), r"gives \(N\), but the targets have \(N, 2\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_explained(data, loss, input_shape, output_shape, text):
    with pytest.raises(DataError, match=text):
        check(data, loss, input_shape, output_shape)


def test_the_budget_is_half_of_what_the_system_has_left(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 4000 kB\nMemAvailable:    1000 kB\n")
    assert free_memory(meminfo) == 1_024_000
    assert free_memory(tmp_path / "none") > 0
    assert 0 < memory_budget() < free_memory(tmp_path / "none")
    assert memory_budget(torch.device("cpu")) > 0
