"""Tells screen readers what is selected on the canvas: cards are painted, and no widgets of their own."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from builder.canvas.captions import UNKNOWN, edge_lines, params_text
from builder.canvas.view import CanvasView
from builder.session import Session
from builder.texts import tr, tr_count, tr_made
from graph.shapes import TensorSpec

MOST_NAMES = 5  # of a selection, before only their number is told


class Spoken(QObject):
    """Keeps the accessible description of the canvas true, and has it read out where it changes.

    Args:
        session: its graph and selection are told.
        canvas: the widget that is described.
    """

    def __init__(self, session: Session, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._session, self._canvas = session, canvas
        session.selection_changed.connect(self.tell)
        session.changed.connect(self.tell)
        session.problems_changed.connect(self.tell)
        session.scope_changed.connect(self.tell)
        session.document_replaced.connect(self.tell)
        canvas.graph_scene.edges_selected.connect(self.tell)
        self.tell()

    @Slot()
    def tell(self) -> None:
        """Tells what is selected now."""
        text = self._text()
        if text == self._canvas.accessibleDescription():
            return
        self._canvas.setAccessibleDescription(text)
        if QAccessible.isActive() and self._canvas.hasFocus():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._canvas, text))

    def _text(self) -> str:
        graph, edges = self._session.graph, self._canvas.graph_scene.selected_edges
        there = [edge for edge in edges if graph.edge_into(edge.target) == edge]
        if self._session.all_selected or not there:
            return selection_text(self._session)
        if len(there) > 1:
            return tr("{edges} selected", edges=tr_count("{count} edge", "{count} edges", len(there)))
        (edge,) = there
        return tr(
            "edge {ends}",
            ends=", ".join(edge_lines(graph, edge, self._session.output(edge.source))),
        )


def selection_text(session: Session) -> str:
    """`conv1, Conv2d 3×3 → 32, output N×32×28×28, no problems`; without a selection, the whole graph."""
    nodes = session.graph.nodes
    chosen = [node_id for node_id in session.selection if node_id in nodes]
    if not chosen:
        num_nodes = len(session.graph.nodes)
        return tr(
            "{layers}, {problems}, nothing selected",
            layers=tr_count("{count} layer", "{count} layers", num_nodes),
            problems=_problems_text(0 if session.is_blank else len(session.problems)),
        )
    if len(chosen) > 1:
        names = [session.graph.nodes[node_id].name for node_id in chosen[:MOST_NAMES]]
        more = ", ..." if len(chosen) > MOST_NAMES else ""
        return tr(
            "{layers} selected: {names}{more}",
            layers=tr_count("{count} layer", "{count} layers", len(chosen)),
            names=", ".join(names),
            more=more,
        )
    return node_text(session, chosen[0])


def node_text(session: Session, node_id: str) -> str:
    """What a card shows, in words."""
    node, result = session.graph.nodes[node_id], session.result(node_id)
    spec, problems = session.graph.catalog.get(node.type), session.problems_of(node_id)
    kind = " ".join(part for part in (node.type, params_text(spec, node) if spec else "") if part)
    parts = [node.name, kind, _outputs_text(dict(result.outputs)), _problems_text(len(problems))]
    parts += [tr_made(problem.message) for problem in problems[:1]]
    return ", ".join(part for part in parts if part)


def _outputs_text(outputs: dict[str, TensorSpec | None]) -> str:
    shapes = {name: _dims(tensor) for name, tensor in outputs.items()}
    if len(shapes) < 2:
        return "".join(tr("output {shape}", shape=shape) for shape in shapes.values())
    listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    return tr("outputs {shapes}", shapes=listed)


def _dims(tensor: TensorSpec | None) -> str:
    if tensor is None:
        return tr("unknown")
    return "×".join(map(str, tensor.shape)) or UNKNOWN


def _problems_text(count: int) -> str:
    return tr_count("{count} problem", "{count} problems", count) if count else tr("no problems")
