"""Laying out in the window, with real keys and menus: in a thread, one step, cancellable, as a glide."""

from threading import Event

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from builder import layout_commands
from builder.canvas.glide import DURATION
from graph.annotation_edits import AddAnnotations
from graph.annotations import Frame
from graph.edits import MoveNodes, RenameNode
from graph.frame_contents import contents
from graph.layout import arrange
from graph.node_flags import SetPinned
from graph.storage import to_bytes
from graph.templates import template

MESS = [(0, 0), (300, 200), (40, 500), (700, 90), (512, 400), (30, 130), (900, 600), (222, 333)]


class Desk:
    """Somebody at the window, with a network that lies in a mess."""

    def __init__(self, window, qtbot):
        self.window, self.session, self.qtbot = window, window.session, qtbot
        self.layouts = window.layouts
        self.messages = []
        self.session.message.connect(self.messages.append)
        window.files.new_project(template("MLP").project())
        nodes = self.session.graph.nodes
        self.session.apply(MoveNodes(dict(zip(nodes, MESS, strict=True))))
        self.focus()

    @property
    def bytes(self):
        return to_bytes(self.session.project)

    @property
    def positions(self):
        return [node.position for node in self.session.graph.nodes.values()]

    @property
    def shown(self):
        geometry = self.window.canvas.graph_scene.geometry
        return [geometry.corner(node_id) for node_id in self.session.graph.nodes]

    def id(self, name):
        return self.session.graph.by_name(name).id

    def focus(self):
        self.window.activateWindow()
        self.window.canvas.setFocus()
        self.qtbot.waitUntil(self.window.canvas.hasFocus)

    def press(self, key):
        QTest.keyClick(self.window.canvas, key)

    def settle(self):
        self.qtbot.waitUntil(lambda: not self.layouts.is_busy)


@pytest.fixture
def desk(window, qtbot):
    window.preferences.change(motion="reduced")
    return Desk(window, qtbot)


@pytest.fixture
def gate(monkeypatch):
    """Holds layouts back until it is opened, or they are called off."""
    opened = Event()

    def held(drawing, direction, should_stop):
        while not opened.wait(0.005):
            if should_stop():
                break
        return arrange(drawing, direction, should_stop=should_stop)

    monkeypatch.setattr(layout_commands, "arrange", held)
    yield opened
    opened.set()


