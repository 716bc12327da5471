"""The training plan as a form: data, loss, optimizer, schedule and the settings of the run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from builder.ends import Ends, is_end
from builder.panels.chain_edits import TRANSFORMS_KEY, chain_problems
from builder.panels.chain_form import TransformsForm
from builder.panels.data_titles import made_titled
from builder.panels.fields import TextField
from builder.panels.form_row import default_state
from builder.panels.lr_preview import STEPS_PER_EPOCH, LrPreview
from builder.panels.output_edits import (
    LOSS,
    is_per_output,
    output_problems,
    takes_image,
    with_output_loss,
    with_output_value,
    with_own_losses,
)
from builder.panels.output_forms import OutputsForm
from builder.panels.plan_edits import (
    DEFAULTS,
    NO_SCHEDULER,
    PARTS,
    PER_OUTPUT,
    SETTING,
    TITLES,
    Training,
    part_of,
    part_specs,
    part_value,
    plan_but_for,
    plan_error,
    setting,
    value_problems,
    with_part_type,
    with_part_value,
    with_setting,
)
from builder.panels.plan_reasons import Reasons
from builder.panels.setting_groups import SettingsForm, data_label, english, spoken
from builder.panels.trust_row import TrustRow
from builder.panels.typed_form import TypedForm
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import GRID
from graph.catalog.params import Choice, Value
from graph.document import Change
from graph.edits import SetTraining
from runtime.data.source_choices import SOURCE_GROUPS
from runtime.goals import told_metrics
from runtime.heads import heads_of
from runtime.options import PlanError
from runtime.plan import OUTPUTS, TABLES, TYPE_KEYS, TrainingPlan, lr_curve
from runtime.plan_warnings import plan_warnings

# What stands in an empty field whose default is worked out when the run starts.
HINTS = {
    "val_fraction": later("automatic"),
    "workers": later("automatic"),
    "memory_mb": later("automatic"),
    "resize": later("as they are"),
    "root": later("the usual folder"),
    "num_classes": later("counted"),
}
# Types that stand for something else than a declaration, and what they mean.
MORE_TYPES = {"scheduler": (NO_SCHEDULER,), LOSS: (PER_OUTPUT,)}
TYPE_HELP = {
    NO_SCHEDULER: later("The learning rate stays constant."),
    PER_OUTPUT: later("Each Output learns by a loss of its own; the weighted sum of all is trained on."),
}


class PlanForm(QWidget):
    """Edits the project's training plan; what is typed wrong is kept and marked."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.error = _ErrorCard(self)
        self.parts = {part: PartForm(part, self) for part in PARTS}
        self.trust = TrustRow()
        self.transforms = TransformsForm(self)
        self.transforms.submitted.connect(self._take_transforms)
        self.transforms.cancelled.connect(lambda key: session.take_back((TRANSFORMS_KEY, *key)))
        self.outputs = OutputsForm(self)
        self._ends = Ends()
        self._retyped: _Retyped | None = None
        self.settings = SettingsForm(self)
        self.lr_preview = LrPreview(self)
        self.settings.edited.connect(self._set)
        self.settings.cancelled.connect(lambda *key: session.take_back(("plan", *key)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.error)
        self.parts["data"].put_above_form(self.trust)
        self.outputs.retyped.connect(self._retype_output)
        self.outputs.edited.connect(self._edit_output)
        self.outputs.cancelled.connect(lambda *key: session.take_back((OUTPUTS, *key)))
        for part, form in self.parts.items():
            form.retyped.connect(lambda name, part=part: self._retype(part, name))
            form.edited.connect(lambda name, value, burst, part=part: self._edit(part, name, value, burst))
            form.cancelled.connect(lambda *key, part=part: session.take_back(("plan", part, *key)))
        for widget in (
            self.parts["data"],
            self.transforms,
            self.settings.groups["Run"],
            self.parts[LOSS],
            self.outputs,
            self.parts["optimizer"],
            self.parts["scheduler"],
            self.lr_preview,
            *list(self.settings.groups.values())[1:],
        ):
            layout.addWidget(widget)
        layout.addStretch(1)
        session.changed.connect(self._follow)
        session.document_replaced.connect(self.read)
        session.scope_changed.connect(self._look_again)
        self.read()

    @Slot()
    def read(self) -> None:
        """Reads the plan anew, and where the network begins and ends."""
        self._ends = self._session.ends
        self.refresh()

    @Slot()
    def _look_again(self) -> None:
        """Reads what became another elsewhere, which is not told while a block is shown."""
        ends = self._session.ends
        if (ends, takes_image(ends, self._session.main_inference)) != (self._ends, self._is_image):
            self.read()

    @Slot()
    def refresh(self) -> None:
        """Reads the plan anew."""
        training = self._session.project.training
        problems = {**value_problems(training), **output_problems(training), **chain_problems(training)}
        reasons = Reasons.of(training)
        warnings = self._show_rate(training, problems)
        for form in self.parts.values():
            form.show_part(training, problems, warnings, reasons)
        self._show_outputs(training, problems, reasons)
        self._is_image = takes_image(self._ends, self._session.main_inference)
        self.transforms.show_plan(training, problems, self._is_image)
        for name, spec in SETTING.items():
            told = (problems.get(name, ""), warnings.get(name, ""))
            state = default_state(spec, setting(training, name), *told)
            self.settings.show_state(name, state)
        self._offer_metrics(training)
        error = plan_error(training)
        self.error.show_text(made_titled(str(error)) if error else "")
        self.lr_preview.setVisible(error is None)

    def _show_rate(self, training: Training, problems: dict[str, str]) -> dict[str, str]:
        """Draws the learning rate, and gives by path what most likely was not meant.

        What is wrong is left out for that: on the way to a number, no warning comes and goes elsewhere.
        """
        plan = plan_but_for(training, problems)
        if plan is None:
            return {}
        curve = lr_curve(plan, STEPS_PER_EPOCH)
        self.lr_preview.show_curve(curve, plan.epochs)
        return {warning.path: tr_made(warning.text) for warning in plan_warnings(plan, curve)}

    def _offer_metrics(self, training: Training) -> None:
        """Lists what a run will tell of every epoch, where one of that is to be named."""
        try:
            plan = TrainingPlan.from_mapping(training)
            heads = heads_of(plan, [(node.id, node.name) for node in self._ends.outputs])
        except PlanError:
            return  # is told elsewhere; what was offered before will do
        for name in ("monitor", "early_stopping.metric"):
            field = self.settings.field(name)
            assert isinstance(field, TextField)
            field.offer(told_metrics(plan, heads))

    def _show_outputs(self, training: Training, problems: dict[str, str], reasons: Reasons) -> None:
        """Shows what single Outputs learn, where the plan has them learn by losses of their own."""
        has_own, outputs = is_per_output(training), self._ends.outputs
        self.outputs.setVisible(has_own)
        if has_own:
            self.outputs.show_outputs(outputs, training, problems, reasons)
        has_several = has_own or len(outputs) > 1
        self.parts[LOSS].allow(PER_OUTPUT, "" if has_several else tr("The network has no second Output."))

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        if self._moves_ends(change):
            self.read()
        elif "training" in change.fields:
            self.refresh()

    def _moves_ends(self, change: Change) -> bool:
        """Whether Inputs or Outputs came, went or are others; a large network is not searched for that."""
        graph = self._session.project.graph
        ids = (*change.added, *change.updated)
        there = (graph.nodes[node_id] for node_id in ids if node_id in graph.nodes)
        known = {node.id for node in (*self._ends.inputs, *self._ends.outputs)}
        return not known.isdisjoint(change.removed) or any(is_end(node, graph) for node in there)

    def _retype(self, part: str, name: str) -> None:
        training = self._session.project.training
        if name == PER_OUTPUT:
            own = with_own_losses(training, self._ends, self._session.main_inference)
            self._submit(own, later("Give each Output a loss"), None)
            return
        if part == LOSS:
            training = {key: item for key, item in training.items() if key != OUTPUTS}
        before = training
        if self._retyped is not None and (self._retyped.part, self._retyped.after) == (part, training):
            before = self._retyped.before
        after = with_part_type(before, part, name)
        self._retyped = _Retyped(part, before, after)
        self._submit(after, later(f"Change {part}"), None)

    @Slot(str, str)
    def _retype_output(self, output: str, name: str) -> None:
        training = with_output_loss(self._session.project.training, output, name)
        self._submit(training, later("Change loss of an Output"), None)

    @Slot(str, object, object, int)
    def _edit_output(self, output: str, keys: tuple[str, ...], value: Value, burst: int) -> None:
        training = with_output_value(self._session.project.training, output, keys, value)
        label = later(f"Set {keys[-1]} of an Output")
        self._submit(training, label, (OUTPUTS, output, keys, burst) if burst else None)

    def _edit(self, part: str, name: str, value: Value, burst: int) -> None:
        training = with_part_value(self._session.project.training, part, name, value)
        self._submit(training, later(f"Set {part} {name}"), ("plan", part, name, burst) if burst else None)

    @Slot(str, object, int)
    def _set(self, name: str, value: Value, burst: int) -> None:
        training = with_setting(self._session.project.training, name, value)
        label = later(f"Set {english(name).lower()}")
        self._submit(training, label, ("plan", name, burst) if burst else None)

    @Slot(object, str, object)
    def _take_transforms(self, training: Training, label: str, key: tuple[str, int] | None) -> None:
        self._submit(training, label, None if key is None else (TRANSFORMS_KEY, *key))

    def _submit(self, training: Training, label: str, merge_key: object) -> None:
        self._session.apply(SetTraining(training, label), merge_key)


@dataclass(frozen=True)
class _Retyped:
    """The last type that was chosen: keys on the way to it lose nothing that types between do not know."""

    part: str
    before: Training
    after: Training


class PartForm(TypedForm):
    """A part of the plan that has a type: which one, what it is, and its parameters."""

    def __init__(self, part: str, parent: QWidget | None = None) -> None:
        self._part = part
        spec = Choice(name=part, default=DEFAULTS[part], choices=(*MORE_TYPES.get(part, ()), *TABLES[part]))
        label = data_label if part == "data" else str
        super().__init__(spoken(part), spec, TITLES, label, parent)
        self.type_field.setObjectName(f"{part}.{TYPE_KEYS[part]}")
        if part == "data":
            self.type_field.show_groups(
                {tr_made(group.title): [source.type for source in group.sources] for group in SOURCE_GROUPS}
            )

    def show_part(
        self, training: Training, problems: dict[str, str], warnings: dict[str, str], reasons: Reasons
    ) -> None:
        """Shows this part of a plan."""
        part = self._part
        type_name = part_of(training, part)[TYPE_KEYS[part]]
        if part == LOSS and is_per_output(training):
            type_name = PER_OUTPUT
        where = f"{part}.{TYPE_KEYS[part]}"
        help_text = self._help(training, type_name)
        self.show_type(type_name, part_specs(part, type_name), help_text, is_wrong=where in problems)
        self.show_warning(warnings.get(where, ""))
        for spec in part_specs(part, type_name):
            path = f"{part}.{spec.name}"
            told = (problems.get(path, ""), warnings.get(path, ""))
            state = default_state(spec, part_value(training, part, spec.name), *told)
            if spec.name in HINTS:
                state = replace(state, hint=tr(HINTS[spec.name]))
            self.show_state(spec.name, reasons.applied(state, path))

    def _help(self, training: Training, type_name: Value) -> str:
        option = TABLES[self._part].get(type_name) if isinstance(type_name, str) else None
        if option is None and isinstance(type_name, str):
            return tr(TYPE_HELP[type_name]) if type_name in TYPE_HELP else ""
        return tr_made(option.details(part_of(training, self._part))) if option else ""


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
