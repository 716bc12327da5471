"""Files dragged over a window: a sheet says what releasing them does, and releasing does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from builder.drops import WAY, Drop, read_drop
from builder.texts import tr
from builder.theme import GRID, Theme, font

if TYPE_CHECKING:
    from builder.main_window import MainWindow
    from builder.questions import TrainedRun

VEIL = 0.9  # how much of the window the sheet hides
DASH = (6.0, 4.0)  # in widths of the pen


class DropOverlay(QWidget):
    """Covers the window with two lines of text while files are dragged over it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title = self.text = ""
        self.is_refused = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def announce(self, drop: Drop, *, is_blank: bool) -> None:
        """Says what comes of a drop."""
        self.title, self.text = drop.announcement(is_blank=is_blank)
        self.is_refused = drop.is_refused
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.text)
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._theme.color("window", VEIL))
        inside = QRectF(self.rect()).adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        pen = QPen(self._theme.color("border_strong" if self.is_refused else "accent"), 2)
        pen.setDashPattern(DASH)
        painter.setPen(pen)
        painter.drawRoundedRect(inside, GRID, GRID)
        self._paint_text(painter, inside.adjusted(4 * GRID, 4 * GRID, -4 * GRID, -4 * GRID))
        painter.end()

    def _paint_text(self, painter: QPainter, area: QRectF) -> None:
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.setPen(self._theme.color("text"))
        painter.setFont(font("heading"))
        middle = area.center().y()
        above = QRectF(area.left(), area.top(), area.width(), middle - area.top())
        painter.drawText(above, flags | Qt.AlignmentFlag.AlignBottom, self.title)
        painter.setPen(self._theme.color("text_muted"))
        painter.setFont(font("body"))
        below = QRectF(area.left(), middle + GRID, area.width(), area.bottom() - middle - GRID)
        painter.drawText(below, flags | Qt.AlignmentFlag.AlignTop, self.text)


class DropTarget(QObject):
    """Lets files be dropped anywhere on a window where no part of it wants them for itself."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.overlay = DropOverlay(window.themes.theme, window)
        window.themes.changed.connect(self.overlay.set_theme)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._drop(event)
        elif isinstance(event, QDragEnterEvent) and event.type() == QEvent.Type.DragEnter:
            self._enter(event)
        elif isinstance(event, QDragMoveEvent) and event.type() == QEvent.Type.DragMove:
            event.setAccepted(self.overlay.isVisible())
        elif event.type() == QEvent.Type.DragLeave:
            self.overlay.hide()
        else:
            return False
        return True

    def _enter(self, event: QDragEnterEvent) -> None:
        # What cannot be opened is taken too: refused, it would be let go without a word.
        drop = read_drop(event.mimeData(), self._run())
        event.setAccepted(drop is not None)
        if drop is not None:
            event.acceptProposedAction()
            self.overlay.announce(drop, is_blank=self._window.files.is_blank)

    def _drop(self, event: QDropEvent) -> None:
        self.overlay.hide()
        drop = read_drop(event.mimeData(), self._run())
        if drop is None:
            return
        event.acceptProposedAction()
        for path in drop.projects:
            self._window.files.open_elsewhere(path)
        if drop.samples and drop.run is not None:
            self._window.questions.ask_files(drop.run, drop.samples)
        if drop.refused:
            title = tr("This cannot be opened") if drop.is_refused else tr("Some files were left out")
            self._window.dialogs.inform(title, f"{drop.explanation}\n\n{tr(WAY)}")

    def _run(self) -> TrainedRun | None:
        """Whose network could be asked about what is dropped."""
        return self._window.questions.run_of_project() if self._window.has_project else None
