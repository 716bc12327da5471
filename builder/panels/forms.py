"""A form made from parameter declarations: label, editor, way back to the default, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QWidget

from builder.icons import icon
from builder.panels.field_text import UNSET, shown_default
from builder.panels.fields import Field, make_field, set_invalid
from builder.panels.source_field import SourceField
from builder.theme import Theme
from graph.catalog.params import ParamSpec, Value

LABEL_WIDTH = 112  # pixels; longer names are cut with an ellipsis and whole in the tool tip


@dataclass(frozen=True)
class FieldState:
    """What a row shows.

    Args:
        value: what was set, or UNSET.
        hint: grey text of an empty editor.
        fallback: what the empty editor stands for, where it is known.
        problem: what is wrong with the value, in a sentence.
        computed: what the expressions in the value come to.
    """

    value: Value = UNSET
    hint: str = ""
    fallback: Value = None
    problem: str = ""
    computed: str = ""


def default_state(spec: ParamSpec, value: Value = UNSET, problem: str = "") -> FieldState:
    """The state of a parameter that takes its declared default when left out."""
    return FieldState(value, shown_default(spec), spec.default, problem)


class SpecForm(QWidget):
    """One row per declaration.

    Signals:
        edited(name, value, burst): something was typed or chosen; UNSET means back to the default. Edits with
            one burst number belong to one undo step.
        review_asked(str): the user wants this source to run.
        menu_asked(name, place): a parameter's name was right-clicked, at this place of the screen.
    """

    edited = Signal(str, object, int)
    review_asked = Signal(str)
    menu_asked = Signal(str, QPoint)

    def __init__(
        self,
        specs: Iterable[ParamSpec],
        parent: QWidget | None = None,
        label: Callable[[str], str] = str,
        as_text: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(3)
        layout.setColumnStretch(1, 1)
        self._rows = {
            spec.name: _Row(self, layout, spec, label(spec.name), spec.name in as_text) for spec in specs
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the form, top to bottom."""
        return tuple(self._rows)

    def field(self, name: str) -> Field:
        """The editor of a parameter."""
        return self._rows[name].field

    def reset_button(self, name: str) -> QToolButton:
        """The button that puts a parameter back to its default."""
        return self._rows[name].reset

    def problem_text(self, name: str) -> str:
        """What the form says is wrong with a parameter."""
        return self._rows[name].problem.text()

    def label(self, name: str) -> QLabel:
        """The name of a parameter as it stands there."""
        return self._rows[name].label

    def add_hint(self, text: str) -> None:
        """Says one thing more in the tool tip of every name."""
        for row in self._rows.values():
            row.label.setToolTip(f"{row.label.toolTip()}\n{text}")

    def computed_text(self, name: str) -> str:
        """What the form says the expressions of a parameter come to: `= 16`; nothing for a plain value."""
        computed = self._rows[name].computed
        return "" if computed.isHidden() else computed.text()

    def set_theme(self, theme: Theme) -> None:
        """Repaints what is coloured by more than the stylesheet."""
        for row in self._rows.values():
            if isinstance(row.field, SourceField):
                row.field.set_theme(theme)

    def show_state(self, name: str, state: FieldState) -> None:
        """Shows a parameter's value and what is wrong with it, without disturbing who is typing there."""
        self._rows[name].show_state(state)


class _Row:
    """The widgets of one parameter in the form's grid."""

    def __init__(
        self, form: SpecForm, layout: QGridLayout, spec: ParamSpec, label: str, as_text: bool
    ) -> None:
        line = layout.rowCount()
        self.spec = spec
        self.field = make_field(spec, form, as_text)
        self.field.setObjectName(spec.name)
        self.field.setToolTip(spec.help)
        self.label = _label(label, spec, self.field)
        self.reset = _reset_button(form)
        self.problem = QLabel(form)
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.computed = QLabel(form)
        self.computed.setProperty("role", "muted")
        self.computed.hide()
        layout.addWidget(self.label, line, 0)
        layout.addWidget(self.reset, line, 2)
        if isinstance(self.field, SourceField):
            layout.addWidget(self.field, line + 1, 0, 1, 3)
            layout.addWidget(self.problem, line + 2, 0, 1, 3)
            self.field.review_asked.connect(form.review_asked)
        else:
            layout.addWidget(self.field, line, 1)
            layout.addWidget(self.computed, line + 1, 1, 1, 2)
            layout.addWidget(self.problem, line + 2, 1, 1, 2)
        self.field.edited.connect(lambda value, burst: form.edited.emit(spec.name, value, burst))
        self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.label.customContextMenuRequested.connect(
            lambda at: form.menu_asked.emit(spec.name, self.label.mapToGlobal(at))
        )
        self.reset.clicked.connect(lambda: form.edited.emit(spec.name, UNSET, 0))

    def show_state(self, state: FieldState) -> None:
        self.field.show_value(state.value, state.hint, state.fallback)
        self.reset.setVisible(state.value is not UNSET)
        self.reset.setToolTip(_reset_text(self.spec, state))
        set_invalid(self.field, bool(state.problem))
        self.problem.setText(state.problem)
        self.problem.setVisible(bool(state.problem))
        self.computed.setText(f"= {state.computed}")
        self.computed.setVisible(bool(state.computed))


def _label(text: str, spec: ParamSpec, field: QWidget) -> QLabel:
    label = QLabel(field.parentWidget())
    label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, LABEL_WIDTH))
    label.setFixedWidth(LABEL_WIDTH)
    label.setToolTip(f"{text}: {spec.help}" if spec.help else text)
    label.setBuddy(field)
    return label


def _reset_button(form: SpecForm) -> QToolButton:
    button = QToolButton(form)
    button.setIcon(icon("undo"))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    policy = QSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
    button.hide()
    return button


def _reset_text(spec: ParamSpec, state: FieldState) -> str:
    if spec.inferred is not None:
        return "Infer it from the input"
    shown = shown_default(spec)
    return f"Back to the default, {shown}" if shown else "Leave it out"
