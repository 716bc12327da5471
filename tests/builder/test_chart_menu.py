"""What a right click or the menu key offers on a chart: the entries that the dashboard's bar has."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QSlider

from builder.panels.layers_view import layer_names
from builder.panels.run_views import LAYERS
from graph.templates import template
from runtime.events import NodeFigures, NodesInspected
from tests.builder.dashboards import drawn, shown_dashboard, turn
from tests.builder.run_events import START, epoch_end, steps

RIGHT, NO_KEY = Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier
EVERYWHERE = ["Copy as picture", "Copy values as CSV", "Save values as CSV..."]


@pytest.fixture
def dashboard(qtbot, settings):
    dashboard = shown_dashboard(qtbot, settings)
    dashboard.feed([START, steps(1, 100), epoch_end(1, 100)])
    drawn(dashboard, qtbot)
    yield dashboard
    while (menu := QApplication.activePopupWidget()) is not None:
        menu.close()


def right_click(chart, at=None):
    QTest.mouseClick(chart.plot.viewport(), RIGHT, pos=at or QPoint(150, 60))
    return QApplication.activePopupWidget()


def menu_key(widget):
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, widget.mapToGlobal(at))
    QGuiApplication.sendEvent(widget, event)
    return QApplication.activePopupWidget()


def texts(menu):
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def entry(menu, text):
    return next(action for action in menu.actions() if action.text() == text)


def test_a_right_click_offers_what_can_be_done_with_the_chart_and_nothing_else(dashboard):
    menu = right_click(dashboard.charts["loss"])
    first = ["Show all steps", "Logarithmic axis", "Smoothing", "Charts"]
    assert texts(menu) == [*first, *EVERYWHERE]
    assert [menu] == [
        each for each in QApplication.topLevelWidgets() if each.isVisible() and type(each) is QMenu
    ]
    menu.close()
    assert texts(right_click(dashboard.charts["accuracy"])) == ["Show all steps", "Charts", *EVERYWHERE]


def test_the_menu_is_there_all_over_the_chart(dashboard):
    chart = dashboard.charts["loss"]
    for place in (QPoint(2, 2), QPoint(10, 60), chart.plot.viewport().rect().bottomRight()):
        menu = right_click(chart, place)
        assert "Logarithmic axis" in texts(menu)
        menu.close()
    title = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, QPoint(3, 3), chart.title.mapToGlobal(QPoint(3, 3))
    )
    QGuiApplication.sendEvent(chart.title, title)
    assert "Logarithmic axis" in texts(QApplication.activePopupWidget())


def test_entries_are_the_actions_of_the_bar(dashboard):
    there = dashboard.menu.menu().actions()
    menu = right_click(dashboard.charts["loss"])
    for text in ("Smoothing", *EVERYWHERE):
        assert entry(menu, text) in there
    chosen = entry(menu, "Charts").menu().actions()
    assert chosen
    assert all(action in there for action in chosen)
    assert entry(menu, "Show all steps") is dashboard.fit_button.action


def test_the_menu_key_opens_it_at_the_crosshair(dashboard):
    chart = dashboard.charts["loss"]
    chart.plot.setFocus()
    chart.plot.cursor_moved.emit(90)
    late = menu_key(chart.plot)
    x_late = late.x()
    assert "Show all steps" in texts(late)
    late.close()
    chart.plot.cursor_moved.emit(10)
    assert menu_key(chart.plot).x() < x_late


def test_a_drag_with_the_right_button_zooms_and_opens_nothing(dashboard):
    plot = dashboard.charts["loss"].plot
    surface, place = plot.viewport(), QPoint(150, 60)
    whole = tuple(plot.viewRange()[0])
    QTest.mousePress(surface, RIGHT, pos=place)
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, surface.mapToGlobal(place))
    QGuiApplication.sendEvent(surface, asked)  # as some window systems tell of a press
    for right in (20, 50, 80):
        at = QPointF(place + QPoint(right, 0))
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, surface.mapToGlobal(at), Qt.MouseButton.NoButton, RIGHT, NO_KEY
        )
        QGuiApplication.sendEvent(surface, event)
    QTest.mouseRelease(surface, RIGHT, pos=place + QPoint(80, 0))
    assert QApplication.activePopupWidget() is None
    assert tuple(plot.viewRange()[0]) != whole


def test_the_axis_is_logarithmic_from_the_menu_and_the_button_shows_it(dashboard):
    chart = dashboard.charts["loss"]
    entry(right_click(chart), "Logarithmic axis").trigger()
    assert chart.log_button.isChecked()
    assert chart.log_button.text() == "log"
    chart.log_button.click()
    assert not entry(right_click(chart), "Logarithmic axis").isChecked()


def test_all_steps_are_shown_again_from_the_menu(dashboard, qtbot):
    chart = dashboard.charts["loss"]
    fit = entry(right_click(chart), "Show all steps")
    assert not fit.isEnabled()
    assert fit.toolTip() == "All steps are shown, and new ones as they come."
    QApplication.activePopupWidget().close()
    turn(chart.plot.viewport(), 480)
    assert fit.isEnabled()
    fit.trigger()
    drawn(dashboard, qtbot)
    assert dashboard.views.follows
    assert not fit.isEnabled()
    assert not dashboard.fit_button.isVisible()


def test_the_loss_is_smoothed_from_both_menus_alike(dashboard):
    here = right_click(dashboard.charts["loss"]).findChild(QSlider)
    there = dashboard.menu.menu().findChild(QSlider)
    here.setValue(0)
    assert (there.value(), dashboard.menu.smoothing) == (0, 0.0)
    assert "0.00" in [label.text() for label in dashboard.menu.menu().findChildren(QLabel)]
    there.setValue(50)
    assert here.value() == 50
    assert "0.50" in [label.text() for label in QApplication.activePopupWidget().findChildren(QLabel)]


def test_arrows_go_through_the_menu_and_over_the_slider(dashboard):
    menu = right_click(dashboard.charts["loss"])
    slider = menu.findChild(QSlider)
    before = slider.value()
    seen = []
    for _ in range(8):
        QTest.keyClick(QApplication.focusWidget() if slider.hasFocus() else menu, Qt.Key.Key_Down)
        seen.append(menu.activeAction().text())
        if slider.hasFocus():
            QTest.keyClick(slider, Qt.Key.Key_Left)
    assert {"Logarithmic axis", "Smoothing", "Charts", *EVERYWHERE} <= set(seen)
    assert slider.value() < before


def test_values_go_to_the_clipboard_from_the_menu(dashboard):
    asked = []
    dashboard.menu.table_asked.connect(lambda: asked.append("table"))
    entry(right_click(dashboard.charts["loss"]), "Copy values as CSV").trigger()
    assert asked == ["table"]
    entry(right_click(dashboard.charts["lr"]), "Copy as picture").trigger()
    assert QGuiApplication.clipboard().image().width() > 800


def test_the_curves_of_layers_have_a_menu_without_what_is_not_about_them(dashboard, qtbot):
    project = template("SmallCNN").project()
    dashboard.reset(project)
    figures = {
        path: NodeFigures(1e-3, 0.1, grad_norm=0.5, mean=0.0, std=1.0) for path in layer_names(project)
    }
    dashboard.feed([START, steps(1, 20), NodesInspected(10, figures), NodesInspected(20, figures)])
    dashboard.switch.choose(LAYERS)
    qtbot.waitUntil(lambda: dashboard.layers.chart is not None and dashboard.layers.chart.isVisible())
    menu = right_click(dashboard.layers.chart)
    assert texts(menu) == ["Show all steps", "Logarithmic axis", *EVERYWHERE]
