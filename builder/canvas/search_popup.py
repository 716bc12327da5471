"""The search box at the cursor: type a few letters, Enter adds the layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from builder.layer_list import LayerDelegate, LayerList
from builder.layer_search import Match, search
from builder.search_box import SearchBox
from builder.texts import tr
from builder.theme import GRID, Theme
from graph.catalog.spec import LayerSpec

WIDTH = 344
MISFIT = "Does not fit here as it is; Problems then says why."
MAX_LIST_HEIGHT = 328


class SearchPopup(SearchBox):
    """Asks for a layer.

    Signals:
        chosen(str): the type that was picked.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(tr("Search layers"), parent)
        self.setObjectName("canvas.search")
        self.setFixedWidth(WIDTH)
        self._specs: Sequence[LayerSpec] = ()
        self._misfits: Sequence[LayerSpec] = ()
        self._model = LayerList(self)
        self._delegate = LayerDelegate(theme, has_help=True, parent=self.list)
        self._install(self._model, self._delegate)
        self.field.textChanged.connect(self._search)
        self.taken.connect(self._choose)

    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self._delegate.set_theme(theme)

    def ask(
        self, at: QPoint, specs: Sequence[LayerSpec], prompt: str, misfits: Sequence[LayerSpec] = ()
    ) -> None:
        """Opens at a position in the parent.

        Args:
            at: where; moved so that all of it is seen.
            specs: the layers to choose from, likeliest first.
            prompt: what the empty field says.
            misfits: layers that are listed, and marked, where what is typed names them rather than any other.
        """
        self._specs, self._misfits = specs, misfits
        self.field.setPlaceholderText(prompt)
        self.field.clear()
        self._search("")
        self._fit(at)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def types(self) -> list[str]:
        """The types listed, from top to bottom."""
        return [str(self._model.index(row).data()) for row in range(self._model.rowCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys typed here are text, not canvas shortcuts
            return False
        return super().eventFilter(watched, event)

    @Slot(str)
    def _search(self, query: str) -> None:
        found = search(query, self._specs)
        self._model.show([*self._named_misfits(query, found), *found])
        self.list.setCurrentIndex(self._model.first())
        self.list.scrollToTop()
        is_empty = not self._model.rowCount()
        self.hint.setVisible(is_empty)
        if is_empty:
            among = tr("that fits here ") if query and search(query) else ""
            self.hint.setText(
                tr("No layer {among}matches “{query}”.", among=among, query=query)
                if query
                else tr("No layer fits here.")
            )
        self.list.setVisible(not is_empty)
        if self.isVisible():
            self._resize()

    def _named_misfits(self, query: str, found: Sequence[Match]) -> list[Match]:
        """Layers that do not fit, but begin as what is typed does: to take another for them would mislead."""
        word = query.strip().casefold()
        if not word:
            return []
        named = [spec for spec in self._misfits if spec.type.casefold().startswith(word)]
        best = found[0].score if found else 0.0
        return [replace(each, note=tr(MISFIT)) for each in search(query, named) if each.score > best]

    @Slot(int, bool)
    def _choose(self, row: int, _shift: bool) -> None:
        spec = self._model.spec(self._model.index(row))
        if spec is not None:
            self.close_quietly()
            self.chosen.emit(spec.type)

    def _fit(self, at: QPoint) -> None:
        self._resize()
        room = self.parentWidget().rect().adjusted(GRID, GRID, -GRID, -GRID)
        x = max(room.left(), min(at.x() - 24, room.right() - self.width()))
        y = max(room.top(), min(at.y() - 24, room.bottom() - self.height()))
        self.move(x, y)

    def _resize(self) -> None:
        rows = self._model.rowCount() * self.list.sizeHintForRow(0) + 2 if self._model.rowCount() else 0
        room = self.parentWidget().height() - 80
        self.list.setFixedHeight(max(min(rows, MAX_LIST_HEIGHT, room), 48))
        self.adjustSize()
