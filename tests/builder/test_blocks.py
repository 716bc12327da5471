"""The graphs inside blocks, entered and left with real keys and clicks, and seen again as they were."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.block_edits import RenameBlock
from graph.document import Document
from graph.edits import RenameNode, SetParams
from tests.builder.block_hands import ALT, CTRL, LEFT
from tests.graph.block_drawings import deep


def test_a_block_is_entered_and_left_with_mouse_and_keys(hands):
    window, session = hands.window, hands.session
    assert not window.breadcrumb.isVisible()
    hands.double_click("pair1")
    assert session.block == "Pair"
    assert hands.steps == ["Deep", "pair1 (Pair)"]
    assert window.breadcrumb.isVisible()
    assert sorted(window.canvas.graph_scene.nodes) == sorted(session.project.blocks["Pair"].graph.nodes)
    assert session.selection == ()
    hands.select("second")
    hands.press(Qt.Key.Key_Return)
    assert hands.steps == ["Deep", "pair1 (Pair)", "second (Residual)"]
    hands.press(Qt.Key.Key_Up, ALT)
    assert (session.block, session.selection) == ("Pair", ("n3",))
    hands.press(Qt.Key.Key_Escape)  # first selects nothing
    assert (session.block, session.selection) == ("Pair", ())
    hands.press(Qt.Key.Key_Escape)
    assert (session.block, session.selection) == (None, ("n3",))
    assert not window.breadcrumb.isVisible()
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_Escape)  # there is nothing left to leave
    assert session.scope == ()


def test_a_layer_is_not_entered_and_a_title_is_renamed(hands):
    hands.double_click("image")
    assert hands.session.scope == ()
    at = hands.driver.at(hands.driver.title("pair1"))
    QTest.mouseDClick(hands.window.canvas.viewport(), LEFT, pos=at)
    assert hands.session.scope == ()


def test_a_step_of_the_breadcrumb_leaves_to_there(hands):
    hands.double_click("pair1")
    hands.double_click("first")
    _, pair, _ = hands.window.breadcrumb.steps
    assert pair.toolTip() == "Go back to pair1 (Pair)"
    hands.click(pair)
    assert (hands.session.block, hands.session.selection) == ("Pair", ("n2",))
    hands.press(Qt.Key.Key_Return)
    hands.click(hands.window.breadcrumb.steps[0])
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))
    hands.double_click("res1")
    hands.click(hands.window.breadcrumb.leave_button)
    assert (hands.session.scope, hands.session.selection) == ((), ("n2",))


def test_steps_without_room_go_into_a_menu(hands):
    breadcrumb = hands.window.breadcrumb
    hands.session.show_scope(("n3", "n2"))
    assert breadcrumb.more.isHidden()
    breadcrumb.setFixedWidth(breadcrumb.sizeHint().width() - 40)
    QApplication.processEvents()
    assert [step.isVisible() for step in breadcrumb.steps] == [True, False, True]
    (entry,) = breadcrumb.more.menu().actions()
    assert entry.text() == "pair1 (Pair)"
    entry.trigger()
    assert hands.session.scope == ("n3",)


def test_the_breadcrumb_follows_names(hands):
    hands.double_click("pair1")
    hands.session.apply(RenameBlock("Pair", "Twins & more"))
    assert hands.steps == ["Deep", "pair1 (Twins & more)"]
    hands.session.apply_to_project(RenameNode("n3", "tail"))
    assert hands.steps == ["Deep", "tail (Twins & more)"]


def test_every_graph_is_seen_again_as_it_was_left(hands):
    canvas = hands.window.canvas
    canvas.zoom_by(1.37, QPoint(200, 90))
    canvas.pan_by(QPoint(-31, 17))
    main = canvas.zoom, canvas.mapToScene(QPoint(0, 0))
    hands.double_click("pair1")
    canvas.zoom_by(0.8)
    inner = canvas.zoom, canvas.mapToScene(QPoint(0, 0))
    assert inner != main
    hands.press(Qt.Key.Key_Up, ALT)
    assert (canvas.zoom, canvas.mapToScene(QPoint(0, 0))) == main
    hands.press(Qt.Key.Key_Return)
    assert (canvas.zoom, canvas.mapToScene(QPoint(0, 0))) == inner


def test_a_graph_that_is_seen_first_is_seen_whole(hands):
    canvas = hands.window.canvas
    hands.double_click("res1")
    assert canvas.visible_area.contains(canvas.graph_scene.bounds())


def test_what_was_done_in_another_graph_is_shown_when_it_is_undone(hands):
    session = hands.session
    hands.double_click("pair1")
    hands.double_click("second")
    session.apply(SetParams("n2", {"bias": False}))
    hands.click(hands.window.breadcrumb.steps[0])
    session.apply(RenameNode("n2", "start"))
    hands.double_click("pair1")
    hands.press(Qt.Key.Key_Z, CTRL)
    assert session.scope == ()
    hands.press(Qt.Key.Key_Z, CTRL)
    assert session.scope == ("n3", "n3")  # through the instance that it was made in
    hands.click(hands.window.breadcrumb.steps[0])
    hands.press(Qt.Key.Key_Y, CTRL)
    assert session.scope == ("n3", "n3")
    hands.press(Qt.Key.Key_Y, CTRL)
    assert session.scope == ()


def test_undo_inside_stays_where_the_block_is_seen_through_another_instance(hands):
    hands.double_click("res1")
    hands.session.apply(SetParams("n2", {"bias": False}))
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_Escape)
    hands.double_click("pair1")
    hands.double_click("first")
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.session.scope == ("n3", "n2")


# -- what must not get mixed up


def test_naming_an_instance_on_its_card_does_not_enter_it(hands):
    hands.select("res1")
    hands.press(Qt.Key.Key_F2)
    field = hands.window.canvas.fields.name
    assert field.isVisible()
    QTest.keyClicks(field, "stem")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert hands.session.scope == ()
    assert "stem" in hands.names()


def test_a_node_that_failed_is_shown_in_its_block(hands):
    hands.window.runs.node_failed.emit("Residual/n4")
    assert (hands.session.block, hands.session.selection) == ("Residual", ("n4",))
    hands.window.runs.node_failed.emit("n3")
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))
    hands.window.runs.node_failed.emit("Residual/gone")
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))


def test_moves_in_two_graphs_are_two_steps(hands):
    before = hands.bytes
    hands.select("res1")
    hands.press(Qt.Key.Key_Down)
    outside = hands.bytes
    hands.press(Qt.Key.Key_Return)
    hands.select("inner")  # which has the same id
    hands.press(Qt.Key.Key_Down)
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == outside
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == before


def test_a_graph_that_would_be_out_of_sight_is_shown_whole(hands):
    canvas, session = hands.window.canvas, hands.session
    hands.double_click("res1")
    canvas.pan_by(QPoint(-5000, 0))
    hands.press(Qt.Key.Key_Up, ALT)
    hands.press(Qt.Key.Key_Return)
    assert session.block == "Residual"
    assert canvas.visible_area.contains(canvas.graph_scene.bounds())


def test_another_project_begins_in_its_main_graph(hands):
    hands.double_click("pair1")
    hands.session.load(Document(deep()))
    assert hands.steps == ["Deep"]
    assert not hands.window.breadcrumb.isVisible()
    assert sorted(hands.window.canvas.graph_scene.nodes) == ["n1", "n2", "n3", "n4"]


def test_the_breadcrumb_keeps_its_place_in_both_themes(hands):
    window = hands.window
    hands.double_click("pair1")
    for switch in (window.window_commands.use_dark_theme, window.window_commands.use_light_theme):
        switch()
        QApplication.processEvents()
        assert window.breadcrumb.geometry().bottom() < window.canvas.geometry().top()
        assert all(step.isVisible() for step in window.breadcrumb.steps)


def test_the_key_that_leaves_moves_nothing_in_the_main_graph(hands):
    before = hands.bytes
    hands.select("res1")
    hands.press(Qt.Key.Key_Up, ALT)
    assert hands.bytes == before


def test_a_block_is_shown_elsewhere_once_it_is_gone_from_where_it_was_seen(hands):
    hands.double_click("res1")
    hands.press(Qt.Key.Key_Escape)
    hands.select("res1")
    hands.press(Qt.Key.Key_Delete)
    assert hands.session.show_block("Residual")
    assert hands.session.scope == ("n3", "n2")
    hands.session.show_scope(())
    hands.select("pair1")
    hands.press(Qt.Key.Key_Delete)
    assert not hands.session.show_block("Residual")
    assert hands.session.scope == ()
