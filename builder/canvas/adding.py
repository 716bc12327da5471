"""New layers: asked for in the search box, dropped from the palette, joined where that fits."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QPointF, Signal, Slot

from builder.canvas.placement import (
    Placed,
    beside,
    fitting,
    free_output,
    likely,
    misfits,
    place,
    place_in_edge,
    place_on_edge,
)
from builder.canvas.ports import CARD_WIDTH, HEADER_HEIGHT, ROW_HEIGHT
from builder.canvas.search_popup import SearchPopup
from builder.layer_search import usual_order
from builder.session import Session
from builder.texts import tr
from graph.cards import is_dot
from graph.catalog.spec import LayerSpec
from graph.document import Edge, PortRef, Position

FOLLOWING, FEEDING = "Layers to follow {name}", "Layers to feed {name}"
FIRST_ROW = HEADER_HEIGHT + ROW_HEIGHT / 2  # from a card's top to its first port


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a new layer goes.

    Args:
        corner: top left of the card, in scene coordinates.
        joined_to: the port it is joined to where the two fit.
        edge: the edge it is put into.
    """

    corner: Position
    joined_to: PortRef | None = None
    edge: Edge | None = None

    @property
    def middle(self) -> Position:
        """The middle of the card, in scene coordinates."""
        return (self.corner[0] + CARD_WIDTH / 2, self.corner[1] + (HEADER_HEIGHT + ROW_HEIGHT) / 2)


class Adder(QObject):
    """Puts new layers on the canvas.

    Signals:
        added(str): id of the new node, which is now the selection.
    """

    added = Signal(str)

    def __init__(self, session: Session, popup: SearchPopup) -> None:
        super().__init__(popup)
        self._session, self._popup = session, popup
        self._destination = Destination((0.0, 0.0))
        popup.chosen.connect(self._add_chosen)

    def ask(self, view_at: QPoint, at: QPointF, edge: Edge | None = None) -> None:
        """Opens the search box; the layer goes where the mouse is, and is joined to the one selected node."""
        if edge is not None:
            destination = Destination(_corner(at), edge=edge)
            self._open(view_at, destination, self._middle_layers(), tr("Insert into the edge"))
            return
        graph, ref = self._session.graph, self._free_output()
        if ref is None:
            self._open(view_at, Destination(_corner(at)), self._first_layers(), tr("Search layers"))
        else:
            name = graph.nodes[ref.node].name
            layers = likely(graph, ref, self._session.inference)
            self._open(
                view_at,
                Destination(_corner(at), ref),
                layers,
                tr("Search layers to follow {name}", name=name),
            )

    def ask_beside(self, view_at: QPoint, at: QPointF) -> None:
        """As `ask`, but a layer that follows the selected node goes to its right."""
        ref = self._free_output()
        self.ask(view_at, at)
        if ref is not None:
            self._destination = Destination(beside(self._session.graph, ref.node), ref)

    def ask_for_port(self, view_at: QPoint, at: QPointF, ref: PortRef) -> None:
        """Opens the search box with the layers that fit a port; the choice is joined to it."""
        graph = self._session.graph
        spec = graph.catalog.get(graph.nodes[ref.node].type)
        is_output = spec is not None and spec.output_port(ref.port) is not None
        # The card's port, not its corner, goes where the mouse let go.
        corner = (at.x() if is_output else at.x() - CARD_WIDTH, at.y() - FIRST_ROW)
        prompt = tr(FOLLOWING if is_output else FEEDING, name=graph.nodes[ref.node].name)
        layers = fitting(graph, ref, self._session.inference)
        others = misfits(graph, ref, layers) if is_output else []
        self._open(view_at, Destination(corner, ref), layers, prompt, others)

    def add(self, type_name: str, at: QPointF, edge: Edge | None = None) -> None:
        """Adds a layer around a scene position, or puts it into an edge."""
        self._add(self._session.graph.catalog[type_name], Destination(_corner(at), edge=edge))

    def append(self, type_name: str, at: QPointF) -> None:
        """Adds a layer behind the selected node where that fits, otherwise around a scene position."""
        ref = self._free_output()
        corner = _corner(at) if ref is None else beside(self._session.graph, ref.node)
        self._add(self._session.graph.catalog[type_name], Destination(corner, ref))

    def _open(
        self,
        view_at: QPoint,
        destination: Destination,
        specs: list[LayerSpec],
        prompt: str,
        misfits: list[LayerSpec] | None = None,
    ) -> None:
        self._destination = destination
        self._popup.ask(view_at, specs, prompt, misfits or ())

    def _first_layers(self) -> list[LayerSpec]:
        """All layers; on an empty canvas those first that need no other: "image" then gives an Input."""
        graph = self._session.graph
        layers = usual_order(graph.catalog)
        return layers if graph.nodes else sorted(layers, key=lambda spec: bool(spec.inputs))

    def _middle_layers(self) -> list[LayerSpec]:
        return [spec for spec in usual_order(self._session.graph.catalog) if spec.inputs and spec.outputs]

    def _free_output(self) -> PortRef | None:
        selection = self._session.selection
        return free_output(self._session.graph, selection[0]) if len(selection) == 1 else None

    @Slot(str)
    def _add_chosen(self, type_name: str) -> None:
        self._add(self._session.graph.catalog[type_name], self._destination)

    def _add(self, spec: LayerSpec, destination: Destination) -> None:
        placed = self._placed(spec, destination)
        if self._session.apply(placed.edit):
            self._session.select((placed.node_id,))
            self.added.emit(placed.node_id)

    def _placed(self, spec: LayerSpec, destination: Destination) -> Placed:
        graph = self._session.graph
        if destination.edge is not None and graph.edge_into(destination.edge.target) == destination.edge:
            if is_dot(spec):
                return place_on_edge(graph, destination.edge, destination.middle)
            inserted = place_in_edge(graph, spec, destination.edge)
            if inserted is not None:
                return inserted
        ref = destination.joined_to
        return place(graph, spec, destination.corner, ref if ref and ref.node in graph.nodes else None)


def _corner(at: QPointF) -> Position:
    """The top left corner of a card in whose middle a position lies."""
    return (at.x() - CARD_WIDTH / 2, at.y() - (HEADER_HEIGHT + ROW_HEIGHT) / 2)
