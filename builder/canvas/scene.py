"""The graph as it is shown: where everything stands and in which state it is, kept up to date by the session.

Nothing here is a graphics item. What is seen is drawn from an index of boxes (`painting.py`), so that a graph
of 100,000 nodes costs what is on the screen and no more. Gestures add items of their own, such as a marquee.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import compress
from operator import is_not

from PySide6.QtCore import QObject, QRectF, Signal, Slot
from PySide6.QtWidgets import QGraphicsScene

from builder.canvas.annotation_layer import Annotation, AnnotationLayer
from builder.canvas.blocks import BlockView
from builder.canvas.boxes import box_of, rect_of
from builder.canvas.edge_item import EdgeItem, EdgesOf
from builder.canvas.far import FarView, Place, touched_by
from builder.canvas.geometry import Geometry
from builder.canvas.grid_index import Box, united
from builder.canvas.heat import Heat
from builder.canvas.lazy_items import LazyItems
from builder.canvas.loading import Loading
from builder.canvas.node_item import OVERHANG, NodeItem, PortState
from builder.canvas.style import CanvasStyle
from builder.canvas.upkeep import MANY, Upkeep
from builder.canvas.wrong_ports import wrong_ports
from builder.session import Session
from graph.document import Change, Edge, PortRef, Position
from graph.problems import Problem

TOO_MANY = 2500  # nodes; beyond, those that another shape reaches are placed anew bit by bit


class CanvasScene(QGraphicsScene):
    """Mirrors the session's graph.

    Signals:
        content_changed(areas): something looks different now, in these rectangles or, if None, anywhere.
        edges_selected(): other edges are selected now, or none.
    """

    content_changed = Signal(object)
    edges_selected = Signal()

    def __init__(self, session: Session, style: CanvasStyle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.session = session
        self.style_ = style
        self.geometry, self.far, self.blocks = Geometry(session), FarView(self), BlockView(self)
        self.nodes = LazyItems[str, NodeItem](lambda: session.graph.nodes, self._card)
        self.edges = LazyItems[Edge, EdgeItem](lambda: EdgesOf(session.graph), lambda e: EdgeItem(e, self))
        self.annotations, self._upkeep = AnnotationLayer(self), Upkeep(self)
        self.selected: frozenset[str] = frozenset()
        self.selected_edges: set[Edge] = set()
        self.snaps_to_grid = True
        self.hovered: str | None = None
        self.hovered_edge: Edge | None = None
        self.target: str | None = None
        self.hidden_edge: Edge | None = None
        self.cut_edges: frozenset[Edge] = frozenset()
        self.heat: Heat | None = None
        self.marks: Mapping[str, Mapping[PortRef, PortState]] = {}
        self.wrong: frozenset[PortRef] = frozenset()
        self._problems: Mapping[str, tuple[Problem, ...]] = {}
        self._pending: frozenset[str] = frozenset()  # cards that were shown as such
        self.loading = Loading(self)
        session.changed.connect(self.follow)
        session.inferring.advanced.connect(self.show_known)
        session.problems_changed.connect(self.follow_problems)
        session.selection_changed.connect(self.show_selection)
        session.document_replaced.connect(self.rebuild)
        session.scope_changed.connect(self.rebuild)
        self.rebuild()

    @property
    def is_loading(self) -> bool:
        """Whether nodes are still being placed."""
        return self.loading.is_busy

    @Slot()
    def rebuild(self) -> None:
        """Reads the graph anew; a large one is placed bit by bit, while the window stays usable."""
        self.clear()
        known = self.loading.stop(), self.geometry.clear(), self.far.clear()
        self.session.discarding.take((known, self.nodes.clear(), self.edges.clear()))
        self.annotations.show_as(())
        self.selected_edges, self.marks, self.cut_edges = set(), {}, frozenset()
        self.hovered = self.hovered_edge = self.target = self.hidden_edge = None
        self._problems = self.session.all_marks
        self._pending = frozenset()
        self.wrong = wrong_ports(self.session.graph, self.session.shown_errors)
        self.selected = frozenset(self.session.selection)
        self.loading.start(self.session.graph)
        self.redraw()

    def set_style(self, style: CanvasStyle) -> None:
        """Shows everything in another theme."""
        self.style_ = style
        self.nodes.clear()
        self.edges.clear()
        self.redraw()

    # -- following the session

    @Slot(object, object)
    def follow(self, change: Change, touched: frozenset[str]) -> None:
        """Updates what a change of the document touched, and nothing else."""
        nodes, dirty = self.session.graph.nodes, list[Box]()
        ends = {ref.node for e in (*change.connected, *change.disconnected) for ref in (e.source, e.target)}
        moved = {*change.added, *change.moved, *change.updated}
        told = {*change.added, *change.updated, *ends, *self._with_other_problems()}
        told |= self._pending
        self._pending = self._find_pending()
        told |= self._pending
        if len(told) + len(touched) > TOO_MANY:
            told = self._put_off((told, touched), {*moved, *ends}) & nodes.keys()
        else:
            told |= touched
        stale = told | moved
        dirty += self._upkeep.boxes_of(stale | {*change.removed})
        dirty += [self.geometry.edge(e) for e in change.disconnected if self.geometry.has_edge(e)]
        for edge in change.disconnected:
            self._upkeep.drop_edge(edge)
        for node_id in change.removed:
            self._upkeep.drop_node(node_id)
        stale &= nodes.keys()
        resized = {i for i in stale if self._upkeep.refresh(i, is_told=i in told)}
        self._upkeep.place_edges({*self._upkeep.edges_of(moved & nodes.keys() | resized), *change.connected})
        self._upkeep.refresh_edges(stale)
        self._problems = self.session.all_marks
        dirty += self._show_wrong_ports()
        for node_id in touched_by(self, stale):
            self.far.touch(node_id)
        if moved or change.removed:
            dirty += self._upkeep.reroute([*dirty, *self._upkeep.boxes_of(moved)])
        self.redraw([*dirty, *self._upkeep.boxes_of(stale)])
        if change.touches_annotations:
            self.repaint()

    @Slot()
    def show_known(self) -> None:
        """Shows of cards that were shown as pending what is known by now, while the rest still follows."""
        before, self._pending = self._pending, self._find_pending()
        known = (before - self._pending) & self.session.graph.nodes.keys()
        resized = {i for i in known if self._upkeep.refresh(i, is_told=True)}
        self._upkeep.place_edges(self._upkeep.edges_of(resized))
        self._upkeep.refresh_edges(known)
        self.redraw(self._upkeep.boxes_of(known))

    @Slot()
    def follow_problems(self) -> None:
        """Shows what design rules have found after the change that they looked at was shown."""
        others = [i for i in self._with_other_problems() if i in self.session.graph.nodes]
        self._problems = self.session.all_marks
        for node_id in others:
            self._upkeep.refresh(node_id, is_told=True)
            self.far.touch(node_id)
        self.redraw(self._upkeep.boxes_of(others))

    @Slot(object)
    def show_selection(self, node_ids: Iterable[str]) -> None:
        """Marks the selected nodes, frames and notes."""
        if not self.annotations.is_empty:
            self.repaint()
        before, self.selected = self.selected, frozenset(node_ids)
        other = before ^ self.selected
        self.far.repaint(other)
        if len(other) > MANY:
            self.redraw()
        else:
            self.redraw(self._upkeep.boxes_of(other & self.session.graph.nodes.keys()))

    def show_at(self, positions: Mapping[str, Position]) -> None:
        """Shows these, and no others, elsewhere than the document has them: in a drag, or on the way.

        The next change of the document does not end that; an empty mapping does.
        """
        graph = self.session.graph
        before = self.geometry.shown_elsewhere
        moving = {*positions, *before} & graph.nodes.keys()
        dirty = self._upkeep.boxes_of(moving)
        self.geometry.show_at({i: at for i, at in positions.items() if i in graph.nodes})
        is_all = self.annotations.show_at(positions)
        for node_id in moving:
            self.geometry.place_node(node_id)
        self._upkeep.place_edges(self._upkeep.edges_of(moving))
        self._upkeep.refresh_edges(moving)
        for node_id in {*moving, *touched_by(self, before ^ self.geometry.shown_elsewhere)}:
            self.far.touch(node_id)
        covered = [*dirty, *self._upkeep.boxes_of(moving)]
        covered += self._upkeep.reroute(covered)
        self.redraw(covered)
        if is_all:
            self.repaint()

    def show_resized(self, items: Iterable[Annotation]) -> None:
        """Shows these frames and notes, and no others, otherwise than the document has them."""
        self.annotations.show_as(items)
        self.repaint()

    # -- states that gestures set

    def select_edges(self, edges: Iterable[Edge]) -> None:
        """Makes these edges the selected ones."""
        before, self.selected_edges = self.selected_edges, {edge for edge in edges if edge in self.edges}
        if before != self.selected_edges:
            self._redraw_edges(before ^ self.selected_edges)
            self.edges_selected.emit()

    def hover(self, node_id: str | None, edge: Edge | None, annotation: str | None = None) -> None:
        """Shows what the mouse is on."""
        if annotation != self.annotations.hovered:
            self.annotations.hovered = annotation
            self.repaint()
        nodes = {self.hovered, node_id} if node_id != self.hovered else set()
        edges = {self.hovered_edge, edge} if edge != self.hovered_edge else set()
        self.hovered, self.hovered_edge = node_id, edge
        self.redraw(self._upkeep.boxes_of(i for i in nodes if i))
        self._redraw_edges(e for e in edges if e)

    def aim(self, node_id: str | None) -> None:
        """Shows where the edge that is being dragged would end."""
        if node_id != self.target:
            both, self.target = [i for i in (self.target, node_id) if i], node_id
            self.redraw(self._upkeep.boxes_of(both))

    def mark(self, marks: Mapping[str, Mapping[PortRef, PortState]]) -> None:
        """Shows ports in other states than their usual one, as long as a gesture asks for it."""
        if marks != self.marks:
            both, self.marks = {*self.marks, *marks}, marks
            self.redraw(self._upkeep.boxes_of(both))

    def show_heat(self, heat: Heat | None) -> None:
        """Marks nodes with figures; None takes the marks away."""
        heat = heat if heat is not None and heat.node_ids else None
        if heat is not self.heat:
            self.heat = heat
            self.far.touch_all()
            self.redraw()

    def hide_edge(self, edge: Edge | None) -> None:
        """Leaves an edge out while it is in the hand."""
        both, self.hidden_edge = [e for e in (self.hidden_edge, edge) if e], edge
        self._redraw_edges(both)

    def mark_cut(self, edges: Iterable[Edge]) -> None:
        """Shows that these edges, and no others, are about to go."""
        before, self.cut_edges = self.cut_edges, frozenset(edges)
        self._redraw_edges(before ^ self.cut_edges)

    # -- what is where

    def nodes_in(self, area: QRectF) -> list[str]:
        """Ids of the nodes whose cards touch a rectangle, in the order in which they are drawn."""
        return self.drawn_order(self.geometry.nodes_in(box_of(area)), selected_last=False)

    def drawn_order(self, node_ids: Iterable[str], selected_last: bool = True) -> list[str]:
        """Node ids from the lowest card to the one on top."""
        rank, selected = self.loading.rank, self.selected if selected_last else frozenset()
        return sorted(node_ids, key=lambda i: (i in selected, rank.get(i, 0)))

    def bounds(self, ids: Iterable[str] = ()) -> QRectF:
        """The rectangle around these nodes, frames and notes, or around all."""
        chosen = list(ids)
        nodes = self.session.graph.nodes
        known = [i for i in chosen if i in nodes]
        box = self.geometry.bounds(known) if chosen else self.geometry.extent()
        around = self.annotations.bounds([i for i in chosen if i in self.annotations] if chosen else None)
        both = united(each for each in (box, around) if each is not None)
        return rect_of(both) if both else QRectF()

    def is_blocked(self, area: QRectF) -> bool:
        """Whether a card stands in a rectangle."""
        return self.geometry.is_taken(box_of(area))

    def state_of(self, edge: Edge) -> str:
        """How an edge is drawn: `cut`, `selected`, `error`, `hover` or `normal`."""
        if self.cut_edges and edge in self.cut_edges:
            return "cut"
        if self.selected_edges and edge in self.selected_edges:
            return "selected"
        if self.wrong and edge.target in self.wrong:
            return "error"
        return "hover" if edge == self.hovered_edge else "normal"

    def redraw(self, boxes: Iterable[Box] | None = None) -> None:
        """Says that nodes or edges look different in these boxes, or everywhere, and has those repainted."""
        boxes = list(boxes) if boxes is not None else None
        if boxes is None or len(boxes) > MANY:
            self.blocks.forget_all()
            self.repaint()
        elif boxes:
            self.blocks.forget(boxes)
            self.repaint(boxes)

    def repaint(self, boxes: Iterable[Box] | None = None) -> None:
        """Has boxes repainted, or everything, where nodes and edges look as they did."""
        areas = [rect_of(box).adjusted(-OVERHANG, -OVERHANG, OVERHANG, OVERHANG) for box in boxes or ()]
        self.content_changed.emit(areas if boxes is not None else None)

    def place(self, node_ids: Iterable[str]) -> None:
        """Notes where nodes are that were not looked at yet, or are to be anew, and their edges."""
        graph = self.session.graph
        for node_id in node_ids:
            was_placed = self.geometry.is_placed(node_id)
            self.geometry.place_node(node_id)
            self.far.touch(node_id)
            for edge in graph.incoming(node_id).values():
                self.geometry.place_edge(edge)
            if was_placed:
                self._upkeep.place_edges(graph.outgoing(node_id))
                self._upkeep.refresh_edges([node_id])

    def show_tile(self, place: Place) -> None:
        """Has what stands in a tile drawn, now that all of it was placed."""
        extent = self.far.extent_of(place)
        if extent is not None:
            self.blocks.forget_all()
            self.repaint([extent])

    def _card(self, node_id: str) -> NodeItem:
        """The card of a node that is seen for the first time."""
        if self.session.inferring.is_due and self.session.result(node_id).pending:
            self._pending |= {node_id}
        return NodeItem(node_id, self)

    def _find_pending(self) -> frozenset[str]:
        """Nodes that were seen up close, and of which it is not known any more, or yet, what they give."""
        if not self.session.inferring.is_due:
            return frozenset()
        there = (item.node_id for item in self.nodes.all_made() if item.node_id in self.session.graph.nodes)
        return frozenset(node_id for node_id in there if self.session.result(node_id).pending)

    def _put_off(self, told: Sequence[Set[str]], kept: set[str]) -> set[str]:
        """Has nodes that say something else read anew bit by bit; gives those for which that cannot wait.

        Args:
            told: ids of nodes that may say something else.
            kept: of them, those that are read at once, as are all that were seen up close.
        """
        at_once = kept | {item.node_id for item in self.nodes.all_made()}
        self.loading.place_again(*told)
        return {node_id for node_id in at_once if any(node_id in each for each in told)}

    def _redraw_edges(self, edges: Iterable[Edge]) -> None:
        placed = [edge for edge in edges if self.geometry.has_edge(edge)]
        for edge in placed:
            self.far.touch(edge.source.node)
        self.redraw([self.geometry.edge(edge) for edge in placed])

    def _with_other_problems(self) -> list[str]:
        """Nodes whose problems changed though their result may not have, such as a dead branch's."""
        before, now = self._problems, self.session.all_marks
        if before is now:
            return []
        others = compress(now, map(is_not, map(before.get, now), now.values()))  # of tens of thousands few
        return [*(before.keys() - now.keys()), *(i for i in others if before.get(i) != now[i])]

    def _show_wrong_ports(self) -> list[Box]:
        before, self.wrong = self.wrong, wrong_ports(self.session.graph, self.session.shown_errors)
        return self._upkeep.boxes_of({ref.node for ref in before ^ self.wrong})
