"""The minimap: what it shows, when it is there, and how it moves what is seen."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QImage, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from builder.canvas.minimap import SIZE, Minimap
from builder.theme import GRID, dark, light
from graph.annotation_edits import AddAnnotations
from graph.document import Frame
from graph.edits import MoveNodes
from tests.builder.canvas.driver import LEFT, NO_KEY, chain

LONG = (("Input", "image"), *(("ReLU", f"relu{n}") for n in range(1, 40)))


@pytest.fixture
def mapped(open_canvas, qtbot):
    """A long row of layers at actual size, and its minimap, which is ready."""
    canvas = open_canvas(chain(*LONG))
    minimap = Minimap(canvas.view, light())
    canvas.view.zoom_reset()
    qtbot.waitUntil(lambda: minimap.isVisible() and minimap.picture.pixmap is not None)
    settle(qtbot, minimap)
    return canvas, minimap


def settle(qtbot, minimap):
    qtbot.waitUntil(lambda: minimap.picture.is_idle)


def pixel(minimap, scene_at):
    """The colour at the place that stands for a scene position."""
    at = minimap.picture.to_picture.map(scene_at).toPoint()
    return minimap.grab().toImage().pixelColor(at)


def test_it_is_there_while_only_a_part_of_the_graph_is_seen(mapped, qtbot):
    canvas, minimap = mapped
    corner = canvas.view.viewport().geometry().bottomRight()
    assert minimap.geometry().bottomRight() == corner - QPoint(GRID, GRID)
    canvas.key(Qt.Key.Key_Home)
    canvas.view.fit_all()
    qtbot.waitUntil(lambda: not minimap.isVisible())
    canvas.view.zoom_reset()
    qtbot.waitUntil(minimap.isVisible)


def test_on_a_small_canvas_it_is_smaller_and_on_a_tiny_one_gone(mapped, qtbot):
    canvas, minimap = mapped
    canvas.view.resize(1200, 900)
    qtbot.waitUntil(lambda: minimap.size() == SIZE)
    canvas.view.resize(700, 420)
    qtbot.waitUntil(lambda: minimap.width() < SIZE.width())
    settle(qtbot, minimap)
    assert minimap.isVisible()
    assert minimap.height() <= canvas.view.viewport().height() / 4 + GRID
    assert minimap.picture.pixmap.size() == minimap.size()
    canvas.view.resize(700, 200)
    qtbot.waitUntil(lambda: not minimap.isVisible())


def test_it_shows_layers_in_the_colour_of_their_family(mapped):
    canvas, minimap = mapped
    for name in ("image", "relu1", "relu39"):
        family = canvas.view.look.family(canvas.graph.catalog[canvas.graph.by_name(name).type])
        if not minimap.view_rect.contains(minimap.picture.to_picture.map(canvas.body(name))):
            assert pixel(minimap, canvas.body(name)) == family.color


def test_a_drag_of_the_rectangle_moves_what_is_seen(mapped):
    canvas, minimap = mapped
    before, start = canvas.view.visible_area.center(), minimap.view_rect.center()
    to = start - QPointF(40, 0)
    QTest.mousePress(minimap, LEFT, NO_KEY, start.toPoint())
    assert (canvas.view.visible_area.center() - before).manhattanLength() < 60  # taken, not moved
    QTest.mouseMove(minimap, to.toPoint())
    QTest.mouseRelease(minimap, LEFT, NO_KEY, to.toPoint())
    assert (minimap.view_rect.center() - to).manhattanLength() < 2
    assert canvas.view.visible_area.center().x() < before.x() - 1000
    assert canvas.session.selection == ()


def test_a_click_elsewhere_goes_there(mapped):
    canvas, minimap = mapped
    for name in ("image", "relu39"):
        at = minimap.picture.to_picture.map(canvas.body(name)).toPoint()
        QTest.mouseClick(minimap, LEFT, NO_KEY, at)
        assert canvas.view.visible_area.contains(canvas.body(name))


def test_the_wheel_zooms_the_canvas(mapped):
    canvas, minimap = mapped
    zoom, at = canvas.view.zoom, QPointF(50, 50)
    event = QWheelEvent(
        at, minimap.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NO_KEY,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(minimap, event)
    assert canvas.view.zoom == pytest.approx(zoom * 1.2)


def test_it_follows_the_graph_a_little_later_and_then_rests(mapped, qtbot):
    canvas, minimap = mapped
    frame = Frame("f1", "All", (2000.0, -1500.0), (1200.0, 900.0))
    canvas.session.apply(MoveNodes({canvas.id("relu39"): (9000.0, 2000.0)}))
    canvas.session.apply(AddAnnotations((frame,)))
    assert not minimap.picture.is_idle
    settle(qtbot, minimap)
    assert minimap.picture.area.bottom() > 2000
    family = canvas.view.look.family(canvas.graph.catalog["ReLU"])
    assert pixel(minimap, QPointF(9076, 2048)) == family.color
    ground = light().color("canvas")
    assert pixel(minimap, QPointF(2600, -1000)) != ground
    assert pixel(minimap, QPointF(6000, -1000)) == ground


def test_it_shows_itself_in_another_theme(mapped, qtbot):
    canvas, minimap = mapped
    canvas.view.set_theme(dark())
    minimap.set_theme(dark())
    settle(qtbot, minimap)
    assert pixel(minimap, QPointF(4000, -3000)) == dark().color("canvas")


def test_switched_off_it_is_gone_and_draws_nothing(mapped):
    canvas, minimap = mapped
    minimap.switch(False)
    assert not minimap.isVisible()
    canvas.session.apply(MoveNodes({canvas.id("relu39"): (9000.0, 2000.0)}))
    assert minimap.picture.is_idle
    minimap.switch(True)
    assert minimap.isVisible()
    assert not minimap.picture.is_idle


def alpha(minimap):
    """How much of the minimap's ground is there, from 0 to 1."""
    picture = QImage(minimap.size(), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    minimap.render(picture, QPoint(), QRegion(), QWidget.RenderFlag(0))
    return picture.pixelColor(3, 3).alphaF()


def put_beside(canvas):
    """Has a large canvas show the row of layers above the minimap."""
    canvas.view.resize(1200, 900)
    QApplication.processEvents()
    canvas.view.pan_by(QPoint(0, 300 - canvas.view.mapFromScene(canvas.body("relu20")).y()))
    QApplication.processEvents()


def put_under(canvas, minimap, name):
    """Pans so that a layer lies under the minimap."""
    view = canvas.view
    view.pan_by(minimap.geometry().center() - view.mapFromScene(canvas.body(name)))
    QApplication.processEvents()


def test_cards_under_it_shine_through_until_the_mouse_comes_to_it(mapped):
    canvas, minimap = mapped
    hover(minimap, QEvent.Type.Leave)  # it may have come up under the pointer of the test before
    put_beside(canvas)
    assert alpha(minimap) == 1
    put_under(canvas, minimap, "relu20")
    assert 0 < alpha(minimap) < 0.5
    hover(minimap, QEvent.Type.Enter)
    assert alpha(minimap) == 1
    at = minimap.view_rect.center().toPoint()
    QTest.mousePress(minimap, LEFT, NO_KEY, at)
    hover(minimap, QEvent.Type.Leave)
    assert alpha(minimap) == 1  # it is held
    QTest.mouseRelease(minimap, LEFT, NO_KEY, at)
    assert alpha(minimap) < 0.5
    put_beside(canvas)
    assert alpha(minimap) == 1


def test_it_is_faint_over_a_card_that_was_moved_there(mapped):
    canvas, minimap = mapped
    hover(minimap, QEvent.Type.Leave)  # it may have come up under the pointer of the test before
    put_beside(canvas)
    assert alpha(minimap) == 1
    place = canvas.view.mapToScene(minimap.geometry().center())
    canvas.session.apply(MoveNodes({canvas.id("relu20"): (place.x(), place.y())}))
    assert alpha(minimap) < 0.5
    canvas.session.undo()
    assert alpha(minimap) == 1


def hover(widget, kind):
    """The mouse comes to a widget, or leaves it, wherever the pointer is."""
    widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, kind == QEvent.Type.Enter)
    at = QPointF(widget.rect().center())
    QApplication.sendEvent(widget, QEnterEvent(at, at, at) if kind == QEvent.Type.Enter else QEvent(kind))


def test_beside_it_the_canvas_is_still_shifted_when_it_pans(mapped, monkeypatch):
    canvas, _ = mapped
    drawn = []
    monkeypatch.setattr(
        type(canvas.view), "_draw", lambda view, painter, part: drawn.append(part), raising=True
    )
    canvas.view.pan_by(QPoint(-6, -4))
    QApplication.processEvents()
    assert drawn
    painted = sum(part.width() * part.height() for part in drawn)
    assert painted < 0.1 * canvas.view.width() * canvas.view.height()
