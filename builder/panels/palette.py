"""The palette: blocks, then every layer by family; found by typing, dragged or added by a double-click."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from builder.layer_list import LayerDelegate, LayerList
from builder.layer_search import Match, search, usual_order
from builder.session import Session
from builder.texts import tr, tr_count
from builder.theme import Theme
from graph.block_edits import RemoveBlock, count_uses
from graph.blocks import CATEGORY as BLOCKS
from graph.catalog.spec import LayerSpec


class Palette(QWidget):
    """Lists the project's blocks and the layers.

    Signals:
        layer_chosen(str): a type was double-clicked, or Enter pressed on it; the canvas adds it.
    """

    layer_chosen = Signal(str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._blocks = _blocks(session)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(tr("Search layers"))
        self.field.setAccessibleName(tr("Search layers"))
        self.field.setClearButtonEnabled(True)
        self.list = QListView(self)
        self._model = LayerList(self)
        self._delegate = LayerDelegate(theme, has_help=False, parent=self.list)
        self._nothing = QLabel(self)
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        self._build()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.doubleClicked.connect(self._choose)
        self.list.installEventFilter(self)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        for signal in (session.changed, session.scope_changed, session.document_replaced):
            signal.connect(self._follow)
        self._search("")

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self._delegate.set_theme(theme)
        self.list.viewport().update()

    @property
    def rows(self) -> list[str]:
        """Headings and types, from top to bottom."""
        return [str(self._model.index(row).data()) for row in range(self._model.rowCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter adds the row, or while typing the first match; Down goes from the field to the list."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        in_field = watched is self.field
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self._model.first() if in_field else self.list.currentIndex())
        elif event.key() == Qt.Key.Key_Down and in_field:
            self.list.setCurrentIndex(self._model.first())
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.key() == Qt.Key.Key_Escape and in_field and self.field.text():
            self.field.clear()
        else:
            return False
        return True

    def _build(self) -> None:
        self.list.setModel(self._model)
        self.list.setItemDelegate(self._delegate)
        self.list.setAccessibleName(tr("Layers"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setDragEnabled(True)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.setSpacing(8)
        for widget in (self.field, self._nothing, self.list):
            layout.addWidget(widget)

    def block_menu(self, block: str) -> QMenu:
        """What can be done with one of the project's blocks."""
        session = self._session
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        uses = count_uses(session.project, block)
        enter = menu.addAction(tr("Edit block"), lambda: session.show_block(block))
        enter.setEnabled(uses > 0)
        enter.setToolTip(tr("Shows the layers inside") if uses else tr("Add it to the canvas first"))
        delete = menu.addAction(tr("Delete block"), lambda: session.apply(RemoveBlock(block)))
        delete.setEnabled(not uses)
        delete.setToolTip(
            tr_count(
                "It is used: delete or unpack it first",
                "It is used: delete or unpack them first",
                uses,
            )
            if uses
            else ""
        )
        return menu

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        spec = self._model.spec(self.list.indexAt(at))
        if spec is not None and spec.category == BLOCKS:
            self.block_menu(spec.type).popup(self.list.viewport().mapToGlobal(at))

    @Slot()
    def _follow(self) -> None:
        """Lists the blocks anew where one came, went or is another; nothing else moves."""
        blocks = _blocks(self._session)
        if blocks != self._blocks:
            self._blocks = blocks
            at = self.list.verticalScrollBar().value()
            self._search(self.field.text())
            self.list.verticalScrollBar().setValue(at)

    @Slot(str)
    def _search(self, query: str) -> None:
        catalog = self._session.graph.catalog
        rows = list(search(query, usual_order(catalog))) if query.strip() else list(_by_family(catalog))
        self._model.show(rows)
        self.list.scrollToTop()
        self._nothing.setText(
            tr("No layer matches “{query}”. Try PyTorch's name, or what it does: pool, norm.", query=query)
        )
        self._nothing.setVisible(not rows)
        self.list.setVisible(bool(rows))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        spec = self._model.spec(index)
        if spec is not None:
            self.layer_chosen.emit(spec.type)


def _blocks(session: Session) -> list[tuple[str, str]]:
    """What there is to see of the project's blocks: their names, and what they say of themselves."""
    return [(spec.type, spec.help) for spec in session.graph.catalog.values() if spec.category == BLOCKS]


def _by_family(catalog: Mapping[str, LayerSpec]) -> Iterator[Match | str]:
    """A catalogue under headings, blocks first, otherwise in its own order."""
    families: dict[str, list[LayerSpec]] = {BLOCKS: []}
    for spec in catalog.values():
        families.setdefault(spec.category, []).append(spec)
    for category, specs in families.items():
        if specs:
            yield category
            yield from (Match(spec, 0.0) for spec in specs)
