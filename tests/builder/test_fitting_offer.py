"""A run that fails as the network does not fit the data offers to make it fit: one click, one undo."""

import pytest
from PySide6.QtCore import Qt

from graph.edits import SetParams, SetTraining
from graph.storage import save
from tests.runtime.training import spiral_project

PATIENCE = 120_000  # milliseconds; PyTorch may have to be loaded


@pytest.fixture
def failed(window, qtbot, tmp_path):
    """Trains on spirals, which have two coordinates, with an Input for another number; gives the banner."""

    def train(width):
        project = spiral_project(epochs=1)
        graph = project.graph
        graph.replace_node(graph.nodes["n1"].with_(params={"shape": [width]}))
        save(project, tmp_path / "spirals.netloom")
        window.files.open_project(tmp_path / "spirals.netloom")
        with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE) as ended:
            window.actions_["run.train"].trigger()
        assert ended.args[0].state == "failed"
        return window.training.dashboard.banner

    return train


def test_one_click_fits_the_network_and_trains_it(window, failed, qtbot):
    banner = failed(5)
    qtbot.waitUntil(banner.fit_button.isVisible, timeout=PATIENCE)
    assert "The model takes inputs (N, 5), but the data has (N, 2)" in banner.label.text()
    assert "which Ctrl+Z takes back" in banner.fit_button.toolTip()
    with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE) as ended:
        qtbot.mouseClick(banner.fit_button, Qt.MouseButton.LeftButton)
    assert ended.args[0].state == "finished"
    assert window.session.graph.nodes["n1"].params["shape"] == [2]
    qtbot.waitUntil(lambda: not banner.isVisible(), timeout=PATIENCE)
    assert banner.fit_button.isHidden()
    window.session.document.undo()
    assert window.session.graph.nodes["n1"].params["shape"] == [5]


def test_data_that_cannot_be_read_offers_nothing(window, failed, qtbot):
    banner = failed(5)
    qtbot.waitUntil(banner.fit_button.isVisible, timeout=PATIENCE)
    data = {"source": "csv", "path": "nowhere.csv"}
    window.session.apply(SetTraining({**window.session.project.training, "data": data}))
    with qtbot.waitSignal(window.workspace.data.looked, timeout=PATIENCE):
        window.actions_["run.train"].trigger()
    qtbot.waitUntil(lambda: "nowhere.csv" in banner.label.text(), timeout=PATIENCE)
    assert banner.fit_button.isHidden()


def test_the_data_tab_alone_offers_it_where_nothing_failed(window, failed, qtbot):
    banner = failed(5)
    qtbot.waitUntil(banner.fit_button.isVisible, timeout=PATIENCE)
    window.session.apply(SetParams("n1", {"shape": [2]}))
    with qtbot.waitSignal(window.controller.ended, timeout=PATIENCE):
        window.actions_["run.train"].trigger()
    window.session.apply(SetParams("n1", {"shape": [7]}))
    with qtbot.waitSignal(window.workspace.data.looked, timeout=PATIENCE):
        window.workspace.data.read()
    assert window.workspace.data.fit_button.isEnabled()
    assert banner.fit_button.isHidden()
