"""What a remedy would change, outlined on the canvas while somebody points at it."""

import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.canvas.fix_marks import CHANGED, REMOVED, TAG
from builder.canvas.ports import COLUMN
from graph.document import Edge, PortRef
from graph.edits import Connect, MoveNodes, RemoveNodes, SetParams
from graph.inserting import InsertNode
from graph.storage import to_bytes
from graph.templates import template
from tests.builder.person import LEFT
from tests.graph.block_drawings import deep


def node_id(window, name):
    return window.session.graph.by_name(name).id


@pytest.fixture
def broken(window):
    """A feature map into a Linear layer, and a bias in front of a BatchNorm."""
    window.files.new_project(template("SmallCNN").project())
    window.session.apply(SetParams(node_id(window, "conv1"), {"bias": True}))
    window.session.apply(RemoveNodes([node_id(window, "squeeze")]))
    window.session.apply(
        Connect(PortRef(node_id(window, "gap"), "out"), PortRef(node_id(window, "fc"), "in"))
    )
    window.docks.reveal("Problems")
    window.session.settle()
    return window


def point_at(button):
    place = QPointF(button.rect().center())
    QApplication.sendEvent(button, QEnterEvent(place, place, QPointF(button.mapToGlobal(place.toPoint()))))


def leave(button):
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))


def button_of(cards, text):
    return next(each for card in cards for each in card.fix_buttons if each.toolTip().startswith(text))


def marks(window):
    return window.editor.fix_marks.item


def test_a_layer_that_would_be_added_stands_there_as_a_ghost(broken):
    before, scene = to_bytes(broken.session.project), broken.canvas.graph_scene
    old = Edge(PortRef(node_id(broken, "gap"), "out"), PortRef(node_id(broken, "fc"), "in"))
    button = button_of(broken.problems.cards.cards, "Insert Flatten")
    point_at(button)
    (flatten,) = marks(broken).found.added
    assert flatten.type == "Flatten"
    assert marks(broken).scene() is scene
    gap, fc = (scene.geometry.card(node_id(broken, name)) for name in ("gap", "fc"))
    ghost = marks(broken).ghosts[flatten.id]
    assert gap[2] < ghost.left() < ghost.right() < fc[0], "it stands between the two"
    assert scene.state_of(old) == "cut"
    assert to_bytes(broken.session.project) == before
    leave(button)
    assert marks(broken) is None
    assert scene.state_of(old) == "error"


def test_where_no_card_has_room_a_tag_upon_the_edge_stands_for_it(broken):
    scene, gap = broken.canvas.graph_scene, broken.session.graph.by_name("gap")
    beside = (gap.position[0] + COLUMN, gap.position[1])
    broken.session.apply(MoveNodes({node_id(broken, "fc"): beside}))
    broken.session.settle()
    point_at(button_of(broken.problems.cards.cards, "Insert Flatten"))
    (tag,) = marks(broken).ghosts.values()
    assert (tag.width(), tag.height()) == TAG
    assert scene.geometry.card(gap.id)[2] < tag.center().x() < beside[0]


def test_layers_that_would_change_or_go_are_outlined(broken):
    point_at(button_of(broken.problems.cards.cards, "Set bias = False"))
    assert marks(broken).outlines == {node_id(broken, "conv1"): CHANGED}
    broken.session.apply(InsertNode(PortRef(node_id(broken, "logits"), "in"), "Softmax", {"dim": 1}))
    broken.session.apply(InsertNode(PortRef(node_id(broken, "fc"), "in"), "Flatten"))
    broken.session.settle()
    assert marks(broken) is None, "the graph is another one now"
    point_at(button_of(broken.problems.cards.cards, "Remove softmax1"))
    assert marks(broken).outlines == {node_id(broken, "softmax1"): REMOVED}


def test_the_marks_go_once_the_remedy_is_applied(broken):
    button = button_of(broken.problems.cards.cards, "Insert Flatten")
    point_at(button)
    QTest.mouseClick(button, LEFT)
    assert marks(broken) is None
    assert not broken.session.errors
    assert broken.canvas.graph_scene.cut_edges == frozenset()


def test_the_inspector_marks_them_too(broken):
    broken.session.select([node_id(broken, "fc")])
    point_at(button_of(broken.inspector.node_page.problems.cards, "Insert Flatten"))
    assert [node.type for node in marks(broken).found.added] == ["Flatten"]


def test_of_a_remedy_inside_a_block_the_block_is_outlined(window):
    window.files.new_project(deep())
    window.session.enter("n2")
    target = next(each for each in window.session.graph.nodes.values() if each.type == "Linear")
    window.session.apply(SetParams(target.id, {"nonsense": 1}))
    window.session.settle()
    button = button_of(window.problems.cards.cards, "Remove 'nonsense'")
    point_at(button)
    assert marks(window).outlines == {target.id: CHANGED}
    leave(button)
    window.session.show_scope(())
    window.session.settle()
    point_at(button_of(window.problems.cards.cards, "Remove 'nonsense'"))
    assert marks(window).outlines == {"n2": CHANGED}
