"""Pan, zoom, fit, and the menu."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from tests.builder.canvas.driver import CHAIN, MIDDLE, chain

NO_KEY = Qt.KeyboardModifier.NoModifier


def wheel(canvas, at, angle, pixels=QPoint(), keys=NO_KEY):  # noqa: B008
    event = QWheelEvent(
        QPointF(at), canvas.view.viewport().mapToGlobal(QPointF(at)), pixels, QPoint(0, angle),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.view.viewport(), event)


def test_the_wheel_zooms_and_what_is_at_the_mouse_stays(canvas):
    at = QPoint(300, 350)
    before, zoom = canvas.view.mapToScene(at), canvas.view.zoom
    wheel(canvas, at, -240)
    assert canvas.view.zoom == pytest.approx(zoom / 1.44)
    moved = canvas.view.mapToScene(at) - before
    assert abs(moved.x()) < 2
    assert abs(moved.y()) < 2


def test_zoom_ends_somewhere(canvas):
    for _ in range(60):
        wheel(canvas, QPoint(300, 300), 480)
    assert canvas.view.zoom == 3.0
    for _ in range(60):
        wheel(canvas, QPoint(300, 300), -480)
    assert canvas.view.zoom == 0.04


def test_two_fingers_pan(canvas):
    zoom, before = canvas.view.zoom, canvas.at(QPointF(0, 0))
    wheel(canvas, QPoint(300, 300), 0, pixels=QPoint(12, -30))
    assert canvas.view.zoom == zoom
    assert canvas.at(QPointF(0, 0)) == before + QPoint(12, -30)


def test_the_middle_button_pans(canvas):
    before = canvas.at(QPointF(0, 0))
    start = canvas.body("conv1")
    at = canvas.at(start)
    QTest.mousePress(canvas.view.viewport(), MIDDLE, NO_KEY, at)
    QTest.mouseMove(canvas.view.viewport(), at + QPoint(40, 30))
    QTest.mouseRelease(canvas.view.viewport(), MIDDLE, NO_KEY, at + QPoint(40, 30))
    assert canvas.at(QPointF(0, 0)) == before + QPoint(40, 30)
    assert canvas.session.document.undo_label is None


def test_where_text_runs_from_right_to_left_a_pan_follows_the_mouse_too(open_canvas, qapp):
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        canvas = open_canvas(chain(*CHAIN))
        before = canvas.at(QPointF(0, 0))
        canvas.view.pan_by(QPoint(40, 30))
        canvas.view.viewport().repaint()
        assert canvas.at(QPointF(0, 0)) == before + QPoint(40, 30)
        canvas.view.centerOn(canvas.body("head"))
        assert (canvas.at(canvas.body("head")) - canvas.view.viewport().rect().center()).manhattanLength() < 3
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_space_and_drag_pans_and_opens_no_search(canvas):
    before, at = canvas.at(QPointF(0, 0)), canvas.at(canvas.body("conv1"))
    QTest.keyPress(canvas.view, Qt.Key.Key_Space)
    QTest.mousePress(canvas.view.viewport(), Qt.MouseButton.LeftButton, NO_KEY, at)
    QTest.mouseMove(canvas.view.viewport(), at + QPoint(-25, 10))
    QTest.mouseRelease(canvas.view.viewport(), Qt.MouseButton.LeftButton, NO_KEY, at + QPoint(-25, 10))
    QTest.keyRelease(canvas.view, Qt.Key.Key_Space)
    assert canvas.at(QPointF(0, 0)) == before + QPoint(-25, 10)
    assert not canvas.view.search.isVisible()
    assert canvas.session.selection == ()


def test_f_fits_all_or_the_selection(canvas):
    canvas.view.pan_by(QPoint(4000, 0))
    canvas.key(Qt.Key.Key_F)
    assert canvas.view.visible_area.contains(canvas.scene.bounds())
    canvas.view.zoom_by(0.2)
    canvas.session.select([canvas.id("head")])
    canvas.key(Qt.Key.Key_F)
    assert canvas.view.zoom == 1.0
    centre = canvas.view.visible_area.center() - canvas.scene.bounds([canvas.id("head")]).center()
    assert centre.manhattanLength() < 4


def test_far_out_ports_are_too_small_to_take(canvas):
    canvas.view.zoom_by(0.3 / canvas.view.zoom)
    edges = canvas.edges()
    start = canvas.port("head", "out") - QPointF(6, 0)
    canvas.drag(start, start + QPointF(0, 400))
    assert canvas.edges() == edges
    assert canvas.graph.nodes[canvas.id("head")].position[1] > 300


def test_arrows_pan_while_nothing_is_selected(canvas):
    before = canvas.at(QPointF(0, 0))
    canvas.key(Qt.Key.Key_Right)
    assert canvas.at(QPointF(0, 0)) == before - QPoint(64, 0)
    assert canvas.session.document.undo_label is None


@pytest.mark.parametrize(("place", "expected"), [
    ("node", {
        "edit.rename", "edit.duplicate", "edit.cut", "edit.copy", "edit.delete", "graph.replace",
        "graph.bypass", "graph.pin", "graph.frame", "edit.select_upstream", "edit.select_downstream",
    }),
    ("edge", {"edit.add_node", "graph.reroute", "edit.delete"}),
    ("nothing", {"edit.add_node", "graph.note", "edit.paste", "edit.select_all", "view.fit"}),
])  # fmt: skip
def test_the_menu_has_what_suits_the_place(canvas, qtbot, place, expected):
    spots = {
        "node": canvas.body("conv1"),
        "edge": canvas.edge_item("conv1", "relu1").path.pointAtPercent(0.5),
        "nothing": canvas.body("conv1") + QPointF(0, 200),
    }
    at = canvas.at(spots[place])
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.view.viewport().mapToGlobal(at))
    QApplication.sendEvent(canvas.view.viewport(), event)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = [action for action in menu.actions() if not action.isSeparator() and action.menu() is None]
    assert {action.objectName() for action in entries} == expected
    assert canvas.session.selection == ((canvas.id("conv1"),) if place == "node" else ())
    menu.close()


def test_a_node_selected_elsewhere_is_brought_into_sight(canvas):
    canvas.view.pan_by(QPoint(5000, 0))
    canvas.view.clearFocus()
    canvas.session.select([canvas.id("head")])
    assert canvas.view.visible_area.contains(canvas.scene.bounds([canvas.id("head")]))


def test_a_pan_draws_no_more_than_what_comes_into_sight(canvas, monkeypatch):
    view = canvas.view
    QApplication.processEvents()
    drawn = []
    monkeypatch.setattr(view, "_draw", lambda painter, part: drawn.append(part))
    view.pan_by(QPoint(-7, -5))
    QApplication.processEvents()
    seen = view.viewport().width() * view.viewport().height()
    assert 0 < sum(part.width() * part.height() for part in drawn) < seen / 10


def test_in_any_theme_a_pan_may_shift_what_is_there(window):
    opaque, viewport = Qt.WidgetAttribute.WA_OpaquePaintEvent, window.canvas.viewport()
    assert viewport.testAttribute(opaque)
    window.windows.use_theme("dark")
    assert viewport.testAttribute(opaque)


def menu_by_key(canvas):
    """Presses the key for a menu; gives its actions and how far down it opened (a screen may be narrow)."""
    view = canvas.view.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), view.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(view, event)
    menu = canvas.view.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    actions, top = [action.objectName() for action in menu.actions()], view.mapFromGlobal(menu.pos()).y()
    menu.close()
    return actions, top


def test_the_key_for_a_menu_opens_that_of_what_is_selected_beside_it(canvas):
    canvas.session.select([canvas.id("relu1")])
    actions, top = menu_by_key(canvas)
    assert "graph.bypass" in actions
    assert canvas.view.menu_at == canvas.item("relu1").area.center()
    assert abs(top - canvas.at(canvas.item("relu1").area.center()).y()) < 2
    assert canvas.session.selection == (canvas.id("relu1"),)
    canvas.session.select([])
    edge = canvas.edge_item("image", "conv1")
    canvas.scene.select_edges([edge.edge])
    actions, _ = menu_by_key(canvas)
    assert actions[:2] == ["edit.add_node", "graph.reroute"]
    assert canvas.view.menu_at == edge.label_at
    canvas.scene.select_edges([])
    actions, _ = menu_by_key(canvas)
    assert "edit.select_all" in actions
