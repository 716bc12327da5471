"""The part of a form that splits a size into one for each dim, and joins it again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from builder.icons import icon
from builder.panels.drag_label import DRAG_HINT, DragLabel
from builder.panels.field_text import SEVERAL, UNSET
from builder.panels.number_field import NumberField
from builder.panels.section import inline_button
from builder.panels.stepping import is_number
from builder.panels.typed_text import next_burst
from builder.texts import tr, tr_made
from builder.theme import GRID
from graph.catalog.params import ParamSpec, Value
from graph.expressions import is_expression

MOST_ENTRIES = 6  # lines of the form that are kept free for them


def has_entries(spec: ParamSpec) -> bool:
    """Whether a parameter may have a number for each dim."""
    return any(spec.entries(num_dims) for num_dims in (1, 2, 3))


class EntryRows(QObject):
    """A chain to link and unlink the dims, and, while they are unlinked, a row for each.

    Args:
        spec: of the parameter.
        field: the editor of the whole.
        layout: the form's grid.
        line: where in it the first row goes.

    Signals:
        edited(value, burst): the whole value is another.
        cancelled(burst): as of a field.
    """

    edited = Signal(object, int)
    cancelled = Signal(int)

    def __init__(self, spec: ParamSpec, field: NumberField, layout: QGridLayout, line: int) -> None:
        super().__init__(field)
        self._spec, self._field, self._layout, self._line = spec, field, layout, line
        self._form: QWidget = field.parentWidget()
        self._value: Value = UNSET
        self._start: Value = UNSET  # what each entry begins with
        self._names: tuple[str, ...] = ()
        self._labels: list[DragLabel] = []
        self.fields: list[NumberField] = []
        self.chain = inline_button("link", tr("{name}: one for all dims", name=spec.name), self._form)
        self.chain.setCheckable(True)
        self.chain.setObjectName(f"{spec.name}.chain")
        self.chain.clicked.connect(self._toggle)

    def show_state(self, value: Value, fallback: Value, num_dims: int) -> None:
        """Shows a value, and what an empty field stands for, for maps with so many spatial dims."""
        self._names = self._spec.entries(num_dims)
        self._value, self._start = value, fallback if value is UNSET else value
        is_split = isinstance(value, list | tuple) and len(value) == len(self._names) > 0
        self._show_rows(value if is_split else ())
        self.chain.setChecked(not is_split)
        self.chain.setIcon(icon("unlink" if is_split else "link"))
        reason = "" if is_split else self._why_not()
        self.chain.setEnabled(not reason)
        self.chain.setVisible(value is not SEVERAL)
        names = ", ".join(self._names)
        self.chain.setToolTip(
            reason
            or (tr("One for all: {names}", names=names) if is_split else tr("One each: {names}", names=names))
        )

    def _why_not(self) -> str:
        """Why there cannot be one for each dim; nothing if there can."""
        if not self._names:
            return tr("How many dims there are is not known yet: connect the input.")
        if is_number(self._start) or (isinstance(self._start, str) and is_expression(self._start)):
            return ""
        return tr("There is no number to split: type one first.")

    def _show_rows(self, values: Value) -> None:
        while len(self.fields) < len(values):
            self._add_row()
        for index, (label, field) in enumerate(zip(self._labels, self.fields, strict=True)):
            is_there = index < len(values)
            if is_there:
                self._name_row(label, field, self._names[index])
                field.show_value(values[index], "", values[index])
                label.show_cursor()
            label.setVisible(is_there)
            field.setVisible(is_there)

    def _add_row(self) -> None:
        field = NumberField(self._spec.entry(), self._form)
        index, line = len(self.fields), self._line + len(self.fields)
        field.edited.connect(lambda value, burst: self._set_entry(index, value, burst))
        field.cancelled.connect(self.cancelled)
        label = DragLabel("", field, self._form)
        label.setProperty("role", "muted")
        label.setIndent(2 * GRID)
        label.setToolTip(tr(DRAG_HINT))
        QWidget.setTabOrder(self.fields[-1] if self.fields else self.chain, field)
        self._layout.addWidget(label, line, 0)
        self._layout.addWidget(field, line, 1)
        self._labels.append(label)
        self.fields.append(field)

    def _name_row(self, label: DragLabel, field: NumberField, name: str) -> None:
        if label.text() != name:
            label.setText(name)
            field.setObjectName(f"{self._spec.name}.{name}")
            field.setAccessibleName(f"{self._spec.name}, {name}")
            field.setToolTip(
                tr("{help} This is the {name}.", help=tr_made(self._spec.help), name=name).strip()
            )

    def _set_entry(self, index: int, value: Value, burst: int) -> None:
        values = list(self._value)
        values[index] = self._spec.entry().bounds().get("min", 1) if value is UNSET else value
        self.edited.emit(values, burst)

    @Slot()
    def _toggle(self) -> None:
        is_split = isinstance(self._value, list | tuple)
        self.edited.emit(self._value[0] if is_split else [self._start] * len(self._names), next_burst())
