"""The training plan as a form: data, loss, optimizer, schedule and the settings of the run."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from builder.panels.field_text import UNSET
from builder.panels.fields import ChoiceField, set_invalid
from builder.panels.form_row import LABEL_WIDTH, default_state
from builder.panels.forms import SpecForm
from builder.panels.lr_preview import LrPreview
from builder.panels.plan_edits import (
    DEFAULTS,
    NO_SCHEDULER,
    PARTS,
    SETTING,
    TITLES,
    Training,
    other_steps,
    part_of,
    part_specs,
    part_value,
    plan_error,
    setting,
    value_problems,
    with_part_type,
    with_part_value,
    with_setting,
)
from builder.panels.setting_groups import SettingsForm, english, heading_of, spoken
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import GRID
from graph.catalog.params import Choice, Value
from graph.document import Change
from graph.edits import SetTraining
from runtime.plan import TABLES, TYPE_KEYS, TrainingPlan

# What stands in an empty field whose default is worked out when the run starts.
HINTS = {
    "val_fraction": later("automatic"),
    "resize": later("as they are"),
    "root": later("the usual folder"),
    "num_classes": later("counted"),
}
# What the data's parameters are called; PyTorch's keywords (lr, weight_decay) keep their spelling.
DATA_LABELS = {
    "root": later("Folder"),
    "path": later("File"),
    "target_path": later("Target file"),
    "num_classes": later("Classes"),
    "val_fraction": later("Validation fraction"),
}


class PlanForm(QWidget):
    """Edits the project's training plan; what is typed wrong is kept and marked."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.error = _ErrorCard(self)
        self.parts = {part: PartForm(part, self) for part in PARTS}
        self.settings = SettingsForm(self)
        self.lr_preview = LrPreview(self)
        self.settings.edited.connect(self._set)
        self.settings.cancelled.connect(lambda *key: session.take_back(("plan", *key)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.error)
        for part, form in self.parts.items():
            form.retyped.connect(lambda name, part=part: self._retype(part, name))
            form.edited.connect(lambda name, value, burst, part=part: self._edit(part, name, value, burst))
            form.cancelled.connect(lambda *key, part=part: session.take_back(("plan", part, *key)))
        for widget in (
            self.parts["data"],
            self.settings.groups["Run"],
            *list(self.parts.values())[1:],
            self.lr_preview,
            *list(self.settings.groups.values())[1:],
        ):
            layout.addWidget(widget)
        layout.addStretch(1)
        session.changed.connect(self._follow)
        session.document_replaced.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Reads the plan anew."""
        training = self._session.project.training
        problems = value_problems(training)
        for form in self.parts.values():
            form.show_part(training, problems)
        for name, spec in SETTING.items():
            state = default_state(spec, setting(training, name), problems.get(name, ""))
            self.settings.show_state(name, state)
        error = plan_error(training)
        self.error.show_text(tr_made(str(error)) if error else "")
        self.lr_preview.show_plan(None if error else TrainingPlan.from_mapping(training))

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        if "training" in change.fields:
            self.refresh()

    def _retype(self, part: str, name: str) -> None:
        self._submit(
            with_part_type(self._session.project.training, part, name), later(f"Change {part}"), None
        )

    def _edit(self, part: str, name: str, value: Value, burst: int) -> None:
        training = with_part_value(self._session.project.training, part, name, value)
        self._submit(training, later(f"Set {part} {name}"), ("plan", part, name, burst) if burst else None)

    @Slot(str, object, int)
    def _set(self, name: str, value: Value, burst: int) -> None:
        training = with_setting(self._session.project.training, name, value)
        label = later(f"Set {english(name).lower()}")
        self._submit(training, label, ("plan", name, burst) if burst else None)

    def _submit(self, training: Training, label: str, merge_key: object) -> None:
        self._session.apply(SetTraining(training, label), merge_key)


class PartForm(QWidget):
    """A part of the plan that has a type: which one, what it is, and its parameters.

    Signals:
        retyped(str): another type was chosen.
        edited(name, value, burst): a parameter was changed.
        cancelled(name, burst): as of a form.
    """

    retyped = Signal(str)
    edited = Signal(str, object, int)
    cancelled = Signal(str, int)

    def __init__(self, part: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = part
        choices = (*((NO_SCHEDULER,) if part == "scheduler" else ()), *TABLES[part])
        spec = Choice(name=part, default=DEFAULTS[part], choices=choices)
        self.type_field = ChoiceField(spec, self, TITLES)
        self.type_field.setObjectName(f"{part}.{TYPE_KEYS[part]}")
        self.type_field.edited.connect(lambda name, _burst: self.retyped.emit(name))
        self.help = QLabel(self)
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self._label = _data_label if part == "data" else str
        self.form = SpecForm((), self)
        self._shown_type: Value = UNSET
        self._lay_out(part)

    def show_part(self, training: Training, problems: dict[str, str]) -> None:
        """Shows this part of a plan."""
        type_name = part_of(training, self._part)[TYPE_KEYS[self._part]]
        if type_name != self._shown_type:
            self._rebuild(type_name)
        self.type_field.show_value(type_name, "", None)
        set_invalid(self.type_field, f"{self._part}.{TYPE_KEYS[self._part]}" in problems)
        for spec in part_specs(self._part, type_name):
            problem = problems.get(f"{self._part}.{spec.name}", "")
            value = part_value(training, self._part, spec.name)
            state = default_state(spec, value, problem)
            self.form.show_state(
                spec.name, replace(state, hint=tr(HINTS[spec.name]) if spec.name in HINTS else state.hint)
            )
        self._show_help(training, type_name)

    def _show_help(self, training: Training, type_name: Value) -> None:
        option = TABLES[self._part].get(type_name) if isinstance(type_name, str) else None
        text = tr("The learning rate stays constant.") if type_name == NO_SCHEDULER else ""
        if option is not None:
            text = tr_made(option.details(part_of(training, self._part)))
        steps = other_steps(training) if self._part == "data" else ""
        self.help.setText(tr("{text} Also prepared with {steps}.", text=text, steps=steps) if steps else text)
        self.help.setVisible(bool(self.help.text()))

    def _rebuild(self, type_name: Value) -> None:
        self._shown_type = type_name
        self.form.hide()
        self.form.deleteLater()
        self.form = SpecForm(part_specs(self._part, type_name), self, label=self._label)
        self.form.edited.connect(self.edited)
        self.form.cancelled.connect(self.cancelled)
        self.form.setVisible(bool(self.form.names))
        self._layout.addWidget(self.form)

    def _lay_out(self, part: str) -> None:
        heading = heading_of(spoken(part), self)
        heading.setFixedWidth(LABEL_WIDTH)
        heading.setBuddy(self.type_field)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(heading)
        top.addWidget(self.type_field, 1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, GRID)
        self._layout.setSpacing(GRID // 2)
        self._layout.addLayout(top)
        self._layout.addWidget(self.help)
        self._layout.addWidget(self.form)


class _ErrorCard(QFrame):
    """What keeps the plan from being used."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "error-card")
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.addWidget(self.label)

    def show_text(self, text: str) -> None:
        self.label.setText(text)
        self.setVisible(bool(text))


def _data_label(name: str) -> str:
    return tr(DATA_LABELS[name]) if name in DATA_LABELS else spoken(name)
