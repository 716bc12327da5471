"""The canvas widget: shows a session's graph and turns mouse and keys into edits."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from builder.canvas import clipboard
from builder.canvas.adding import Adder
from builder.canvas.ahead import Ahead
from builder.canvas.boxes import box_of
from builder.canvas.card_pictures import CardPictures
from builder.canvas.hint import EmptyHint
from builder.canvas.hitting import Hit, hit_of_selection
from builder.canvas.keys import CanvasKeys
from builder.canvas.menu import context_menu, entries_for
from builder.canvas.mouse import CanvasMouse
from builder.canvas.note import Note
from builder.canvas.painting import is_heavy, paint_graph
from builder.canvas.placement import place_on_edge
from builder.canvas.places import Places
from builder.canvas.pointer import Pointer
from builder.canvas.replacer import Replacer
from builder.canvas.scene import CanvasScene
from builder.canvas.search_popup import SearchPopup
from builder.canvas.style import CanvasStyle
from builder.canvas.text_fields import TextFields
from builder.canvas.zoom_view import ZoomView
from builder.layer_list import MIME_TYPE
from builder.session import Session
from builder.texts import tr
from builder.theme import Theme
from graph.document import Change, Edge, PortRef
from graph.frame_contents import with_contents
from graph.removing import removal

REVEAL_MARGIN = 32  # pixels kept free around a node that is brought into sight


class CanvasView(ZoomView):
    """Draws and edits the graph of a session.

    The window installs the actions of scope "canvas" on it (`Actions.install`), whose handlers are the public
    methods here; the context menu shows the same actions.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        style = CanvasStyle(theme)
        self.graph_scene = CanvasScene(session, style)
        super().__init__(self.graph_scene, style, parent)
        self.graph_scene.setParent(self)
        self._ahead, self._pictures = Ahead(self.graph_scene), CardPictures()
        self._session = session
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Canvas"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.note = Note(self)
        self.search = SearchPopup(theme, self)
        self.fields, self.replacer = TextFields(self, session), Replacer(session, theme, self)
        self._hint = EmptyHint(theme, self)
        self._adder = Adder(session, self.search)
        self._pointer = Pointer(self.graph_scene, session, self.note, self._drop_on_nothing, self._insert)
        self._places, self._seen = Places(self), (session.scope, session.block)
        self.menu_at: QPointF | None = None  # where the context menu was asked for
        self._keys = CanvasKeys(self, session, self._pointer)
        self._mouse = CanvasMouse(self, self._pointer, self._keys)
        self._connect()
        self.set_theme(theme)
        self._reload()

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self.look = CanvasStyle(theme)
        self.graph_scene.set_style(self.look)
        self._ahead.stop()
        self._pictures.clear()
        self.search.set_theme(theme)
        self.replacer.popup.set_theme(theme)
        self._hint.set_theme(theme)
        self._paint_all_of_it()
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._paint_all_of_it()  # a style sheet takes the attribute away

    def _paint_all_of_it(self) -> None:
        """Tells Qt that no pixel is left unpainted, so that a pan may shift what is there."""
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paint_content(self, painter: QPainter, area: QRectF, scale: float) -> None:
        paint_graph(painter, self.graph_scene, area, scale, pictures=self._pictures)
        self._ahead.look_at(box_of(self.visible_area), scale)

    def is_heavy(self, area: QRectF) -> bool:
        return is_heavy(self.graph_scene, area, self.zoom)

    # -- what actions call

    def add_node_at_cursor(self) -> None:
        """Opens the search box where the menu was asked for, else at the mouse, or in the middle without one.

        With one edge selected the layer is inserted there, with one node it follows that.
        """
        place, edges = self.place_for_new(), self.graph_scene.selected_edges
        at = self.mapFromScene(place)
        if len(edges) == 1 and not self._session.selection:
            self._adder.ask(at, place, *edges)
        else:
            self._adder.ask_beside(at, place)

    def add_layer(self, type_name: str) -> None:
        """Adds a layer behind the selected node where that fits, otherwise in the middle of what is seen."""
        self._adder.append(type_name, self.visible_area.center())

    def copy(self) -> None:
        clipboard.copy(self._session)

    def cut(self) -> None:
        self._session.select(with_contents(self._session.graph, self._session.all_selected))
        if clipboard.copy(self._session):
            self.delete_selection()

    def paste(self) -> None:
        clipboard.paste(self._session, self.mapToScene(self._cursor()))
        self._reveal_selection()

    def duplicate(self) -> None:
        clipboard.duplicate(self._session, self.graph_scene.bounds(self._session.all_selected).height())
        self._reveal_selection()

    def delete_selection(self) -> None:
        """Removes the selected nodes with their edges, and the selected edges, frames and notes."""
        session = self._session
        edit = removal(session.graph, session.all_selected, self.graph_scene.selected_edges)
        if edit is not None:
            session.apply(edit)
        else:
            session.message.emit(tr("Nothing is selected."))

    def select_all(self) -> None:
        graph = self._session.graph
        self._session.select([*graph.nodes, *graph.frames, *graph.notes])

    def rename_selected(self) -> None:
        """Edits the name of what is selected, or the text of a note, in its place."""
        chosen = self._session.all_selected
        if len(chosen) == 1:
            self.fields.edit(*chosen)
        else:
            self._session.message.emit(tr("Select one layer, frame or note to rename."))

    def ask_replacement(self, node_id: str) -> None:
        """Opens the search box for the type that takes a node's place, at its card."""
        self.reveal(node_id)
        self.replacer.ask(node_id, self.mapFromScene(self.graph_scene.bounds([node_id]).center()))

    def reroute(self, edge: Edge, at: QPointF, step: Hashable = None) -> list[str]:
        """Lets an edge run through a new point, which is then selected; returns its id if it could be.

        Args:
            edge: which one.
            at: where, in scene coordinates.
            step: what several calls in a row have in common that are undone together.
        """
        placed = place_on_edge(self._session.graph, edge, (at.x(), at.y()))
        if not self._session.apply(placed.edit, merge_key=step):
            return []
        self._session.select((placed.node_id,))
        return [placed.node_id]

    def place_for_new(self) -> QPointF:
        """Where something new goes: where the menu was asked for, else where the mouse is."""
        return self.menu_at if self.menu_at is not None else self.mapToScene(self._cursor())

    def fit_view(self) -> None:
        """Shows the selection, or everything."""
        self.fit_area(self.graph_scene.bounds(self._session.all_selected))

    def fit_all(self) -> None:
        """Shows everything."""
        self.fit_area(self.graph_scene.bounds())

    def reveal(self, item_id: str) -> None:
        """Brings a node, a frame or a note into sight, without moving anything if it is."""
        self.ensureVisible(self.graph_scene.bounds([item_id]), REVEAL_MARGIN, REVEAL_MARGIN)

    def reveal_edge(self, edge: Edge) -> None:
        """Brings an edge into sight, its end if it is longer than what is seen."""
        area = self.graph_scene.edges[edge].path.controlPointRect()
        self.ensureVisible(area, REVEAL_MARGIN, REVEAL_MARGIN)

    def _reveal_selection(self) -> None:
        if self._session.all_selected:
            area = self.graph_scene.bounds(self._session.all_selected)
            self.ensureVisible(area, REVEAL_MARGIN, REVEAL_MARGIN)

    # -- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._mouse.press(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse.move(event)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse.release(event)
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keys.leave()
        super().focusOutEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position().toPoint()
        scene_at = self.mapToScene(at)
        hit = self._pointer.hit(scene_at, self.zoom)
        self._pointer.leave()
        if hit.node is not None:
            if hit.port is None and hit.node.is_title(scene_at):
                self.rename_selected()
            elif hit.port is None and self._session.is_instance(hit.node.node_id):
                self._session.enter(hit.node.node_id)
        elif hit.edge is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.reroute(hit.edge.edge, scene_at)
        elif hit.annotation is not None:
            self.fields.edit(hit.annotation.id)
        else:
            self._adder.ask(at, scene_at, hit.edge.edge if hit.edge else None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Opens the menu of what lies there; asked for by a key, that of what is selected, beside it."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            chosen = hit_of_selection(self.graph_scene)
            if chosen is not None:
                self.ensureVisible(QRectF(chosen[1], QSizeF(1, 1)), REVEAL_MARGIN, REVEAL_MARGIN)
                self._open_menu(*chosen, self.viewport().mapToGlobal(self.mapFromScene(chosen[1])))
                return
        elif self._mouse.has_called_off:
            return
        at = self.mapToScene(event.pos())
        self._open_menu(self._pointer.hit(at, self.zoom), at, event.globalPos())

    def _open_menu(self, hit: Hit, scene_at: QPointF, at: QPoint) -> None:
        item_id = hit.node.node_id if hit.node else hit.annotation.id if hit.annotation else None
        if item_id is not None and item_id not in self._session.all_selected:
            self._session.select((item_id,))
        if hit.edge is not None:
            self._session.select(())
            self.graph_scene.select_edges((hit.edge.edge,))
        self.menu_at = scene_at
        menu = context_menu(self, entries_for(hit, self._session.graph))
        self._pointer.leave()
        menu.popup(at)

    def leaveEvent(self, event: QEvent) -> None:
        if self._pointer.gesture is None:
            self._pointer.leave()
        super().leaveEvent(event)

    def event(self, event: QEvent) -> bool:
        is_asked = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if is_asked and event.key() == Qt.Key.Key_Space and not event.modifiers():
            event.accept()  # a tap searches, held it pans: decided on release
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._keys.press(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._keys.release(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint.centre()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(MIME_TYPE))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._pointer.hover(
            event.position().toPoint(), self.mapToScene(event.position().toPoint()), self.zoom
        )
        event.setAccepted(event.mimeData().hasFormat(MIME_TYPE))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._pointer.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        type_name = bytes(event.mimeData().data(MIME_TYPE).data()).decode()
        scene_at = self.mapToScene(event.position().toPoint())
        edge = self._pointer.hit(scene_at, self.zoom).edge
        self._pointer.leave()
        if type_name in self._session.graph.catalog:
            self._adder.add(type_name, scene_at, edge.edge if edge else None)
            event.acceptProposedAction()
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    # -- following the session and its own parts

    def _connect(self) -> None:
        self.graph_scene.content_changed.connect(self.content_changed)
        self._session.changed.connect(self._follow)
        self._session.document_replaced.connect(self._reload)
        self._session.scope_changed.connect(self._go_there)
        self._session.selection_changed.connect(self._follow_selection)
        self.search.closed.connect(self._take_focus)
        self.replacer.popup.closed.connect(self._take_focus)
        self._adder.added.connect(self.reveal)

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        self._ahead.stop()
        self._pointer.cancel()  # what it holds may be gone or elsewhere
        if change.removed or change.disconnected:
            self._pointer.forget()
        self._hint.setVisible(not self._session.graph.nodes)

    @Slot()
    def _reload(self) -> None:
        self._places.forget()
        self._seen = self._session.scope, self._session.block
        self._start_anew()
        self.fit_all()

    @Slot()
    def _go_there(self) -> None:
        """Shows another graph of the document, as it was seen last."""
        self._places.keep(self._seen)
        self._seen = self._session.scope, self._session.block
        self._start_anew()
        is_back = self._places.restore(self._seen)
        if not is_back or not self.visible_area.intersects(self.graph_scene.bounds()):
            self.fit_all()

    def _start_anew(self) -> None:
        """Lets go of everything that belongs to the graph shown before."""
        self._pointer.forget()
        self._ahead.stop()
        self._pictures.clear()
        self.search.close_quietly()
        self.replacer.popup.close_quietly()
        self.fields.leave()
        self._hint.setVisible(not self._session.graph.nodes)
        self._hint.centre()

    @Slot(object)
    def _follow_selection(self, node_ids: tuple[str, ...]) -> None:
        """Shows a node that was selected elsewhere, such as in the list of problems."""
        focus = QApplication.focusWidget()
        is_here = focus is not None and (focus is self or self.isAncestorOf(focus))
        if len(node_ids) == 1 and not is_here:
            self.reveal(node_ids[0])

    @Slot()
    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_on_nothing(self, ref: PortRef, at: QPointF) -> None:
        self._adder.ask_for_port(self.mapFromScene(at), at, ref)

    def _insert(self, edge: Edge, at: QPointF) -> None:
        self._adder.ask(self.mapFromScene(at), at, edge)

    def _cursor(self) -> QPoint:
        """The mouse in the viewport, or the viewport's centre."""
        at = self.viewport().mapFromGlobal(QCursor.pos())
        return at if self.viewport().rect().contains(at) else self.viewport().rect().center()
