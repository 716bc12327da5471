"""Everything that Fix all would do, to be looked through before it is done."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from builder.fix_planning import FixPlanning
from builder.fix_preview import FixPlan, PlannedFix
from builder.scrolling import scrolling
from builder.texts import tr, tr_count
from builder.theme import GRID, font

FIRST_SIZE = QSize(640, 480)
PATIENCE = 300  # milliseconds until it is said that a plan is under way
INDENT = 3 * GRID  # pixels; texts stand under the label of their check box


class FixAllDialog(QDialog):
    """A check box for each remedy, with what it changes; below, what would still be wrong.

    Args:
        planning: works out anew what would happen with some remedies left out.
    """

    def __init__(self, planning: FixPlanning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._planning = planning
        self.rows: dict[str, FixRow] = {}
        self.setWindowTitle(tr("Fix all"))
        self.resize(FIRST_SIZE)
        self.heading, self.left = QLabel(self), QLabel(self)
        self.heading.setFont(font("title"))
        self.left.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, GRID, 0)
        self._list.addStretch(1)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.apply_button = self.buttons.addButton(tr("Apply"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.apply_button.setProperty("role", "primary")
        self.apply_button.setDefault(True)
        self.style().polish(self.apply_button)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._say_so)
        planning.planned.connect(self._show)
        self.refresh()

    @property
    def skipped(self) -> frozenset[str]:
        """Keys of the remedies that are not wanted."""
        return frozenset(key for key, row in self.rows.items() if not row.box.isChecked())

    @Slot()
    def refresh(self) -> None:
        """Has worked out anew what would happen; nothing can be applied until that is known."""
        self._allow(tr("What that changes is being worked out"))
        self._patience.start()
        self._planning.ask(self.skipped)

    @Slot(object)
    def _show(self, plan: FixPlan) -> None:
        self._patience.stop()
        planned = {fix.key: fix for fix in plan.fixes}
        for fix in plan.fixes:
            if fix.key not in self.rows:
                self._add_row(fix)
            self.rows[fix.key].show_fix(fix)
        for key, row in self.rows.items():  # a remedy may be needless without another
            row.setVisible(key in planned or not row.box.isChecked())
        count = len(plan.fixes)
        remedies = tr_count("{count} remedy", "{count} remedies", count)
        text = "{remedies} for errors" if plan.errors_only else "{remedies} for warnings and hints"
        self.heading.setText(tr(text, remedies=remedies))
        self.left.setText(plan.left)
        self.apply_button.setText(tr("Apply {remedies}", remedies=remedies))
        self._allow("" if count else tr("Tick one of them first"))

    @Slot()
    def _say_so(self) -> None:
        self.left.setText(tr("Working out what that changes..."))

    def _allow(self, reason: str) -> None:
        self.apply_button.setEnabled(not reason)
        self.apply_button.setToolTip(reason or tr("As one step; Ctrl+Z takes it back"))

    def _add_row(self, fix: PlannedFix) -> None:
        row = FixRow(self)
        row.toggled.connect(self.refresh)
        self._list.insertWidget(len(self.rows), row)
        self.rows[fix.key] = row

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for part in (self.heading, scrolling(self._list, self), self.left, self.buttons):
            layout.addWidget(part)


class FixRow(QWidget):
    """A remedy to tick.

    Signals:
        toggled(): it is wanted now, or no longer.
    """

    toggled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.box = QCheckBox(self)
        self.box.setChecked(True)
        self.box.toggled.connect(self.toggled)
        self.problem, self.changes = QLabel(self), QLabel(self)
        self.problem.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, GRID)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.box)
        for label in (self.changes, self.problem):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setIndent(INDENT)
            layout.addWidget(label)

    def show_fix(self, fix: PlannedFix) -> None:
        """Shows what a remedy does."""
        self.box.setText(f"{fix.place}: {fix.label}".replace("&", "&&"))
        self.changes.setText(fix.changes)
        self.problem.setText(fix.problem)
        self.box.setAccessibleName(f"{fix.place}: {fix.label}")
        self.box.setAccessibleDescription(fix.changes)
