"""A cell of the confusion matrix leads to its samples, a dropped file to what the network says about it."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageChops
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from builder.drops import read_drop
from builder.questions import TrainedRun
from graph.document import Document
from graph.edits import SetTraining
from graph.storage import save
from graph.templates import template
from runtime import checkpoint
from runtime.events import EpochEnded
from tests.builder.test_drops import Drag, files

PATIENCE = 20_000  # milliseconds; PyTorch may have to be loaded


@pytest.fixture
def opened(window, tmp_path):
    """The window with a saved network for digits that trains for a moment."""
    project = template("MLP").project()
    project.training = {**project.training, "epochs": 2, "device": "cpu"}
    save(project, tmp_path / "digits.netloom")
    window.files.open_project(tmp_path / "digits.netloom")
    return window


@pytest.fixture
def trained(opened, qtbot):
    """The same after a run, with its matrix in front."""
    opened.actions_["run.train"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    opened.show_training()
    opened.training.dashboard.switch.choose(1)
    assert matrix(opened).isVisible()
    return opened


def matrix(window):
    return window.training.dashboard.classes.matrix


def page(window):
    return window.workspace.data.answers


def largest(window, *, is_right):
    """The cell with most samples that are right, or wrong."""
    counts = matrix(window)._matrix
    places = [(row, column) for row in range(10) for column in range(10) if (row == column) is is_right]
    return max(places, key=lambda place: counts[place[0]][place[1]])


def click(window, cell):
    QTest.mouseClick(matrix(window), Qt.MouseButton.LeftButton, pos=matrix(window).cell_rect(cell).center())


def answer(window, qtbot):
    qtbot.waitUntil(lambda: page(window).answered is not None, timeout=PATIENCE)
    return page(window).answered


# -- cells


def test_a_click_on_a_cell_shows_its_samples(trained, qtbot):
    row, column = largest(trained, is_right=False)
    click(trained, (row, column))
    assert page(trained).isVisible()
    assert page(trained).title.text() == f"“{row}” taken for “{column}”"
    answered = answer(trained, qtbot)
    count = matrix(trained)._matrix[row][column]
    assert (answered.total, len(answered.inputs)) == (count, count)
    assert page(trained).samples.grid.isVisible()
    assert page(trained).detail.text().endswith("run 0001, last weights, epoch 2")
    (bars,) = page(trained).answer.parts
    assert bars.accessibleDescription().startswith(f"{column}: ")


def test_a_cell_is_reached_by_keyboard_and_its_samples_too(trained, qtbot):
    row, column = largest(trained, is_right=True)
    matrix(trained).setFocus()
    for key, count in ((Qt.Key.Key_Down, row), (Qt.Key.Key_Right, column)):
        for _ in range(count):
            QTest.keyClick(matrix(trained), key)
    QTest.keyClick(matrix(trained), Qt.Key.Key_Return)
    assert page(trained).title.text() == f"“{row}” that were recognised"
    answer(trained, qtbot)
    grid = page(trained).samples.grid
    first = page(trained).answer.parts[0].accessibleDescription()
    assert grid.hasFocus()
    QTest.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current == 1
    assert page(trained).answer.parts[0].accessibleDescription() != first
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.rect_of(0).center())
    assert page(trained).answer.parts[0].accessibleDescription() == first
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert not page(trained).isVisible()


def test_other_weights_can_be_asked_and_there_is_a_way_back(trained, qtbot):
    click(trained, largest(trained, is_right=True))
    answer(trained, qtbot)
    page(trained).switch.choose(1)
    assert page(trained).answered is None
    answer(trained, qtbot)
    assert ", best weights, epoch " in page(trained).detail.text()
    QTest.mouseClick(page(trained).back, Qt.MouseButton.LeftButton)
    assert not page(trained).isVisible()
    assert trained.workspace.data.isVisible()


def test_an_empty_cell_says_so(trained, qtbot):
    counts = matrix(trained)._matrix
    cell = next((row, column) for row in range(10) for column in range(10) if not counts[row][column])
    click(trained, cell)
    qtbot.waitUntil(lambda: "no validation sample is there" in page(trained).note.text(), timeout=PATIENCE)
    assert page(trained).note.isVisible()


def test_weights_that_are_gone_are_told(trained):
    shutil.rmtree(trained.runs.run_dir / "checkpoints")
    click(trained, (0, 0))
    assert "The run has no weights" in page(trained).note.text()


def test_a_run_folder_that_is_gone_is_told(trained, qtbot):
    shutil.rmtree(trained.runs.run_dir)
    with qtbot.waitSignal(trained.session.message) as told:
        click(trained, (0, 0))
    assert "its folder is gone" in told.args[0]
    assert not page(trained).isVisible()


def test_data_that_is_another_now_is_told(trained, qtbot):
    path = trained.runs.run_dir / "project.netloom"
    path.write_text(path.read_text().replace('"digits"', '"iris"'))
    click(trained, (0, 0))
    qtbot.waitUntil(lambda: "Expected images (C, H, W)" in page(trained).note.text(), timeout=PATIENCE)


def test_a_run_that_saved_nothing_yet_says_when_it_will(opened, qtbot):
    training = {**opened.session.project.training, "epochs": 1000, "checkpoint_epochs": 1000}
    opened.session.apply(SetTraining(training, "Set plan"))
    opened.actions_["run.train"].trigger()
    opened.training.dashboard.switch.choose(1)
    qtbot.waitUntil(lambda: matrix(opened).isVisible(), timeout=PATIENCE)
    shutil.rmtree(opened.runs.run_dir / "checkpoints", ignore_errors=True)
    opened.questions.ask_cell(0, 0)
    assert "saved no weights yet" in page(opened).note.text()
    opened.actions_["run.stop"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)


def test_a_cell_that_is_clicked_before_the_weights_of_its_epoch_are_saved_waits_for_them(
    opened, qtbot, monkeypatch
):
    opened.session.apply(SetTraining({**opened.session.project.training, "epochs": 5000}, "Set epochs"))
    gate, save = threading.Event(), checkpoint.save_checkpoint

    def save_later(*args):
        gate.wait(PATIENCE / 1000)
        save(*args)

    monkeypatch.setattr("runtime.keeper.save_checkpoint", save_later)
    opened.actions_["run.train"].trigger()
    opened.training.dashboard.switch.choose(1)
    qtbot.waitUntil(lambda: matrix(opened).isVisible(), timeout=PATIENCE)
    click(opened, largest(opened, is_right=True))
    assert "The answer comes then." in page(opened).note.text()
    assert page(opened).answered is None
    gate.set()
    assert answer(opened, qtbot).epoch >= 1
    opened.actions_["run.stop"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)


def test_a_run_can_be_asked_while_it_trains(opened, qtbot):
    opened.session.apply(SetTraining({**opened.session.project.training, "epochs": 5000}, "Set epochs"))
    opened.actions_["run.train"].trigger()
    opened.training.dashboard.switch.choose(1)
    qtbot.waitUntil(lambda: matrix(opened).isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: (opened.runs.run_dir / "checkpoints" / "last").is_dir(), timeout=PATIENCE)
    click(opened, largest(opened, is_right=True))
    answered = answer(opened, qtbot)
    assert answered.total > 0
    assert opened.controller.is_active
    opened.actions_["run.stop"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)


def test_another_project_takes_the_answers_away(trained, qtbot):
    click(trained, largest(trained, is_right=True))
    answer(trained, qtbot)
    trained.files.show(Document(template("UNet").project()))
    trained.show_data()
    assert not page(trained).isVisible()


def test_names_of_classes_that_the_data_does_not_have_are_their_numbers(opened):
    view = opened.training.dashboard.classes
    view.reset(("a", "b"))
    opened.show_training()
    confusion = ((1, 0, 0), (0, 2, 0), (0, 1, 0))
    ended = EpochEnded(1, 1, 0.1, None, 0.1, {}, 1.0, is_best=True, confusion=confusion)
    view._show(ended)
    assert view.names == ["a", "b", "2"]


# -- files


@pytest.fixture
def picture(tmp_path):
    """A digit as somebody may have it: large, in colours."""
    with np.load("resources/data/digits.npz") as content:
        digit = content["images"][0] * (255 / 16)
    path = tmp_path / "zero.png"
    Image.fromarray(np.kron(digit, np.ones((20, 20))).astype(np.uint8)).convert("RGB").save(path)
    return path


def drop(window, path):
    drag = Drag(window, files(path))
    drag.enter()
    drag.drop()


def test_a_dropped_picture_is_predicted(trained, qtbot, picture):
    drag = Drag(trained, files(picture))
    assert drag.enter()
    assert trained.drops.overlay.title == "Predict zero.png with run 0001"
    assert not trained.drops.overlay.is_refused
    drag.drop()
    assert page(trained).title.text() == "What the network says about zero.png"
    answered = answer(trained, qtbot)
    assert answered.inputs.shape == (1, 1, 28, 28)
    assert page(trained).answer.name.text() == "zero.png"
    (bars,) = page(trained).answer.parts
    assert bars.accessibleDescription().startswith("0: ")
    assert len(bars._names) == 5
    assert ", best weights, " in page(trained).detail.text()


def test_a_negative_is_told_and_inverted_with_a_click(trained, qtbot, picture):
    drop(trained, picture)
    usual = answer(trained, qtbot).inputs
    assert not page(trained).negatives.isVisible()
    with Image.open(picture) as image:
        ImageChops.invert(image).save(picture.with_name("paper.png"))
    drop(trained, picture.with_name("paper.png"))
    assert not torch.equal(answer(trained, qtbot).inputs, usual)
    button = page(trained).invert_button
    assert button.isVisible()
    assert "paper.png may be a negative" in page(trained).negative_label.text()
    for is_inverted in (True, False):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert torch.equal(answer(trained, qtbot).inputs, usual) is is_inverted
        assert button.isChecked() is is_inverted
    drop(trained, picture)
    answer(trained, qtbot)
    assert not page(trained).negatives.isVisible()


def test_a_run_of_an_earlier_session_is_asked_too(trained, qtbot, picture, tmp_path):
    trained.files.open_project(tmp_path / "digits.netloom")
    trained.runs._trained = None  # as in a window that has trained nothing
    drop(trained, picture)
    assert answer(trained, qtbot).names == ("zero.png",)


def test_without_a_run_a_picture_is_refused_with_the_reason(opened, answers, picture):
    drag = Drag(opened, files(picture))
    assert drag.enter()
    assert opened.drops.overlay.is_refused
    assert "train a network on pictures first" in opened.drops.overlay.text
    drag.drop()
    assert "zero.png" in answers.informed[0]


def test_a_file_that_is_no_picture_inside_is_told(trained, qtbot, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    drop(trained, tmp_path / "broken.png")
    qtbot.waitUntil(lambda: "cannot be read as an image" in page(trained).note.text(), timeout=PATIENCE)


RUN = TrainedRun(Path("runs/0007"), None, "digits", ("picture", "array"))


def drop_of(*names):
    return read_drop(files(*(f"/nowhere/{name}" for name in names)), RUN)


def test_a_drop_says_what_is_asked_what_opens_and_what_neither():
    drop = drop_of("a.png", "b.jpg", "p.netloom", "c.npy", "d.csv", "e.txt")
    assert [path.name for path in drop.samples] == ["a.png", "b.jpg"]
    assert [path.name for path in drop.projects] == ["p.netloom"]
    reasons = {path.name: text for path, text in drop.refused}
    assert reasons.keys() == {"c.npy", "d.csv", "e.txt"}
    assert "a kind at a time" in reasons["c.npy"]
    assert "trained on other data (digits)" in reasons["d.csv"]
    title, text = drop.announcement(is_blank=False)
    assert title == "Predict 2 files with run 0007"
    assert text.startswith("Open p in a new window\nLeft out: c.npy")


def test_only_files_of_one_kind_are_asked_about_together():
    assert [path.name for path in drop_of("c.npy", "a.png").samples] == ["c.npy"]
    assert drop_of("d.csv").is_refused
    assert drop_of("d.csv").run is None


def test_a_grid_without_choice_takes_no_clicks(opened):
    grid = opened.workspace.data.samples.grid
    grid.show_pictures([np.zeros((4, 4, 3), np.uint8)], ["a"])
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert grid.current is None
    assert grid.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_closing_the_window_ends_the_asking(trained):
    click(trained, (0, 0))
    (trial,) = trained.questions._trials
    trained.close()
    assert trial._job.isFinished()
