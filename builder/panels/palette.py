"""The palette: every layer by family, found by typing, dragged to the canvas or added by a double-click."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from builder.layer_list import LayerDelegate, LayerList
from builder.layer_search import Match, search
from builder.theme import Theme
from graph.catalog import CATALOG


class Palette(QWidget):
    """Lists the layers.

    Signals:
        layer_chosen(str): a type was double-clicked, or Enter pressed on it; the canvas adds it.
    """

    layer_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Search layers")
        self.field.setAccessibleName("Search layers")
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
        self.list.setAccessibleName("Layers")
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

    @Slot(str)
    def _search(self, query: str) -> None:
        rows = list(search(query)) if query.strip() else list(_by_family())
        self._model.show(rows)
        self.list.scrollToTop()
        self._nothing.setText(f"No layer matches “{query}”.")
        self._nothing.setVisible(not rows)
        self.list.setVisible(bool(rows))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        spec = self._model.spec(index)
        if spec is not None:
            self.layer_chosen.emit(spec.type)


def _by_family() -> Iterator[Match | str]:
    """The catalogue under headings, in its own order."""
    for category in dict.fromkeys(spec.category for spec in CATALOG.values()):
        yield category
        yield from (Match(spec, 0.0) for spec in CATALOG.values() if spec.category == category)
