"""The row of figures above the curves: what each tells, and which are left out where it is narrow."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QLabel

from builder.panels.headline import Tile
from runtime.events import EpochEnded
from tests.builder.dashboards import drawn, shown_dashboard
from tests.builder.run_events import START, epoch_end, steps


@pytest.fixture
def dashboard(qtbot):
    return shown_dashboard(qtbot)


@pytest.mark.parametrize(
    ("metrics", "title", "text", "details"),
    [
        ({"rmse": 3.0, "mae": 2.0}, "Val MAE", "2", ""),
        (
            {"accuracy": 0.7, "accuracy.kind": 0.8, "accuracy.odd": 0.6, "rmse.size": 3.0},
            "Val accuracy", "70.00%", "kind: 80.00%\nodd: 60.00%",
        ),
        ({"mae.size": 2.5, "mae.price": 900.0}, "Val MAE, size", "2.5", "size: 2.5\nprice: 900"),
        ({"loss.size": 2.5}, "Val accuracy", "–", ""),
    ],
    ids=["numbers", "several Outputs", "several Outputs of numbers", "nothing to score"],
)  # fmt: skip
def test_headline_tells_how_well_the_network_does(dashboard, qtbot, metrics, title, text, details):
    tile = dashboard.headline.tile("Val accuracy")
    dashboard.feed([START, steps(1, 100), EpochEnded(1, 100, 0.4, None, 0.5, metrics, 2.0, True)])
    qtbot.waitUntil(lambda: dashboard.headline.text("Step") == "100")
    assert (tile.title, tile.value.text(), tile.toolTip()) == (title, text, details)


def test_headline_tells_where_the_run_stands(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100), steps(101, 5, epoch=2)])
    qtbot.waitUntil(lambda: dashboard.headline.text("Step") == "105")
    assert dashboard.headline.text("State") == "Running"
    assert dashboard.headline.text("Epoch") == "2"
    assert dashboard.headline.text("Val accuracy") == "80.00%"
    assert dashboard.headline.text("Learning rate") == "0.001"


def test_a_narrow_headline_leaves_out_what_matters_least(dashboard, qtbot):
    dashboard.resize(700, 300)
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    tiles = [tile for tile in dashboard.headline.findChildren(Tile) if tile.isVisible()]
    assert len({tile.y() for tile in tiles}) == 1
    names = {tile.findChild(QLabel).text().split(" of ")[0] for tile in tiles}
    assert {"State", "Epoch", "Train loss", "Val loss", "Val accuracy", "Time left"} <= names
    assert "Samples / s" not in names


class LayoutRequests(QObject):
    """Remembers when a widget was asked to lay out its children anew."""

    def __init__(self, widget):
        super().__init__(widget)
        self.seen = []
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.LayoutRequest:
            self.seen.append(watched)
        return False


def test_a_figure_that_changes_has_nothing_around_it_laid_out_anew(dashboard, qtbot):
    dashboard.feed([START, steps(1, 50)])
    drawn(dashboard, qtbot)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)  # for the titles' totals
    requests = LayoutRequests(dashboard.headline)
    dashboard.feed([steps(51, 50)])
    qtbot.waitUntil(lambda: dashboard.headline.text("Step") == "100")
    drawn(dashboard, qtbot)
    assert not requests.seen
