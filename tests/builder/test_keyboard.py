"""The canvas without a mouse: from layer to layer, from edge to edge, into blocks and the inspector."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.canvas.spoken import selection_text
from graph.templates import template
from tests.builder.test_accessibility import spoken

Key = Qt.Key
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


class Hands:
    """Two hands on the keys, and none on the mouse."""

    def __init__(self, window, qtbot):
        self.window, self.session, self.qtbot = window, window.session, qtbot
        self.messages = []
        self.session.message.connect(self.messages.append)

    def open(self, name):
        self.window.files.new_project(template(name).project())
        self.window.activateWindow()
        self.window.canvas.setFocus()
        self.qtbot.waitUntil(self.window.canvas.hasFocus)

    def press(self, key, held=Qt.KeyboardModifier.NoModifier):
        """Presses a key wherever the focus is."""
        QTest.keyClick(QApplication.focusWidget(), key, held)

    def go(self, *keys):
        for key in keys:
            self.press(key, CTRL)

    def select(self, *names):
        self.session.select([self.session.graph.by_name(name).id for name in names])

    @property
    def at(self):
        """The names of what is selected."""
        return [self.session.graph.nodes[each].name for each in self.session.selection]

    @property
    def edge(self):
        """The selected edge as `conv1 norm1`."""
        (edge,) = self.window.canvas.graph_scene.selected_edges
        nodes = self.session.graph.nodes
        return f"{nodes[edge.source.node].name} {nodes[edge.target.node].name}"

    @property
    def is_seen(self):
        canvas = self.window.canvas
        return canvas.visible_area.contains(canvas.graph_scene.bounds(self.session.selection))


@pytest.fixture
def hands(window, qtbot):
    return Hands(window, qtbot)


def test_arrows_with_ctrl_follow_the_flow_and_what_they_reach_is_seen(hands):
    hands.open("SmallCNN")
    hands.window.canvas.zoom_reset()
    hands.select("conv1")
    hands.go(Key.Key_Right)
    assert hands.at == ["norm1"]
    for _ in range(8):
        hands.go(Key.Key_Right)
        assert hands.is_seen
        assert spoken(hands.window) == selection_text(hands.session)
    far = hands.at
    hands.go(Key.Key_Left, Key.Key_Right)
    assert hands.at == far
    assert hands.session.document.undo_label is None  # nothing was moved


def test_from_nothing_the_first_arrow_selects_the_first_layer_in_view(hands):
    hands.open("SmallCNN")
    hands.go(Key.Key_Down)
    assert hands.at == ["image"]


def test_with_no_layer_in_view_it_is_the_nearest_and_is_brought_there(hands):
    hands.open("SmallCNN")
    hands.window.canvas.pan_by(QPoint(-90_000, 0))
    hands.go(Key.Key_Right)
    assert len(hands.at) == 1
    assert hands.is_seen


def test_up_and_down_go_between_branches(hands):
    hands.open("ResNet18")
    graph = hands.session.graph
    before = hands.session.scope
    hands.select("stage1")
    hands.press(Key.Key_Return)
    assert hands.session.scope != before
    graph = hands.session.graph
    fork = next(each for each in graph.nodes if len(set(graph.successors(each))) > 1)
    hands.session.select([fork])
    hands.go(Key.Key_Right)
    (reached,) = hands.session.selection
    assert reached in set(graph.successors(fork))
    hands.press(Key.Key_Up, ALT)
    assert hands.session.scope == before
    assert hands.at == ["stage1"]


def test_where_the_way_ends_it_says_so(hands):
    hands.open("SmallCNN")
    hands.select("image")
    hands.go(Key.Key_Left)
    assert hands.at == ["image"]
    assert hands.messages[-1] == "Nothing leads to image."


def test_edges_are_gone_through_and_removed(hands):
    hands.open("SmallCNN")
    hands.select("norm1")
    hands.press(Key.Key_Right, ALT)
    assert hands.edge == "conv1 norm1"
    assert hands.at == []
    assert spoken(hands.window).startswith("edge conv1.out → norm1.in, (N, 32, 28, 28)")
    hands.press(Key.Key_Right, ALT)
    assert hands.edge.startswith("norm1 ")
    hands.press(Key.Key_Right, ALT)
    assert hands.edge == "conv1 norm1"
    hands.press(Key.Key_Left, ALT)
    hands.press(Key.Key_Left, ALT)
    count = len(hands.session.graph.edges)
    hands.press(Key.Key_Delete)
    assert len(hands.session.graph.edges) == count - 1
    assert not hands.session.graph.incoming(hands.session.graph.by_name("norm1").id)
    hands.go(Key.Key_Right)
    assert hands.at == ["norm1"]  # one goes on where the edge was
    hands.press(Key.Key_Z, CTRL)
    assert len(hands.session.graph.edges) == count


def test_from_an_edge_the_arrows_lead_to_its_ends(hands):
    hands.open("SmallCNN")
    for way, end in ((Key.Key_Left, "conv1"), (Key.Key_Right, "norm1")):
        hands.select("norm1")
        hands.press(Key.Key_Right, ALT)
        hands.go(way)
        assert hands.at == [end]
        assert not hands.window.canvas.graph_scene.selected_edges


def test_enter_goes_to_the_first_parameter_and_escape_comes_back(hands):
    hands.open("SmallCNN")
    hands.select("conv1")
    form = hands.window.inspector.node_page.form
    hands.press(Key.Key_Return)
    assert QApplication.focusWidget() is form.field(form.names[0])
    hands.press(Key.Key_Escape)
    assert hands.window.canvas.hasFocus()
    assert hands.at == ["conv1"]


def test_without_parameters_enter_goes_to_the_name(hands):
    hands.open("SmallCNN")
    hands.session.select([next(n.id for n in hands.session.graph.nodes.values() if n.type == "Output")])
    hands.press(Key.Key_Enter)
    assert QApplication.focusWidget() is hands.window.inspector.node_page.name.line


def test_enter_opens_the_inspector_where_it_is_hidden(hands):
    hands.open("SmallCNN")
    hands.window.docks["Inspector"].hide()
    hands.select("conv1")
    hands.press(Key.Key_Return)
    form = hands.window.inspector.node_page.form
    assert QApplication.focusWidget() is form.field(form.names[0])


def test_what_cannot_be_done_says_why(hands):
    actions = hands.window.actions_
    assert actions.why_disabled("go.left") == "No project is open."
    hands.window.files.new_project()
    assert actions.why_disabled("go.left") == "There are no layers yet."
    hands.open("SmallCNN")
    assert actions.why_disabled("go.left") == ""
    assert actions.why_disabled("go.next_edge") == "Select one layer or edge first."
    assert actions.why_disabled("go.open") == "Select one layer or block first."
    hands.select("conv1")
    assert actions.why_disabled("go.next_edge") == actions.why_disabled("go.open") == ""
    hands.press(Key.Key_D, CTRL)
    assert actions.why_disabled("go.next_edge") == f"{hands.at[0]} has no edges."


def test_the_way_back_out_of_a_block_is_reached_by_keys(hands):
    hands.open("ResNet18")
    hands.select("stage1")
    hands.press(Key.Key_Down, ALT)
    crumb = hands.window.breadcrumb
    assert crumb.isVisible()
    for widget in (crumb.leave_button, *crumb.steps):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert widget.accessibleName() or widget.text()
    crumb.steps[0].setFocus(Qt.FocusReason.TabFocusReason)
    hands.press(Key.Key_Space)
    assert hands.session.scope == ()
    assert hands.at == ["stage1"]


@pytest.mark.parametrize(
    ("names", "key", "held", "said"),
    [
        (("image", "conv1"), Key.Key_G, CTRL, "image is an end of the graph. Leave it out"),
        ((), Key.Key_G, CTRL, "Select the layers to pack first."),
        ((), Key.Key_F2, Qt.KeyboardModifier.NoModifier, "Select"),
        ((), Key.Key_Z, CTRL, "Nothing to undo."),
    ],
)
def test_keys_of_what_cannot_be_done_say_why(hands, names, key, held, said):
    hands.open("SmallCNN")
    hands.select(*names)
    hands.press(key, held)
    (message,) = hands.messages
    assert message.startswith(said)
    assert hands.window.status.currentMessage() == message


def test_keys_that_mean_nothing_say_nothing(hands):
    hands.open("SmallCNN")
    hands.press(Key.Key_F9)
    hands.press(Key.Key_Control, CTRL)
    assert hands.messages == []
