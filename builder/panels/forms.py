"""A form made from parameter declarations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from PySide6.QtCore import QEvent, QObject, QPoint, Signal
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from builder.panels.entry_rows import EntryRows
from builder.panels.fields import Field
from builder.panels.form_row import LINES, RESET_SIZE, FieldState, FormRow
from builder.panels.source_field import SourceField
from builder.theme import Theme
from graph.catalog.params import ParamSpec


class SpecForm(QWidget):
    """One row per declaration.

    Signals:
        edited(name, value, burst): something was typed or chosen; UNSET means back to the default. Edits with
            one burst number belong to one undo step.
        cancelled(name, burst): the edits with this burst number shall be as if they had never been.
        review_asked(str): the user wants this source to run.
        menu_asked(name, place): a parameter's name was right-clicked, or its menu asked for with a key; at
            this place of the screen.
    """

    edited = Signal(str, object, int)
    cancelled = Signal(str, int)
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
        layout.setHorizontalSpacing(4)
        layout.setVerticalSpacing(3)
        layout.setColumnStretch(1, 1)
        layout.setColumnMinimumWidth(2, RESET_SIZE)
        self._rows = {
            spec.name: FormRow(self, layout, LINES * index, spec, label(spec.name), spec.name in as_text)
            for index, spec in enumerate(specs)
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the form, top to bottom."""
        return tuple(self._rows)

    def spec(self, name: str) -> ParamSpec:
        """The declaration of a parameter."""
        return self._rows[name].spec

    def field(self, name: str) -> Field:
        """The editor of a parameter."""
        return self._rows[name].field

    def first_stop(self, name: str) -> QWidget:
        """Where the keys come to first in the row of a parameter."""
        return self._rows[name].stops[0]

    def entries(self, name: str) -> EntryRows:
        """The editors of a parameter's sizes for each dim. Raises KeyError where there can be none."""
        entries = self._rows[name].entries
        if entries is None:
            raise KeyError(f"{name} has no sizes for each dim")
        return entries

    def reset_button(self, name: str) -> QToolButton:
        """The button that puts a parameter back to its default."""
        return self._rows[name].reset

    def problem_text(self, name: str) -> str:
        """What the form says is wrong with a parameter."""
        return self._rows[name].problem.text

    def warning_text(self, name: str) -> str:
        """What the form says that most likely was not meant of a parameter."""
        return self._rows[name].warning.text

    def label(self, name: str) -> QLabel:
        """The name of a parameter as it stands there."""
        return self._rows[name].label

    def follow(self, widget: QWidget) -> None:
        """Puts all editors right behind a widget in the order of the keys."""
        for row in self._rows.values():
            for stop in row.stops:
                QWidget.setTabOrder(widget, stop)
                widget = stop

    def offer_menu(self, hint: str) -> None:
        """Asks for menus also at the menu key in an editor, and says in every tool tip what they are for."""
        for row in self._rows.values():
            row.label.setToolTip(f"{row.label.toolTip()}\n{hint}")
            for stop in row.stops:
                stop.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A right-click in an editor has a menu of its own; the menu key has none there."""
        if isinstance(event, QContextMenuEvent) and event.reason() == QContextMenuEvent.Reason.Keyboard:
            row = next((row for row in self._rows.values() if watched in row.stops), None)
            if row is not None:
                self.menu_asked.emit(row.spec.name, row.field.mapToGlobal(row.field.rect().bottomLeft()))
                return True
        return super().eventFilter(watched, event)

    def computed_text(self, name: str) -> str:
        """What the form says the expressions of a parameter come to: `= 16`; nothing for a plain value."""
        return self._rows[name].computed.text

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for row in self._rows.values():
            row.fit(self.width())

    def set_theme(self, theme: Theme) -> None:
        """Repaints what is coloured by more than the stylesheet."""
        for row in self._rows.values():
            if isinstance(row.field, SourceField):
                row.field.set_theme(theme)

    def show_state(self, name: str, state: FieldState) -> None:
        """Shows a parameter's value and what is wrong with it, without disturbing who is typing there."""
        self._rows[name].show_state(state)
