"""One parameter in a form: name, editor, sizes for each dim, way back to the default, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from builder.panels.drag_label import DRAG_HINT, DragLabel
from builder.panels.entry_rows import MOST_ENTRIES, EntryRows, has_entries
from builder.panels.field_text import UNSET, same, shown_default
from builder.panels.fields import ChoiceField, FlagField, PathField, make_field, set_doubtful, set_invalid
from builder.panels.number_field import NumberField
from builder.panels.section import inline_button
from builder.panels.source_field import SourceField
from builder.texts import tr, tr_made
from builder.theme import font
from builder.theme.tokens import CONTROL_HEIGHT
from graph.catalog.params import ParamSpec, Value

if TYPE_CHECKING:
    from builder.panels.forms import SpecForm

LABEL_WIDTH = 112  # pixels; longer names are cut with an ellipsis and whole in the tool tip
RESET_SIZE = 22  # pixels
COMPUTED, PROBLEM = 1 + MOST_ENTRIES, 2 + MOST_ENTRIES  # lines below that of the name
LINES = 3 + MOST_ENTRIES


@dataclass(frozen=True)
class FieldState:
    """What a row shows.

    Args:
        value: what was set, UNSET, or SEVERAL.
        hint: grey text of an empty editor.
        fallback: what the empty editor stands for, where it is known.
        problem: what is wrong with the value, in a sentence.
        computed: what the expressions in the value come to.
        num_dims: how many spatial dims the maps have that come in; 0 while unknown.
        origin: where an inferred value comes from, in a sentence.
        disabled: why it means nothing as things stand, in a sentence; it cannot be changed then.
        warning: why the value most likely was not meant, in sentences; none where there is a problem.
    """

    value: Value = UNSET
    hint: str = ""
    fallback: Value = None
    problem: str = ""
    computed: str = ""
    num_dims: int = 0
    origin: str = ""
    disabled: str = ""
    warning: str = ""


def default_state(spec: ParamSpec, value: Value = UNSET, problem: str = "", warning: str = "") -> FieldState:
    """The state of a parameter that takes its declared default when left out."""
    return FieldState(value, shown_default(spec), spec.default, problem, warning=warning)


def is_changed(spec: ParamSpec, value: Value) -> bool:
    """Whether a value is another than the parameter has when left out."""
    return value is not UNSET and (spec.inferred is not None or not same(spec, value, spec.default))


class FormRow:
    """The widgets of one parameter in the form's grid; the rarer ones are made when first needed.

    Args:
        form: owns the widgets and tells what happens in them.
        layout: the form's grid.
        line: the first of LINES in it that are this row's.
        spec: of the parameter.
        title: what it is called on the screen.
        as_text: whether it needs a line of text, as its value is to be computed.
    """

    def __init__(
        self, form: SpecForm, layout: QGridLayout, line: int, spec: ParamSpec, title: str, as_text: bool
    ) -> None:
        self.spec = spec
        self._form, self._layout, self._line = form, layout, line
        self._reset: QToolButton | None = None
        self._is_wide = spec.kind == "source"
        self._is_below = False  # the name, as there is too little room beside it
        self.field = make_field(spec, form, as_text)
        self.field.setObjectName(spec.name)
        self.field.setAccessibleName(title)
        self.field.setToolTip(tr_made(spec.help))
        self.entries: EntryRows | None = None
        self._title = title
        self.label = _label(title, spec, self.field, form)
        self.computed = Remark(form, layout, (line + COMPUTED, 1, 1, 2), "muted")
        place = (line + PROBLEM, 0, 1, 3) if self._is_wide else (line + PROBLEM, 1, 1, 2)
        self.problem = Remark(form, layout, place, "error")
        self.warning = Remark(form, layout, (line + PROBLEM, 0, 1, 3), "warning")
        self._lay_out()
        self._connect()

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """Where the keys stop in this row, in their order."""
        inside = self.field.stops if isinstance(self.field, PathField | SourceField) else (self.field,)
        return inside if self.entries is None else (*inside, self.entries.chain, *self.entries.fields)

    @property
    def reset(self) -> QToolButton:
        """The button that puts the parameter back to its default."""
        if self._reset is None:
            self._reset = _reset_button(self._form, self.spec)
            self._reset.clicked.connect(lambda: self._form.edited.emit(self.spec.name, UNSET, 0))
            self._layout.addWidget(self._reset, self._line, 2)
            QWidget.setTabOrder(self.stops[-1], self._reset)
        return self._reset

    def fit(self, width: int) -> None:
        """Puts choices below their name where a form of this width would cut them beside it."""
        if not isinstance(self.field, ChoiceField):
            return
        room = width - LABEL_WIDTH - RESET_SIZE - 2 * self._layout.horizontalSpacing()
        is_below = room < self.field.whole_width
        if is_below != self._is_below:
            self._is_below = is_below
            place = (self._line + 1, 0, 1, 2) if is_below else (self._line, 1, 1, 1)
            self._layout.removeWidget(self.field)
            self._layout.addWidget(self.field, *place)

    def show_state(self, state: FieldState) -> None:
        """Shows a value and what is wrong with it, without disturbing who is typing there."""
        self.field.show_value(state.value, state.hint, state.fallback)
        if self.entries is not None:
            self.entries.show_state(state.value, state.fallback, state.num_dims)
        self.label.show_cursor()
        self._mark(is_changed(self.spec, state.value))
        if self._reset is not None:
            self._reset.setToolTip(_reset_text(self.spec, state))
        self._allow(state)
        set_invalid(self.field, bool(state.problem))
        set_doubtful(self.field, bool(state.warning))
        self.problem.show_text(state.problem)
        self.warning.show_text(state.warning)
        self._describe(state)
        self.computed.show_text(f"= {state.computed}" if state.computed else "")

    def _describe(self, state: FieldState) -> None:
        """Lets those hear it who do not see what stands below."""
        parts = (tr_made(self.spec.help), state.problem, state.warning)
        text = " ".join(part for part in parts if part)
        if self.field.accessibleDescription() != text:
            self.field.setAccessibleDescription(text)

    def _allow(self, state: FieldState) -> None:
        """Lets the value be changed, or says why it cannot be."""
        for part in (self.field, self.label):
            part.setEnabled(not state.disabled)
        more = state.disabled or state.origin
        self.field.setToolTip(f"{tr_made(self.spec.help)}\n{more}".strip())

    def _mark(self, changed: bool) -> None:
        """Makes the name of a changed parameter stand out, and offers the way back."""
        if changed or self._reset is not None:
            self.reset.setVisible(changed)
        wanted = font("strong") if changed else font("body")
        if self.label.font().weight() != wanted.weight():
            self.label.setFont(wanted)
            self.label.setText(_cut(self._title, wanted))

    def _lay_out(self) -> None:
        layout, line = self._layout, self._line
        layout.addWidget(self.label, line, 0)
        if self._is_wide:
            layout.addWidget(self.field, line + 1, 0, 1, 3)
        elif isinstance(self.field, NumberField) and has_entries(self.spec):
            self.entries = EntryRows(self.spec, self.field, layout, line + 1)
            cell = QHBoxLayout()
            cell.setSpacing(2)
            cell.addWidget(self.field, 1)
            cell.addWidget(self.entries.chain)
            layout.addLayout(cell, line, 1)
        else:
            layout.addWidget(self.field, line, 1)

    def _connect(self) -> None:
        form, name, field = self._form, self.spec.name, self.field
        for part in (field, self.entries) if self.entries is not None else (field,):
            part.edited.connect(lambda value, burst: form.edited.emit(name, value, burst))
            if not isinstance(part, FlagField | ChoiceField | SourceField):
                part.cancelled.connect(lambda burst: form.cancelled.emit(name, burst))
        if isinstance(field, SourceField):
            field.review_asked.connect(form.review_asked)
        self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.label.customContextMenuRequested.connect(
            lambda at: form.menu_asked.emit(name, self.label.mapToGlobal(at))
        )


class Remark:
    """A text in a form's grid whose label is made when it first has one.

    Args:
        form: owns the label.
        layout: the form's grid.
        place: line, column, and how many of each it spans.
        role: how it looks.
    """

    def __init__(
        self, form: QWidget, layout: QGridLayout, place: tuple[int, int, int, int], role: str
    ) -> None:
        self._form, self._layout, self._place, self._role = form, layout, place, role
        self._label: QLabel | None = None

    @property
    def text(self) -> str:
        """What it says; nothing while it is hidden."""
        return "" if self._label is None else self._label.text()

    def show_text(self, text: str) -> None:
        """Says something; an empty text hides it."""
        if self._label is None:
            if not text:
                return
            self._label = QLabel(self._form)
            self._label.setProperty("role", self._role)
            self._label.setWordWrap(True)
            self._layout.addWidget(self._label, *self._place)
        self._label.setText(text)
        self._label.setVisible(bool(text))


def _label(text: str, spec: ParamSpec, field: QWidget, form: QWidget) -> DragLabel:
    label = DragLabel("", field, form)
    label.setText(_cut(text, label.font()))
    label.setFixedWidth(LABEL_WIDTH)
    label.setMinimumHeight(CONTROL_HEIGHT)  # rows of all kinds stand equally far apart
    hint = f"\n{tr(DRAG_HINT)}" if isinstance(field, NumberField) else ""
    label.setToolTip(f"{text}: {tr_made(spec.help)}{hint}" if spec.help else f"{text}{hint}")
    return label


def _cut(text: str, shown: QFont) -> str:
    """As much of a name as there is room for."""
    return QFontMetrics(shown).elidedText(text, Qt.TextElideMode.ElideRight, LABEL_WIDTH)


def _reset_button(form: QWidget, spec: ParamSpec) -> QToolButton:
    button = inline_button("undo", tr("Reset {name}", name=spec.name), form)
    button.setObjectName(f"{spec.name}.reset")
    button.setFixedSize(RESET_SIZE, RESET_SIZE)
    button.hide()
    return button


def _reset_text(spec: ParamSpec, state: FieldState) -> str:
    if spec.inferred is not None:
        return tr("Infer it from the input")
    shown = shown_default(spec)
    return tr("Back to the default, {shown}", shown=shown) if shown else tr("Leave it out")
