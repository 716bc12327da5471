"""The losses of single Outputs as forms, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.panels.field_text import UNSET
from builder.panels.form_row import default_state
from builder.panels.forms import SpecForm
from builder.panels.output_edits import LOSS, TYPE, entry_of
from builder.panels.plan_edits import DEFAULTS, Training
from builder.panels.plan_reasons import Reasons
from builder.panels.setting_groups import spoken
from builder.panels.typed_form import TypedForm
from builder.texts import later, tr, tr_made
from builder.theme import GRID
from graph.catalog.params import Choice
from graph.model import Node
from runtime.loss_choices import LOSSES
from runtime.output_choices import OUTPUT_SETTINGS
from runtime.plan import OUTPUTS

SINGLE = tuple(name for name, spec in LOSSES.items() if len(spec.needs.outputs) == 1)
LABELS = {"weight": later("Loss weight")}


class OutputForm(TypedForm):
    """What one Output learns: its loss with its settings, how much that counts, and the target.

    Signals:
        set_asked(keys, value, burst): a setting was changed; the keys lead to it.
        cancel_asked(keys, burst): the edits with this burst number shall be as if they had never been.
    """

    set_asked = Signal(object, object, int)
    cancel_asked = Signal(object, int)

    def __init__(self, output: str, name: str, parent: QWidget | None = None) -> None:
        spec = Choice(name=LOSS, default=DEFAULTS[LOSS], choices=SINGLE)
        super().__init__(name, spec, {}, parent=parent)
        self.output = output
        self.type_field.setObjectName(f"{OUTPUTS}.{output}.{LOSS}.{TYPE}")
        self.settings = SpecForm(OUTPUT_SETTINGS, self, label=_label)
        self._layout.addWidget(self.settings)
        self.edited.connect(lambda key, value, burst: self.set_asked.emit((LOSS, key), value, burst))
        self.cancelled.connect(lambda key, burst: self.cancel_asked.emit((LOSS, key), burst))
        self.settings.edited.connect(lambda key, value, burst: self.set_asked.emit((key,), value, burst))
        self.settings.cancelled.connect(lambda key, burst: self.cancel_asked.emit((key,), burst))

    def show_entry(self, training: Training, problems: dict[str, str], reasons: Reasons) -> None:
        """Shows what the plan says about this Output."""
        entry, path = entry_of(training, self.output), f"{OUTPUTS}.{self.output}"
        loss = entry[LOSS]
        known = LOSSES.get(loss[TYPE]) if isinstance(loss[TYPE], str) else None
        specs = known.params if known else ()
        help_text = tr_made(known.details(loss)) if known else ""
        wrong = {f"{path}.{LOSS}", f"{path}.{LOSS}.{TYPE}"} & problems.keys()
        self.show_type(loss[TYPE], specs, help_text, is_wrong=bool(wrong))
        for spec in specs:
            problem = problems.get(f"{path}.{LOSS}.{spec.name}", "")
            self.show_state(spec.name, default_state(spec, loss.get(spec.name, UNSET), problem))
        for spec in OUTPUT_SETTINGS:
            where = f"{path}.{spec.name}"
            state = default_state(spec, entry.get(spec.name, UNSET), problems.get(where, ""))
            self.settings.show_state(spec.name, reasons.applied(state, where))


class OutputsForm(QWidget):
    """A form for each Output of the network.

    Signals:
        retyped(output, name): an Output is to learn by another loss.
        edited(output, keys, value, burst): a setting of an Output was changed.
        cancelled(output, keys, burst): as of a form.

    Attributes:
        forms: by id of the Output, in the order of the Outputs.
    """

    retyped = Signal(str, str)
    edited = Signal(str, object, object, int)
    cancelled = Signal(str, object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.forms: dict[str, OutputForm] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(GRID, 0, 0, 0)
        self._layout.setSpacing(0)

    def show_outputs(
        self, outputs: Sequence[Node], training: Training, problems: dict[str, str], reasons: Reasons
    ) -> None:
        """Shows what each Output learns."""
        nodes = {node.id: node.name for node in outputs}
        if list(nodes) != list(self.forms):
            self._rebuild(nodes)
        for output, form in self.forms.items():
            form.show_heading(nodes[output])
            form.show_entry(training, problems, reasons)

    def _rebuild(self, nodes: dict[str, str]) -> None:
        for form in self.forms.values():
            form.hide()
            form.deleteLater()
        self.forms = {output: self._form(output, name) for output, name in nodes.items()}

    def _form(self, output: str, name: str) -> OutputForm:
        form = OutputForm(output, name, self)
        form.retyped.connect(lambda loss: self.retyped.emit(output, loss))
        form.set_asked.connect(lambda keys, value, burst: self.edited.emit(output, keys, value, burst))
        form.cancel_asked.connect(lambda keys, burst: self.cancelled.emit(output, keys, burst))
        self._layout.addWidget(form)
        return form


def _label(name: str) -> str:
    return tr(LABELS[name]) if name in LABELS else spoken(name)
