"""A layout that runs widgets in rows and begins a new row where the width ends."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from builder.theme import GRID


class FlowLayout(QLayout):
    """Lays widgets out like words of a text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        # By width, and without one: Qt asks dozens of times before it lays anything out.
        self._places: dict[int, list[tuple[QLayoutItem, QRect]]] = {}
        self._heights: dict[int, int] = {}
        self._least: QSize | None = None
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(GRID)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self._forget()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        self._forget()
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        height = self._heights.get(width)
        if height is None:
            height = max((place.bottom() + 1 for _, place in self._placed(width)), default=0)
            self._heights[width] = height
        return height

    def invalidate(self) -> None:
        self._forget()
        super().invalidate()

    def minimumSize(self) -> QSize:
        if self._least is None:
            sizes = [item.minimumSize() for item in self._items]
            width = max((size.width() for size in sizes), default=0)
            self._least = QSize(width, max((size.height() for size in sizes), default=0))
        return self._least

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        for item, place in self._placed(rect.width()):
            item.setGeometry(place.translated(rect.topLeft()))

    def _forget(self) -> None:
        self._places.clear()
        self._heights.clear()
        self._least = None

    def _placed(self, width: int) -> list[tuple[QLayoutItem, QRect]]:
        """Where each item goes, from the top left corner of the layout."""
        if width not in self._places:
            self._places[width] = list(self._in_rows(width))
        return self._places[width]

    def _in_rows(self, width: int) -> Iterator[tuple[QLayoutItem, QRect]]:
        x = y = row_height = 0
        for item in (item for item in self._items if not item.isEmpty()):
            size = item.sizeHint().boundedTo(QSize(max(width, item.minimumSize().width()), 10**6))
            if x and x + size.width() > width:
                x, y, row_height = 0, y + row_height + self.spacing(), 0
            yield item, QRect(QPoint(x, y), size)
            x, row_height = x + size.width() + self.spacing(), max(row_height, size.height())
