"""A part of the plan that has a type: which one, what it is, and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from builder.panels.field_text import UNSET
from builder.panels.fields import ChoiceField, set_doubtful, set_invalid
from builder.panels.form_row import LABEL_WIDTH, FieldState
from builder.panels.forms import SpecForm
from builder.panels.setting_groups import heading_of
from builder.theme import GRID
from graph.catalog.params import Choice, ParamSpec, Value


class TypedForm(QWidget):
    """Shows a type to be chosen, its help, and a form for its parameters.

    Args:
        heading: of the part.
        type_spec: the types to choose from, and the one that is usual.
        titles: what types are called on the screen, where not by themselves.
        label: what parameters are called on the screen.

    Signals:
        retyped(str): another type was chosen.
        edited(name, value, burst): a parameter was changed.
        cancelled(name, burst): as of a form.
    """

    retyped = Signal(str)
    edited = Signal(str, object, int)
    cancelled = Signal(str, int)

    def __init__(
        self,
        heading: str,
        type_spec: Choice,
        titles: Mapping[str, str],
        label: Callable[[str], str] = str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._label, self._shown_type = label, UNSET
        self.type_field = ChoiceField(type_spec, self, titles)
        self.type_field.setAccessibleName(heading)
        self.type_field.edited.connect(lambda name, _burst: self.retyped.emit(name))
        self.help = QLabel(self)
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.warning = QLabel(self)
        self.warning.setProperty("role", "warning")
        self.warning.setWordWrap(True)
        self.warning.hide()
        self.form = SpecForm((), self)
        self.heading = heading_of("", self)
        self.heading.setFixedWidth(LABEL_WIDTH)
        self.heading.setBuddy(self.type_field)
        self.show_heading(heading)
        self._top = QHBoxLayout()
        self._top.setSpacing(GRID)
        self._top.addWidget(self.heading)
        self._top.addWidget(self.type_field, 1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, GRID)
        self._layout.setSpacing(GRID // 2)
        self._layout.addLayout(self._top)
        self._layout.addWidget(self.help)
        self._layout.addWidget(self.warning)
        self._layout.addWidget(self.form)

    def show_heading(self, text: str) -> None:
        """Names the part, cut to the width of a form's names."""
        shown = self.heading.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, LABEL_WIDTH)
        self.heading.setText(shown)
        self.heading.setToolTip(text if shown != text else "")

    def show_type(self, name: Value, specs: Iterable[ParamSpec], help_text: str, *, is_wrong: bool) -> None:
        """Shows which type it is, and makes a form for its parameters if it is another.

        Args:
            name: of the type.
            specs: its parameters.
            help_text: what there is to know about it.
            is_wrong: whether there is no such type.
        """
        if name != self._shown_type:
            self._rebuild(name, specs)
        self.type_field.show_value(name, "", None)
        set_invalid(self.type_field, is_wrong)
        self.help.setText(help_text)
        self.help.setVisible(bool(help_text))

    def show_warning(self, text: str) -> None:
        """Says what most likely was not meant of the type as it is set; an empty text hides it."""
        set_doubtful(self.type_field, bool(text))
        self.type_field.setAccessibleDescription(text)
        self.warning.setText(text)
        self.warning.setVisible(bool(text))

    def add_to_top(self, layout: QLayout) -> None:
        """Shows something at the end of the line with the type."""
        self._top.addLayout(layout)

    def put_above_form(self, widget: QWidget) -> None:
        """Shows something between the help and the parameters."""
        self._layout.insertWidget(self._layout.indexOf(self.form), widget)

    def show_state(self, name: str, state: FieldState) -> None:
        """Shows a parameter."""
        self.form.show_state(name, state)

    def allow(self, name: str, reason: str) -> None:
        """Lets a type be chosen, or says why it cannot be.

        Args:
            name: of the type.
            reason: empty where it can.
        """
        model, place = self.type_field.model(), self.type_field.findData(name)
        if isinstance(model, QStandardItemModel) and place >= 0:
            model.item(place).setEnabled(not reason)
            self.type_field.setItemData(place, reason, Qt.ItemDataRole.ToolTipRole)

    def _rebuild(self, name: Value, specs: Iterable[ParamSpec]) -> None:
        self._shown_type = name
        place = self._layout.indexOf(self.form)
        self.form.hide()
        self.form.deleteLater()
        self.form = SpecForm(specs, self, label=self._label)
        self.form.edited.connect(self.edited)
        self.form.cancelled.connect(self.cancelled)
        self.form.setVisible(bool(self.form.names))
        self._layout.insertWidget(place, self.form)
