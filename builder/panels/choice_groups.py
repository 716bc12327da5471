"""Headings that part the choices of a box into groups, and that cannot be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QComboBox, QStyledItemDelegate, QStyleOptionViewItem

from builder.theme import GRID, font

INSET = 7  # pixels left of a text; that of the choices
BELOW = 3  # pixels below a text, which is nearer to its choices than to those above


class Headings(QObject):
    """Stands between the choices of a box, and keeps mouse and keys from choosing a heading.

    Args:
        box: has its choices already.
        groups: the data of the choices below each heading, in the order of the box.
    """

    def __init__(self, box: QComboBox, groups: Mapping[str, Sequence[str]]) -> None:
        super().__init__(box)
        self._view = box.view()
        for part in (self._view, self._view.viewport()):
            part.installEventFilter(self)
        widest = max(map(QFontMetrics(font("strong")).horizontalAdvance, groups))
        self._view.setMinimumWidth(widest + 3 * INSET)
        self._looks = _HeadingLooks(self)  # a view does not keep those of its rows
        model = box.model()
        assert isinstance(model, QStandardItemModel)
        for title, choices in groups.items():
            for choice in choices:
                box.setItemData(box.findData(choice), title, Qt.ItemDataRole.AccessibleDescriptionRole)
            row = box.findData(choices[0])
            model.insertRow(row, _heading(title))
            self._view.setItemDelegateForRow(row, self._looks)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Mends what Qt does there: a click took what the mouse was over before, and Home did nothing."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            return _is_heading(self._view.indexAt(event.position().toPoint()))
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        is_home = event.key() == Qt.Key.Key_Home
        if is_home:
            self._go_to_first()
        return is_home

    def _go_to_first(self) -> None:
        model = self._view.model()
        places = (model.index(row, 0) for row in range(model.rowCount()))
        self._view.setCurrentIndex(next(place for place in places if not _is_heading(place)))


class _HeadingLooks(QStyledItemDelegate):
    """Paints a heading so that it can be read: Qt paints it as pale as all that cannot be chosen."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        place = option.rect.adjusted(INSET, 0, 0, -BELOW)
        painter.save()
        painter.setFont(font("strong"))
        painter.setPen(QApplication.palette().placeholderText().color())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, index.data())
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, QFontMetrics(font("strong")).height() + GRID + 2 * BELOW)


def _is_heading(index: QModelIndex) -> bool:
    return index.isValid() and not index.flags() & Qt.ItemFlag.ItemIsEnabled


def _heading(title: str) -> QStandardItem:
    item = QStandardItem(title)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    return item
