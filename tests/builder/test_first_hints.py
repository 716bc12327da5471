"""Hints for first use: each at its moment, gone once the thing is done, and remembered."""

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAccessible

from builder.hint_memory import HINTS, HintMemory
from graph.document import Document, Node, PortRef, Project
from graph.edits import AddNodes, Connect, SetParams
from graph.templates import template
from tests.builder.test_drops import Drag, files
from tests.builder.test_run_controller import STARTED, script  # noqa: F401

RELU = AddNodes((Node("n1", "ReLU", "relu1"),))
TANH = AddNodes((Node("n2", "Tanh", "tanh1"),))


@pytest.fixture
def hints(window):
    return window.hints


def title(hints):
    return hints.mark.title.text() if hints.mark.isVisible() else ""


def wait_for(qtbot, hints, text):
    qtbot.waitUntil(lambda: title(hints) == text)


def settle(hints):
    """What is due now, without waiting for the calm."""
    hints.show_due()
    return title(hints)


def test_a_template_is_to_be_trained_and_the_hint_points_at_the_button(window, hints, qtbot):
    window.files.new_project(template("SmallCNN").project())
    wait_for(qtbot, hints, "Press Train")
    button = window.run_bar.train_button
    above = QRect(button.mapTo(window, button.rect().topLeft()), button.size())
    assert hints.mark.y() == above.bottom() + 1
    assert hints.mark.x() <= above.center().x() <= hints.mark.x() + hints.mark.width()
    assert window.rect().contains(hints.mark.geometry())
    search = window.layers.field
    assert not hints.mark.geometry().intersects(QRect(search.mapTo(window, QPoint()), search.size()))


def test_hints_go_one_after_the_other_as_things_are_done(window, hints, qtbot, script):  # noqa: F811
    script(STARTED)
    window.files.new_project()
    assert settle(hints) == "", "an empty canvas has a hint of its own"
    window.session.apply(RELU)
    assert settle(hints) == "", "adding was just done"
    window.session.apply(TANH)
    assert settle(hints) == "Drag from a port"
    window.session.apply(Connect(PortRef("n1", "out"), PortRef("n2", "in")))
    assert title(hints) != "Drag from a port", "it goes at once"
    window.files.show(Document(template("MLP").project()))
    assert settle(hints) == "Press Train"
    qtbot.mouseClick(window.run_bar.train_button, Qt.MouseButton.LeftButton)
    assert title(hints) == ""
    assert settle(hints) == "", "a run is on"
    with qtbot.waitSignal(window.controller.ended):
        window.runs.stop_training()
    assert settle(hints) == ""
    window.session.apply(SetParams("n2", {"nonsense": 3}))
    assert settle(hints) == "Something does not fit yet"
    qtbot.mouseClick(window.problems.cards.cards[0].fix_buttons[0], Qt.MouseButton.LeftButton)
    assert settle(hints) == ""
    assert all(window.windows.hints.is_done(hint.id) for hint in HINTS)


def test_a_hint_about_the_canvas_stands_where_it_covers_no_layer(window, hints, qtbot):
    window.files.new_project(template("MLP").project())
    settle(hints)
    qtbot.mouseClick(hints.mark.close_button, Qt.MouseButton.LeftButton)
    assert settle(hints) == "Double-click, or press Space"
    canvas, scene = window.canvas, window.canvas.graph_scene
    at = canvas.viewport().mapFrom(window, hints.mark.geometry().center())
    card = canvas.mapFromScene(QPointF(*window.session.graph.nodes["n5"].position) + QPointF(76, 44))
    canvas.pan_by(at - card)

    def covered():
        place = QRect(canvas.viewport().mapFrom(window, hints.mark.pos()), hints.mark.size())
        return scene.nodes_in(canvas.mapToScene(place).boundingRect())

    assert "n5" in covered()
    settle(hints)
    assert covered() == []
    assert canvas.geometry().contains(canvas.parentWidget().mapFrom(window, hints.mark.geometry().center()))


def test_the_cross_closes_a_hint_for_good(window, hints, qtbot, settings):
    window.files.new_project(template("SmallCNN").project())
    assert settle(hints) == "Press Train"
    qtbot.mouseClick(hints.mark.close_button, Qt.MouseButton.LeftButton)
    assert not hints.mark.isVisible()
    assert settle(hints) == "Double-click, or press Space"
    assert HintMemory(settings).is_done("train")
    assert not HintMemory(settings).is_done("add")


