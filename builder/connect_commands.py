"""Joins ports without the mouse: lists where an edge can go, and why it cannot go elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Slot

from builder.actions import Actions
from builder.canvas.captions import ARROW, shape_text
from builder.canvas.page import CanvasPage
from builder.canvas.partners import Partner, partners, side_of, title_of
from builder.canvas.ports import Port
from builder.canvas.tentative import TentativeEdge
from builder.keyboard_actions import CONNECT
from builder.picker import Picker, Row
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import GRID, Theme
from graph.document import Edit
from graph.edits import Batch, Connect, Disconnect

WIDTH = 400  # pixels, where there is room
ROWS = 6  # seen at once


class ConnectCommands(QObject):
    """Handlers of the actions that join the selected node to another.

    A node with several ports is asked for one of them first.

    Args:
        session: takes the edge.
        page: the list lies on it, beside the node.
        actions: greyed out, with the reason, where nothing can be joined.
    """

    def __init__(
        self, session: Session, page: CanvasPage, actions: Actions, theme: Theme, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._page, self._actions, self._theme = session, page, actions, theme
        self._has_project = False
        self._starts: list[Port] = []
        self._anchor: Port | None = None  # where the edge begins, once that is decided
        self._found: list[Partner] = []
        self._edge = TentativeEdge(page.canvas.graph_scene)
        self.picker = Picker(tr("Connect to"), "", theme, page, ROWS)
        self.picker.setObjectName("canvas.connect")
        self.picker.asked.connect(self._search)
        self.picker.taken.connect(self._take)
        self.picker.moved.connect(self._go)
        self.picker.closed.connect(self._edge.hide)
        session.selection_changed.connect(self.refresh)
        for signal in (session.changed, session.scope_changed, session.document_replaced):
            signal.connect(self._start_anew)

    @property
    def partners(self) -> list[Partner]:
        """What is listed, from top to bottom."""
        return self._found

    @Slot()
    def connect_output(self) -> None:
        """Asks which input an output of the selected node is to feed."""
        self._ask(is_output=True)

    @Slot()
    def connect_input(self) -> None:
        """Asks which output is to feed an input of the selected node."""
        self._ask(is_output=False)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self._theme = theme
        self.picker.set_theme(theme)

    def set_has_project(self, has_project: bool) -> None:
        """Says whether there is anything to work on."""
        self._has_project = has_project
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Offers what can be done now."""
        for action_id, is_output in zip(CONNECT, (True, False), strict=True):
            reason = self._why_not(is_output) if self._has_project else tr("No project is open.")
            if self._actions.why_disabled(action_id) != reason:  # a marquee asks at every move
                self._actions.set_enabled(action_id, not reason, reason)

    @Slot()
    def _start_anew(self) -> None:
        self.picker.close_quietly()  # what it lists may be gone
        self.refresh()

    def _why_not(self, is_output: bool) -> str:
        graph, chosen = self._session.graph, self._session.selection
        if len(chosen) != 1 or chosen[0] not in graph.nodes:
            return tr("Select one layer first.")
        ports, name = side_of(self._session, chosen[0], is_output), graph.nodes[chosen[0]].name
        if not ports:
            return (tr("{name} has no output.") if is_output else tr("{name} has no input.")).format(
                name=name
            )
        return ""

    # -- asking

    def _ask(self, is_output: bool) -> None:
        (node_id,) = self._session.selection
        self._starts = side_of(self._session, node_id, is_output)
        self._anchor = self._starts[0] if len(self._starts) == 1 else None
        self._page.canvas.reveal(node_id)
        self._open()

    def _open(self) -> None:
        """Opens for what is to be decided now."""
        graph, picker = self._session.graph, self.picker
        name = graph.nodes[self._starts[0].ref.node].name
        is_output = self._starts[0].is_output
        if self._anchor is None:
            prompt = (
                tr("Which output of {name}?", name=name)
                if is_output
                else tr("Which input of {name}?", name=name)
            )
        else:
            title = title_of(graph, self._anchor)
            prompt = (
                tr("Connect {title} to...", title=title)
                if is_output
                else tr("What feeds {title}?", title=title)
            )
        picker.field.setPlaceholderText(prompt)
        picker.field.clear()
        picker.setFixedWidth(min(WIDTH, self._page.width() - 4 * GRID))
        picker.move(GRID, GRID)
        picker.open()
        self._stand_below_card()

    def _stand_below_card(self) -> None:
        """Puts the list where it hides neither the card nor its neighbours; the view makes room for it."""
        canvas, room = self._page.canvas, self._page.rect().adjusted(GRID, GRID, -GRID, -GRID)
        area = canvas.graph_scene.bounds([self._starts[0].ref.node])
        top = canvas.viewport().mapTo(self._page, QPoint()).y()
        card = canvas.mapFromScene(area).boundingRect().translated(0, top)
        below = card.bottom() + 2 * GRID
        lift = max(min(below + self.picker.height() - room.bottom(), card.top() - top - GRID), 0)
        canvas.pan_by(QPoint(0, -lift))
        right, bottom = room.right() - self.picker.width(), room.bottom() - self.picker.height()
        self.picker.move(max(min(card.left(), right), GRID), max(min(below - lift, bottom), GRID))

    @Slot(str)
    def _search(self, query: str) -> None:
        if self._anchor is None:
            self._list([self._start_row(port) for port in self._starts], "")
            return
        self._found = partners(self._session, self._page.canvas.graph_scene.geometry, self._anchor, query)
        words = query.strip()
        hint = (
            tr("No layer fits “{words}”.", words=words)
            if words
            else tr("There is no other layer with a port for it.")
        )
        hint = "" if self._found else hint
        self._list([self._row(each) for each in self._found], hint)

    def _list(self, rows: list[Row], hint: str) -> None:
        self.picker.show_rows(rows, hint)
        self._show(0)

    def _start_row(self, port: Port) -> Row:
        graph, result = self._session.graph, self._session.result(port.ref.node)
        edge = None if port.is_output else graph.edge_into(port.ref)
        now = tr("gets {name}", name=graph.nodes[edge.source.node].name) if edge else ""
        help_ = tr_made(port.help) if port.help else ""
        tensor = (result.outputs if port.is_output else result.inputs).get(port.ref.port)
        shape = shape_text(tensor) if tensor else ""
        return Row(
            port.ref.port,
            now or help_,
            shape,
            color=self._color(port.ref.node),
        )

    def _row(self, each: Partner) -> Row:
        node = self._session.graph.nodes[each.ref.node]
        color, replaced = self._color(node.id), each.replaced
        name = self._session.graph.nodes[replaced.source.node].name if replaced else ""
        return Row(
            each.title,
            tr("in place of the edge from {name}", name=name) if replaced else node.type,
            letters=each.letters,
            color=color,
            fault=tr_made(each.reason) if each.reason else "",
        )

    def _color(self, node_id: str) -> str:
        graph = self._session.graph
        spec = graph.catalog.get(graph.nodes[node_id].type)
        return self._theme.family_color(spec.category if spec else "")

    # -- deciding

    @Slot(int)
    def _go(self, row: int) -> None:
        """Shows on the canvas what a row would do that a key led to."""
        if self._anchor is not None:
            self._page.canvas.reveal(self._found[row].ref.node)
        self._show(row)

    def _show(self, row: int) -> None:
        """Shows on the canvas what a row would do; of one that is refused, says why."""
        self._edge.hide()
        fault = self.picker.rows[row].fault if row < len(self.picker.rows) else ""
        if fault:
            self._say(fault)
        elif self._anchor is not None and row < len(self._found):
            self._say("")
            self._edge.show(self._anchor, self._found[row].ref)

    def _say(self, text: str) -> None:
        self.picker.hint.setText(text)
        self.picker.hint.setVisible(bool(text))
        self.picker.adjustSize()

    @Slot(int, bool)
    def _take(self, row: int, _shift: bool) -> None:
        if self.picker.rows[row].fault:
            self._say(self.picker.rows[row].fault)
        elif self._anchor is None:
            self._anchor = self._starts[row]
            self._open()
        else:
            self._join(self._anchor, self._found[row])

    def _join(self, anchor: Port, other: Partner) -> None:
        graph = self._session.graph
        self.picker.close_quietly()
        source, target = (anchor.ref, other.ref) if anchor.is_output else (other.ref, anchor.ref)
        titles = [title_of(graph, anchor), other.title]
        edit: Edit = Connect(source, target)
        if other.replaced is not None:
            edit = Batch(later("Replace edge"), (Disconnect((other.replaced,)), edit))
        if self._session.apply(edit):
            first, last = titles if anchor.is_output else titles[::-1]
            self._session.message.emit(tr("Connected {edge}.", edge=f"{first} {ARROW} {last}"))
