"""The folded part of the inspector that says how a layer starts and takes part in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from builder.icons import icon
from builder.panels.field_text import format_value
from builder.panels.form_pool import FormPool
from builder.panels.form_row import FieldState
from builder.panels.forms import SpecForm
from builder.texts import tr
from builder.theme import GRID, font
from graph.catalog.params import ParamSpec, Value
from graph.catalog.settings import FROZEN, LR_FACTOR, WEIGHT_INIT


class TrainingSection(QWidget):
    """Shows what is set in one line, and the form for it when unfolded; stays as it was left.

    Signals:
        edited(name, value, burst), cancelled(name, burst): as of the form.
    """

    edited = Signal(str, object, int)
    cancelled = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QToolButton(self)
        self.header.setText(tr("Training"))
        self.header.setIconSize(QSize(12, 12))
        self.header.setFont(font("strong"))
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setCheckable(True)
        self.header.setProperty("role", "fold")
        self.header.setToolTip(tr("How the weights start, whether they learn, and how fast."))
        self.header.toggled.connect(self._fold)
        self._forms: FormPool[tuple[ParamSpec, ...]] = FormPool(self._new_form, self)
        self.form = self._forms.show_form(())
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)  # the inspector is narrow
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.header)
        top.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(top)
        layout.addWidget(self._forms)
        self._fold(False)

    def show_settings(
        self,
        settings: Sequence[ParamSpec],
        params: Mapping[str, Value],
        state_of: Callable[[ParamSpec], FieldState],
    ) -> None:
        """Shows a node's settings; unfolds where something is wrong with one; hides if there are none."""
        self.form = self._forms.show_form(tuple(settings))
        self.setVisible(bool(settings))
        states = {setting.name: state_of(setting) for setting in settings}
        for name, state in states.items():
            self.form.show_state(name, state)
        if any(state.problem for state in states.values()):
            self.header.setChecked(True)
        self.note.setText(summary(params))

    def _new_form(self, settings: tuple[ParamSpec, ...]) -> SpecForm:
        form = SpecForm(settings, self._forms)
        form.follow(self.header)
        form.edited.connect(self.edited)
        form.cancelled.connect(self.cancelled)
        return form

    @Slot(bool)
    def _fold(self, is_open: bool) -> None:
        self.header.setIcon(icon("chevron-down" if is_open else "chevron-right"))
        self._forms.setVisible(is_open)


def summary(params: Mapping[str, Value]) -> str:
    """What differs from a layer as it is placed: `orthogonal, frozen, lr × 0.1`."""
    parts = []
    if params.get(WEIGHT_INIT.name, WEIGHT_INIT.default) != WEIGHT_INIT.default:
        parts.append(format_value(params[WEIGHT_INIT.name]))
    if params.get(FROZEN.name) is True:
        parts.append(tr("frozen"))
    if params.get(LR_FACTOR.name, LR_FACTOR.default) != LR_FACTOR.default:
        parts.append(tr("lr × {value}", value=format_value(params[LR_FACTOR.name])))  # kept on one line
    return ", ".join(parts)
