"""A list of layers in their family colours, as the search box and the palette show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from builder.layer_search import Match
from builder.row_paint import draw_marked, draw_row_back, mirrored
from builder.texts import tr_made
from builder.theme import GRID, Theme, font
from graph.catalog.spec import LayerSpec

MIME_TYPE = "application/x-netloom-layer"
MATCH_ROLE = Qt.ItemDataRole.UserRole
HEADING_HEIGHT = 28
Index = QModelIndex | QPersistentModelIndex


class LayerList(QAbstractListModel):
    """Matches in order; a string among them is a heading that cannot be selected."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Match | str] = []

    def show(self, rows: Iterable[Match | str]) -> None:
        """Replaces what the list holds."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def spec(self, index: Index) -> LayerSpec | None:
        """The layer of a row; None for a heading."""
        row = self._rows[index.row()] if index.isValid() else None
        return row.spec if isinstance(row, Match) else None

    def first(self) -> QModelIndex:
        """The first row that is a layer."""
        rows = (index for index, row in enumerate(self._rows) if isinstance(row, Match))
        return self.index(next(rows, -1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == MATCH_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Match):
            return f"{row.spec.type}: {row.note or tr_made(row.spec.help)}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(row, str):
                return tr_made(row)
            is_spoken = role == Qt.ItemDataRole.AccessibleTextRole and bool(row.note)
            return f"{row.spec.type}, {row.note}" if is_spoken else row.spec.type
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self._rows[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        spec = self.spec(indexes[0]) if indexes else None
        if spec is not None:
            data.setData(MIME_TYPE, spec.type.encode())
            data.setText(spec.type)
        return data


class LayerDelegate(QStyledItemDelegate):
    """Draws a layer as a bar in its family's colour, its name with the matched letters bold, and its help.

    Args:
        has_help: whether a second line tells what the layer does.
    """

    def __init__(self, theme: Theme, has_help: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._has_help = theme, has_help
        self._body, self._caption, self._strong = font("body"), font("caption"), font("strong")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        if isinstance(index.data(MATCH_ROLE), str):
            return QSize(120, HEADING_HEIGHT)
        lines = QFontMetrics(self._body).height() + (
            QFontMetrics(self._caption).height() if self._has_help else 0
        )
        return QSize(120, lines + GRID + (2 if self._has_help else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(MATCH_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(option.direction)
        if isinstance(row, str):
            self._paint_heading(painter, option.rect, tr_made(row))
        else:
            self._paint_layer(painter, option, row)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(self._caption)
        painter.setPen(self._theme.color("text_muted"))
        at = rect.adjusted(GRID, 4, -GRID, -2)
        painter.drawText(at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)

    def _paint_layer(self, painter: QPainter, option: QStyleOptionViewItem, match: Match) -> None:
        rect, theme = option.rect.adjusted(4, 1, -4, -1), self._theme
        painter.setPen(Qt.PenStyle.NoPen)
        draw_row_back(painter, rect, option.state, theme)
        painter.setBrush(theme.color(theme.family_color(match.spec.category)))
        bar = QRect(rect.left() + 6, rect.top() + 5, 4, rect.height() - 10)
        painter.drawRoundedRect(mirrored(painter, bar, rect), 2, 2)
        text = mirrored(painter, rect.adjusted(18, 0, -GRID, 0), rect)
        name_height = QFontMetrics(self._body).height()
        top = rect.top() + (4 if self._has_help else (rect.height() - name_height) // 2)
        painter.setPen(theme.color("text"))
        room = QRect(text.left(), top, text.width(), name_height)
        width = draw_marked(painter, match.spec.type, match.letters, room, (self._body, self._strong))
        painter.setFont(self._caption)
        painter.setPen(theme.color("text_muted"))
        if self._has_help:
            self._paint_help(painter, match, text, top + name_height, width)

    def _paint_help(self, painter: QPainter, match: Match, text: QRect, top: int, name_width: int) -> None:
        metrics, spec = QFontMetrics(self._caption), match.spec
        said = match.note or tr_made(spec.help)
        help_text = metrics.elidedText(said, Qt.TextElideMode.ElideRight, text.width())
        if match.note:
            painter.setPen(self._theme.color("warning"))
        left = QRect(text.left(), top, metrics.horizontalAdvance(help_text), 1)
        painter.drawText(mirrored(painter, left, text).left(), top + metrics.ascent(), help_text)
        painter.setPen(self._theme.color("text_muted"))
        room = text.width() - name_width - 2 * GRID
        category = metrics.elidedText(tr_made(spec.category), Qt.TextElideMode.ElideRight, room)
        width, name = metrics.horizontalAdvance(category), QFontMetrics(self._body)
        right = QRect(text.right() - width, top, width, 1)
        painter.drawText(mirrored(painter, right, text).left(), top - name.height() + name.ascent(), category)
