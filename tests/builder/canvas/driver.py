"""Does with a canvas what hands do."""

from itertools import pairwise

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from builder.canvas.ports import CARD_WIDTH
from graph.document import Edge, Graph, Node, PortRef, Project
from graph.storage import to_bytes

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NO_KEY = Qt.KeyboardModifier.NoModifier
CHAIN = (
    ("Input", "image"),
    ("Conv2d", "conv1"),
    ("ReLU", "relu1"),
    ("Flatten", "flatten1"),
    ("Linear", "head"),
)


class Driver:
    """A canvas and its session. Positions are scene coordinates."""

    def __init__(self, view, session, actions=None):
        self.view, self.session, self.actions = view, session, actions
        self.messages = []
        session.message.connect(self.messages.append)

    @property
    def graph(self):
        return self.session.graph

    @property
    def scene(self):
        return self.view.graph_scene

    @property
    def bytes(self):
        return to_bytes(self.session.project)

    def id(self, name):
        return self.graph.by_name(name).id

    def item(self, name):
        return self.scene.nodes[self.id(name)]

    def edges(self):
        """Edges as `conv1.out -> relu1.in`."""
        nodes = self.graph.nodes
        return {
            f"{nodes[e.source.node].name}.{e.source.port} -> {nodes[e.target.node].name}.{e.target.port}"
            for e in self.graph.edges
        }

    def edge_item(self, source, target):
        edge = next(
            e
            for e in self.graph.edges
            if (e.source.node, e.target.node) == (self.id(source), self.id(target))
        )
        return self.scene.edges[edge]

    def body(self, name):
        return self.item(name).pos() + QPointF(CARD_WIDTH / 2, 40)

    def title(self, name):
        return self.item(name).pos() + QPointF(20, 14)

    def port(self, name, port):
        return self.item(name).port_pos(PortRef(self.id(name), port))

    def at(self, scene_at):
        return self.view.mapFromScene(scene_at)

    def press(self, scene_at, button=LEFT, keys=NO_KEY):
        QTest.mousePress(self.view.viewport(), button, keys, self.at(scene_at))

    def move(self, scene_at, button=LEFT):
        """Moves in two steps, as a hand does."""
        goal = self.at(scene_at)
        for at in (goal - QPoint(9, 7), goal):
            QTest.mouseMove(self.view.viewport(), at)

    def release(self, scene_at, button=LEFT, keys=NO_KEY):
        QTest.mouseRelease(self.view.viewport(), button, keys, self.at(scene_at))

    def drag(self, start, end, button=LEFT, keys=NO_KEY):
        self.press(start, button, keys)
        self.move(end, button)
        self.release(end, button, keys)

    def click(self, scene_at, keys=NO_KEY):
        QTest.mouseClick(self.view.viewport(), LEFT, keys, self.at(scene_at))

    def double_click(self, scene_at, keys=NO_KEY):
        self.click(scene_at)
        QTest.mouseDClick(self.view.viewport(), LEFT, keys, self.at(scene_at))

    def menu(self, scene_at):
        """Opens the context menu; returns its actions by their ids, those of its submenus too."""
        at = self.at(scene_at)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, self.view.viewport().mapToGlobal(at))
        QApplication.sendEvent(self.view.viewport(), event)
        menu = self.view.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
        found = {}
        for action in menu.actions():
            inner = action.menu()
            found |= {each.objectName(): each for each in (inner.actions() if inner else [action])}
        menu.close()
        return found

    def area(self, item_id):
        """Where a frame or a note is shown."""
        return self.scene.annotations.rect(item_id)

    def bar(self, frame_id):
        return self.area(frame_id).topLeft() + QPointF(40, 12)

    def corner(self, item_id):
        return self.area(item_id).bottomRight() - QPointF(4, 4)

    def key(self, key, keys=NO_KEY):
        QTest.keyClick(self.view, key, keys)

    def type(self, text):
        """Types into the search box and takes the first match."""
        QTest.keyClicks(self.view.search.field, text)
        QTest.keyClick(self.view.search.field, Qt.Key.Key_Return)


def chain(*layers, spacing=224.0, **params):
    """A project of layers, each feeding the next; `params` by name."""
    nodes = [
        Node(f"n{i}", t, name, params.get(name, {}), ((i - 1) * spacing, 0.0))
        for i, (t, name) in enumerate(layers, 1)
    ]
    edges = [Edge(PortRef(a.id, "out"), PortRef(b.id, "in")) for a, b in pairwise(nodes)]
    return Project(graph=Graph(nodes, edges))
