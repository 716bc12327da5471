"""Goes through the graph by keys: to neighbours, along edges, and into what is selected."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from builder.actions import Actions
from builder.canvas.view import CanvasView
from builder.keyboard_actions import GO
from builder.session import Session
from builder.texts import tr
from graph.document import Edge, Graph
from graph.travel import Way, nearest, neighbour

WAYS: tuple[Way, ...] = ("left", "right", "up", "down")
NO_PROJECT, NO_LAYERS = "No project is open.", "There are no layers yet."
WHERE = {
    "left": "Nothing leads to {name}.",
    "right": "{name} leads nowhere.",
    "up": "There is nothing above {name}.",
    "down": "There is nothing below {name}.",
}


class KeyboardCommands(QObject):
    """Handlers of KEYBOARD_ACTIONS; they hold for the graph that is shown.

    Args:
        session: whose selection moves.
        canvas: shows it, and brings into sight what was reached.
        actions: greyed out, with the reason, where there is nowhere to go.

    Signals:
        inspector_asked(): the parameters of the selected node are to be edited.
    """

    inspector_asked = Signal()

    def __init__(self, session: Session, canvas: CanvasView, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._canvas, self._actions = session, canvas, actions
        self._has_project = False
        self._hub: str | None = None  # the node whose edges are gone through
        for way in WAYS:
            setattr(self, f"go_{way}", partial(self._go, way))
        for signal in (session.selection_changed, session.changed, session.scope_changed):
            signal.connect(self.refresh)
        session.document_replaced.connect(self.refresh)
        canvas.graph_scene.edges_selected.connect(self.refresh)

    # -- what actions call

    @Slot()
    def select_next_edge(self) -> None:
        """Selects the edge behind the selected one at the same node, or the first of the selected node."""
        self._turn(1)

    @Slot()
    def select_previous_edge(self) -> None:
        """Selects the edge before the selected one at the same node, or the last of the selected node."""
        self._turn(-1)

    @Slot()
    def open_selected(self) -> None:
        """Enters the selected instance of a block, or goes to the parameters of a layer."""
        (node_id,) = self._session.selection
        if self._session.is_instance(node_id):
            self._session.enter(node_id)
        else:
            self.inspector_asked.emit()

    # -- what is possible now

    def set_has_project(self, has_project: bool) -> None:
        """Says whether there is anything to work on."""
        self._has_project = has_project
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Offers what can be done now."""
        if self._session.selection:
            self._hub = None  # another journey begins
        closed = "" if self._has_project else tr(NO_PROJECT)
        closed = closed or ("" if self._session.graph.nodes else tr(NO_LAYERS))
        edges = closed or self._why_no_edges()
        is_one = len(self._session.selection) == 1
        self._offer("go.open", closed or ("" if is_one else tr("Select one layer or block first.")))
        for action_id in GO:
            self._offer(action_id, edges if action_id.endswith("edge") else closed)

    def _offer(self, action_id: str, reason: str) -> None:
        if self._actions.why_disabled(action_id) != reason:  # a marquee asks at every move
            self._actions.set_enabled(action_id, not reason, reason)

    def _why_no_edges(self) -> str:
        graph, hub = self._session.graph, self._current_hub()
        if hub is None:
            return tr("Select one layer or edge first.")
        return "" if _edges_of(graph, hub) else tr("{name} has no edges.", name=graph.nodes[hub].name)

    # -- from node to node

    def _go(self, way: Way) -> None:
        start = self._start(way)
        graph = self._session.graph
        if start is not None:
            self._reach(start)
            return
        here = self._session.selection[-1]
        found = neighbour(graph, here, way)
        if found is None:
            self._session.message.emit(tr(WHERE[way], name=graph.nodes[here].name))
        else:
            self._reach(found)

    def _start(self, way: Way) -> str | None:
        """Where a journey begins if no node is selected: an end of the edge that is, else what is in view."""
        edge = self._selected_edge()
        if edge is not None:
            hub = self._current_hub()
            return edge.source.node if way == "left" else edge.target.node if way == "right" else hub
        if self._session.selection:
            return None
        return self._current_hub() or self._first_in_view()

    def _first_in_view(self) -> str | None:
        """The node at the top left of what is seen; if there is none, the nearest."""
        scene, area = self._canvas.graph_scene, self._canvas.visible_area
        seen = scene.nodes_in(area)
        places = self._session.graph.nodes
        first = min(seen, key=lambda each: (places[each].position, each), default=None)
        return first or nearest(self._session.graph, area.center().toTuple())

    def _reach(self, node_id: str) -> None:
        self._canvas.graph_scene.select_edges(())
        self._session.select((node_id,))
        self._canvas.reveal(node_id)

    # -- from edge to edge

    def _turn(self, step: int) -> None:
        hub, current = self._current_hub(), self._selected_edge()
        assert hub is not None, "the action is off without one"
        edges = _edges_of(self._session.graph, hub)
        beyond = 0 if step > 0 else -1
        index = (edges.index(current) + step) % len(edges) if current in edges else beyond
        self._session.select(())
        self._hub = hub
        self._canvas.graph_scene.select_edges((edges[index],))
        self._canvas.reveal_edge(edges[index])

    def _current_hub(self) -> str | None:
        """The node whose edges are gone through: the selected one, or where an edge was reached from."""
        nodes, chosen, edge = self._session.graph.nodes, self._session.selection, self._selected_edge()
        if len(chosen) == 1 and chosen[0] in nodes:
            return chosen[0]
        if chosen:
            return None
        if edge is not None:
            return self._hub if self._hub in (edge.source.node, edge.target.node) else edge.target.node
        return self._hub if self._hub in nodes else None

    def _selected_edge(self) -> Edge | None:
        scene = self._canvas.graph_scene
        edges = [edge for edge in scene.selected_edges if edge in scene.edges]  # the canvas may follow later
        return edges[0] if len(edges) == 1 and not self._session.selection else None


def _edges_of(graph: Graph, node_id: str) -> list[Edge]:
    """The edges of a node: those that come in, then those that leave."""
    return [*graph.incoming(node_id).values(), *graph.outgoing(node_id)]
