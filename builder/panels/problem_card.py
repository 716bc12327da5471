"""One problem as a card: what is wrong, a button for each remedy, and why it matters."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent, QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from builder.icons import ICON_SIZE, icon
from builder.panels.elided import BREAK, ElidedButton, breakable
from builder.panels.flow import FlowLayout
from builder.texts import tr, tr_made
from builder.theme import GRID, Theme
from graph.problems import Fix, Problem

LEAST_TEXT = 96  # pixels
STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class ProblemCard(QFrame):
    """Shows a problem.

    Signals:
        chosen(Problem): the card was clicked, or Enter pressed on it.
        fix_asked(Fix): a remedy's button was clicked.
        fix_pointed_at(Fix | None): the mouse or the focus came to a remedy's button, or left it.
        silence_asked(Problem): it is not to be shown any more.
        step_asked(int): the focus should go that many cards on.
    """

    chosen = Signal(object)
    fix_asked = Signal(object)
    fix_pointed_at = Signal(object)
    silence_asked = Signal(object)
    step_asked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.problem: Problem | None = None
        self._icon = QLabel(self)
        self._place = _text_label(self)
        self._place.setProperty("role", "muted")
        self._text = _text_label(self)
        self.explanation = _text_label(self)
        self.explanation.setTextFormat(Qt.TextFormat.RichText)
        self.explanation.setOpenExternalLinks(True)
        self.why_button = QToolButton(self)
        self.why_button.setText(tr("Why?"))
        self.why_button.setCheckable(True)
        self.why_button.setAutoRaise(True)
        self.why_button.setToolTip(tr("Explains it, with a link to read on"))
        self.why_button.toggled.connect(self.explanation.setVisible)
        self.menu = QMenu(self)
        self.silence_action: QAction = self.menu.addAction(tr("Silence at this node"))
        self.silence_action.triggered.connect(self._silence)
        self.menu_button = QToolButton(self)
        self.menu_button.setAutoRaise(True)
        self.menu_button.setText(tr("More"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self.menu)
        self._buttons = FlowLayout()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()

    @property
    def text(self) -> str:
        """The message as it stands there."""
        return self._text.text().replace(BREAK, "")

    @property
    def fix_buttons(self) -> list[QPushButton]:
        """The remedies' buttons, best first."""
        return [button for button in self.findChildren(QPushButton) if not button.isHidden()]

    @property
    def place(self) -> str:
        """In which block the problem is; nothing for the graph that is the network."""
        return self._place.text()

    def show_problem(self, problem: Problem, place: str = "") -> None:
        """Shows another problem.

        Args:
            problem: what is wrong.
            place: in which block.
        """
        self._place.setText(place)
        self._place.setVisible(bool(place))
        is_shown, self.problem = problem == self.problem, problem
        if is_shown:
            return
        message = tr_made(problem.message)
        self._text.setText(breakable(message))
        self.setAccessibleName(message)
        self._show_severity(problem.severity)
        self._show_fixes(problem.fixes)
        self._explain(problem)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self._paint_icon()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.problem)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.menu_button.isHidden():
            self.menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.chosen.emit(self.problem)
        elif event.key() in STEPS and not event.modifiers():
            self.step_asked.emit(STEPS[event.key()])
        elif event.key() == Qt.Key.Key_Delete and not self.menu_button.isHidden():
            self._silence()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _silence(self) -> None:
        self.silence_asked.emit(self.problem)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addWidget(self._place)
        column.addWidget(self._text)
        column.addWidget(self.explanation)
        column.addLayout(self._buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column, 1)

    def _show_severity(self, severity: str) -> None:
        role = f"{severity}-card"
        if self.property("role") != role:  # to dress a card takes as long as all else about it
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
            self._paint_icon()

    def _paint_icon(self) -> None:
        name = self.problem.severity if self.problem else "error"
        color = getattr(self._theme, name)
        self._icon.setPixmap(icon(name, color).pixmap(QSize(ICON_SIZE, ICON_SIZE), self.devicePixelRatioF()))

    def _show_fixes(self, fixes: tuple[Fix, ...]) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if isinstance(widget, QPushButton):
                widget.hide()
                widget.deleteLater()
        for fix in fixes:
            button = _FixButton(fix, self)
            then = tr("Ctrl+Z takes it back") if fix.edits else tr("Shows the code before anything runs")
            button.setToolTip(f"{tr_made(fix.label)}\n{then}")
            button.clicked.connect(lambda _checked=False, fix=fix: self.fix_asked.emit(fix))
            button.pointed_at.connect(self.fix_pointed_at)
            self._buttons.addWidget(button)
        self._buttons.addWidget(self.why_button)
        self._buttons.addWidget(self.menu_button)

    def _explain(self, problem: Problem) -> None:
        link = f' <a href="{escape(problem.source)}">{tr("Read on")}</a>' if problem.source else ""
        self.explanation.setText(f"{escape(tr_made(problem.why))}{link}")
        self.why_button.setVisible(bool(problem.why))
        self.why_button.setChecked(False)
        self.explanation.setVisible(False)
        self.silence_action.setText(
            tr("Silence at this node") if problem.node else tr("Silence in this project")
        )
        self.menu_button.setVisible(not problem.is_error)


class _FixButton(ElidedButton):
    """A remedy's button, which tells when somebody thinks about it."""

    pointed_at = Signal(object)

    def __init__(self, fix: Fix, parent: QWidget) -> None:
        super().__init__(tr_made(fix.label), parent)
        self._fix = fix

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed_at.emit(self._fix)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed_at.emit(self._fix if self.hasFocus() else None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.pointed_at.emit(self._fix)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed_at.emit(None)


def _text_label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setMinimumWidth(LEAST_TEXT)  # a name longer than a line does not widen the card
    return label