def test_escape_on_a_hint_closes_it(window, hints, qtbot):
    window.files.new_project(template("SmallCNN").project())
    settle(hints)
    hints.mark.close_button.setFocus()
    qtbot.keyClick(hints.mark.close_button, Qt.Key.Key_Escape)
    assert not hints.mark.isVisible()


def test_the_menu_brings_them_all_back(window, hints, qtbot):
    window.files.new_project(template("SmallCNN").project())
    window.windows.hints.finish_all()
    assert settle(hints) == ""
    window.actions_["help.hints"].trigger()
    wait_for(qtbot, hints, "Press Train")


def test_a_hint_takes_no_focus_and_is_told_to_screen_readers(window, hints, qtbot):
    told = []
    window.files.new_project(template("SmallCNN").project())
    focused = window.focusWidget()
    assert settle(hints) == "Press Train"
    assert window.focusWidget() is focused
    interface = QAccessible.queryAccessibleInterface(hints.mark)
    told.append(interface.text(QAccessible.Text.Name))
    assert told == ["Press Train"]
    assert "curves" in interface.text(QAccessible.Text.Description)


def test_a_problem_points_where_it_is_mended(window, hints):
    window.files.show(Document(template("MLP").project()))
    window.session.apply(SetParams("n2", {"nonsense": 3}))
    assert settle(hints) == "Something does not fit yet"
    card = window.problems.cards.cards[0]
    (button, *_) = card.fix_buttons
    assert button.isVisible()
    said = QRect(card.mapTo(window, QPoint()), button.mapTo(window, button.rect().bottomRight()))
    assert not hints.mark.geometry().intersects(said), "neither the button nor what is said above it"
    window.docks.reveal("Code")
    settle(hints)
    assert (
        hints.mark.geometry().bottom() <= window.status.mapTo(window, window.status.rect().topLeft()).y() + 8
    )


def test_beside_several_problems_the_hint_covers_none_of_them(window, hints):
    window.files.show(Document(template("MLP").project()))
    window.session.apply(SetParams("n2", {"nonsense": 3}))
    window.session.apply(SetParams("n3", {"nonsense": 3}))
    assert settle(hints) == "Something does not fit yet"
    panel = window.problems
    assert sum(not card.visibleRegion().isEmpty() for card in panel.cards.cards) > 1
    assert not hints.mark.geometry().intersects(QRect(panel.mapTo(window, QPoint()), panel.size()))
    assert window.rect().contains(hints.mark.geometry())


def test_of_what_could_merely_be_better_nothing_is_said_to_misfit(window, hints, qtbot):
    window.files.show(Document(template("SmallCNN").project()))
    node = window.session.graph.by_name("conv1").id
    window.session.apply(SetParams(node, {"bias": True}))
    qtbot.waitUntil(lambda: window.session.is_mendable)
    assert window.session.problem_groups.keys() == {"info"}
    assert settle(hints) == "Press Train"


def test_undoing_a_mistake_takes_its_hint_away(window, hints):
    window.files.show(Document(template("MLP").project()))
    window.session.apply(SetParams("n2", {"nonsense": 3}))
    assert settle(hints) == "Something does not fit yet"
    window.session.undo()
    assert title(hints) != "Something does not fit yet"


def test_nothing_is_hinted_at_on_the_welcome_page(window, hints):
    window.files.show(Document(template("MLP").project()))
    assert settle(hints) == "Press Train"
    window.close_project()
    assert title(hints) == ""
    assert settle(hints) == ""


def test_what_is_done_in_one_window_is_done_in_all(window, answers, monkeypatch):
    monkeypatch.setattr("builder.main_window.Dialogs", lambda _window: answers)
    other = window.window_commands.new_window()
    for each in (window, other):
        each.files.show(Document(Project("Net", template("MLP").project().graph)))
        assert settle(each.hints) == "Press Train"
    window.hints.mark.closed.emit("train")
    assert title(other.hints) == ""
    other.close()


def test_a_hint_waits_while_a_drop_is_announced(window, hints, tmp_path):
    window.files.show(Document(template("MLP").project()))
    drag = Drag(window, files(tmp_path / "p.netloom"))
    drag.enter()
    assert settle(hints) == ""
    drag.leave()
    assert settle(hints) == "Press Train"
