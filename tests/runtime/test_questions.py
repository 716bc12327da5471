"""A trained network is asked what it takes for what, and about files; it sees them as it saw its data."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from codegen.live import build
from graph.document import Project
from runtime import launch
from runtime.checkpoint import CheckpointError, checkpoint_folder, load_weights
from runtime.control import Control
from runtime.data.load import load_data
from runtime.data.raw import DataCancelled, DataError
from runtime.events import CheckpointKind, EpochEnded
from runtime.failure import TrainingFailure
from runtime.plan import TrainingPlan
from runtime.questions import MOST, Answered, about_files, in_cell
from runtime.runs import PROJECT_FILE
from runtime.trained import Weights
from tests.benchmarks.train import finished
from tests.runtime.test_preflight import heads, linear
from tests.runtime.training import of_type, spiral_project

DIGITS = Path(__file__).parents[2] / "resources" / "data" / "digits.npz"


def trained(project: Project, folder: Path, data_folder: Path | None = None) -> EpochEnded:
    """Trains a project into a folder; gives its last epoch."""
    events = list(launch.run(project, folder, Control(), data_folder=data_folder))
    ended: EpochEnded = of_type(events, EpochEnded)[-1]
    return ended


def cell(folder: Path, actual: int, given: int, kind: CheckpointKind = "last") -> Answered:
    answered: Any = list(in_cell(Weights(folder, kind), (actual, given), Control()))[-1]
    return answered


def asked(folder: Path, *paths: Path, data_folder: Path | None = None) -> Answered:
    answered: Any = list(about_files(Weights(folder, "last", data_folder), paths, Control()))[-1]
    return answered


def confusion_by_asking(folder: Path, count: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(cell(folder, row, column).total for column in range(count)) for row in range(count))


# -- cells


@pytest.mark.parametrize("settings", [{}, {"ema_decay": 0.9}, {"val_fraction": 0.5}], ids=str)
def test_a_cell_has_the_samples_that_the_matrix_counts(tmp_path: Path, settings: dict[str, Any]) -> None:
    ended = trained(spiral_project(**settings), tmp_path)
    assert confusion_by_asking(tmp_path, 3) == ended.confusion


def test_a_cell_tells_how_sure_the_network_was(tmp_path: Path) -> None:
    ended = trained(spiral_project(), tmp_path)
    counts = {(row, column): n for row, line in enumerate(ended.confusion) for column, n in enumerate(line)}
    (actual, given), count = max(counts.items(), key=lambda item: item[1])
    answered = cell(tmp_path, actual, given)
    assert (len(answered.answers), answered.total, answered.epoch) == (count, count, 2)
    assert answered.inputs.shape == (count, 2)
    for (answer,) in answered.answers:
        assert answer.guesses[0].name == f"arm {given}"
        shares = [guess.share or 0.0 for guess in answer.guesses]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_no_more_samples_are_kept_than_are_shown(tmp_path: Path) -> None:
    project = spiral_project(data={"source": "synthetic:spirals", "samples": 900})
    ended = trained(project, tmp_path)
    counts = {(row, column): n for row, line in enumerate(ended.confusion) for column, n in enumerate(line)}
    (actual, given), count = max(counts.items(), key=lambda item: item[1])
    assert count > MOST
    answered = cell(tmp_path, actual, given)
    assert (len(answered.answers), len(answered.inputs), answered.total) == (MOST, MOST, count)


def test_yes_and_no_have_a_matrix_too(tmp_path: Path) -> None:
    data = {"source": "synthetic:moons", "samples": 90}
    project = spiral_project(classes=1, data=data, loss={"type": "BCEWithLogitsLoss"})
    ended = trained(project, tmp_path)
    assert confusion_by_asking(tmp_path, 2) == ended.confusion


def test_of_several_outputs_the_one_with_the_matrix_is_asked(tmp_path: Path) -> None:
    project = Project("Two", heads((2,), (linear(2),), (linear(3),)))
    project.training = {
        "data": {"source": "synthetic:spirals", "samples": 90},
        "epochs": 1,
        "device": "cpu",
        "outputs": {
            "out_a": {"loss": {"type": "MSELoss"}, "target": "input"},
            "out_b": {"loss": {"type": "CrossEntropyLoss"}},
        },
    }
    ended = trained(project, tmp_path)
    assert confusion_by_asking(tmp_path, 3) == ended.confusion


def test_a_text_is_in_the_cell_of_any_of_its_places(tmp_path: Path) -> None:
    embedding = ("Embedding", {"num_embeddings": 100, "embedding_dim": 8})
    layers = (embedding, linear(100), ("Permute", {"dims": [0, 2, 1]}))
    project = Project("Text", heads((16,), layers, dtype="int64"))
    project.training = {
        "data": {"source": "alice", "block_length": 16, "val_fraction": 0.01},
        "epochs": 1,
        "batch_size": 512,
        "device": "cpu",
    }
    ended = trained(project, tmp_path)
    counts = {(row, column): n for row, line in enumerate(ended.confusion) for column, n in enumerate(line)}
    place, count = max(counts.items(), key=lambda item: item[1])
    answered = cell(tmp_path, *place)
    assert 0 < answered.total <= count
    assert (answered.kind, answered.inputs.dtype) == ("text", torch.int64)
    (first,) = answered.answers[0]
    assert first.is_of_places
    assert sum(guess.share or 0 for guess in first.guesses) <= 1


def test_numbers_have_no_matrix(tmp_path: Path) -> None:
    data = {"source": "synthetic:sine", "samples": 60}
    trained(spiral_project(features=1, classes=1, data=data, loss={"type": "MSELoss"}), tmp_path)
    with pytest.raises(DataError, match="are no classes"):
        cell(tmp_path, 0, 0)


def test_asking_draws_no_numbers_that_a_run_would_miss(tmp_path: Path) -> None:
    trained(spiral_project(), tmp_path)
    before = torch.get_rng_state()
    cell(tmp_path, 0, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_stop_ends_the_asking(tmp_path: Path) -> None:
    trained(spiral_project(), tmp_path)
    control = Control()
    control.request_stop()
    with pytest.raises(DataCancelled):
        list(in_cell(Weights(tmp_path, "last"), (0, 0), control))


# -- what may be gone


def test_a_run_without_weights_says_so(tmp_path: Path) -> None:
    trained(spiral_project(), tmp_path)
    (checkpoint_folder(tmp_path, "best") / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        cell(tmp_path, 0, 0, "best")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    trained(spiral_project(), tmp_path / "one")
    trained(spiral_project(classes=5), tmp_path / "other")
    (tmp_path / "other" / PROJECT_FILE).replace(tmp_path / "one" / PROJECT_FILE)
    with pytest.raises(CheckpointError, match="not of the network that the run trains: of another shape"):
        cell(tmp_path / "one", 0, 0)


def test_data_that_is_another_now_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0.1, 0.9] * 30, "b": [0.3, 0.2] * 30, "kind": ["x", "y"] * 30})
    frame.to_csv(tmp_path / "t.csv", index=False)
    project = spiral_project(classes=2, data={"source": "csv", "path": "t.csv"})
    trained(project, tmp_path / "run", tmp_path)
    frame.insert(0, "more", range(60))
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(TrainingFailure, match="but the data has"):
        list(in_cell(Weights(tmp_path / "run", "last", tmp_path), (0, 0), Control()))
    (tmp_path / "t.csv").unlink()
    with pytest.raises(DataError, match=r"t\.csv was not found"):
        list(in_cell(Weights(tmp_path / "run", "last", tmp_path), (0, 0), Control()))


# -- tables


CARS = pd.DataFrame(
    {
        "length": [3.1, 4.5, 4.4, 3.3, None, 3.0] * 10,
        "colour": ["red", "blue", "green", "red", "blue", "red"] * 10,
        "electric": ["yes", "no", "no", "yes", "no", "yes"] * 10,
        "kind": ["small", "large", "large", "small", "large", "small"] * 10,
    }
)


@pytest.fixture
def cars(tmp_path: Path) -> tuple[Project, Path]:
    """A run on a table whose last fifth is held back."""
    frame = CARS.assign(part=["train"] * 48 + ["val"] * 12)
    frame.to_csv(tmp_path / "cars.csv", index=False)
    data = {"source": "csv", "path": "cars.csv", "label": "kind", "split_column": "part"}
    project = spiral_project(features=5, classes=2, data=data, epochs=1)
    trained(project, tmp_path / "run", tmp_path)
    return project, tmp_path


def test_rows_of_a_table_are_prepared_as_validation_rows_are(cars: tuple[Project, Path]) -> None:
    project, folder = cars
    CARS.tail(12)[["colour", "electric", "length"]].to_csv(folder / "new.csv", index=False)
    answered = asked(folder / "run", folder / "new.csv", data_folder=folder)
    plan = TrainingPlan.from_mapping(project.training)
    data = finished(load_data(plan.data, seed=plan.seed, folder=folder))
    assert torch.equal(answered.inputs, data.val_x)
    module = build(project, seed=0).module.eval()
    module.load_state_dict(load_weights(checkpoint_folder(folder / "run", "last")))
    shares = module(data.val_x).softmax(dim=1)
    for row, (answer,) in enumerate(answered.answers):
        by_name = {guess.name: guess.share for guess in answer.guesses}
        assert [by_name["large"], by_name["small"]] == pytest.approx(shares[row].tolist())
    assert answered.names[3] == "new.csv, row 5"
    assert answered.notes == ()


def test_words_that_the_run_did_not_see_are_told(cars: tuple[Project, Path]) -> None:
    _, folder = cars
    (folder / "odd.csv").write_text("length,colour,electric\n3.3,mauve,no\n3.3,red,no\n")
    answered = asked(folder / "run", folder / "odd.csv", data_folder=folder)
    assert answered.notes == ("Column 'colour': the run knows no 'mauve'.",)
    assert Counter(answered.inputs[0, 1:4].tolist()) == {0.0: 3}
    assert Counter(answered.inputs[1, 1:4].tolist()) == {0.0: 2, 1.0: 1}


def test_a_table_without_a_column_is_refused(cars: tuple[Project, Path]) -> None:
    _, folder = cars
    (folder / "few.csv").write_text("length,colour\n3.3,red\n")
    with pytest.raises(DataError, match=r"no column 'electric'\. Expected the columns that the run"):
        asked(folder / "run", folder / "few.csv", data_folder=folder)


def test_numbers_are_told_in_the_unit_of_the_file(tmp_path: Path) -> None:
    x = np.linspace(0, 1, 80)
    pd.DataFrame({"x": x, "price": 1000 + 500 * x}).to_csv(tmp_path / "t.csv", index=False)
    data = {"source": "csv", "path": "t.csv", "task": "regression", "standardize_target": True}
    project = spiral_project(
        features=1, classes=1, data=data, loss={"type": "MSELoss"}, epochs=60,
        optimizer={"type": "Adam", "lr": 0.02},
    )  # fmt: skip
    trained(project, tmp_path / "run", tmp_path)
    (tmp_path / "new.csv").write_text("x\n0.5\n")
    ((answer,),) = asked(tmp_path / "run", tmp_path / "new.csv", data_folder=tmp_path).answers
    name, value = answer.text.split()
    assert name == "price"
    assert float(value) == pytest.approx(1250, abs=100)


# -- pictures and arrays


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the digits, which it sees at 16×16."""
    folder = tmp_path_factory.mktemp("digits")
    steps = [{"type": "Resize", "size": [16, 16]}, {"type": "Normalize", "mean": "auto", "std": "auto"}]
    project = Project("Digits", heads((1, 16, 16), ("Flatten", linear(10))))
    project.training = {
        "data": {"source": "digits", "transforms": {"train": steps, "eval": steps}},
        "epochs": 2,
        "device": "cpu",
    }
    trained(project, folder)
    return folder


