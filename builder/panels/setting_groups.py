"""The plain settings of a training plan, a form for each group that their declarations name."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.fields import Field
from builder.panels.form_row import FieldState
from builder.panels.forms import SpecForm
from builder.texts import later, tr, tr_made
from builder.theme import GRID, font
from runtime.plan_choices import SETTING_GROUPS, SettingGroup

LABELS = {
    "accumulate_steps": later("Accumulate"),
    "tf32": later("TF32"),
    "clip_grad_norm": later("Clip norm"),
    "clip_grad_value": later("Clip values"),
    "on_nonfinite": later("If not finite"),
    "ema_decay": later("EMA decay"),
    "monitor": later("Best by"),
    "checkpoint_epochs": later("Every epochs"),
    "checkpoint_minutes": later("Every minutes"),
}
# What the data's parameters are called; PyTorch's keywords (lr, weight_decay) keep their spelling.
DATA_LABELS = {
    "root": later("Folder"),
    "path": later("File"),
    "target_path": later("Target file"),
    "num_classes": later("Classes"),
    "val_fraction": later("Validation fraction"),
    "memory_mb": later("Memory, MB"),
}


class SettingsForm(QObject):
    """All settings, as widgets to be laid out one by one.

    Signals:
        edited(name, value, burst): as of a form.
        cancelled(name, burst): as of a form.
    """

    edited = Signal(str, object, int)
    cancelled = Signal(str, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.groups = {group.title: _GroupForm(group, parent) for group in SETTING_GROUPS}
        self._forms = {name: group.form for group in self.groups.values() for name in group.form.names}
        for group in self.groups.values():
            group.form.edited.connect(self.edited)
            group.form.cancelled.connect(self.cancelled)

    def field(self, name: str) -> Field:
        """The editor of a setting."""
        return self._forms[name].field(name)

    def problem_text(self, name: str) -> str:
        """What the form says is wrong with a setting."""
        return self._forms[name].problem_text(name)

    def warning_text(self, name: str) -> str:
        """What the form says that most likely was not meant of a setting."""
        return self._forms[name].warning_text(name)

    def show_state(self, name: str, state: FieldState) -> None:
        """Shows a setting's value and what is wrong with it."""
        self._forms[name].show_state(name, state)


class _GroupForm(QWidget):
    """A heading and the settings below it."""

    def __init__(self, group: SettingGroup, parent: QWidget) -> None:
        super().__init__(parent)
        self.form = SpecForm(group.settings, self, label=spoken)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, GRID)
        layout.setSpacing(GRID // 2)
        layout.addWidget(heading_of(tr_made(group.title), self))
        layout.addWidget(self.form)


def heading_of(text: str, parent: QWidget) -> QLabel:
    """The heading of a part of the form."""
    label = QLabel(text, parent)
    label.setFont(font("strong"))
    return label


def spoken(name: str) -> str:
    """What a form calls a setting, in the reader's language."""
    return tr(LABELS[name]) if name in LABELS else tr_made(english(name))


def english(name: str) -> str:
    """`Batch size` for `batch_size`; its last part where it has several."""
    return LABELS.get(name) or name.rpartition(".")[2].replace("_", " ").capitalize()


def data_label(name: str) -> str:
    """What a form calls a setting of the data, in the reader's language."""
    return tr(DATA_LABELS[name]) if name in DATA_LABELS else spoken(name)
