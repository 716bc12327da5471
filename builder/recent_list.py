"""The projects opened last, on the welcome page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from builder.icons import icon
from builder.panels.elided import ElidedButton, ElidedLabel
from builder.recent import Recent, RecentProjects, ago, short_folder
from builder.texts import tr
from builder.theme import GRID, font

CROSS = 12  # pixels
MISSING = "The file is gone. Delete takes it off the list."


class RecentRow(QWidget):
    """One project: its name to click, where it is and when it changed, and a button to forget it.

    Signals:
        chosen(Path): it is to be opened.
        elsewhere_asked(Path): it is to be opened in a window of its own.
        removed(Path): it is to be taken off the list.
    """

    chosen = Signal(object)
    elsewhere_asked = Signal(object)
    removed = Signal(object)

    def __init__(self, recent: Recent, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recent = recent
        self.button: QPushButton = ElidedButton(recent.path.stem, self)
        self.button.setProperty("role", "link")
        self.button.setToolTip(f"{recent.path}\n{tr(MISSING)}" if recent.is_missing else str(recent.path))
        self.button.clicked.connect(self._choose)
        self.remove_button = QToolButton(self)
        self.remove_button.setIcon(icon("close"))
        self.remove_button.setIconSize(QSize(CROSS, CROSS))
        self.remove_button.setToolTip(tr("Take it off this list; the file stays"))
        self.remove_button.setAccessibleName(tr("Take {stem} off the list", stem=recent.path.stem))
        self.remove_button.clicked.connect(self._remove)
        self.about = ElidedLabel(self._about(), self)
        self.about.setFont(font("caption"))
        self.about.setProperty("role", "warning" if recent.is_missing else "muted")
        self.button.setAccessibleDescription(self.about.text())
        self._lay_out()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not self.recent.is_missing:
            menu.addAction(tr("Open"), self._choose)
            menu.addAction(tr("Open in new window"), self._ask_elsewhere)
        menu.addAction(tr("Take off the list"), self._remove)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove()
        else:
            super().keyPressEvent(event)

    def _about(self) -> str:
        folder = short_folder(self.recent.path)
        return (
            tr("{folder} · missing", folder=folder)
            if self.recent.changed is None
            else f"{folder} · {ago(self.recent.changed)}"
        )

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        texts.addWidget(self.about)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, GRID // 2, 0, GRID // 2)
        layout.setSpacing(GRID // 2)
        layout.addLayout(texts, 1)
        layout.addWidget(self.remove_button)

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.recent.path)

    @Slot()
    def _ask_elsewhere(self) -> None:
        self.elsewhere_asked.emit(self.recent.path)

    @Slot()
    def _remove(self) -> None:
        self.removed.emit(self.recent.path)


class RecentList(QWidget):
    """Every recent project, latest first; Up and Down go from one to the next.

    Signals:
        chosen(Path): a project is to be opened.
        elsewhere_asked(Path): a project is to be opened in a window of its own.
    """

    chosen = Signal(object)
    elsewhere_asked = Signal(object)

    def __init__(self, recent: RecentProjects, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent = recent
        self.rows: list[RecentRow] = []
        self._empty = QLabel(tr("Projects you open or save appear here."), self)
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._empty)
        recent.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Reads the list anew, and which files are still there."""
        had_focus = next((at for at, row in enumerate(self.rows) if row.button.hasFocus()), None)
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [self._row(each) for each in self._recent.entries]
        self._empty.setVisible(not self.rows)
        if had_focus is not None and self.rows:
            self.rows[min(had_focus, len(self.rows) - 1)].button.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            buttons = [row.button for row in self.rows]
            if step and watched in buttons:
                at = buttons.index(watched) + step  # type: ignore[arg-type]
                if 0 <= at < len(buttons):
                    buttons[at].setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _row(self, recent: Recent) -> RecentRow:
        row = RecentRow(recent, self)
        row.button.installEventFilter(self)
        row.chosen.connect(self.chosen)
        row.elsewhere_asked.connect(self.elsewhere_asked)
        row.removed.connect(self._recent.remove)
        self._column.addWidget(row)
        return row
