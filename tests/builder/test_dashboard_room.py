"""The dashboard where there is little room: charts stay high enough to be read, and scroll."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from builder.panels.chart_grid import LEAST_CHART_HEIGHT
from builder.panels.history import History
from builder.panels.other_runs import RUN_COLORS, OtherRun
from builder.panels.run_views import CLASSES, CURVES
from runtime.events import RunEnded
from tests.builder.dashboards import drawn, shown_dashboard, turn
from tests.builder.run_events import START, epoch_end, steps

TITLES = ("State", "Epoch", "Step", "Train loss", "Val loss", "Val accuracy", "Steps / s", "Time left")
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def dashboard(qtbot):
    """A dashboard with two rows of charts in a panel as it opens, below what else stands above the canvas."""
    dashboard = shown_dashboard(qtbot, size=(780, 205))
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100), noted("f1")])
    next(each for each in dashboard.menu.menu().actions() if each.text() == "Quality, %").trigger()
    drawn(dashboard, qtbot)
    return dashboard


def noted(name):
    return replace(epoch_end(1, 100), metrics={"accuracy": 0.8, name: 0.7})


def bar(dashboard):
    return dashboard.curves.area.verticalScrollBar()


def other(name, color=RUN_COLORS[0]):
    history = History()
    history.add_steps(steps(1, 100, loss=lambda step: 3 / step))
    return OtherRun(Path(name), name, color, history)


def test_charts_are_never_too_low_to_be_read(dashboard):
    charts = [chart for chart in dashboard.charts.values() if chart.isVisible()]
    assert len(charts) == 5
    assert len({chart.y() for chart in charts}) == 2
    assert min(chart.height() for chart in charts) >= LEAST_CHART_HEIGHT
    assert bar(dashboard).maximum() > 0


def test_a_chart_that_is_scrolled_away_costs_nothing_until_it_is_seen(dashboard, qtbot):
    hidden = dashboard.charts["quality"]
    dashboard.feed([replace(noted("f1"), epoch=2, step=150)])
    drawn(dashboard, qtbot)
    sizes = [curve.size for curve in hidden._curves if curve.spec.series == "val_f1"]
    assert sizes == [1]
    assert [curve.size for curve in dashboard.charts["accuracy"]._curves] == [3, 3]
    bar(dashboard).setValue(bar(dashboard).maximum())
    qtbot.waitUntil(lambda: [each.size for each in hidden._curves if each.spec.series == "val_f1"] == [2])


def test_the_wheel_scrolls_what_is_longer_than_the_panel_and_zooms_with_ctrl(dashboard):
    plot = dashboard.charts["loss"].plot
    before = plot.viewRange()[0]
    turn(plot.viewport(), -120)
    assert bar(dashboard).value() > 0
    assert plot.viewRange()[0] == before
    turn(plot.viewport(), 480, CTRL)
    assert plot.viewRange()[0][1] - plot.viewRange()[0][0] < before[1] - before[0]


def test_the_wheel_zooms_where_everything_is_seen(dashboard, qtbot):
    dashboard.resize(780, 500)
    qtbot.waitUntil(lambda: bar(dashboard).maximum() == 0)
    plot = dashboard.charts["loss"].plot
    before = plot.viewRange()[0]
    turn(plot.viewport(), 480)
    assert plot.viewRange()[0][1] - plot.viewRange()[0][0] < before[1] - before[0]


def test_a_copied_picture_has_the_charts_that_are_out_of_sight_as_they_are_now(dashboard, qtbot):
    dashboard.feed([replace(noted("f1"), epoch=2, step=150)])
    drawn(dashboard, qtbot)
    dashboard.menu.picture_asked.emit()
    picture = QGuiApplication.clipboard().image()
    assert picture.height() >= 2 * LEAST_CHART_HEIGHT
    hidden = dashboard.charts["quality"]
    assert [each.size for each in hidden._curves if each.spec.series == "val_f1"] == [2]


def test_few_runs_are_named_in_the_bar_and_many_above_the_curves(dashboard, qtbot):
    legend = dashboard.legend
    dashboard.show_others([other("0001"), other("0002", RUN_COLORS[1])])
    assert legend.isVisible()
    assert dashboard.bar.isAncestorOf(legend)
    dashboard.show_others([other(f"run {index} of a long evening") for index in range(4)])
    assert legend.isVisible()
    assert not dashboard.bar.isAncestorOf(legend)
    assert legend.width() <= dashboard.width()
    dashboard.resize(2400, 300)
    assert dashboard.bar.isAncestorOf(legend)


def test_runs_are_not_named_beside_what_shows_none_of_them(dashboard):
    dashboard.show_others([other("0001")])
    dashboard.switch.choose(CLASSES)
    assert not dashboard.legend.isVisible()
    dashboard.switch.choose(CURVES)
    assert dashboard.legend.isVisible()


def test_a_run_with_a_very_long_name_can_still_be_taken_away(dashboard, qtbot):
    dashboard.show_others([other("a name that tells everything about the run and then some " * 5)])
    removed = []
    dashboard.legend.removed.connect(removed.append)
    (button,) = dashboard.legend.findChildren(QToolButton)
    assert dashboard.rect().contains(button.mapTo(dashboard, button.rect().center()))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(removed) == 1


@pytest.fixture
def roomy(qtbot):
    """A dashboard with all the charts of a usual run."""
    return shown_dashboard(qtbot)


@pytest.mark.parametrize("size", [(1250, 307), (940, 239)])
def test_curves_have_room_in_the_panel_as_it_opens(roomy, qtbot, size):
    roomy.resize(*size)
    roomy.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(roomy, qtbot)
    heights = {chart.plot.getViewBox().height() for chart in roomy.charts.values()}
    assert min(heights) >= 0.42 * size[1]
    assert len({chart.y() for chart in roomy.charts.values()}) == 1


def test_with_more_room_charts_stand_two_by_two(roomy, qtbot):
    roomy.resize(900, 600)
    roomy.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(roomy, qtbot)
    assert len({chart.y() for chart in roomy.charts.values()}) == 2


def shown_tiles(dashboard):
    return {title for title in TITLES if dashboard.headline.tile(title).isVisible()}


def test_an_offer_to_go_on_costs_the_curves_nothing(roomy, qtbot):
    roomy.resize(940, 239)
    roomy.feed([START, steps(1, 100), epoch_end(1, 100), RunEnded("stopped", "Stopped on request.")])
    drawn(roomy, qtbot)
    qtbot.waitUntil(lambda: roomy.headline.text("State") == "Stopped")
    chart, offer = roomy.charts["loss"], roomy.offer
    before, tiles = chart.height(), shown_tiles(roomy)
    offer.offer("Run 0001 was stopped after 100 steps.", "It can go on from there.")
    qtbot.waitUntil(lambda: offer.resume_button.isVisible() and offer.width() > offer.resume_button.width())
    assert chart.height() == before
    assert roomy.rect().contains(offer.geometry())
    assert offer.label.toolTip() == offer.outlook.toolTip() == "", "both are whole"
    assert {"State", "Epoch", "Train loss", "Val loss", "Val accuracy"} <= shown_tiles(roomy)
    assert not {"Steps / s", "Time left"} & shown_tiles(roomy), "which a run at rest does not have"
    offer.offer("", "")
    qtbot.waitUntil(lambda: shown_tiles(roomy) == tiles)
    assert "Time left" in tiles, "nothing moves where nothing is offered"


def test_an_offer_to_go_on_is_whole_in_a_window_of_1000_pixels(roomy, qtbot):
    roomy.resize(659, 239)  # beside the plan
    roomy.feed([START, steps(1, 100), epoch_end(1, 100), RunEnded("stopped", "Stopped on request.")])
    offer = roomy.offer
    offer.offer("Run 0001 was stopped after 100 steps.", "It can go on from there.")
    qtbot.waitUntil(lambda: offer.isVisible() and not offer.label.toolTip() + offer.outlook.toolTip())
    assert roomy.rect().contains(offer.geometry()), "both are whole, and the buttons are there"
    assert {"State", "Val loss", "Val accuracy"} <= shown_tiles(roomy)
    tiles = [roomy.headline.tile(title) for title in shown_tiles(roomy)]
    assert not any(tile.geometry().right() > roomy.headline.width() for tile in tiles)