def pictures() -> Any:
    with np.load(DIGITS) as content:
        return content["images"]


def test_an_array_is_seen_as_the_data_was(digits: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "five.npy", (pictures()[:5, None] / 16).astype(np.float32))
    np.save(tmp_path / "one.npy", (pictures()[3, None] / 16).astype(np.float64))
    several, single = asked(digits, tmp_path / "five.npy"), asked(digits, tmp_path / "one.npy")
    assert several.names[3] == "five.npy[3]"
    assert single.names == ("one.npy",)
    assert several.inputs.shape == (5, 1, 16, 16)
    assert torch.equal(several.inputs[3], single.inputs[0])
    guess, same = several.answers[3][0].guesses[0], single.answers[0][0].guesses[0]
    share = pytest.approx(same.share, abs=1e-6)  # a batch of another size adds up in another way
    assert guess == replace(same, share=share)
    assert len(single.answers[0][0].guesses) == 5


def test_a_picture_is_seen_as_the_array_it_shows(digits: Path, tmp_path: Path) -> None:
    pixels = np.round(pictures()[3] * (255 / 16)).astype(np.uint8)
    Image.fromarray(pixels).convert("RGB").save(tmp_path / "three.png")
    np.save(tmp_path / "three.npy", (pixels[None] / 255).astype(np.float32))
    picture, array = asked(digits, tmp_path / "three.png"), asked(digits, tmp_path / "three.npy")
    assert torch.allclose(picture.inputs, array.inputs, atol=1e-6)
    assert picture.notes == ()


