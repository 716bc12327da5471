"""Editors for one parameter each, by the kind it declares: they show a value, and tell what was typed.

A value that does not suit is kept and told like any other: validation marks it, nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QWidget,
)

from builder.icons import icon
from builder.panels.field_text import UNSET, format_value, is_unfinished, parse_text, same
from builder.panels.source_field import SourceField
from builder.theme import GRID
from builder.theme.tokens import CONTROL_HEIGHT
from graph.catalog.params import ParamSpec, Value
from graph.expressions import has_expressions, is_listed

UNTYPED = ("bool", "choice")  # kinds whose editor takes no text, and so no expression
LEAST_CHOICE = 96  # pixels; the inspector is narrow

_bursts = count(1)
_HISTORY_KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


def leaves_history(event: QEvent) -> bool:
    """Lets the window have the keys for undo and redo, as they work on the document; whether it was one."""
    is_asked = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
    if is_asked and any(event.matches(key) for key in _HISTORY_KEYS):
        event.ignore()
        return True
    return False


class TypedText(QObject):
    """Turns typing in a line into values; typing without a break shares one burst number, one undo step.

    Undo and redo keys go to the window, also while typing: they work on the document. Any shortcut first gets
    what was typed.

    Args:
        line: where the text stands.
        field: the widget that has the focus; the line itself, or the spin box around it.

    Signals:
        edited(value, burst): another value stands there; a text that may still become one is held back
            until the typing ends.
    """

    edited = Signal(object, int)

    def __init__(self, spec: ParamSpec, line: QLineEdit, field: QWidget) -> None:
        super().__init__(line)
        field.installEventFilter(self)
        self.spec = spec
        self._line = line
        self._value: Value = UNSET
        self._burst = next(_bursts)
        line.textEdited.connect(self._typed)
        line.editingFinished.connect(self.finish)

    @property
    def value(self) -> Value:
        """What stands in the line, read."""
        return parse_text(self.spec, self._line.text())

    def show_value(self, value: Value) -> None:
        """Shows a value, unless what stands there says the same: the cursor stays while typing."""
        if self._line.hasFocus() and same(self.spec, self._value, value):
            return
        self._value = value
        if not same(self.spec, self.value, value) or not self._line.hasFocus():
            self._line.setText(format_value(value))

    def commit(self) -> None:
        """Tells of text that was held back."""
        self._tell(self.value)

    def finish(self) -> None:
        """Ends a burst of typing, and writes the value the way it is always written."""
        self.commit()
        self._burst = next(_bursts)
        tidy = format_value(self._value)
        if tidy != self._line.text():
            self._line.setText(tidy)

    def enter(self, value: Value) -> None:
        """Puts a value there as if it had been typed."""
        self._line.setText(format_value(value))
        self._tell(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.commit()
        return leaves_history(event)

    def _typed(self, text: str) -> None:
        if not is_unfinished(self.spec, text):
            self._tell(self.value)

    def _tell(self, value: Value) -> None:
        if not same(self.spec, value, self._value):
            self._value = value
            self.edited.emit(value, self._burst)


class TextField(QLineEdit):
    """A line for numbers, lists and words."""

    edited = Signal(object, int)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.typing = TypedText(spec, self, self)
        self.typing.edited.connect(self.edited)

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self.typing.show_value(value)
        self.setPlaceholderText(hint)


class NumberField(QAbstractSpinBox):
    """A line for an integer of any size, with arrows; an empty one stands for its fallback."""

    edited = Signal(object, int)

    # Qt asks stepEnabled also before __init__ is through and while the line is gone already.
    _value: Value = UNSET
    _fallback: Value = UNSET
    _low = _high = 0

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lineEdit().setTextMargins(7, 0, 0, 0)  # the stylesheet's padding does not reach it
        self.setFixedHeight(max(CONTROL_HEIGHT, self.fontMetrics().height() + GRID))
        self.typing = TypedText(spec, self.lineEdit(), self)
        self.typing.edited.connect(self._note)
        self.editingFinished.connect(self.typing.finish)  # the line's own signal does not come from in here
        self._low, self._high = getattr(spec, "min", 0), getattr(spec, "max", 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self.typing.show_value(value)
        self._value, self._fallback = value, fallback
        self.lineEdit().setPlaceholderText(hint)

    def stepBy(self, steps: int) -> None:
        self.typing.enter(min(max(self._number() + steps, self._low), self._high))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if has_expressions(self._value) or is_listed(self._value):
            return flags
        number = self._number()
        if number > self._low:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        if number < self._high:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        return flags

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        _only_with_focus(self, event, super().wheelEvent)

    @Slot(object, int)
    def _note(self, value: Value, burst: int) -> None:
        self._value = value
        self.edited.emit(value, burst)

    def _number(self) -> int:
        known = (self._value, self._fallback, max(self._low, 0))
        return next(value for value in known if isinstance(value, int) and not isinstance(value, bool))


class FlagField(QCheckBox):
    """A box to tick."""

    edited = Signal(object, int)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default = spec.default
        self.clicked.connect(lambda checked: self.edited.emit(checked, next(_bursts)))

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        shown = self._default if value is UNSET else value
        if isinstance(shown, bool):
            self.setTristate(False)
            self.setChecked(shown)
        else:
            self.setCheckState(Qt.CheckState.PartiallyChecked)
        self.setText(format_value(shown) if not isinstance(shown, bool) else "")


class ChoiceField(QComboBox):
    """A list to choose from; a value that is not in it is shown at its end.

    Args:
        titles: what choices are called on the screen, where not by themselves.
    """

    edited = Signal(object, int)

    def __init__(
        self, spec: ParamSpec, parent: QWidget | None = None, titles: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._choices = [str(choice) for choice in spec.bounds().get("choices", ())]
        for choice in self._choices:
            self.addItem((titles or {}).get(choice, choice), choice)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(6)
        self.setMinimumWidth(LEAST_CHOICE)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda index: self.edited.emit(self.itemData(index), next(_bursts)))

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        text = format_value(self._spec.default if value is UNSET else value)
        while self.count() > len(self._choices):
            self.removeItem(self.count() - 1)
        if text not in self._choices:
            self.addItem(text, text)
        self.setCurrentIndex(self.findData(text))

    def wheelEvent(self, event: QWheelEvent) -> None:
        _only_with_focus(self, event, super().wheelEvent)


class PathField(QWidget):
    """A line for a file or a folder, with a button that lets one be chosen."""

    edited = Signal(object, int)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = spec.bounds()
        self._line = TextField(spec, self)
        self._line.edited.connect(self.edited)
        self._button = QToolButton(self)
        self._button.setIcon(icon("open"))
        self._button.setToolTip("Choose a folder" if self._limits.get("folder") else "Choose a file")
        self._button.clicked.connect(self._choose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._line, 1)
        layout.addWidget(self._button)
        self.setFocusProxy(self._line)

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self._line.show_value(value, hint, fallback)

    def _choose(self) -> None:
        start = self._line.text()
        if self._limits.get("folder"):
            path = QFileDialog.getExistingDirectory(self, "Choose a folder", start)
        else:
            patterns = " ".join(f"*{suffix}" for suffix in self._limits.get("suffixes", ()))
            path, _ = QFileDialog.getOpenFileName(self, "Choose a file", start, f"Data ({patterns or '*'})")
        if path:
            self._line.typing.enter(path)
            self._line.typing.finish()


Field = TextField | NumberField | FlagField | ChoiceField | PathField | SourceField
_BY_KIND: dict[str, type[Field]] = {
    "int": NumberField,
    "axis": NumberField,
    "bool": FlagField,
    "choice": ChoiceField,
    "path": PathField,
    "source": SourceField,
}


def make_field(spec: ParamSpec, parent: QWidget, as_text: bool = False) -> Field:
    """The editor for a parameter; one whose kind asks for nothing special is a line of text.

    Args:
        spec: of the parameter.
        parent: the form.
        as_text: whether a line of text is wanted, as its value is to be computed.
    """
    return (TextField if as_text else _BY_KIND.get(spec.kind, TextField))(spec, parent)


def set_invalid(field: QWidget, invalid: bool) -> None:
    """Marks an editor as holding something wrong, or takes the mark away."""
    if bool(field.property("invalid")) != invalid:
        field.setProperty("invalid", invalid)
        field.style().unpolish(field)
        field.style().polish(field)


def _only_with_focus(field: QWidget, event: QWheelEvent, handle: object) -> None:
    """Lets the wheel scroll the form past a field that nobody is in."""
    if field.hasFocus():
        handle(event)  # type: ignore[operator]
    else:
        event.ignore()
