"""What a classifier takes for what: a matrix to look at, and beside it each class in figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from builder.overlays import percent
from builder.texts import tr
from builder.theme import GRID, Theme, font

Matrix = Sequence[Sequence[int]]  # samples by [actual class][predicted class]

_LABEL_SHARE = 0.3  # of the width that names may take at most
_LEAST_FOR_TEXT = 2  # cells narrower than their number and this many pixels show none
_LEAST_CELL = 3  # pixels
_STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}

Cell = tuple[int, int]  # actual and predicted class


@dataclass(frozen=True)
class _Layout:
    """Where the cells are."""

    origin: QPoint
    cell: int
    count: int

    def rect(self, cell: Cell) -> QRect:
        row, column = cell
        return QRect(
            self.origin.x() + column * self.cell, self.origin.y() + row * self.cell, self.cell, self.cell
        )

    def cell_at(self, position: QPoint) -> Cell | None:
        row = (position.y() - self.origin.y()) // self.cell
        column = (position.x() - self.origin.x()) // self.cell
        return (row, column) if 0 <= row < self.count and 0 <= column < self.count else None


class ConfusionMatrix(QWidget):
    """Rows are what samples are, columns what they were taken for; the darker, the larger a row's share.

    Signals:
        cell_chosen(int, int): a cell was clicked, or Enter pressed on it: actual and predicted class.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._matrix: Matrix = ()
        self._names: Sequence[str] = ()
        self._short_names: Sequence[str] = ()  # above the columns, which are narrow
        self._current: Cell = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(tr("Confusion matrix"))

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def show_matrix(self, matrix: Matrix, names: Sequence[str]) -> None:
        """Shows a matrix; one name a class."""
        self._matrix, self._names, self._short_names = matrix, names, telling_apart(names)
        self._current = (min(self._current[0], len(matrix) - 1), min(self._current[1], len(matrix) - 1))
        self._tell()
        self._take_no_more()
        self.update()

    def text_of(self, cell: Cell) -> str:
        """What a cell says, in a sentence."""
        row, column = cell
        count, total = self._matrix[row][column], sum(self._matrix[row])
        share = percent(count / total) if total else "–"
        if row == column:
            return tr(
                "{count:,} of {total:,} “{actual}” ({share}) were recognised.",
                count=count, total=total, share=share, actual=self._names[row],
            )  # fmt: skip
        return tr(
            "{count:,} of {total:,} “{actual}” ({share}) were taken for “{predicted}”.",
            count=count, total=total, share=share, actual=self._names[row], predicted=self._names[column],
        )  # fmt: skip

    def cell_rect(self, cell: Cell) -> QRect:
        """Where a cell is drawn, in pixels."""
        return self._layout().rect(cell)

    def fitting_width(self) -> int:
        """How wide it has to be for its cells to be squares as high as there is room."""
        line = QFontMetrics(font("caption")).height()
        side = self.height() - line - GRID
        names, corner = self._widths()
        plain = side + line + 2 * GRID
        fitting = max(min(plain + names, round(plain / (1 - _LABEL_SHARE))), plain + corner)
        return max(fitting, self.minimumWidth())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._take_no_more()

    def _take_no_more(self) -> None:
        """Leaves to others beside it what it has no use for."""
        self.setMaximumWidth(self.fitting_width())

    def sizeHint(self) -> QSize:
        return QSize(320, 260)

    # -- where things are

    def _widths(self) -> tuple[int, int]:
        """Pixels that the widest name takes, and what stands above the names."""
        metrics = QFontMetrics(font("caption"))
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        return widest, metrics.horizontalAdvance(tr("taken for"))

    def _name_width(self) -> int:
        widest, corner = self._widths()
        return max(min(widest, round(_LABEL_SHARE * self.width())), corner) + GRID

    def _layout(self) -> _Layout:
        line = QFontMetrics(font("caption")).height()
        left, top = line + self._name_width(), line + GRID // 2
        room = min(self.width() - left - GRID, self.height() - top - GRID // 2)
        count = max(len(self._matrix), 1)
        return _Layout(QPoint(left, top), max(room // count, _LEAST_CELL), count)

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._matrix:
            return
        painter = QPainter(self)
        painter.setFont(font("caption"))
        places = self._layout()
        self._paint_cells(painter, places)
        self._paint_names(painter, places)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color(self._theme.accent), 2))
            painter.drawRect(places.rect(self._current))
        painter.end()

    def _paint_cells(self, painter: QPainter, places: _Layout) -> None:
        metrics = painter.fontMetrics()
        most = max((max(row, default=0) for row in self._matrix), default=0)
        has_text = metrics.horizontalAdvance(str(most)) + _LEAST_FOR_TEXT <= places.cell
        has_text = has_text and metrics.height() <= places.cell
        gap = 1 if places.cell >= 8 else 0
        for row, counts in enumerate(self._matrix):
            total = sum(counts) or 1
            for column, count in enumerate(counts):
                rect = places.rect((row, column)).adjusted(0, 0, -gap, -gap)
                share = count / total
                painter.fillRect(rect, self._fill(share, row == column))
                if has_text and count:
                    painter.setPen(self._ink(share))
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"{count}")

    def _fill(self, share: float, is_right: bool) -> QColor:
        """From the surface's grey to blue for right answers and orange for wrong ones."""
        base = self._theme.color(self._theme.plot_grid)
        full = self._theme.color(self._theme.plot_train if is_right else self._theme.plot_val)
        share = share**0.5  # a few confusions must show beside hundreds of right answers
        mixed = (
            round(a + (b - a) * share) for a, b in zip(base.getRgb()[:3], full.getRgb()[:3], strict=True)
        )
        return QColor(*mixed)

    def _ink(self, share: float) -> QColor:
        return self._theme.color(self._theme.surface if share > 0.25 else self._theme.text)

    def _paint_names(self, painter: QPainter, places: _Layout) -> None:
        metrics, line = painter.fontMetrics(), painter.fontMetrics().height()
        painter.setPen(self._theme.color(self._theme.text_muted))
        side = places.cell * places.count
        width = self._name_width() - GRID // 2
        every = max(-(-line // places.cell), 1)  # as many names as stand below each other
        for index in range(0, places.count, every):
            rect = places.rect((index, 0))
            area = QRect(places.origin.x() - width - GRID // 2, rect.center().y() - line // 2, width, line)
            name = metrics.elidedText(self._names[index], Qt.TextElideMode.ElideRight, width)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
        self._paint_column_names(painter, places)
        corner = QRect(places.origin.x() - width - GRID // 2, places.origin.y() - line - 1, width, line)
        painter.drawText(corner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, tr("taken for"))
        painter.save()
        painter.translate(0, places.origin.y() + side)
        painter.rotate(-90)
        painter.drawText(QRect(0, 0, max(side, 40), line), Qt.AlignmentFlag.AlignCenter, tr("actual"))
        painter.restore()

    def _paint_column_names(self, painter: QPainter, places: _Layout) -> None:
        metrics = painter.fontMetrics()
        names = self._short_names
        widest = max(map(metrics.horizontalAdvance, names))
        every = 1 if widest + 4 <= places.cell else max(-(-3 * metrics.averageCharWidth() // places.cell), 1)
        for index in range(0, places.count, every):
            rect = places.rect((0, index))
            room = every * places.cell - 4
            name = names[index]
            if metrics.horizontalAdvance(name) > room:
                name = name[: max(room // max(metrics.averageCharWidth(), 1), 1)]
            area = QRect(
                rect.left(), places.origin.y() - metrics.height() - 1, every * places.cell, metrics.height()
            )
            side = Qt.AlignmentFlag.AlignHCenter if every == 1 else Qt.AlignmentFlag.AlignLeft
            painter.drawText(area, side | Qt.AlignmentFlag.AlignBottom, name)

    # -- mouse and keys

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._matrix:
            cell = self._layout().cell_at(event.pos())
            text = f"{self.text_of(cell)}\n{tr('Click to see them.')}" if cell else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._layout().cell_at(event.position().toPoint()) if self._matrix else None
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go(cell)
            self.cell_chosen.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if not self._matrix:
            super().keyPressEvent(event)
        elif step is not None:
            last = len(self._matrix) - 1
            row, column = self._current[0] + step[0], self._current[1] + step[1]
            self._go((min(max(row, 0), last), min(max(column, 0), last)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.cell_chosen.emit(*self._current)
        else:
            super().keyPressEvent(event)

    def _go(self, cell: Cell) -> None:
        self._current = cell
        self._tell()
        self.update()

    def _tell(self) -> None:
        self.setAccessibleDescription(self.text_of(self._current) if self._matrix else "")


def telling_apart(names: Sequence[str]) -> Sequence[str]:
    """Names without the words, or the word before a number, that all of them begin with."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    start = "".join(letters[0] for letters in alike).rstrip("0123456789")
    if not all(name[len(start) :][:1].isdigit() for name in names):
        words = re.match(r".*[\W_]", start)
        start = words[0] if words else ""
    short = [name[len(start) :] for name in names]
    return short if all(short) and len(names) > 1 else names