def test_a_negative_is_told_and_is_seen_as_the_picture_once_it_is_inverted(
    digits: Path, tmp_path: Path
) -> None:
    pixels = np.round(pictures()[3] * (255 / 16)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "three.png")
    Image.fromarray(255 - pixels).save(tmp_path / "paper.png")
    paths = (tmp_path / "three.png", tmp_path / "paper.png")
    plain = asked(digits, *paths)
    assert (plain.exchanged, plain.is_inverted) == (("paper.png",), False)
    assert not torch.allclose(plain.inputs[0], plain.inputs[1])
    turned: Any = list(about_files(Weights(digits, "last"), paths, Control(), inverts=True))[-1]
    assert (turned.exchanged, turned.is_inverted) == (("paper.png",), True)
    assert torch.equal(turned.inputs, plain.inputs[[0, 0]])


def test_the_steps_of_validation_bring_a_picture_to_its_size(digits: Path, tmp_path: Path) -> None:
    Image.fromarray(np.full((30, 50), 128, np.uint8)).save(tmp_path / "grey.png")
    answered = asked(digits, tmp_path / "grey.png")
    assert answered.inputs.shape == (1, 1, 16, 16)
    assert answered.notes == ()  # they resize whatever comes


def test_a_picture_that_they_leave_at_another_size_is_resized_and_that_is_told(tmp_path: Path) -> None:
    project = Project("Digits", heads((1, 8, 8), ("Flatten", linear(10))))
    project.training = {"data": {"source": "digits"}, "epochs": 1, "device": "cpu"}
    trained(project, tmp_path / "run")
    Image.fromarray(np.full((30, 50), 255, np.uint8)).save(tmp_path / "white.png")
    answered = asked(tmp_path / "run", tmp_path / "white.png")
    assert answered.notes == (
        "white.png was brought from 50 × 30 to 8 × 8 pixels, the size of the data's pictures.",
    )
    assert torch.equal(answered.inputs, torch.ones(1, 1, 8, 8))


