"""The way from the main graph to the block that is shown; a click on a step leaves to there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from builder.icons import icon
from builder.scope_names import ARROW, step_names
from builder.session import Session
from builder.texts import tr
from builder.theme import GRID, font
from graph.scopes import Path

MAX_STEP = 220  # pixels; a longer text is cut in its middle
HIDDEN = "..."


class Breadcrumb(QFrame):
    """Shown while a block is: `SmallCNN > stage1 (BasicBlock)`.

    Where there is no room, steps behind the first are put into a menu.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._paths: list[Path] = []
        self.leave_button = QToolButton(self)
        self.leave_button.setIcon(icon("chevron-left"))
        self.leave_button.setAutoRaise(True)
        self.more = QToolButton(self)
        self.more.setText(HIDDEN)
        self.more.setToolTip(tr("The blocks between"))
        self.more.setAutoRaise(True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(QMenu(self.more))
        self.steps: list[QToolButton] = []
        self._arrows: list[QLabel] = []
        self._more_arrow = _arrow(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(GRID // 2, 2, GRID, 2)
        self._row.setSpacing(2)
        self._row.addWidget(self.leave_button)
        self._row.addStretch(1)
        self.setObjectName("canvas.breadcrumb")
        self.setAccessibleName(tr("The way to this block"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        session.changed.connect(self.refresh)
        session.document_replaced.connect(self.refresh)
        session.scope_changed.connect(self.refresh)
        self.refresh()

    @property
    def texts(self) -> list[str]:
        """What the steps say, from the main graph on, in full."""
        return [step.accessibleName() for step in self.steps]

    def set_leave_action(self, action: QAction) -> None:
        """Gives the button at the start its action."""
        self.leave_button.setDefaultAction(action)
        self.leave_button.setIcon(icon("chevron-left"))

    @Slot()
    def refresh(self) -> None:
        """Reads the session anew; hides itself while the main graph is shown."""
        session = self._session
        paths = [session.scope[:depth] for depth in range(len(session.scope) + 1)]
        texts = [session.project.name, *step_names(session.project, session.scope)]
        if paths != self._paths or texts != self.texts:
            self._paths = paths
            self._rebuild(texts)
        self.setVisible(bool(session.scope))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _rebuild(self, texts: Sequence[str]) -> None:
        while self._row.count() > 1:
            widget = self._row.takeAt(1).widget()
            if widget is not None and widget not in (self.more, self._more_arrow):
                widget.hide()
                widget.deleteLater()
        self.steps, self._arrows = [], []
        for path, text in zip(self._paths, texts, strict=True):
            if self.steps:
                self._arrows.append(_arrow(self))
                self._row.addWidget(self._arrows[-1])
            self.steps.append(self._step(path, text))
            self._row.addWidget(self.steps[-1])
            if not path:
                self._row.addWidget(self._more_arrow)
                self._row.addWidget(self.more)
        self._row.addStretch(1)

    def _step(self, path: Path, text: str) -> QToolButton:
        step = QToolButton(self)
        step.setAutoRaise(True)
        step.setFont(font("strong" if path == self._session.scope else "body"))
        elide = Qt.TextElideMode.ElideMiddle
        step.setText(step.fontMetrics().elidedText(text, elide, MAX_STEP).replace("&", "&&"))
        step.setAccessibleName(text)
        step.setToolTip(text if path == self._session.scope else tr("Go back to {text}", text=text))
        step.clicked.connect(lambda: self._go(path))
        step.show()
        return step

    def _go(self, path: Path) -> None:
        """Leaves to a step, where the instance that led on is then selected."""
        left = self._session.scope[len(path) : len(path) + 1]
        self._session.show_scope(path)
        self._session.select(left)

    def _fit(self) -> None:
        """Puts as many steps into the menu as there is no room for."""
        for hidden in range(len(self.steps) - 1):
            self._hide(hidden)
            if self._row.minimumSize().width() <= self.width():
                break

    def _hide(self, count: int) -> None:
        between = range(1, count + 1)
        for index, (step, arrow) in enumerate(zip(self.steps[1:], self._arrows, strict=True), start=1):
            step.setVisible(index not in between)
            arrow.setVisible(index not in between)
        for widget in (self.more, self._more_arrow):
            widget.setVisible(count > 0)
        menu = self.more.menu()
        menu.clear()
        for index in between:
            path = self._paths[index]
            menu.addAction(self.texts[index].replace("&", "&&"), lambda path=path: self._go(path))


def _arrow(parent: QWidget) -> QLabel:
    arrow = QLabel(ARROW, parent)
    arrow.setProperty("role", "muted")
    return arrow
