"""A suggested plan, setting by setting, to be looked through before it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from builder.panels.field_text import format_value
from builder.panels.plan_edits import PARTS, Training
from builder.panels.setting_groups import data_label, spoken
from builder.scrolling import scrolling
from builder.texts import tr, tr_count, tr_made
from builder.theme import GRID, font
from builder.trial import Trial, Work
from graph.catalog.params import Value
from runtime.plan import TYPE_KEYS, TrainingPlan
from runtime.suggestion import Advice, fits

FIRST_SIZE = QSize(680, 560)
NAME_WIDTH = 240  # pixels
INDENT = 3 * GRID  # pixels; texts stand under the label of their check box


class SuggestDialog(QDialog):
    """Looks at data, network and device while a bar runs, then lists what it suggests, each with a box.

    Args:
        training: the plan as it is; what it has already is not listed.
        work: finds the suggestion out.

    Signals:
        adopted(object): the user takes this advice.

    Attributes:
        rows: what is suggested, by the path of the setting.
        trial: what finds it out.
    """

    adopted = Signal(object)

    def __init__(self, training: Training, work: Work, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self.rows: dict[str, AdviceRow] = {}
        self.setWindowTitle(tr("Suggest a plan"))
        self.resize(FIRST_SIZE)
        self.heading = QLabel(tr("Looking at data, network and device..."), self)
        self.heading.setFont(font("title"))
        self.note = QLabel(self, wordWrap=True)
        self.note.setProperty("role", "muted")
        self.progress = QProgressBar(self, maximum=0, textVisible=False)
        self.progress.setAccessibleName(tr("Progress of the trial"))
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, GRID, 0)
        self._list.addStretch(1)
        self.fault = QLabel(self, wordWrap=True)
        self.fault.setProperty("role", "error")
        self.fault.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.take_button = self.buttons.addButton(tr("Take"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.take_button.setProperty("role", "primary")
        self.take_button.setDefault(True)
        self.style().polish(self.take_button)
        self.buttons.accepted.connect(self._adopt)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._allow(tr("Nothing is suggested yet."))
        self.trial = Trial(work, self)
        self.trial.reading.connect(self.note.setText)
        self.trial.arrived.connect(self._take)
        self.trial.ended.connect(self._end)
        self.trial.start()

    @property
    def taken(self) -> list[Advice]:
        """What is ticked."""
        return [row.advice for row in self.rows.values() if row.is_wanted]

    def done(self, result: int) -> None:
        """Ends the trial before the dialog."""
        self.trial.stop()
        super().done(result)

    @Slot(object)
    def _take(self, events: Sequence[Any]) -> None:
        for event in events:
            self._show(event)

    def _show(self, suggestion: tuple[Advice, ...]) -> None:
        """Lists what is another than the plan has."""
        plan = TrainingPlan.from_mapping(self._training)
        new = [advice for advice in suggestion if not advice.is_followed(plan)]
        for advice in new:
            row = AdviceRow(advice, advice.now(plan), self)
            row.toggled.connect(self.refresh)
            self._list.insertWidget(len(self.rows), row)
            self.rows[advice.path] = row
        same = [titled(advice.path) for advice in suggestion if advice not in new]
        self.note.setText(tr("As suggested already: {settings}.", settings=", ".join(same)) if same else "")
        self.refresh()

    @Slot(str)
    def _end(self, fault: str) -> None:
        self.progress.hide()
        self.note.setVisible(bool(self.note.text()) and not fault)
        if fault:
            self.heading.setText(tr("No plan can be suggested"))
            self._tell(tr_made(fault))
        elif not self.rows:
            self.heading.setText(tr("The plan is as it would be suggested"))

    @Slot()
    def refresh(self) -> None:
        """Says what would be taken, and what stands in the way."""
        training = dict(self._training)
        for row in self.rows.values():
            row.allow(self._why_not(row.advice, training))
            if row.is_wanted and row.advice.path in PARTS:
                training[row.advice.path] = row.advice.value
        count = len(self.taken)
        self.heading.setText(tr("What suits this data and network"))
        self.take_button.setText(
            tr("Take {settings}", settings=tr_count("{count} setting", "{count} settings", count))
        )
        problem = tr_made(fits(self._training, self.taken))
        self._tell(problem)
        self._allow(problem or ("" if count else tr("Tick one of them first")))

    def _why_not(self, advice: Advice, training: Mapping[str, Value]) -> str:
        if advice.needs is None or advice.suits(training):
            return ""
        return tr("Only with {type}.", type=advice.needs[1])

    def _tell(self, problem: str) -> None:
        self.fault.setText(problem)
        self.fault.setVisible(bool(problem))

    def _allow(self, reason: str) -> None:
        self.take_button.setEnabled(not reason)
        self.take_button.setToolTip(reason or tr("As one step; Ctrl+Z takes it back"))

    @Slot()
    def _adopt(self) -> None:
        self.adopted.emit(self.taken)
        self.accept()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for part in (
            self.heading,
            self.progress,
            scrolling(self._list, self),
            self.note,
            self.fault,
            self.buttons,
        ):
            layout.addWidget(part)


class AdviceRow(QWidget):
    """A setting to tick: what it is now, what is suggested, and why.

    Signals:
        toggled(): it is wanted now, or no longer.
    """

    toggled = Signal()

    def __init__(self, advice: Advice, now: Value, parent: QWidget) -> None:
        super().__init__(parent)
        self.advice = advice
        title = titled(advice.path)
        self.box = QCheckBox(title.replace("&", "&&"), self)
        self.box.setChecked(True)
        self.box.toggled.connect(self.toggled)
        before, after = shown(now), shown(advice.value)
        self.change = QLabel(f"{escape(before)} → <b>{escape(after)}</b>", self, wordWrap=True)
        self.change.setTextFormat(Qt.TextFormat.RichText)
        self.why = QLabel(tr_made(advice.why), self, wordWrap=True)
        self.why.setProperty("role", "muted")
        self.why.setIndent(INDENT)
        self.box.setAccessibleName(f"{title}: {before} → {after}")
        self.box.setAccessibleDescription(self.why.text())
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, GRID)
        layout.setHorizontalSpacing(GRID)
        layout.setVerticalSpacing(0)
        layout.addWidget(self.box, 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.change, 0, 1)
        layout.setColumnMinimumWidth(0, NAME_WIDTH)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self.why, 1, 0, 1, 2)

    @property
    def is_wanted(self) -> bool:
        """Whether it is ticked and means something."""
        return self.box.isChecked() and self.box.isEnabled()

    def allow(self, reason: str) -> None:
        """Lets it be ticked, or says why it means nothing."""
        self.box.setEnabled(not reason)
        self.box.setToolTip(reason)
        self.why.setText(reason or tr_made(self.advice.why))


def titled(path: str) -> str:
    """What a setting is called: `Batch size`, `AdamW`'s `lr`."""
    first, _, inner = path.partition(".")
    if first == "data":
        return data_label(inner)
    return f"{spoken(first)}: {inner}" if first in PARTS and inner else spoken(path)


def shown(value: Value) -> str:
    """A value as a person reads it; a part by its type and what was set in it."""
    if not isinstance(value, Mapping):
        return format_value(value)
    if value and all(isinstance(item, Mapping) for item in value.values()):
        return "; ".join(shown(item) for item in value.values())  # of several Outputs
    keys = ("loss", *TYPE_KEYS.values())
    kind = next((value[key] for key in keys if key in value), "")
    rest = (f"{name} {format_value(item)}" for name, item in value.items() if item != kind)
    return ", ".join([shown(kind) if isinstance(kind, Mapping) else str(kind), *rest])