def test_l_puts_everything_in_order_as_one_step_that_ctrl_z_takes_back(desk):
    before = desk.bytes
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert desk.positions == [(224.0 * i, 0.0) for i in range(8)]
    assert desk.shown == desk.positions
    assert desk.session.document.undo_label == "Arrange"
    QTest.keyClick(desk.window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.bytes == before


def test_l_a_second_time_changes_nothing_and_says_so(desk):
    desk.press(Qt.Key.Key_L)
    desk.settle()
    steps = desk.session.document.undo_label, desk.bytes
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert (desk.session.document.undo_label, desk.bytes) == steps
    assert desk.messages[-1] == "Everything stands in order already."


def test_l_lays_out_only_what_is_selected(desk):
    chosen = [desk.id(name) for name in ("fc1", "relu1", "fc2")]
    desk.session.select(chosen)
    before = dict(zip(desk.session.graph.nodes, desk.positions, strict=True))
    desk.press(Qt.Key.Key_L)
    desk.settle()
    after = {node_id: node.position for node_id, node in desk.session.graph.nodes.items()}
    assert {node_id for node_id in after if after[node_id] != before[node_id]} <= set(chosen)
    assert len({after[node_id][1] for node_id in chosen}) == 1


def test_one_selected_layer_is_no_selection_to_lay_out(desk):
    desk.session.select([desk.id("fc1")])
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert desk.positions == [(224.0 * i, 0.0) for i in range(8)]


def test_a_pinned_layer_stays(desk):
    desk.session.apply(SetPinned((desk.id("relu1"),)))
    at = desk.session.graph.by_name("relu1").position
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert desk.session.graph.by_name("relu1").position == at
    assert len({y for _, y in desk.positions}) <= 2  # its row, to the pixel and on the grid


def test_the_menu_lays_out_downwards_and_l_then_does_so_too(desk):
    desk.window.actions_["arrange.down"].trigger()
    desk.settle()
    assert {x for x, _ in desk.positions} == {0.0}
    assert [y for _, y in desk.positions] == sorted(y for _, y in desk.positions)
    down = desk.bytes
    desk.session.apply(MoveNodes({desk.id("fc2"): (500.0, 500.0)}))
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert desk.bytes == down
    desk.window.actions_["arrange.right"].trigger()
    desk.settle()
    assert {y for _, y in desk.positions} == {0.0}


def test_a_frame_is_kept_around_what_was_in_it(desk):
    desk.session.apply(AddAnnotations([Frame("f1", "hidden", (250.0, 150.0), (420.0, 380.0))]))
    graph = desk.session.graph
    inside = set(contents(graph, "f1"))
    assert len(inside) > 1
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert set(contents(graph, "f1")) == inside
    desk.session.undo()
    assert graph.frames["f1"].position == (250.0, 150.0)


def test_escape_calls_a_layout_off_and_nothing_moves(desk, gate):
    before = desk.bytes
    desk.press(Qt.Key.Key_L)
    assert desk.layouts.is_busy
    desk.press(Qt.Key.Key_Escape)
    assert not desk.layouts.is_busy
    assert desk.messages[-1] == "The layout was called off. Nothing was moved."
    gate.set()
    desk.layouts.wait()
    desk.qtbot.wait(0)
    assert desk.bytes == before


def test_escape_means_what_it_always_does_while_no_layout_runs(desk):
    desk.session.select([desk.id("fc1")])
    desk.press(Qt.Key.Key_Escape)
    assert desk.session.selection == ()


def test_a_layout_that_takes_long_says_so_and_how_to_end_it(desk, gate):
    assert desk.layouts.patience.interval() == 300
    desk.layouts.patience.setInterval(1)
    desk.press(Qt.Key.Key_L)
    text = "Laying out 8 layers... Esc calls it off."
    desk.qtbot.waitUntil(lambda: text in desk.messages)
    assert desk.window.status.currentMessage() == text
    gate.set()
    desk.settle()


def test_what_is_changed_meanwhile_is_laid_out_as_it_is_then(desk, gate):
    desk.press(Qt.Key.Key_L)
    desk.session.apply(MoveNodes({desk.id("image"): (4000.0, 800.0)}))
    gate.set()
    desk.qtbot.waitUntil(lambda: desk.positions[1] != MESS[1])
    assert desk.positions == [(4000.0 + 224.0 * i, 800.0) for i in range(8)]


def test_a_name_that_is_changed_meanwhile_is_kept(desk, gate):
    desk.press(Qt.Key.Key_L)
    desk.session.apply(RenameNode(desk.id("fc1"), "hidden"))
    gate.set()
    desk.settle()
    assert desk.session.graph.by_name("hidden") is not None
    assert len({y for _, y in desk.positions}) == 1


def test_another_project_ends_a_layout_without_a_trace(desk, gate):
    desk.press(Qt.Key.Key_L)
    desk.session.document.mark_saved()
    desk.window.files.new_project(template("SmallCNN").project())
    before = desk.bytes
    gate.set()
    desk.layouts.wait()
    desk.qtbot.wait(0)
    assert desk.bytes == before


def test_without_layers_the_actions_say_why_they_are_grey(window):
    assert window.actions_.why_disabled("arrange.layout") == "No project is open."
    window.files.new_project()
    assert window.actions_.why_disabled("arrange.layout") == "There are no layers yet."


def test_a_fault_in_the_layout_is_shown_and_not_swallowed(desk, qtbot, monkeypatch):
    def broken(*_args, **_more):
        raise ZeroDivisionError("no way")

    monkeypatch.setattr(layout_commands, "arrange", broken)
    with qtbot.captureExceptions() as caught:
        desk.press(Qt.Key.Key_L)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError
    assert not desk.layouts.is_busy


# -- the glide


@pytest.fixture
def gliding(window, qtbot):
    """The desk with motion, and a clock that stands still."""
    window.preferences.change(motion="full")
    desk = Desk(window, qtbot)
    desk.now = 100.0
    desk.layouts.glide.clock = lambda: desk.now
    return desk


def test_layers_glide_to_their_places_while_the_document_has_them_there(gliding):
    gliding.press(Qt.Key.Key_L)
    gliding.settle()
    end = gliding.positions
    assert end == [(224.0 * i, 0.0) for i in range(8)]
    assert gliding.shown == [tuple(map(float, at)) for at in MESS]
    gliding.now += DURATION / 2
    gliding.layouts.glide.step()
    for (x, y), (start_x, start_y), (end_x, end_y) in zip(gliding.shown, MESS, end, strict=True):
        assert x == pytest.approx(end_x + (start_x - end_x) / 8)  # most of the way is done by half time
        assert y == pytest.approx(end_y + (start_y - end_y) / 8)
    gliding.now += DURATION
    gliding.layouts.glide.step()
    assert gliding.shown == end
    assert not gliding.layouts.glide.is_on


def test_a_click_finds_layers_where_they_are_going(gliding):
    gliding.press(Qt.Key.Key_L)
    gliding.settle()
    assert gliding.layouts.glide.is_on
    QTest.mouseClick(gliding.window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert not gliding.layouts.glide.is_on
    assert gliding.shown == gliding.positions


def test_undo_on_the_way_shows_what_the_document_has(gliding):
    gliding.press(Qt.Key.Key_L)
    gliding.settle()
    gliding.session.undo()
    assert not gliding.layouts.glide.is_on
    assert gliding.shown == gliding.positions == [tuple(at) for at in MESS]


def test_with_reduced_motion_nothing_glides(desk):
    desk.press(Qt.Key.Key_L)
    desk.settle()
    assert not desk.layouts.glide.is_on
