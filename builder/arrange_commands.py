"""What can be done to arrange the canvas: frames, notes, pins, bypasses, lines and gaps; and why not now."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, QRectF, Slot

from builder.actions import Actions
from builder.arrange_actions import ALIGN, COLOR
from builder.canvas.annotation_layer import TITLE_HEIGHT
from builder.canvas.placement import snapped
from builder.canvas.routes import middle
from builder.canvas.view import CanvasView
from builder.session import Session
from builder.texts import later, tr
from builder.theme import GRID
from graph.aligning import Box, Direction, Line, aligned, distributed
from graph.annotation_edits import AddAnnotations, SetFrame
from graph.annotations import COLORS, NOTE_SIZE, Color
from graph.document import Frame, Node, Note, Position
from graph.edits import Batch, MoveNodes
from graph.frame_contents import frame_around
from graph.node_flags import SetBypassed, SetPinned
from graph.travel import downstream, upstream

FRAME_MARGIN = 3.0 * GRID
REACH = 60 * GRID  # canvas units within which a note looks for a place that no card takes
NO_INPUT = "{name} has no input, so nothing can go past it. Leave it out of the selection."
NO_OUTPUT = "{name} has no output, so nothing can go past it. Leave it out of the selection."
LINES: dict[str, Line] = {
    "left": "left", "right": "right", "top": "top", "bottom": "bottom",
    "centre_x": "centre-x", "centre_y": "centre-y",
}  # fmt: skip
DIRECTIONS: tuple[Direction, ...] = ("across", "down")


class ArrangeCommands(QObject):
    """Handlers of ARRANGE_ACTIONS; they hold for the graph that is shown."""

    def __init__(self, session: Session, canvas: CanvasView, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._canvas, self._actions = session, canvas, actions
        self._has_project = False
        for name, line in LINES.items():
            setattr(self, f"align_{name}", partial(self._align, line))
        for direction in DIRECTIONS:
            setattr(
                self,
                f"distribute_{direction}",
                partial(self._distribute, direction),
            )
        for color in COLORS:
            setattr(self, f"color_{color}", partial(self._color, color))
        for signal in (session.selection_changed, session.changed, session.scope_changed):
            signal.connect(self.refresh)
        session.document_replaced.connect(self.refresh)

    # -- what actions call

    @Slot()
    def select_upstream(self) -> None:
        """Selects all that leads to the selected nodes, and those."""
        self._session.select(self._in_order(upstream(self._session.graph, self._session.selection)))

    @Slot()
    def select_downstream(self) -> None:
        """Selects all that the selected nodes lead to, and those."""
        self._session.select(self._in_order(downstream(self._session.graph, self._session.selection)))

    @Slot()
    def replace_selected(self) -> None:
        """Asks for the type that takes the selected node's place."""
        (node_id,) = self._session.selection
        self._canvas.ask_replacement(node_id)

    @Slot()
    def toggle_bypassed(self) -> None:
        """Leaves the selected nodes out of what is computed; takes them in again if all of them are out."""
        chosen = self._chosen()
        self._session.apply(SetBypassed(_ids(chosen), not all(node.bypassed for node in chosen)))

    @Slot()
    def toggle_pinned(self) -> None:
        """Pins the selected nodes; frees them if all of them are pinned."""
        chosen = self._chosen()
        self._session.apply(SetPinned(_ids(chosen), not all(node.pinned for node in chosen)))

    @Slot()
    def add_reroute(self) -> None:
        """Lets each selected edge run through a point: where the menu was asked for, or in its middle."""
        scene, at = self._canvas.graph_scene, self._canvas.menu_at
        edges = [edge for edge in self._session.graph.edges if edge in scene.selected_edges]
        if not edges:
            self._session.message.emit(tr("Select an edge first."))
        one_step, added = object(), []
        for edge in edges:
            place = at if at is not None and len(edges) == 1 else middle(scene.edges[edge].path)
            added += self._canvas.reroute(edge, place, one_step)
        self._session.select(added or self._session.all_selected)

    @Slot()
    def frame_selection(self) -> None:
        """Puts a frame around what is selected, and asks for its title."""
        session, scene = self._session, self._canvas.graph_scene
        boxes = [scene.bounds([each]) for each in session.all_selected]
        around = ((box.topLeft().toTuple(), box.size().toTuple()) for box in boxes)
        position, size = frame_around(around, FRAME_MARGIN, TITLE_HEIGHT)
        frame = Frame(next(session.graph.new_ids("f")), "", position, size)
        if session.apply(AddAnnotations((frame,))):
            session.select((frame.id,))
            self._canvas.fields.edit(frame.id)

    @Slot()
    def add_note(self) -> None:
        """Adds a note where the mouse is, and asks for its text."""
        session, at = self._session, self._canvas.place_for_new()
        corner = snapped((at.x() - NOTE_SIZE[0] / 2, at.y() - NOTE_SIZE[1] / 2))
        note = Note(next(session.graph.new_ids("t")), "", self._free_place(corner))
        if session.apply(AddAnnotations((), (note,))):
            session.select((note.id,))
            self._canvas.fields.edit(note.id)

    def _free_place(self, corner: Position) -> Position:
        """The place for a note, or the nearest above or below where no card would lie upon it."""
        scene, (x, y) = self._canvas.graph_scene, corner
        shifts = (way * step * GRID for step in range(REACH // GRID) for way in (1, -1))
        free = (y + by for by in shifts if not scene.is_blocked(QRectF(x, y + by, *NOTE_SIZE)))
        return x, next(free, y)

    # -- what is possible now

    def set_has_project(self, has_project: bool) -> None:
        """Says whether there is anything to work on."""
        self._has_project = has_project
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Offers what can be done now."""
        chosen, closed = self._chosen(), "" if self._has_project else tr("No project is open.")
        some = closed or ("" if chosen else tr("Select layers first."))
        frames = [each for each in self._session.selected_annotations if each in self._session.graph.frames]
        self._offer(("edit.select_upstream", "edit.select_downstream", "graph.pin"), some)
        self._offer(("graph.replace",), closed or ("" if len(chosen) == 1 else tr("Select one layer first.")))
        self._offer(("graph.bypass",), some or self._why_not_bypassed(chosen))
        self._offer(("graph.note", "graph.reroute"), closed)
        self._offer(
            ("graph.frame",), closed or ("" if self._session.all_selected else tr("Select layers first."))
        )
        for action_id in ALIGN:
            least = 2 if action_id.startswith("align") else 3
            text = (
                tr("Select at least two layers first.")
                if least == 2
                else tr("Select at least three layers first.")
            )
            self._offer(
                (action_id,),
                closed or ("" if len(chosen) >= least else text),
            )
        self._offer(COLOR, closed or ("" if frames else tr("Select a frame first.")))
        is_out = bool(chosen) and all(node.bypassed for node in chosen)
        is_pinned = bool(chosen) and all(node.pinned for node in chosen)
        self._call("graph.bypass", tr("Stop &bypassing") if is_out else tr("&Bypass"))
        self._call("graph.pin", tr("Un&pin") if is_pinned else tr("&Pin"))

    def _offer(self, action_ids: Iterable[str], reason: str) -> None:
        for action_id in action_ids:
            if self._actions.why_disabled(action_id) != reason:  # a marquee asks at every move
                self._actions.set_enabled(action_id, not reason, reason)

    def _call(self, action_id: str, text: str) -> None:
        if self._actions[action_id].text() != text:
            self._actions.set_text(action_id, text)

    def _why_not_bypassed(self, chosen: list[Node]) -> str:
        """Why none of these can be left out; one that can be taken in again never stands in the way."""
        types = self._session.graph.catalog
        for node in chosen:
            spec = types.get(node.type)
            if spec is not None and not node.bypassed and not (spec.inputs and spec.outputs):
                return tr(NO_OUTPUT if spec.inputs else NO_INPUT, name=node.name)
        return ""

    def _align(self, line: Line) -> None:
        what = "centres" if line == "centre-x" else "middles" if line == "centre-y" else line
        self._move(later(f"Align {what}"), aligned(self._boxes(), line, self._pinned()))

    def _distribute(self, direction: Direction) -> None:
        self._move(later(f"Distribute {direction}"), distributed(self._boxes(), direction, self._pinned()))

    def _color(self, color: Color) -> None:
        frames = self._session.graph.frames
        chosen = [each for each in self._session.selected_annotations if each in frames]
        edits = [SetFrame(each, color=color) for each in chosen]
        self._session.apply(edits[0] if len(edits) == 1 else Batch(later("Colour frames"), edits))

    def _boxes(self) -> dict[str, Box]:
        scene = self._canvas.graph_scene
        rects = {node.id: scene.bounds([node.id]) for node in self._chosen()}
        return {each: Box(rect.topLeft().toTuple(), rect.size().toTuple()) for each, rect in rects.items()}

    def _pinned(self) -> set[str]:
        return {node.id for node in self._chosen() if node.pinned}

    def _move(self, label: str, positions: dict[str, tuple[float, float]]) -> None:
        if positions:
            self._session.apply(Batch(label, (MoveNodes(positions),)))
        else:
            self._session.message.emit(tr("They stand like that already."))

    def _chosen(self) -> list[Node]:
        """The selected nodes; an edit that is being told of may have taken some away."""
        nodes = self._session.graph.nodes
        return [nodes[each] for each in self._session.selection if each in nodes]

    def _in_order(self, node_ids: set[str]) -> list[str]:
        return [each for each in self._session.graph.nodes if each in node_ids]


def _ids(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(node.id for node in nodes)
