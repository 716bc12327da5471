"""The mouse on the canvas: turns presses, moves and releases into gestures and hover."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt

from builder.canvas.annotation_layer import AnnotationHit
from builder.canvas.captions import edge_lines, shape_text
from builder.canvas.cutting import Cut
from builder.canvas.edge_item import EdgeItem
from builder.canvas.edge_plus import is_on_plus
from builder.canvas.gestures import Gesture, Marquee, Move, Resize
from builder.canvas.hitting import NOTHING, Hit, hit_at
from builder.canvas.node_item import NodeItem
from builder.canvas.note import Note
from builder.canvas.ports import Port
from builder.canvas.scene import CanvasScene
from builder.canvas.style import DETAIL_SCALE
from builder.canvas.wire import DropOnNothing, Wire
from builder.session import Session
from builder.texts import tr, tr_made
from graph.document import Edge

DRAG_DISTANCE = 4  # pixels before a press becomes a drag
MIN_REACH = 10.0  # pixels around a port on screen that count as the port


class Pointer:
    """Knows what is under the mouse and which gesture goes on.

    Args:
        note: says things beside the mouse.
        drop_on_nothing: asks for a layer to join to a port.
        insert: asks for a layer to put into an edge.
    """

    def __init__(
        self,
        scene: CanvasScene,
        session: Session,
        note: Note,
        drop_on_nothing: DropOnNothing,
        insert: Callable[[Edge, QPointF], None],
    ) -> None:
        self._scene, self._session, self._note = scene, session, note
        self._drop_on_nothing, self._insert = drop_on_nothing, insert
        self._begin: Callable[[], Gesture] | None = None
        self._on_click: Callable[[], None] | None = None
        self._pressed = QPoint()
        self._at = QPoint()
        self.gesture: Gesture | None = None
        self.hovered, self._is_on_plus = NOTHING, False

    @property
    def cursor(self) -> Qt.CursorShape:
        """How the mouse looks over what it is on."""
        if self.hovered.port is not None:
            return Qt.CursorShape.CrossCursor
        if self._is_on_plus:
            return Qt.CursorShape.PointingHandCursor
        taken = self.hovered.annotation
        on_corner = taken is not None and taken.part == "corner"
        return Qt.CursorShape.SizeFDiagCursor if on_corner else Qt.CursorShape.ArrowCursor

    def hit(self, at: QPointF, zoom: float) -> Hit:
        """What lies at a scene position at this zoom; far out the ports are too small to take."""
        if zoom < DETAIL_SCALE:
            found = hit_at(self._scene, at, MIN_REACH)
            return Hit(found.node) if found.port else found
        return hit_at(self._scene, at, max(MIN_REACH / zoom, 10.0))

    def press(self, view_at: QPoint, at: QPointF, zoom: float, held: Qt.KeyboardModifier) -> None:
        """The left button went down."""
        self.leave()
        self._pressed, self._on_click = view_at, None
        hit = self.hit(at, zoom)
        if held & Qt.KeyboardModifier.AltModifier:
            self._begin = lambda: Cut(self._scene, self._session, at, zoom, self._tell)
        elif hit.port is not None:
            self._begin = lambda: self._wire_from(hit.port)
        elif hit.node is not None:
            self._press_node(hit.node, at, held)
        elif hit.edge is not None:
            self._press_edge(hit.edge, at, zoom, held)
        elif hit.annotation is not None:
            self._press_annotation(hit.annotation, at, held)
        else:
            self._begin = lambda: Marquee(self._scene, self._session, at, held)
            if not held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
                self._on_click = self._select_nothing

    def move(self, view_at: QPoint, at: QPointF) -> None:
        """The mouse moved with the left button down."""
        self._at = view_at
        if self.gesture is None and self._begin is not None:
            if (view_at - self._pressed).manhattanLength() < DRAG_DISTANCE:
                return
            self.gesture, self._begin = self._begin(), None
        if self.gesture is not None:
            self.gesture.move(at)

    def release(self, at: QPointF) -> None:
        """The left button went up."""
        gesture, self.gesture, self._begin = self.gesture, None, None
        if gesture is not None:
            gesture.finish(at)
        elif self._on_click is not None:
            self._on_click()
        self._on_click = None

    def cancel(self) -> bool:
        """Breaks the gesture off; False if there is none."""
        gesture, self.gesture, self._begin, self._on_click = self.gesture, None, None, None
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def hover(self, view_at: QPoint, at: QPointF, zoom: float) -> None:
        """The mouse moved with no button down."""
        hit = self.hit(at, zoom)
        self._show_hovered(hit)
        self._is_on_plus = hit.edge is not None and is_on_plus(hit.edge, at, zoom)
        lines, role = self._lines(hit, at)
        if self._is_on_plus:
            lines = (*lines, tr("Click to insert a layer here"))
        if lines:
            self._note.tell(lines, view_at, role)
        else:
            self._note.hide()

    def leave(self) -> None:
        """The mouse left the canvas, or is busy."""
        self._show_hovered(NOTHING)
        self._note.hide()

    def forget(self) -> None:
        """Drops whatever it knew of items, because they are gone."""
        self.gesture = self._begin = self._on_click = None
        self._show_hovered(NOTHING)
        self._note.hide()

    def _show_hovered(self, hit: Hit) -> None:
        self.hovered, self._is_on_plus = hit, False
        self._scene.hover(
            hit.node.node_id if hit.node else None,
            hit.edge.edge if hit.edge else None,
            hit.annotation.id if hit.annotation else None,
        )

    def _lines(self, hit: Hit, at: QPointF) -> tuple[tuple[str, ...], str]:
        graph, inference = self._session.graph, self._session.inference
        if hit.port is not None:
            return self._port_lines(hit.port), "card"
        if hit.node is not None and hit.node.is_badge(at):
            role = "error-card" if hit.node.severity == "error" else "warning-card"
            return tuple(tr_made(problem.message) for problem in hit.node.problems), role
        if hit.edge is not None:
            return edge_lines(graph, hit.edge.edge, inference.output(hit.edge.edge.source)), "card"
        return (), "card"

    def _port_lines(self, port: Port) -> tuple[str, ...]:
        result = self._session.result(port.ref.node)
        tensor = (result.outputs if port.is_output else result.inputs).get(port.ref.port)
        name = f"{self._session.graph.nodes[port.ref.node].name}.{port.ref.port}"
        what = (
            f"{shape_text(tensor)}   {tensor.dtype}"
            if tensor
            else tr("shape unknown")
            if port.is_connected
            else tr("not connected")
        )
        return (name, what, tr_made(port.help)) if port.help else (name, what)

    def _press_node(self, item: NodeItem, at: QPointF, held: Qt.KeyboardModifier) -> None:
        self._choose(item.node_id, held)
        if item.node_id in self._session.selection:
            self._begin = lambda: Move(self._scene, self._session, item.pos(), at, self._tell)

    def _press_annotation(self, taken: AnnotationHit, at: QPointF, held: Qt.KeyboardModifier) -> None:
        self._choose(taken.id, held)
        if taken.id not in self._session.selected_annotations:
            return
        if taken.part == "corner":
            self._begin = lambda: Resize(self._scene, self._session, taken.id, at)
        else:
            corner = self._scene.annotations.rect(taken.id).topLeft()
            self._begin = lambda: Move(self._scene, self._session, corner, at, self._tell)

    def _choose(self, node_id: str, held: Qt.KeyboardModifier) -> None:
        """Selects a node, a frame or a note, by itself or with others."""
        self._scene.select_edges(() if not held else self._scene.selected_edges)
        chosen = self._session.all_selected
        if held & Qt.KeyboardModifier.ControlModifier:
            kept = tuple(each for each in chosen if each != node_id)
            self._session.select(kept if node_id in chosen else (*chosen, node_id))
        elif held & Qt.KeyboardModifier.ShiftModifier:
            self._session.select((*chosen, node_id))
        elif node_id in chosen:
            self._on_click = lambda: self._session.select((node_id,))
        else:
            self._session.select((node_id,))

    def _press_edge(self, item: EdgeItem, at: QPointF, zoom: float, held: Qt.KeyboardModifier) -> None:
        chosen, edge = self._scene.selected_edges, item.edge
        if held & Qt.KeyboardModifier.ControlModifier:
            self._scene.select_edges(chosen ^ {edge})
        elif held & Qt.KeyboardModifier.ShiftModifier:
            self._scene.select_edges(chosen | {edge})
        else:
            self._session.select(())
            self._scene.select_edges({edge})
            if is_on_plus(item, at, zoom):
                self._on_click = lambda: self._insert(edge, at)
        self._begin = lambda: self._wire_off(edge, at)

    def _select_nothing(self) -> None:
        self._session.select(())
        self._scene.select_edges(())

    def _wire_from(self, port: Port) -> Wire:
        """A new edge from a port; off an input that has one, that edge's end."""
        edge = None if port.is_output else self._session.graph.edge_into(port.ref)
        if edge is None:
            return self._wire(port, None)
        source = self._scene.nodes[edge.source.node].port(edge.source)
        return self._wire(source or port, edge)

    def _wire_off(self, edge: Edge, at: QPointF) -> Wire:
        """An edge taken by the end that is nearer; the other stays."""
        item = self._scene.edges[edge]
        start, end = item.start, item.end
        takes_end = (at - end).manhattanLength() <= (at - start).manhattanLength()
        stays = edge.source if takes_end else edge.target
        port = self._scene.nodes[stays.node].port(stays)
        assert port is not None, "a card shows every port that has an edge"
        return self._wire(port, edge)

    def _wire(self, anchor: Port, moved: Edge | None) -> Wire:
        return Wire(
            self._scene, self._session, anchor,
            moved=moved, tell=self._tell, drop_on_nothing=self._drop_on_nothing,
        )  # fmt: skip

    def _tell(self, text: str, role: str = "card") -> None:
        if text:
            self._note.tell((text,), self._at, role)
        else:
            self._note.hide()
