"""Joining ports without the mouse: where an edge can go, what refuses it, and which port it begins at."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGraphicsPathItem

from graph.document import Graph, Node, Project
from graph.templates import template
from tests.builder.canvas.test_connecting import loose

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LAYERS = (("Input", "image"), ("Conv2d", "conv1"), ("ReLU", "relu1"), ("Embedding", "words"))


class Hands:
    """Two hands on the keys, and none on the mouse."""

    def __init__(self, window, qtbot):
        self.window, self.session, self.qtbot = window, window.session, qtbot
        self.connecting, self.picker = window.connecting, window.connecting.picker
        self.messages = []
        self.session.message.connect(self.messages.append)

    def open(self, project, *selected):
        self.window.files.new_project(project)
        self.window.activateWindow()
        self.window.canvas.setFocus()
        self.qtbot.waitUntil(self.window.canvas.hasFocus)
        self.session.select([self.session.graph.by_name(name).id for name in selected])

    def press(self, key, held=Qt.KeyboardModifier.NoModifier):
        QTest.keyClick(QApplication.focusWidget(), key, held)

    def type(self, text):
        QTest.keyClicks(QApplication.focusWidget(), text)

    @property
    def titles(self):
        return [row.title for row in self.picker.rows]

    @property
    def offered(self):
        return [row.title for row in self.picker.rows if not row.fault]

    @property
    def edges(self):
        nodes = self.session.graph.nodes
        return {
            f"{nodes[e.source.node].name}.{e.source.port} -> {nodes[e.target.node].name}.{e.target.port}"
            for e in self.session.graph.edges
        }

    @property
    def curves(self):
        return [
            each for each in self.window.canvas.graph_scene.items() if isinstance(each, QGraphicsPathItem)
        ]

    def note(self, title):
        return next(row.note for row in self.picker.rows if row.title == title)

    def fault(self, title):
        return next(row.fault for row in self.picker.rows if row.title == title)


@pytest.fixture
def hands(window, qtbot):
    return Hands(window, qtbot)


def test_c_lists_what_fits_nearest_first_and_enter_joins(hands):
    hands.open(loose(*LAYERS), "image")
    hands.press(Key.Key_C)
    assert hands.picker.field.hasFocus()
    assert hands.picker.field.placeholderText() == "Connect image to..."
    assert hands.titles == ["conv1", "relu1", "words"]
    assert hands.fault("words").startswith("words takes int64 or int32, but image gives float32.")
    hands.press(Key.Key_Return)
    assert hands.edges == {"image.out -> conv1.in"}
    assert not hands.picker.isVisible()
    assert hands.window.canvas.hasFocus()
    assert hands.messages[-1] == "Connected image → conv1."
    hands.press(Key.Key_Z, CTRL)
    assert hands.edges == set()


def test_what_lies_along_the_flow_comes_before_what_is_nearer_behind(hands):
    hands.open(loose(("ReLU", "back"), ("Conv2d", "conv1"), ("ReLU", "next"), ("ReLU", "far")), "conv1")
    hands.press(Key.Key_C)
    assert hands.titles == ["next", "far", "back"]
    hands.press(Key.Key_Escape)
    hands.press(Key.Key_C, SHIFT)
    assert hands.titles == ["back", "next", "far"]


def test_letters_narrow_the_list_and_are_no_shortcuts(hands):
    hands.open(loose(*LAYERS), "image")
    hands.press(Key.Key_C)
    hands.type("rel")
    assert hands.titles == ["relu1"]
    hands.press(Key.Key_Return)
    assert hands.edges == {"image.out -> relu1.in"}
    hands.press(Key.Key_C)
    hands.type("zzz")
    assert hands.picker.hint.text() == "No layer fits “zzz”."
    hands.press(Key.Key_Return)
    assert hands.picker.isVisible()


def test_the_edge_that_would_be_is_seen_and_goes_away_with_the_list(hands):
    hands.open(loose(*LAYERS), "image")
    scene = hands.window.canvas.graph_scene
    hands.press(Key.Key_C)
    assert scene.target == hands.session.graph.by_name("conv1").id
    hands.press(Key.Key_Down)
    assert scene.target == hands.session.graph.by_name("relu1").id
    assert len(hands.curves) == 1
    hands.press(Key.Key_Down)  # to one that refuses
    assert (scene.target, hands.curves) == (None, [])
    assert hands.picker.hint.text().startswith("words takes int64")
    hands.press(Key.Key_Up)
    hands.press(Key.Key_Escape)
    assert (scene.target, hands.curves) == (None, [])
    assert hands.window.canvas.hasFocus()
    assert hands.edges == set()


def test_enter_on_what_refuses_changes_nothing_and_says_why(hands):
    hands.open(loose(*LAYERS), "image")
    hands.press(Key.Key_C)
    hands.press(Key.Key_Up)
    hands.press(Key.Key_Return)
    assert hands.edges == set()
    assert hands.picker.isVisible()
    assert "words takes int64" in hands.picker.hint.text()


def test_of_several_outputs_one_is_chosen_first(hands):
    nodes = [Node("n1", "LSTM", "lstm1"), Node("n2", "ReLU", "relu1", position=(300.0, 0.0))]
    hands.open(Project(graph=Graph(nodes, [])), "lstm1")
    hands.press(Key.Key_C)
    assert hands.picker.field.placeholderText() == "Which output of lstm1?"
    assert hands.titles == ["out", "h", "c"]
    hands.press(Key.Key_Down)
    hands.press(Key.Key_Return)
    assert hands.picker.field.placeholderText() == "Connect lstm1.h to..."
    hands.press(Key.Key_Return)
    assert hands.edges == {"lstm1.h -> relu1.in"}
    assert hands.window.canvas.hasFocus()


def test_of_several_inputs_those_that_have_an_edge_say_so_and_take_another(hands):
    nodes = [
        Node("n1", "Input", "words", {"shape": [8, 64]}),
        Node("n2", "MultiheadAttention", "attention", {"num_heads": 4}, (300.0, 0.0)),
        Node("n3", "ReLU", "relu1", {}, (0.0, 300.0)),
    ]
    hands.open(Project(graph=Graph(nodes, [])), "attention")
    hands.press(Key.Key_C, SHIFT)
    assert hands.titles[:3] == ["query", "key", "value"]
    hands.press(Key.Key_Return)
    assert hands.picker.field.placeholderText() == "What feeds attention.query?"
    hands.press(Key.Key_Return)
    assert hands.edges == {"words.out -> attention.query"}
    hands.press(Key.Key_C, SHIFT)
    assert hands.note("query") == "gets words"
    hands.press(Key.Key_Return)
    assert hands.titles == ["relu1"]  # words feeds it already
    hands.press(Key.Key_Return)
    assert hands.edges == {"relu1.out -> attention.query"}
    hands.press(Key.Key_Z, CTRL)
    assert hands.edges == {"words.out -> attention.query"}


def test_an_input_that_is_fed_stands_behind_free_ones_and_its_edge_is_replaced(hands):
    layers = (("Input", "other"), ("Input", "image"), ("ReLU", "near"), ("ReLU", "far"))
    hands.open(loose(*layers), "image")
    hands.press(Key.Key_C)
    hands.press(Key.Key_Return)
    assert hands.edges == {"image.out -> near.in"}
    hands.session.select([hands.session.graph.by_name("other").id])
    hands.press(Key.Key_C)
    assert hands.titles == ["far", "near"]
    assert hands.note("near") == "in place of the edge from image"
    hands.press(Key.Key_Down)
    hands.press(Key.Key_Return)
    assert hands.edges == {"other.out -> near.in"}
    assert hands.session.document.undo_label == "Replace edge"
    hands.press(Key.Key_Z, CTRL)
    assert hands.edges == {"image.out -> near.in"}


def test_what_cannot_be_joined_says_why(hands):
    why = hands.window.actions_.why_disabled
    assert why("go.connect") == "No project is open."
    hands.open(template("SmallCNN").project())
    assert why("go.connect") == why("go.connect_input") == "Select one layer first."
    graph = hands.session.graph
    hands.session.select([graph.by_name("image").id])
    assert why("go.connect_input") == "image has no input."
    hands.session.select([graph.by_name("conv1").id])
    assert (why("go.connect"), why("go.connect_input")) == ("", "")


def test_the_list_closes_when_the_graph_changes_under_it(hands):
    hands.open(loose(*LAYERS), "image")
    hands.press(Key.Key_C)
    hands.session.document.mark_saved()
    hands.window.files.new_project(template("MLP").project())
    assert not hands.picker.isVisible()
    assert hands.window.canvas.graph_scene.target is None
