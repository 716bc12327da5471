"""The inspector's page for several nodes: what they are, the parameters they share, what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.facts import FactsSection
from builder.panels.field_text import UNSET
from builder.panels.fields import UNTYPED
from builder.panels.form_pool import FormPool
from builder.panels.form_row import is_changed
from builder.panels.forms import SpecForm
from builder.panels.section import SectionHeading
from builder.panels.survey import PIECE, Survey
from builder.panels.training_section import TrainingSection
from builder.quantities import flops_text, macs_text
from builder.session import Session
from builder.texts import later, tr, tr_count
from builder.theme import GRID, font
from graph.catalog.params import ParamSpec, Value
from graph.cost import macs
from graph.edits import Batch, SetParams
from graph.expressions import has_expressions

MOST_TYPES = 8  # that are listed
NOTHING_SHARED = "These layers share no parameter. Select layers of one type to change them together."

FormKey = tuple[tuple[ParamSpec, ...], frozenset[str]]


class SeveralPage(QWidget):
    """Edits what all selected nodes have in common; every edit is made to all of them, as one step."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._survey = Survey(session)
        self._work: Iterator[None] = iter(())
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._go_on)
        self.title = QLabel(self)
        self.title.setFont(font("title"))
        self.types, self.note = QLabel(self), QLabel(tr(NOTHING_SHARED), self)
        for label in (self.types, self.note):
            label.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.parameters = SectionHeading(tr("Shared parameters"), "undo", tr("Reset all of them"), self)
        self.parameters.button.clicked.connect(self._reset_all)
        self._forms: FormPool[FormKey] = FormPool(self._new_form, self)
        self.form = self._forms.show_form(((), frozenset()))
        self.training = TrainingSection(self)
        self.training.edited.connect(self._edited)
        self.training.cancelled.connect(self._cancelled)
        self.cost = FactsSection(tr("Cost of one sample, together"), self)
        self.facts = self.cost.facts
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        for part in (
            self.title, self.types, self.parameters, self.note, self._forms, self.training, self.cost
        ):  # fmt: skip
            layout.addWidget(part)
        layout.addStretch(1)

    @property
    def is_complete(self) -> bool:
        """Whether all selected nodes have been looked at."""
        return not self._timer.isActive()

    def refresh(self) -> None:
        """Looks at the selected nodes anew: at once, or piece by piece where they are very many."""
        self.title.setText(
            tr(
                "{layers} selected",
                layers=tr_count("{count} layer", "{count} layers", len(self._session.selection)),
            )
        )
        before, self._survey = self._survey, Survey(self._session)
        self._work = self._survey.run()
        if len(self._session.selection) > PIECE:
            if before.node_ids != self._survey.node_ids:  # a form of other nodes must not change these
                self._hide_forms(tr("Looking at all of them..."))
            self._timer.start()
            return
        for _ in self._work:
            pass
        self._show()

    def leave(self) -> None:
        """Ends looking, as another page is shown."""
        self._timer.stop()

    def _hide_forms(self, text: str) -> None:
        self.types.setText(text)
        for part in (self.parameters, self.note, self._forms, self.training, self.cost):
            part.hide()

    @Slot()
    def _go_on(self) -> None:
        if next(self._work, self) is self:
            self._show()
        else:
            self._timer.start()

    def _show(self) -> None:
        survey = self._survey
        self.types.setText(_types_text(survey.types))
        as_text = [name for name, value in survey.common(survey.params).items() if has_expressions(value)]
        kinds = {param.name: param.kind for param in survey.params}
        untyped = frozenset(name for name in as_text if kinds[name] in UNTYPED)
        self.form = self._forms.show_form((survey.params, untyped))
        states = {param.name: survey.state(param) for param in survey.params}
        for name, state in states.items():
            self.form.show_state(name, state)
        has_params = bool(survey.params)
        for part in (self.parameters, self.cost):
            part.show()
        self._forms.setVisible(has_params)
        self.note.setVisible(not has_params)
        changed = any(is_changed(param, states[param.name].value) for param in survey.params)
        reason = (
            tr("Every shared parameter has its default.")
            if has_params
            else tr("There is no shared parameter.")
        )
        self.parameters.allow(changed, reason)
        self.training.show_settings(survey.settings, survey.common(survey.settings), survey.state)
        self.facts.show_facts(_facts(survey))

    def _new_form(self, key: FormKey) -> SpecForm:
        params, as_text = key
        form = SpecForm(params, self._forms, as_text=as_text)
        form.follow(self.parameters.button)
        form.edited.connect(self._edited)
        form.cancelled.connect(self._cancelled)
        return form

    @Slot(str, object, int)
    def _edited(self, name: str, value: Value, burst: int) -> None:
        edits = self._survey.edits(name, value)
        if edits:
            label = _reset_label(name, len(edits)) if value is UNSET else _set_label(name, len(edits))
            self._session.apply(Batch(label, edits), ("several", name, burst) if burst else None)

    @Slot(str, int)
    def _cancelled(self, name: str, burst: int) -> None:
        self._session.take_back(("several", name, burst))

    @Slot()
    def _reset_all(self) -> None:
        names = {param.name for param in self._survey.params}
        nodes = [node for node in self._survey.nodes() if names & node.params.keys()]
        edits = [SetParams(node.id, reset=tuple(names & node.params.keys())) for node in nodes]
        self._session.apply(Batch(_reset_all_label(len(edits)), edits))


def _set_label(name: str, count: int) -> str:
    return later(f"Set {name} of 1 layer") if count == 1 else later(f"Set {name} of {count:,} layers")


def _reset_label(name: str, count: int) -> str:
    return later(f"Reset {name} of 1 layer") if count == 1 else later(f"Reset {name} of {count:,} layers")


def _reset_all_label(count: int) -> str:
    return later("Reset 1 layer") if count == 1 else later(f"Reset {count:,} layers")


def _types_text(types: dict[str, int]) -> str:
    """`2 × Conv2d, 1 × Linear`, those that are most first."""
    ordered = sorted(types.items(), key=lambda item: -item[1])
    listed = [f"{count:,} × {name}" for name, count in ordered[:MOST_TYPES]]
    rest = len(ordered) - len(listed)
    return ", ".join([*listed, tr("{rest} more types", rest=rest)] if rest > 0 else listed)


def _facts(survey: Survey) -> Iterator[tuple[str, str]]:
    flops = survey.flops
    yield tr("Parameters"), f"{survey.parameters:,}"
    yield "FLOPs", flops_text(flops)
    if flops:
        yield "MACs", macs_text(macs(flops))
    if survey.unknown:
        yield (
            tr("Not counted"),
            tr(
                "{layers} with something unknown",
                layers=tr_count("{count} layer", "{count} layers", survey.unknown),
            ),
        )
