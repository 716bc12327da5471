"""A read-only view of Python source with line numbers and marked lines."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QTextCursor,
    QTextFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from builder.panels.highlighter import PythonHighlighter
from builder.texts import tr
from builder.theme import GRID, Theme, font


class SourceView(QPlainTextEdit):
    """Shows source text; lines count from 1.

    Signals:
        line_entered(int): the user moved the text cursor into another line.
    """

    line_entered = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._marked: frozenset[int] = frozenset()
        self._line = 1
        self._is_updating = self._is_outdated = False
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(font("code"))
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as Python is read, wherever the window is
        self.setAccessibleName(tr("Source code"))
        self._gutter = _Gutter(self)
        self._highlighter = PythonHighlighter(self.document(), theme)
        self.blockCountChanged.connect(self._fit_gutter)
        self.updateRequest.connect(self._scroll_gutter)
        self.cursorPositionChanged.connect(self._on_cursor_moved)
        self._fit_gutter()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme, as soon as anybody sees it: colouring many lines takes a while."""
        self._theme, self._is_outdated = theme, True
        if self.isVisible():
            self._put_on_theme()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_outdated:
            self._put_on_theme()

    def _put_on_theme(self) -> None:
        self._is_outdated = False
        self._is_updating = True  # colouring anew is no movement of the cursor
        self._highlighter.set_theme(self._theme)
        self._is_updating = False
        self._paint_marks()
        self._gutter.update()

    def set_source(self, text: str) -> None:
        """Shows another text; scroll position and selection stay where the text around them did."""
        old, new = self.toPlainText().split("\n"), text.split("\n")
        if new == old:
            return
        scrolled = self.verticalScrollBar().value(), self.horizontalScrollBar().value()
        self._is_updating = True
        self._replace_lines(*_difference(old, new), new)
        self.verticalScrollBar().setValue(scrolled[0])
        self.horizontalScrollBar().setValue(scrolled[1])
        self._line = self.textCursor().blockNumber() + 1
        self._is_updating = False

    def mark(self, lines: Collection[int]) -> None:
        """Gives lines a coloured background, and brings the first into view if none is."""
        self._marked = frozenset(lines)
        self._paint_marks()
        self._gutter.update()
        if self._marked and not any(self._is_in_view(line) for line in self._marked):
            self._scroll_to(min(self._marked))

    def marked(self) -> frozenset[int]:
        """The lines that are marked."""
        return self._marked

    def gutter_width(self) -> int:
        """Width in pixels that the line numbers need."""
        digits = max(len(str(self.blockCount())), 2)
        return digits * self.fontMetrics().horizontalAdvance("0") + 3 * GRID

    def paint_gutter(self, event: QPaintEvent) -> None:
        """Draws the line numbers that are in view."""
        painter = QPainter(self._gutter)
        painter.fillRect(event.rect(), self._theme.color("surface"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            number = block.blockNumber() + 1
            area = QRect(0, round(top), self._gutter.width() - GRID - GRID // 2, round(height))
            if number in self._marked:
                painter.fillRect(QRect(0, area.top(), 3, area.height()), self._theme.color("accent"))
            painter.setPen(self._theme.color("text" if number in self._marked else "text_muted"))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            block, top = block.next(), top + height
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), self.gutter_width(), inside.height()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls; Ctrl does not zoom, because the font size is the theme's."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)

    def _replace_lines(self, first: int, last_old: int, last_new: int, new: list[str]) -> None:
        document = self.document()
        cursor = QTextCursor(document.findBlockByNumber(first))
        end = document.findBlockByNumber(last_old)
        cursor.setPosition(end.position() + end.length() - 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText("\n".join(new[first : last_new + 1]))

    def _paint_marks(self) -> None:
        selections = []
        for line in sorted(self._marked):
            block = self.document().findBlockByNumber(line - 1)
            if block.isValid():
                selection = QTextEdit.ExtraSelection()
                selection.format.setBackground(self._theme.color("code_line"))
                selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
                selection.cursor = QTextCursor(block)
                selections.append(selection)
        self.setExtraSelections(selections)

    def _is_in_view(self, line: int) -> bool:
        block = self.document().findBlockByNumber(line - 1)
        area = self.blockBoundingGeometry(block).translated(self.contentOffset())
        return block.isValid() and area.top() >= 0 and area.bottom() <= self.viewport().height()

    def _scroll_to(self, line: int) -> None:
        """Scrolls so that a line stands in the upper third."""
        lines_in_view = self.viewport().height() // max(self.fontMetrics().lineSpacing(), 1)
        self.verticalScrollBar().setValue(max(line - 1 - lines_in_view // 3, 0))

    @Slot()
    def _on_cursor_moved(self) -> None:
        line = self.textCursor().blockNumber() + 1
        if not self._is_updating and line != self._line:
            self._line = line
            self.line_entered.emit(line)

    @Slot()
    def _fit_gutter(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    @Slot(QRect, int)
    def _scroll_gutter(self, area: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, area.y(), self._gutter.width(), area.height())


class _Gutter(QWidget):
    """The strip with the line numbers; the view paints it."""

    def __init__(self, view: SourceView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_gutter(event)


def _difference(old: list[str], new: list[str]) -> tuple[int, int, int]:
    """Where two texts differ: first line of the one stretch, and its last line in the old and in the new.

    It holds at least one line of each, so that an insertion or a removal is a replacement as well.
    """
    room = min(len(old), len(new)) - 1
    first = next((index for index in range(room) if old[index] != new[index]), room)
    room -= first
    same = next((index for index in range(room) if old[-1 - index] != new[-1 - index]), room)
    return first, len(old) - 1 - same, len(new) - 1 - same