def test_pictures_of_an_image_folder_take_its_classes_and_colours(tmp_path: Path) -> None:
    for name, colour in (("blue", (0, 0, 250)), ("red", (250, 0, 0))):
        (tmp_path / "pics" / name).mkdir(parents=True)
        for number in range(20):
            tone = tuple(max(part - 3 * number, 0) for part in colour)
            Image.new("RGB", (9, 7), tone).save(tmp_path / "pics" / name / f"{number}.png")
    project = Project("Folder", heads((3, 8, 8), ("Flatten", linear(2))))
    steps = [{"type": "Resize", "size": [8, 8]}]
    project.training = {
        "data": {"source": "image_folder", "root": "pics", "transforms": {"train": steps, "eval": steps}},
        "epochs": 12,
        "batch_size": 8,
        "device": "cpu",
    }
    trained(project, tmp_path / "run", tmp_path)
    Image.new("RGBA", (90, 40), (240, 10, 10, 255)).save(tmp_path / "new.png")
    Image.new("RGB", (33, 44), (10, 10, 240)).save(tmp_path / "sky.jpg")
    answered = asked(tmp_path / "run", tmp_path / "new.png", tmp_path / "sky.jpg", data_folder=tmp_path)
    assert [each[0].guesses[0].name for each in answered.answers] == ["red", "blue"]
    assert answered.names == ("new.png", "sky.jpg")


@pytest.mark.parametrize(
    ("name", "array", "text"),
    [
        ("a.npy", np.zeros((3, 3), np.float32), r"has shape \(3, 3\). Expected one sample \(1, 8, 8\)"),
        ("a.npy", np.full((1, 8, 8), np.nan, np.float32), "not finite"),
        ("a.npy", np.array(["x"]), "no array of numbers"),
        ("a.csv", None, "no sample of digits. Expected a picture or an .npy"),
        ("a.png", None, "cannot be read as an image"),
        ("a.npy", None, "cannot be read"),
    ],
)
def test_a_file_of_something_else_is_refused(
    digits: Path, tmp_path: Path, name: str, array: Any, text: str
) -> None:
    if array is None:
        (tmp_path / name).write_bytes(b"nothing of the kind")
    else:
        np.save(tmp_path / name, array)
    with pytest.raises(DataError, match=text):
        asked(digits, tmp_path / name)


def test_a_series_takes_no_file(tmp_path: Path) -> None:
    project = Project("Series", heads((36, 1), ("Flatten", linear(1))))
    project.training = {
        "data": {"source": "sunspots"},
        "loss": {"type": "MSELoss"},
        "epochs": 1,
        "device": "cpu",
    }
    trained(project, tmp_path / "run")
    np.save(tmp_path / "a.npy", np.zeros((36, 1), np.float32))
    with pytest.raises(DataError, match="it takes none"):
        asked(tmp_path / "run", tmp_path / "a.npy")
