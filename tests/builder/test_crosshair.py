"""What a chart tells of a step: under the mouse, and where keys move the crosshair."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from builder.panels.figures import number
from builder.panels.history import History
from builder.panels.other_runs import RUN_COLORS, OtherRun
from runtime.events import PlanChanged
from tests.builder.dashboards import drawn, shown_dashboard
from tests.builder.run_events import START, epoch_end, steps

Key, NONE, CTRL = Qt.Key, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def dashboard(qtbot):
    return shown_dashboard(qtbot)


def test_crosshair_reads_the_values_in_every_chart(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    chart = dashboard.charts["loss"]
    view = chart.plot.getViewBox()
    chart.plot.scene().sigMouseMoved.emit(view.mapViewToScene(view.viewRect().center()))
    step = round(view.viewRect().center().x())
    assert f"step {step}" in chart.readout()
    assert number(2 / step) in chart.readout()
    assert "0.001" in dashboard.charts["lr"].readout()
    assert "90" in dashboard.charts["accuracy"].readout()
    for each in dashboard.charts.values():
        for at in (5, 50, 60, 95):
            each.hovered.emit(at)
            assert each.plot.rect().contains(each._step_label.geometry())  # else it is cut off
    chart.hovered.emit(math.nan)
    assert chart.readout() == ""


def test_keys_move_the_crosshair_of_all_charts_while_one_has_the_focus(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    chart, other = dashboard.charts["loss"], dashboard.charts["lr"]
    plot, (first, last) = chart.plot, chart.plot.viewRange()[0]
    unfocused = plot.grab().toImage()
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    assert plot.accessibleName() == "Loss"
    assert plot.grab().toImage() != unfocused, "it is seen where the keys go"
    places = []
    for key, modifier in (
        (Key.Key_End, NONE),
        (Key.Key_Left, NONE),
        (Key.Key_Left, CTRL),
        (Key.Key_Right, NONE),
    ):
        QTest.keyClick(plot, key, modifier)
        places.append(plot.cursor)
        assert other.plot.cursor == plot.cursor
        assert f"step {plot.cursor:.0f}" in plot.accessibleDescription()
    assert places[0] == round(last) > places[1] > places[3] > places[2]
    assert places[1] - places[2] > 5
    QTest.keyClick(plot, Key.Key_Home)
    QTest.keyClick(plot, Key.Key_Left)
    assert plot.cursor == round(first), "and stays in what is seen"
    dashboard.switch.take_focus()
    assert chart.readout() == other.readout() == ""


def test_values_under_the_mouse_cover_no_curve_of_a_low_chart(dashboard, qtbot):
    dashboard.resize(930, 200)
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    dashboard.charts["loss"].hovered.emit(50)
    for chart in dashboard.charts.values():
        frame = chart.plot.getViewBox().sceneBoundingRect().toRect()
        over = [label for label in chart.plot.findChildren(QLabel) if label.isVisible()]
        assert [label.text() for label in over] == ["step 50"]
        assert not any(label.geometry().intersects(frame.adjusted(0, 0, 0, -1)) for label in over)
    title = dashboard.charts["loss"].title
    assert number(2 / 50) in title.text()
    assert title.sizeHint().width() <= title.width()
    dashboard.charts["loss"].hovered.emit(math.nan)
    assert "smooth" in title.text()
    assert number(2 / 50) not in title.text()


def test_what_a_mark_stands_for_is_told_under_the_mouse_where_there_is_no_room_beside_it(dashboard, qtbot):
    dashboard.resize(1000, 200)
    dashboard.feed([replace(START, resumed_at=(40, 44, 48)), steps(1, 100), epoch_end(1, 100)])
    dashboard.feed([PlanChanged(40, ("epochs: 2 -> 4",), 4, 400)])
    drawn(dashboard, qtbot)
    chart = dashboard.charts["loss"]
    chart.show_values(40)
    assert "step 40 · resumed · plan changed" in chart.readout()
    dashboard.resize(740, 200)
    chart.show_values(40)
    assert "step 40 · resumed · " in chart.readout()
    assert chart.plot.rect().contains(chart._step_label.geometry())
    chart.show_values(90)
    assert chart._step_label.text() == "step 90"


def test_a_run_that_ended_before_another_has_no_value_past_its_end(dashboard, qtbot):
    brief = History()
    brief.add_steps(steps(1, 40, loss=lambda step: 3 / step))
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    dashboard.show_others([OtherRun(Path("0001"), "0001", RUN_COLORS[0], brief)])
    drawn(dashboard, qtbot)
    chart = dashboard.charts["loss"]
    for step, is_told in ((40, True), (41, False)):
        chart.hovered.emit(step)
        assert ("0001: smooth" in chart.readout()) == is_told
        assert number(2 / step) in chart.readout()
        assert "● 0.5" in chart.readout()
    brief.add_steps(steps(41, 200, loss=lambda step: 3 / step))
    chart.hovered.emit(150)
    assert "0001: smooth" in chart.readout()
    assert "● 0.5" not in chart.readout(), "nor has the run itself where another goes on"


def test_values_that_do_not_fit_above_a_chart_stand_beside_the_crosshair(dashboard, qtbot):
    dashboard.resize(760, 200)
    names = ("precision", "recall", "f1", "roc_auc", "top5")
    metrics = {name: 0.12341 + index / 10 for index, name in enumerate(names)}
    dashboard.feed([START, steps(1, 100), replace(epoch_end(1, 100), metrics=metrics)])
    next(each for each in dashboard.menu.menu().actions() if each.text() == "Quality, %").trigger()
    drawn(dashboard, qtbot)
    chart = dashboard.charts["quality"]
    dashboard.charts["loss"].hovered.emit(100)
    assert all(number(100 * value) in chart.readout() for value in metrics.values())
    assert chart.plot.rect().contains(chart._readout.geometry())
