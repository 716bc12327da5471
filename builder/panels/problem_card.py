"""One problem as a card: what is wrong, and a button for each remedy."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from builder.icons import ICON_SIZE, icon
from builder.theme import Theme
from graph.problems import Fix, Problem


class ProblemCard(QFrame):
    """Shows a problem.

    Signals:
        chosen(Problem): the card was clicked, or Enter pressed on it.
        fix_asked(Fix): a remedy's button was clicked.
    """

    chosen = Signal(object)
    fix_asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.problem: Problem | None = None
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()

    @property
    def text(self) -> str:
        """The message as it stands there."""
        return self._text.text()

    @property
    def fix_buttons(self) -> list[QPushButton]:
        """The remedies' buttons, best first."""
        return [button for button in self.findChildren(QPushButton) if not button.isHidden()]

    def show_problem(self, problem: Problem) -> None:
        """Shows another problem."""
        if problem == self.problem:
            return
        self.problem = problem
        self._text.setText(problem.message)
        self.setAccessibleName(problem.message)
        self.setProperty("role", "error-card" if problem.is_error else "warning-card")
        self.style().unpolish(self)
        self.style().polish(self)
        self._paint_icon()
        self._show_fixes(problem.fixes)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self._paint_icon()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.chosen.emit(self.problem)
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self._text)
        column.addLayout(self._buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column, 1)

    def _paint_icon(self) -> None:
        name = "error" if self.problem is None or self.problem.is_error else "warning"
        color = getattr(self._theme, name)
        self._icon.setPixmap(icon(name, color).pixmap(QSize(ICON_SIZE, ICON_SIZE), self.devicePixelRatioF()))

    def _show_fixes(self, fixes: tuple[Fix, ...]) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for fix in fixes:
            button = QPushButton(fix.label, self)
            button.setToolTip("Ctrl+Z takes it back")
            button.clicked.connect(lambda _checked=False, fix=fix: self.fix_asked.emit(fix))
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
