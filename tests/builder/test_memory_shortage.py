"""A run that finds no memory offers the batch that fits: one click sets it, one undo takes it back."""

import pytest
import torch
from PySide6.QtCore import Qt

from graph.storage import save
from runtime import launch
from runtime.runs import read_run
from tests.runtime.test_out_of_memory import CUDA_TEXT, bytes_for, spoil
from tests.runtime.training import spiral_project

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded


@pytest.fixture
def out_of_memory(window, qtbot, tmp_path, monkeypatch):
    """Trains to a third step that finds no memory, and does something meanwhile."""

    def train(meanwhile=lambda: None):
        save(spiral_project(epochs=2), tmp_path / "spirals.netloom")
        window.files.open_project(tmp_path / "spirals.netloom")
        with monkeypatch.context() as patch:
            patch.setattr(launch, "free_memory", lambda device: ("cuda:0", bytes_for(11)))
            spoil(patch, torch.OutOfMemoryError(CUDA_TEXT), at=3)
            with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE) as ended:
                window.actions_["run.train"].trigger()
                meanwhile()
        assert ended.args[0].fitting_batch == 11
        qtbot.waitUntil(lambda: not window.training.dashboard.banner.batch_button.isHidden())

    return train


@pytest.fixture
def short_of_memory(window, out_of_memory, qtbot):
    """The window after such a run."""
    out_of_memory()
    qtbot.waitUntil(window.training.dashboard.banner.batch_button.isVisible)
    return window


def test_one_click_sets_the_batch_and_trains_again(short_of_memory, qtbot, tmp_path):
    window, banner = short_of_memory, short_of_memory.training.dashboard.banner
    assert "ran out in step 3, in relu1 when 2.00 GiB more were asked for" in banner.label.text()
    assert banner.batch_button.text() == "Use batch 11"
    assert "which Ctrl+Z takes back" in banner.batch_button.toolTip()
    before = dict(window.session.project.training)
    with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE) as ended:
        qtbot.mouseClick(banner.batch_button, Qt.MouseButton.LeftButton)
        assert not banner.batch_button.isEnabled()
        assert "Stop it first" in banner.batch_button.toolTip()
    assert ended.args[0].state == "finished"
    assert read_run(tmp_path / "spirals.runs" / "0002").plan["batch_size"] == 11
    assert window.session.project.training["batch_size"] == 11
    qtbot.waitUntil(lambda: not banner.isVisible())
    window.session.document.undo()
    assert window.session.project.training == before


def test_another_project_is_neither_told_of_it_nor_given_the_batch(short_of_memory, tmp_path):
    window, banner = short_of_memory, short_of_memory.training.dashboard.banner
    save(spiral_project(), tmp_path / "other.netloom")
    window.files.open_project(tmp_path / "other.netloom")
    assert not banner.isVisible()
    assert window.runs.run_dir is None


def test_a_run_that_outlasts_its_project_says_why_it_is_not_begun_again(window, out_of_memory, tmp_path):
    save(spiral_project(), tmp_path / "other.netloom")
    out_of_memory(lambda: window.files.open_project(tmp_path / "other.netloom"))
    banner = window.training.dashboard.banner
    assert not banner.batch_button.isEnabled()
    assert banner.batch_button.toolTip() == "The run was another project's."


def test_a_run_that_fails_otherwise_offers_nothing(window, qtbot, tmp_path):
    save(spiral_project(optimizer={"type": "SGD", "lr": 1e30}), tmp_path / "spirals.netloom")
    window.files.open_project(tmp_path / "spirals.netloom")
    with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE):
        window.actions_["run.train"].trigger()
    banner = window.training.dashboard.banner
    qtbot.waitUntil(banner.isVisible)
    assert not banner.batch_button.isVisible()
