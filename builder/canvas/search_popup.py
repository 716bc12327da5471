"""The search box at the cursor: type a few letters, Enter adds the layer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from builder.layer_list import LayerDelegate, LayerList
from builder.layer_search import search
from builder.theme import Theme
from graph.catalog.spec import LayerSpec

WIDTH = 344
MAX_LIST_HEIGHT = 328
MOVES = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 6,
    Qt.Key.Key_PageUp: -6,
    Qt.Key.Key_Tab: 1,
    Qt.Key.Key_Backtab: -1,
}
STAYING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)  # a menu, another window


class SearchPopup(QFrame):
    """Asks for a layer.

    Signals:
        chosen(str): the type that was picked.
        closed(): it went away, with or without a choice.
    """

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas.search")
        self.setProperty("role", "card")
        self.setFixedWidth(WIDTH)
        self._specs: Sequence[LayerSpec] = ()
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Search layers")
        self.field.setClearButtonEnabled(True)
        self.list = QListView(self)
        self._model = LayerList(self)
        self._delegate = LayerDelegate(theme, has_help=True, parent=self.list)
        self._hint = QLabel(self)
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self._build()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._choose)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self._delegate.set_theme(theme)
        # It floats above cards of the same colour: a border that stands out tells it apart.
        self.setStyleSheet(
            f"SearchPopup {{ background: {theme.raised}; border: 1px solid {theme.border_strong};"
            " border-radius: 8px; }"
        )

    def ask(self, at: QPoint, specs: Sequence[LayerSpec], prompt: str) -> None:
        """Opens at a position in the parent.

        Args:
            at: where; moved so that all of it is seen.
            specs: the layers to choose from, likeliest first.
            prompt: what the empty field says.
        """
        self._specs = specs
        self.field.setPlaceholderText(prompt)
        self.field.clear()
        self._search("")
        self._fit(at)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_quietly(self) -> None:
        """Goes away without a choice."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    @property
    def types(self) -> list[str]:
        """The types listed, from top to bottom."""
        return [str(self._model.index(row).data()) for row in range(self._model.rowCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys typed here are text, not canvas shortcuts
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in STAYING:
            self.close_quietly()
        return False

    def _build(self) -> None:
        self.list.setModel(self._model)
        self.list.setItemDelegate(self._delegate)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setStyleSheet("QListView { background: transparent; border: none; }")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.field, self.list, self._hint):
            layout.addWidget(widget)

    def _key(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Escape:
            self.close_quietly()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
        elif key in MOVES:
            last = self._model.rowCount() - 1
            row = min(max(self.list.currentIndex().row() + MOVES[key], 0), last)
            self.list.setCurrentIndex(self._model.index(row))
        else:
            return False
        return True

    @Slot(str)
    def _search(self, query: str) -> None:
        self._model.show(search(query, self._specs))
        self.list.setCurrentIndex(self._model.first())
        self.list.scrollToTop()
        is_empty = not self._model.rowCount()
        self._hint.setVisible(is_empty)
        if is_empty:
            among = "that fits here " if query and search(query) else ""
            self._hint.setText(f"No layer {among}matches “{query}”." if query else "No layer fits here.")
        self.list.setVisible(not is_empty)
        if self.isVisible():
            self._resize()

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        spec = self._model.spec(index)
        if spec is not None:
            self.close_quietly()
            self.chosen.emit(spec.type)

    def _fit(self, at: QPoint) -> None:
        self._resize()
        room = self.parentWidget().rect().adjusted(8, 8, -8, -8)
        x = max(room.left(), min(at.x() - 24, room.right() - self.width()))
        y = max(room.top(), min(at.y() - 24, room.bottom() - self.height()))
        self.move(x, y)

    def _resize(self) -> None:
        rows = self._model.rowCount() * self.list.sizeHintForRow(0) + 2 if self._model.rowCount() else 0
        room = self.parentWidget().height() - 80
        self.list.setFixedHeight(max(min(rows, MAX_LIST_HEIGHT, room), 48))
        self.adjustSize()
