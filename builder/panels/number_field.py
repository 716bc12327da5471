"""The editor for numbers: a line with arrows that takes all that may stand in a number's place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from builder.panels.field_text import UNSET
from builder.panels.stepping import dragged, ends, moves, stepped
from builder.panels.typed_text import TypedText
from builder.theme import GRID
from builder.theme.tokens import CONTROL_HEIGHT
from graph.catalog.params import ParamSpec, Value

HINT_GAP = "  "  # between a value and where it comes from


class NumberField(QAbstractSpinBox):
    """A line for a number, or one for each dim, with arrows; an empty one stands for its fallback.

    Words, expressions and lists are typed like numbers; arrows and dragging work on numbers alone.
    """

    edited = Signal(object, int)
    cancelled = Signal(int)

    # Qt asks stepEnabled also before __init__ is through and while the line is gone already.
    _value: Value = UNSET
    _fallback: Value = UNSET
    _spec: ParamSpec | None = None
    _drag_start: Value = None
    _hint = ""

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self.lineEdit().setTextMargins(7, 0, 0, 0)  # the stylesheet's padding does not reach it
        self.setFixedHeight(max(CONTROL_HEIGHT, self.fontMetrics().height() + GRID))
        self.typing = TypedText(spec, self.lineEdit(), self)
        self.typing.edited.connect(self._note)
        self.typing.cancelled.connect(self.cancelled)
        self.editingFinished.connect(self.typing.finish)  # the line's own signal does not come from in here
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def is_draggable(self) -> bool:
        """Whether the number can be dragged: one that the input decides would only be wrong."""
        is_decided = self._spec.inferred is not None and self._spec.checked
        return self.isEnabled() and not is_decided and self._start is not None

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self.typing.show_value(value)
        self._value, self._fallback = value, fallback
        self._hint = hint
        self._show_hint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_hint()

    def begin_drag(self) -> None:
        """Remembers where a drag begins."""
        self.typing.finish()
        self._drag_start = self._start

    def drag(self, distance: float, is_fine: bool) -> None:
        """Takes the number some steps away from where the drag began."""
        self.typing.enter(dragged(self._spec, self._drag_start, distance, is_fine))

    def end_drag(self) -> None:
        """Makes all that was dragged one step."""
        self.typing.finish()

    def cancel_drag(self) -> None:
        """Takes the drag back."""
        self.typing.revert()

    def stepBy(self, steps: int) -> None:
        start = self._start
        if start is not None:
            self.typing.enter(stepped(self._spec, start, steps))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        start = self._start
        if start is None:
            return flags
        down, up = ends(self._spec, start)
        if down:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        if up:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        return flags

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        only_with_focus(self, event, super().wheelEvent)

    def _show_hint(self) -> None:
        """Shows the hint, without where it comes from if that has no room; the tool tip tells it too."""
        line = self.lineEdit()
        margins = line.textMargins()
        room = line.width() - margins.left() - margins.right() - GRID // 2
        is_cut = line.fontMetrics().horizontalAdvance(self._hint) > room
        line.setPlaceholderText(self._hint.partition(HINT_GAP)[0] if is_cut else self._hint)

    def _note(self, value: Value, burst: int) -> None:
        self._value = value
        self.edited.emit(value, burst)

    @property
    def _start(self) -> Value:
        """What a step or a drag starts from; None where it has nothing to start from."""
        if self._value is not UNSET and self._value is not None:
            return self._value if moves(self._value) else None
        if moves(self._fallback):
            return self._fallback
        is_open = self._fallback is UNSET or self._fallback is None
        return _least(self._spec) if is_open and self._spec is not None else None


def only_with_focus(field: QWidget, event: QWheelEvent, handle: Callable[[QWheelEvent], None]) -> None:
    """Lets the wheel scroll the form past a field that nobody is in."""
    if field.hasFocus():
        handle(event)
    else:
        event.ignore()


def _least(spec: ParamSpec) -> int | float:
    """The smallest number that is not negative and that a parameter takes, or 0."""
    bounds = spec.bounds()
    return max(bounds.get("min", 0), 0)
