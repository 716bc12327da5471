"""What the dashboard shows beside the curves: layers, marks, and what can be taken out of it."""

import csv
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QSlider

from builder.panels.chart_specs import CHARTS
from builder.panels.dashboard import Dashboard
from builder.panels.history import History, Series
from builder.panels.history_csv import csv_lines
from builder.panels.layers_view import COLUMNS, layer_names
from builder.panels.run_views import CLASSES, CURVES, LAYERS
from builder.texts import MARKS, PseudoCatalog
from builder.theme import light
from graph.templates import template
from runtime.events import (
    GraphChanged,
    NodeFigures,
    NodesInspected,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from tests.builder.dashboards import shown_dashboard
from tests.builder.run_events import CLASSED, classed_epoch, steps


@pytest.fixture
def dashboard(qtbot, settings):
    return shown_dashboard(qtbot, settings)


def shown(dashboard):
    return [name for name, chart in dashboard.charts.items() if not chart.isHidden()]


# -- smoothing --


@pytest.mark.parametrize("smoothing", [0.0, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 5000])
def test_smoothing_all_steps_at_once_equals_smoothing_them_as_they_come(smoothing, count):
    values = np.random.default_rng(0).normal(2, 1, count)
    values[[index for index in (0, 7, 8, count - 1) if 0 <= index < count]] = math.nan
    as_they_came, at_once = History(smoothing), History(0.3)
    for start in range(0, count, 700):
        part = values[start : start + 700].tolist()
        event = StepsRecorded(
            start + 1, 1, tuple(part), (1.0,) * len(part), (1.0,) * len(part), (0.0,) * len(part)
        )
        as_they_came.add_steps(event)
        at_once.add_steps(event)
    at_once.smooth(smoothing)
    found, expected = (each.series["smoothed_loss"].y for each in (at_once, as_they_came))
    assert np.allclose(found, expected, equal_nan=True, rtol=1e-12)
    more = StepsRecorded(count + 1, 1, (1.5,), (1.0,), (1.0,), (0.0,))
    as_they_came.add_steps(more)
    at_once.add_steps(more)
    assert at_once.series["smoothed_loss"].y[-1] == pytest.approx(as_they_came.series["smoothed_loss"].y[-1])


def test_the_slider_smooths_the_curve_and_is_remembered(dashboard, qtbot, settings):
    dashboard.feed([CLASSED, steps(1, 200)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    dashboard.menu.menu().findChild(QSlider).setValue(0)
    assert np.array_equal(dashboard.series("smoothed_loss")[1], dashboard.series("loss")[1])
    assert "0.00" in [label.text() for label in dashboard.menu.menu().findChildren(QLabel)]
    other = Dashboard(light(), settings)
    qtbot.addWidget(other)
    assert other.menu.smoothing == 0


# -- charts --


def test_chosen_charts_are_shown_once_there_is_something_in_them(dashboard, qtbot, settings):
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch(accuracy=0.7, f1=0.6)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert shown(dashboard) == ["loss", "accuracy", "lr", "grad_norm"]
    for action in dashboard.menu.menu().actions():
        if action.text() in ("Quality, %", "R²"):
            action.trigger()
    assert shown(dashboard) == ["loss", "accuracy", "lr", "grad_norm", "quality"]
    other = Dashboard(light(), settings)
    qtbot.addWidget(other)
    assert set(other.menu.charts) == {*shown(dashboard), "error", "r2", "output_loss", "output_accuracy"}


def test_a_regression_shows_its_errors(dashboard, qtbot):
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch((), mae=1.5, rmse=2.0)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert "error" in shown(dashboard)
    assert "accuracy" not in shown(dashboard)
    assert dashboard.series("val_rmse")[1].tolist() == [2.0]


def test_a_change_is_marked_and_the_run_is_as_long_as_it_is_planned_now(dashboard, qtbot):
    begin = RunStarted("runs/1", "cpu", "float32", 2, 100, 200, 3200, 800, 1234)
    dashboard.feed([begin, steps(1, 50), PlanChanged(50, ("epochs: 2 -> 4",), 4, 400)])
    dashboard.feed([GraphChanged(50, ("adds fc4",), 4, ("fc4.weight",), 5678)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert "5,678 parameters" in dashboard.status_label.text()
    told = [(mark.step, mark.text) for mark in dashboard.history.marks]
    assert told == [(50, "plan changed"), (50, "network changed")]
    assert (dashboard.figures.epochs, dashboard.figures.total_steps) == (4, 400)


def test_a_resumed_run_is_marked_in_every_chart(dashboard, qtbot):
    before = RunStarted("runs/1", "cpu", "float32", 2, 100, 200, 3200, 800, 1234, start_step=50)
    dashboard.feed([before, steps(51, 50)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert [(mark.step, mark.text) for mark in dashboard.history.marks] == [(50, "resumed")]
    dashboard.reset(is_live=False)
    dashboard.feed([replace(before, start_step=0, resumed_at=(20, 60)), steps(1, 100)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert [mark.step for mark in dashboard.history.marks] == [20, 60]
    plot = dashboard.charts["lr"].plot
    with_mark = plot.grab().toImage()
    plot.set_marks([])
    assert plot.grab().toImage() != with_mark


def test_a_picture_does_not_show_what_is_under_the_mouse(dashboard, qtbot):
    dashboard.feed([CLASSED, steps(1, 100)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    chart = dashboard.charts["loss"]
    chart.hovered.emit(50)
    assert chart.readout()
    dashboard.menu.picture_asked.emit()
    assert not chart.readout()


def test_charts_are_copied_as_a_picture(dashboard, qtbot):
    dashboard.feed([CLASSED, steps(1, 100)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    dashboard.menu.picture_asked.emit()
    assert QGuiApplication.clipboard().image().width() > 800


@pytest.mark.parametrize("view", [CURVES, CLASSES])
def test_the_run_is_named_beside_what_is_shown_of_it_and_in_its_picture(dashboard, qtbot, view):
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch()])
    dashboard.switch.choose(view)
    qtbot.waitUntil(lambda: dashboard.is_idle)
    dashboard.menu.picture_asked.emit()
    without_name = QGuiApplication.clipboard().image()
    dashboard.name_run("0007 · wider")
    qtbot.waitUntil(lambda: dashboard.bar.run_label.text() == "Run 0007 · wider")
    dashboard.menu.picture_asked.emit()
    named = QGuiApplication.clipboard().image()
    assert named.height() > without_name.height()
    head = named.copy(0, 0, named.width(), named.height() - without_name.height())
    assert len({head.pixel(x, y) for x in range(head.width()) for y in range(head.height())}) > 2


def test_an_earlier_run_is_called_so_once_it_has_ended(dashboard, qtbot):
    dashboard.name_run("0001")
    dashboard.reset(is_live=False)
    dashboard.feed([CLASSED, steps(1, 100)])
    qtbot.waitUntil(lambda: dashboard.bar.run_label.text() == "Run 0001", timeout=5000)
    dashboard.feed([RunEnded("stopped", "Stopped on request.", step=100)])
    qtbot.waitUntil(lambda: dashboard.bar.run_label.text() == "Earlier run 0001")


def test_once_a_run_has_ended_its_axes_end_where_it_does(dashboard, qtbot):
    dashboard.reset(template("SmallCNN").project())
    dashboard.feed([CLASSED, steps(1, 120), looked(20), looked(110)])
    qtbot.waitUntil(lambda: dashboard.is_idle)
    plot = dashboard.charts["loss"].plot
    assert plot.viewRange()[0][1] > 190
    dashboard.feed([RunEnded("stopped", "Stopped on request.", step=120)])
    qtbot.waitUntil(lambda: 120 < plot.viewRange()[0][1] < 125)
    dashboard.switch.choose(LAYERS)
    assert 120 < dashboard.layers.chart.plot.viewRange()[0][1] < 125


def test_values_are_a_table_with_a_row_for_each_step(dashboard):
    dashboard.feed([CLASSED, steps(1, 100), classed_epoch(accuracy=0.7)])
    rows = list(csv.DictReader(csv_lines(dashboard.history.series)))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 101)]
    assert float(rows[9]["loss"]) == 0.2
    assert rows[9]["val_accuracy"] == ""
    assert (float(rows[99]["val_accuracy"]), float(rows[99]["val_loss"])) == (0.7, 0.5)


def test_a_curve_without_points_is_no_column():
    series = {"loss": Series(), "a,b": Series()}
    series["a,b"].extend((3,), (1.0,))
    assert list(csv_lines(series)) == ['step,"a,b"', "3,1.0"]


# -- layers --


def looked(step, **ratio):
    names = layer_names(template("SmallCNN").project())
    figures = {path: NodeFigures(1e-3, 0.1, grad_norm=0.5 / step, mean=0.0, std=1.0) for path in names}
    return NodesInspected(step, figures, ratio.get("ratio"))


def click_on_layer(qtbot, layers, row):
    """Selects a layer alone, whatever keys an earlier test has left pressed."""
    place = layers.table.visualRect(layers.model.index(row, 0)).center()
    qtbot.mouseClick(layers.table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_layers_are_listed_and_drawn(dashboard, qtbot):
    project = template("SmallCNN").project()
    dashboard.reset(project)
    dashboard.switch.choose(LAYERS)
    dashboard.feed([CLASSED, steps(1, 20), looked(10, ratio=0.002), looked(20, ratio=0.001)])
    qtbot.waitUntil(lambda: dashboard.layers.table.isVisible())
    layers = dashboard.layers
    assert [layers.model.index(row, 0).data() for row in range(3)] == ["image", "conv1", "norm1"]
    assert layers.model.index(1, 1).data() == "0.025"
    curves = layers.chart.spec.curves
    assert curves[0].label == "image"
    assert len(curves) == 4
    assert dashboard.series("update_ratio")[1].tolist() == [0.002, 0.001]
    layers.table.horizontalHeader().sectionClicked.emit(3)
    click_on_layer(qtbot, layers, 1)
    assert (layers.chart.spec.title, [curve.label for curve in layers.chart.spec.curves]) == (
        "Output",
        ["conv1"],
    )


def test_what_the_user_calls_something_is_translated_nowhere(dashboard, qtbot, installed):
    installed(PseudoCatalog())
    dashboard.resize(1600, 400)
    dashboard.reset(template("SmallCNN").project())
    dashboard.switch.choose(LAYERS)
    parts = replace(steps(1, 20), parts={"mask": (0.5,) * 20})
    dashboard.feed([CLASSED, parts, looked(10), looked(20)])
    qtbot.waitUntil(lambda: dashboard.layers.table.isVisible())
    layers = dashboard.layers.chart
    assert "image" in layers.title.text()
    assert not is_translated("image", layers.title.text())
    layers.show_values(10)
    assert "image" in layers.readout()
    assert not is_translated("image", layers.readout())
    dashboard.switch.choose(CURVES)
    qtbot.waitUntil(lambda: "mask" in dashboard.charts["output_loss"].title.text())
    assert not is_translated("mask", dashboard.charts["output_loss"].title.text())
    assert is_translated("Losses", dashboard.charts["output_loss"].title.text())


def is_translated(text, shown):
    return f"{MARKS[0]}{text}{MARKS[1]}" in shown


def test_other_layers_are_drawn_in_the_same_chart(dashboard, qtbot):
    dashboard.reset(template("SmallCNN").project())
    dashboard.switch.choose(LAYERS)
    dashboard.feed([CLASSED, steps(1, 20), looked(10), looked(20)])
    qtbot.waitUntil(lambda: dashboard.layers.table.isVisible())
    layers = dashboard.layers
    chart, before = layers.chart, layers.chart.plot.grab().toImage()
    click_on_layer(qtbot, layers, 1)
    assert layers.chart is chart
    assert "conv1" in chart.title.text()
    assert "image" not in chart.title.text()
    assert chart.plot.grab().toImage() != before
    dashboard.reset(template("SmallCNN").project())
    assert "conv1" not in chart.title.text()


def test_looks_are_asked_for_while_something_shows_them(dashboard):
    asked = []
    dashboard.follow(SimpleNamespace(ask=lambda asker, wanted: asked.append(wanted)))
    dashboard.switch.choose(LAYERS)
    dashboard.switch.choose(0)
    actions = {action.text(): action for action in dashboard.menu.menu().actions()}
    actions["Update / weight"].trigger()
    dashboard.hide()
    assert asked == [False, True, False, True, False]


def test_layers_inside_blocks_stand_behind_the_names_around_them():
    project = template("ResNet18").project()
    names = layer_names(project)
    assert any(" › " in name for name in names.values())
    for path, name in names.items():
        assert name.count(" › ") == len(path) - 1


def test_every_chart_and_column_is_named():
    assert all(spec.title for spec in CHARTS)
    assert len({column.key for column in COLUMNS}) == len(COLUMNS)
