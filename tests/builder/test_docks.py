"""The panels around the canvas: remembered, put back, and never larger than the canvas by themselves."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from builder.docks import HEIGHT_KEY
from builder.main_window import MainWindow
from graph.templates import template


@pytest.fixture
def cnn(window):
    """The window with SmallCNN open."""
    window.files.new_project(template("SmallCNN").project())
    return window


def height_below(window):
    """From the canvas down to the status bar, tabs included."""
    return window.status.y() - window.pages.geometry().bottom()


def share(height):
    return max(0.34 * height, 240)


def drag_separator(window, qtbot, by):
    """Drags the line between the canvas and the panels below it."""
    at = QPoint(window.width() // 2, window.pages.geometry().bottom() + 3)
    qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(window, at + QPoint(0, by))
    QApplication.processEvents()  # Qt moves it from a timer
    qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=at + QPoint(0, by))


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 800), (1280, 640)])
def test_the_canvas_keeps_the_larger_part_at_every_size(window, qtbot, size):
    window.resize(*size)
    window.files.new_project()
    qtbot.waitUntil(lambda: abs(height_below(window) - share(size[1])) < 10)
    assert window.canvas.height() > height_below(window)
    assert (window.width(), window.height()) == size
    window.resize(size[0], size[1] + 200)
    qtbot.waitUntil(lambda: abs(height_below(window) - share(size[1] + 200)) < 10)


@pytest.mark.parametrize("size", [(960, 540), (640, 360)], ids=["200 %", "300 %"])
def test_on_a_full_hd_screen_with_everything_enlarged_nothing_leaves_the_window(window, qtbot, size):
    window.resize(*size)
    window.files.new_project(template("SmallCNN").project())
    QApplication.sendPostedEvents()
    qtbot.waitUntil(lambda: window.canvas.height() > window.problems.height())
    assert (window.width(), window.height()) == size
    for part in (window.status, window.canvas, window.problems, window.inspector, window.layers):
        assert part.isVisible()
        corner = part.mapTo(window, part.rect().bottomRight())
        assert window.rect().contains(corner), part


def test_charts_made_in_the_background_push_nothing_away(cnn, qtbot):
    qtbot.waitUntil(lambda: abs(height_below(cnn) - share(800)) < 10)
    cnn.training.prepare()
    cnn.docks.reveal("Training")
    qtbot.waitUntil(cnn.training.dashboard.isVisible)
    QApplication.sendPostedEvents()
    assert abs(height_below(cnn) - share(800)) < 10


def test_panels_that_were_dragged_to_a_height_stay_so(cnn, qtbot, settings):
    qtbot.waitUntil(lambda: abs(height_below(cnn) - share(800)) < 10)
    before = height_below(cnn)
    drag_separator(cnn, qtbot, -100)
    qtbot.waitUntil(lambda: height_below(cnn) > before + 80)
    chosen = height_below(cnn)
    cnn.resize(1280, 900)
    qtbot.waitUntil(lambda: cnn.status.y() > 850)
    assert abs(height_below(cnn) - chosen) < 12
    cnn.docks.save(settings)
    assert settings.value(HEIGHT_KEY, type=bool)
    cnn.actions_["view.reset_layout"].trigger()
    qtbot.waitUntil(lambda: abs(height_below(cnn) - share(900)) < 10)


def test_the_layout_is_remembered(qtbot, themes, settings, answers, monkeypatch):
    monkeypatch.setattr("builder.torch_loader.TorchLoader.start", lambda self: None)
    for expected_hidden in (False, True):
        window = MainWindow(themes, settings, answers)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        window.files.new_project()
        assert window.docks["Inspector"].isHidden() is expected_hidden
        window.docks["Inspector"].hide()
        assert window.close()


def test_the_layout_can_be_reset(cnn):
    cnn.docks["Inspector"].hide()
    cnn.docks["Code"].setFloating(True)
    assert cnn.docks["Code"].titleBarWidget() is None
    cnn.actions_["view.reset_layout"].trigger()
    assert not cnn.docks["Inspector"].isHidden()
    assert not cnn.docks["Code"].isFloating()


def test_panels_that_were_moved_are_put_back_and_others_left_where_they_are(cnn, monkeypatch):
    moved = []
    for name in ("addDockWidget", "tabifyDockWidget"):
        monkeypatch.setattr(cnn, name, lambda *_, name=name: moved.append(name))
    cnn.docks["Inspector"].hide()
    cnn.docks["Code"].hide()
    cnn.actions_["view.reset_layout"].trigger()
    assert moved == [], "Qt would lay all out anew for each"
    monkeypatch.undo()

    names = [dock.objectName() for dock in cnn.docks]
    first, last = cnn.docks["Problems"], cnn.docks["Log"]
    cnn.tabifyDockWidget(last, cnn.docks["Training"])
    cnn.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, cnn.docks["Inspector"])
    assert [dock.objectName() for dock in cnn.tabifiedDockWidgets(first)] != names[3:]
    cnn.actions_["view.reset_layout"].trigger()
    assert [dock.objectName() for dock in cnn.tabifiedDockWidgets(first)] == names[3:]
    assert [dock.objectName() for dock in cnn.tabifiedDockWidgets(last)] == names[2:-1]
    assert cnn.dockWidgetArea(cnn.docks["Inspector"]) == Qt.DockWidgetArea.RightDockWidgetArea


def test_a_panel_takes_the_focus_over_from_one_that_it_covers(cnn, qtbot):
    """It went to the choice of the device, where the next key changed it."""
    cnn.activateWindow()
    cnn.docks.visit("Problems")
    qtbot.waitUntil(lambda: cnn.docks["Problems"].isAncestorOf(QApplication.focusWidget()))
    cnn.docks.reveal("Training")
    QApplication.processEvents()
    assert cnn.docks["Training"].isAncestorOf(QApplication.focusWidget())
    cnn.canvas.setFocus()
    cnn.docks.reveal("Code")
    QApplication.processEvents()
    assert cnn.canvas.hasFocus()
