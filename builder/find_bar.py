"""Find: nodes by name, type, parameter or value, frames and notes by text, wherever in the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, QSizeF, Slot

from builder.canvas.page import CanvasPage
from builder.find_index import FindIndex, Hit, Hits
from builder.find_page import Item
from builder.picker import Picker, Row
from builder.scope_names import ARROW
from builder.session import Session
from builder.texts import tr
from builder.theme import GRID, Theme
from graph.document import Node

ROWS = 6  # seen at once: the network is to be seen as well
WIDTH = 440  # pixels, where there is room
READABLE = 0.6  # zoom below which a card cannot be read
MARGIN = 2 * GRID  # pixels around the bar, and between it and what was found
EMPTY_HINT = "Names, types, parameters and values, also inside blocks: “conv2”, “Conv2d”, “stride=2”."


class FindBar(QObject):
    """Shows what fits in a list over the canvas, and goes there: into the block, to the node.

    Enter goes to the row that is current, and on to the next when that is in sight already; with Shift back.

    Args:
        session: in which to find, and which shows what was found.
        theme: for its colours.
        page: what the bar lies on, and where what was found is seen.
    """

    def __init__(self, session: Session, theme: Theme, page: CanvasPage) -> None:
        super().__init__(page)
        self._session, self._theme = session, theme
        self._page, self._canvas = page, page.canvas
        self._index = FindIndex(session.project)
        self._hits = self._index.find("")
        self._reached = -1  # the row in sight; -1 if none
        self.picker = Picker(tr("Find in the network"), tr("Find"), theme, page, ROWS)
        self.picker.setObjectName("find.bar")
        self.picker.asked.connect(self._search)
        self.picker.taken.connect(self._take)
        self.picker.moved.connect(self._go)
        session.document_replaced.connect(self._start_anew)
        session.changed.connect(self._follow)

    @property
    def hits(self) -> Hits:
        """What is listed, from top to bottom."""
        return self._hits

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self._theme = theme
        self.picker.set_theme(theme)
        self._list(max(self.picker.current, 0))

    def find(self) -> None:
        """Opens with what was last looked for, ready to be typed over."""
        self._index.prepare()
        width = min(WIDTH, self._page.width() - 2 * MARGIN)
        self.picker.setFixedWidth(width)
        self.picker.move(self._page.width() - width - MARGIN, self._canvas.y() + MARGIN)
        self.picker.open()

    def find_next(self) -> None:
        """Goes to the next of what was last looked for; asks if nothing was."""
        self._step(1)

    def find_previous(self) -> None:
        """Goes to the one before; asks if nothing was looked for."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if not self.picker.field.text().strip():
            self.find()
            return
        if not self.picker.isVisible():
            self._search(self.picker.field.text())
        if not self._hits:
            self._session.message.emit(tr("Nothing fits “{text}”.", text=self.picker.field.text().strip()))
            return
        start = self._reached if self._reached >= 0 or by > 0 else 0
        self._go((start + by) % len(self._hits))

    @Slot(str)
    def _search(self, query: str) -> None:
        self._hits = self._index.find(query, self._session.block)
        self._reached = self._row_in_sight()
        self._list(max(self._reached, 0))

    @Slot(int, bool)
    def _take(self, row: int, backwards: bool) -> None:
        if row == self._reached:
            row = (row + (-1 if backwards else 1)) % len(self._hits)
        self._go(row)

    @Slot(int)
    def _go(self, row: int) -> None:
        """Shows the node of a row: its graph, selected, in sight and not under the bar."""
        hit = self._hits[row]
        self.picker.current = row
        if not self._session.show_scope(hit.path):
            return
        self._session.select((hit.item.id,))
        self._reached = row
        self._bring_into_sight(self._area(hit.item))
        self.picker.go_back_to(self._canvas)
        self.picker.hint.setText(self._hint())

    def _area(self, item: Item) -> QRectF:
        """Where an item stands on the canvas."""
        if isinstance(item, Node):
            return self._canvas.graph_scene.bounds([item.id])
        return QRectF(QPointF(*item.position), QSizeF(*item.size))

    def _bring_into_sight(self, area: QRectF) -> None:
        """Shows an area of the canvas large enough to be read, and not under the bar."""
        if self._canvas.zoom < READABLE:
            self._canvas.zoom_by(1 / self._canvas.zoom)
            self._canvas.centerOn(area.center())
        self._canvas.ensureVisible(area, 2 * MARGIN, 2 * MARGIN)
        self._uncover(area)

    def _uncover(self, area: QRectF) -> None:
        """Moves the view so that the bar does not lie on an area."""
        if not self.picker.isVisible():
            return
        viewport = self._canvas.viewport()
        bar = QRect(viewport.mapFrom(self._page, self.picker.pos()), self.picker.size())
        card = self._canvas.mapFromScene(area).boundingRect()
        if not card.intersects(bar.adjusted(-MARGIN, 0, 0, MARGIN)):
            return
        if bar.left() > card.width() + 2 * MARGIN:
            self._canvas.pan_by(QPoint(bar.left() - MARGIN - card.right(), 0))
        else:
            self._canvas.pan_by(QPoint(0, bar.bottom() + MARGIN - card.top()))

    def _row_in_sight(self) -> int:
        """The row of the node that is selected; -1 if it is none of those found."""
        selection = self._session.all_selected
        return self._hits.row_of(self._session.scope, selection[0]) if len(selection) == 1 else -1

    def _list(self, current: int) -> None:
        if self.picker.isVisible():
            self.picker.show_rows(_Rows(self._hits, self._row), self._hint(), current)

    def _row(self, hit: Hit) -> Row:
        spec = self._session.graph.catalog.get(hit.type)
        path = f" {ARROW} ".join(hit.places)
        return Row(
            title=hit.name,
            note="   ".join(part for part in (hit.type, hit.param) if part),
            right=path,
            letters=hit.letters,
            color=self._theme.family_color(spec.category if spec else ""),
            tip=f" {ARROW} ".join((*hit.places, hit.name)),
        )

    def _hint(self) -> str:
        query = self.picker.field.text().strip()
        if not query:
            return tr(EMPTY_HINT)
        if not self._hits:
            return tr("Nothing fits “{query}”.", query=query)
        text = "{place:,} of {count:,} found" if self._reached >= 0 else "{count:,} found"
        found = tr(text, place=self._reached + 1, count=self._hits.count)
        listed = (
            ""
            if self._hits.count == len(self._hits)
            else tr("; the best {count} are listed", count=len(self._hits))
        )
        return found + listed

    @Slot()
    def _follow(self) -> None:
        self._index.forget()
        if self.picker.isVisible():
            self._search(self.picker.field.text())

    @Slot()
    def _start_anew(self) -> None:
        self._session.discarding.take((self._index, self._hits))
        self._index = FindIndex(self._session.project)
        self._hits, self._reached = self._index.find(""), -1
        self.picker.close_quietly()


class _Rows(Sequence[Row]):
    """The rows of hits, each made when the list shows it."""

    def __init__(self, hits: Hits, make: Callable[[Hit], Row]) -> None:
        self._hits, self._make = hits, make
        self._made: dict[int, Row] = {}  # the list asks for a row several times

    def __len__(self) -> int:
        return len(self._hits)

    def __getitem__(self, row: int) -> Row:  # type: ignore[override]  # nobody takes a slice
        if row not in self._made:
            self._made[row] = self._make(self._hits[row])
        return self._made[row]
