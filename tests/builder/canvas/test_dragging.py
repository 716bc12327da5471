"""A drag in any case: to the border of the canvas, called off by the other button, or ended elsewhere."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from graph.document import Edge, Graph, Node, PortRef, Project
from tests.builder.canvas.driver import LEFT, NO_KEY
from tests.builder.canvas.test_navigating import wheel

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
RIGHT = Qt.MouseButton.RightButton


def move_to(canvas, at):
    QTest.mouseMove(canvas.view.viewport(), at)


def right_click(canvas, scene_at):
    """With the event by which the system asks for a menu."""
    view, at = canvas.view.viewport(), canvas.at(scene_at)
    QTest.mousePress(view, RIGHT, NO_KEY, at)
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at)))
    QTest.mouseRelease(view, RIGHT, NO_KEY, at)


@pytest.mark.parametrize(("outward", "sign"), [((1, 0), (-1, 0)), ((-1, -1), (1, 1)), ((0, 1), (0, -1))])
def test_at_the_border_the_view_goes_along_and_what_is_dragged_stays_at_the_mouse(
    canvas, qtbot, outward, sign
):
    start, view = canvas.body("conv1"), canvas.view
    corner, before = canvas.item("conv1").pos(), canvas.at(QPointF(0, 0))
    rect = view.viewport().rect()
    x, y = (
        {1: last + 30, -1: -30, 0: middle}[way]
        for way, last, middle in zip(
            outward, (rect.right(), rect.bottom()), rect.center().toTuple(), strict=True
        )
    )
    canvas.press(start)
    canvas.move(view.mapToScene(rect.center()))
    move_to(canvas, QPoint(x, y))
    qtbot.waitUntil(lambda: (canvas.at(QPointF(0, 0)) - before).manhattanLength() > 300)
    moved = canvas.at(QPointF(0, 0)) - before
    for by, way in zip(moved.toTuple(), sign, strict=True):
        assert by * way > 0 if way else by == 0
    held = canvas.item("conv1").pos() - corner - (view.mapToScene(QPoint(x, y)) - start)
    assert max(abs(held.x()), abs(held.y())) <= 8  # a step of the grid
    move_to(canvas, rect.center())
    stays = canvas.at(QPointF(0, 0))
    assert not view._mouse._border.is_on
    QTest.mouseRelease(view.viewport(), LEFT, NO_KEY, rect.center())
    assert canvas.at(QPointF(0, 0)) == stays
    assert canvas.session.document.undo_label == "Move node"


def test_a_marquee_and_an_edge_reach_beyond_the_border_too(canvas, qtbot):
    view = canvas.view
    view.zoom_by(2.0)
    view.centerOn(canvas.item("image").area.center())
    beyond = QPoint(view.viewport().width() + 40, canvas.at(canvas.port("image", "out")).y())
    canvas.press(canvas.port("image", "out"))
    canvas.move(canvas.port("image", "out") + QPointF(60, 0))
    move_to(canvas, beyond)
    assert canvas.id("flatten1") not in canvas.scene.marks
    qtbot.waitUntil(lambda: view.viewport().rect().contains(canvas.at(canvas.port("flatten1", "in"))))
    assert canvas.id("flatten1") in canvas.scene.marks  # though it was out of sight when the drag began
    canvas.view.centerOn(canvas.item("relu1").area.center())
    canvas.move(canvas.port("relu1", "in"))
    canvas.release(canvas.port("relu1", "in"))
    assert "image.out -> relu1.in" in canvas.edges()
    view.centerOn(canvas.item("image").area.center())
    canvas.press(canvas.item("image").pos() + QPointF(60, -40))
    canvas.move(canvas.item("image").pos() + QPointF(80, 20))
    move_to(canvas, QPoint(view.viewport().width() + 40, view.viewport().height() // 2))
    qtbot.waitUntil(lambda: canvas.id("head") in canvas.session.selection)
    QTest.mouseRelease(view.viewport(), LEFT, NO_KEY, view.viewport().rect().center())


def test_a_drag_that_begins_at_the_border_moves_nothing_until_it_has_left_it(canvas):
    view, before = canvas.view, canvas.at(QPointF(0, 0))
    at = QPoint(6, 300)
    QTest.mousePress(view.viewport(), LEFT, NO_KEY, at)
    move_to(canvas, at + QPoint(2, 30))
    assert not view._mouse._border.is_on
    move_to(canvas, QPoint(200, 330))
    move_to(canvas, at)
    assert view._mouse._border.is_on
    canvas.key(Qt.Key.Key_Escape)
    view._mouse._border.step()
    assert not view._mouse._border.is_on  # nothing is in the hand any more
    QTest.mouseRelease(view.viewport(), LEFT, NO_KEY, at)
    assert (canvas.at(QPointF(0, 0)) - before).manhattanLength() < 200


def test_the_right_button_calls_a_drag_off_and_opens_no_menu(canvas):
    before, start = canvas.bytes, canvas.body("conv1")
    goal = start + QPointF(0, 200)
    canvas.press(start)
    canvas.move(goal)
    assert canvas.item("conv1").pos() != QPointF(224, 0)
    right_click(canvas, goal)
    open_menus = canvas.view.findChildren(QMenu)
    canvas.move(goal + QPointF(40, 0))
    canvas.release(goal)
    assert canvas.item("conv1").pos() == QPointF(224, 0)
    assert canvas.bytes == before
    assert open_menus == []
    right_click(canvas, start)
    assert len(canvas.view.findChildren(QMenu, "", Qt.FindChildOption.FindDirectChildrenOnly)) == 1


def test_a_zoom_in_the_middle_of_a_drag_keeps_what_is_held_at_the_mouse(canvas):
    start = canvas.body("conv1")
    canvas.press(start)
    canvas.move(start + QPointF(0, 160))
    at = canvas.at(start + QPointF(0, 160))
    wheel(canvas, at, -240)
    move_to(canvas, at + QPoint(0, 40))
    held = canvas.item("conv1").area
    assert held.contains(canvas.view.mapToScene(at + QPoint(0, 40)))
    canvas.release(canvas.view.mapToScene(at + QPoint(0, 40)))
    canvas.session.undo()
    assert canvas.item("conv1").pos() == QPointF(224, 0)


def test_space_that_comes_up_in_another_window_does_not_stay_held(canvas, qtbot):
    other = QLineEdit()
    qtbot.addWidget(other)
    QTest.keyPress(canvas.view, Qt.Key.Key_Space)
    assert canvas.view.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor
    other.show()
    other.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    assert canvas.view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor
    canvas.click(canvas.body("conv1"))
    assert canvas.session.selection == (canvas.id("conv1"),)


def test_a_release_that_somebody_else_got_ends_the_drag(canvas):
    """As when a dialog opens while the button is down."""
    before, start = canvas.bytes, canvas.body("conv1")
    canvas.press(start)
    canvas.move(start + QPointF(0, 200))
    grabber = QLineEdit()
    QTest.mouseRelease(grabber, LEFT)
    move_to(canvas, canvas.at(start))
    assert canvas.item("conv1").pos() == QPointF(224, 0)
    assert canvas.view._pointer.gesture is None
    assert canvas.bytes == before
    QApplication.sendPostedEvents()


@pytest.mark.parametrize(("keys", "expected"), [
    (NO_KEY, {"relu1.out -> flatten1.in"}),
    (SHIFT, {"image.out -> conv1.in", "relu1.out -> flatten1.in"}),
    (CTRL, {"image.out -> conv1.in", "relu1.out -> flatten1.in"}),
])  # fmt: skip
def test_a_marquee_across_nothing_but_edges_selects_those(canvas, keys, expected):
    canvas.scene.select_edges([canvas.edge_item("image", "conv1").edge])
    middle = canvas.edge_item("relu1", "flatten1").label_at
    canvas.drag(middle + QPointF(-8, -60), middle + QPointF(8, 60), keys=keys)
    names = {i: node.name for i, node in canvas.graph.nodes.items()}
    chosen = {
        f"{names[e.source.node]}.{e.source.port} -> {names[e.target.node]}.{e.target.port}"
        for e in canvas.scene.selected_edges
    }
    assert chosen == expected
    assert not canvas.session.selection
    canvas.key(Qt.Key.Key_Delete)
    assert not expected & canvas.edges()


def test_a_marquee_that_comes_to_a_card_selects_that_and_escape_gives_edges_back(canvas):
    first = canvas.edge_item("image", "conv1").edge
    canvas.scene.select_edges([first])
    middle = canvas.edge_item("relu1", "flatten1").label_at
    canvas.press(middle + QPointF(-8, -60))
    canvas.move(middle + QPointF(8, 60))
    assert canvas.scene.selected_edges == {canvas.edge_item("relu1", "flatten1").edge}
    canvas.move(canvas.body("flatten1"))
    assert canvas.scene.selected_edges == set()
    assert canvas.session.selection == (canvas.id("flatten1"),)
    canvas.key(Qt.Key.Key_Escape)
    assert canvas.scene.selected_edges == {first}
    assert canvas.session.selection == ()
    canvas.release(canvas.body("flatten1"))


def test_a_layer_beside_a_curve_is_not_on_it(open_canvas):
    """Though a straight line from end to end of the edge would run through it."""
    ends = Node("n1", "Input", "image", {}, (0.0, 0.0)), Node("n2", "ReLU", "relu", {}, (600.0, 800.0))
    loose = Node("n3", "Tanh", "tanh", {}, (144.0, 600.0))
    canvas = open_canvas(
        Project(graph=Graph([*ends, loose], [Edge(PortRef("n1", "out"), PortRef("n2", "in"))]))
    )
    before, body = canvas.edges(), canvas.body("tanh")
    canvas.drag(body, body - QPointF(0, 320))
    assert canvas.item("tanh").pos() == QPointF(144, 280)
    assert canvas.scene.edges[canvas.graph.edges[0]].path.intersects(canvas.item("tanh").area)
    assert canvas.edges() == before
