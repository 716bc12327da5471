"""Looking at a part of a run: marked with the mouse, moved along, and all of it again."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest

from builder.panels.layers_view import layer_names
from builder.panels.run_views import CURVES, LAYERS
from graph.templates import template
from runtime.events import NodeFigures, NodesInspected
from tests.builder.dashboards import drawn, shown_dashboard, turn
from tests.builder.run_events import START, epoch_end, steps

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def dashboard(qtbot):
    dashboard = shown_dashboard(qtbot)
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    return dashboard


def pixel(plot, step):
    """Where a step stands on a plot."""
    place = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(step, 0)))
    return QPoint(place.x(), plot.viewport().height() // 2)


def press(plot, at, keys=NO_KEY):
    QTest.mousePress(plot.viewport(), LEFT, keys, at)


def move(plot, at, keys=NO_KEY):
    place = QPointF(at)
    QGuiApplication.sendEvent(
        plot.viewport(),
        QMouseEvent(
            QEvent.Type.MouseMove, place, plot.viewport().mapToGlobal(place), NONE, LEFT, keys
        ),
    )  # fmt: skip


def drag(plot, start, end, keys=NO_KEY):
    press(plot, start, keys)
    for share in (0.3, 0.7, 1.0):
        move(plot, start + (end - start) * share, keys)
    QTest.mouseRelease(plot.viewport(), LEFT, keys, end)


def double_click(plot, at):
    QTest.mouseClick(plot.viewport(), LEFT, NO_KEY, at)
    QTest.mouseDClick(plot.viewport(), LEFT, NO_KEY, at)
    QTest.mouseRelease(plot.viewport(), LEFT, NO_KEY, at)


def seen(plot):
    return pytest.approx(tuple(plot.viewRange()[0]), abs=1.0)  # a step is some pixels wide


def test_the_steps_that_are_marked_fill_all_charts(dashboard, qtbot):
    plot = dashboard.charts["loss"].plot
    drag(plot, pixel(plot, 60), pixel(plot, 20))
    drawn(dashboard, qtbot)
    for chart in dashboard.charts.values():
        assert seen(chart.plot) == (20, 60)
    assert dashboard.fit_button.isVisible()


def test_what_is_being_marked_is_shaded(dashboard):
    plot = dashboard.charts["loss"].plot
    bare = plot.viewport().grab().toImage()
    inside, outside = pixel(plot, 50), pixel(plot, 90)
    press(plot, pixel(plot, 30))
    move(plot, pixel(plot, 70))
    shaded = plot.viewport().grab().toImage()
    assert shaded.pixelColor(inside) != bare.pixelColor(inside)
    assert shaded.pixelColor(outside) == bare.pixelColor(outside)
    QTest.mouseRelease(plot.viewport(), LEFT, NO_KEY, pixel(plot, 70))
    assert plot.viewport().grab().toImage().pixelColor(outside) == bare.pixelColor(outside)


def test_a_drag_that_ends_where_it_began_changes_nothing(dashboard):
    plot = dashboard.charts["loss"].plot
    before = plot.viewRange()[0]
    start = pixel(plot, 50)
    press(plot, start)
    move(plot, start + QPoint(40, 0))
    move(plot, start)
    QTest.mouseRelease(plot.viewport(), LEFT, NO_KEY, start)
    assert plot.viewRange()[0] == before
    assert not dashboard.fit_button.isVisible()


def test_a_double_click_shows_all_steps_again(dashboard, qtbot):
    plot = dashboard.charts["loss"].plot
    whole = tuple(plot.viewRange()[0])
    drag(plot, pixel(plot, 20), pixel(plot, 60))
    drawn(dashboard, qtbot)
    place = pixel(dashboard.charts["lr"].plot, 40)
    double_click(dashboard.charts["lr"].plot, place)
    drawn(dashboard, qtbot)
    for chart in dashboard.charts.values():
        assert whole == seen(chart.plot)
    assert not dashboard.fit_button.isVisible()


def test_with_shift_the_mouse_moves_along_the_steps(dashboard, qtbot):
    plot = dashboard.charts["loss"].plot
    drag(plot, pixel(plot, 20), pixel(plot, 60))
    drawn(dashboard, qtbot)
    drag(plot, pixel(plot, 50), pixel(plot, 40), SHIFT)
    drawn(dashboard, qtbot)
    assert seen(dashboard.charts["lr"].plot) == (30, 70)


def looked(step):
    names = layer_names(template("SmallCNN").project())
    return NodesInspected(step, {path: NodeFigures(1e-3, 0.1, grad_norm=0.5) for path in names})


def test_a_part_of_the_curves_of_layers_stays_in_view_while_looks_come(dashboard, qtbot):
    dashboard.reset(template("SmallCNN").project())
    dashboard.switch.choose(LAYERS)
    dashboard.feed([START, steps(1, 100), looked(10), looked(90)])
    qtbot.waitUntil(dashboard.layers.table.isVisible)
    plot = dashboard.layers.chart.plot
    qtbot.waitUntil(lambda: plot.viewRange()[0][1] > 100)
    whole = tuple(plot.viewRange()[0])
    drag(plot, pixel(plot, 20), pixel(plot, 60))
    dashboard.feed([looked(95)])
    assert seen(plot) == (20, 60)
    double_click(plot, pixel(plot, 40))
    assert whole == seen(plot)


def test_a_button_shows_all_steps_of_the_layers_again(dashboard, qtbot):
    dashboard.reset(template("SmallCNN").project())
    dashboard.feed([START, steps(1, 100), looked(10), looked(90)])
    dashboard.switch.choose(LAYERS)
    plot = dashboard.layers.chart.plot
    qtbot.waitUntil(lambda: plot.viewRange()[0][1] > 100)
    whole = tuple(plot.viewRange()[0])
    assert not dashboard.fit_button.isVisible()
    drag(plot, pixel(plot, 20), pixel(plot, 60))
    assert dashboard.fit_button.isVisible()
    dashboard.switch.choose(CURVES)
    assert not dashboard.fit_button.isVisible(), "the curves show all steps"
    dashboard.switch.choose(LAYERS)
    QTest.mouseClick(dashboard.fit_button, LEFT)
    assert whole == seen(plot)
    assert not dashboard.fit_button.isVisible()


def test_a_chart_that_is_chosen_later_shows_the_same_steps(dashboard, qtbot):
    plot = dashboard.charts["loss"].plot
    drag(plot, pixel(plot, 20), pixel(plot, 60))
    drawn(dashboard, qtbot)
    dashboard.history.note("memory", 50, 100.0)
    next(each for each in dashboard.menu.menu().actions() if each.text() == "Memory, MB").trigger()
    assert seen(dashboard.charts["memory"].plot) == (20, 60)


def test_zoomed_in_it_stays_until_asked_to_show_all(dashboard, qtbot):
    dashboard.feed([START, steps(1, 100)])
    drawn(dashboard, qtbot)
    plot = dashboard.charts["lr"].plot
    turn(plot.viewport(), 480)
    zoomed = plot.getViewBox().viewRange()[0]
    assert zoomed[1] - zoomed[0] < 100
    qtbot.waitUntil(lambda: dashboard.is_idle)
    assert all(chart.plot.viewRange()[0] == zoomed for chart in dashboard.charts.values())
    dashboard.feed([steps(101, 20, epoch=2)])
    drawn(dashboard, qtbot)
    assert plot.getViewBox().viewRange()[0] == zoomed
    assert dashboard.charts["loss"].plot.getViewBox().viewRange()[0] == pytest.approx(zoomed)
    qtbot.mouseClick(dashboard.fit_button, Qt.MouseButton.LeftButton)
    drawn(dashboard, qtbot)
    assert plot.getViewBox().viewRange()[0][1] >= 120
    assert not dashboard.fit_button.isVisible()
