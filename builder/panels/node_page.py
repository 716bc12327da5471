"""The inspector's page for one node: name, parameters, what is wrong, shapes and cost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from PySide6.QtCore import QPoint, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.fixing import fix_problem, silence
from builder.panels.elided import ElidedLabel
from builder.panels.facts import Facts
from builder.panels.field_text import UNSET, format_value
from builder.panels.fields import UNTYPED
from builder.panels.forms import FieldState, SpecForm, default_state
from builder.panels.instance_section import InstanceSection
from builder.panels.name_field import NameField
from builder.panels.param_links import link_menu
from builder.panels.problem_list import ProblemCards
from builder.panels.training_section import TrainingSection
from builder.quantities import bytes_text, flops_text, macs_text
from builder.session import Session
from builder.theme import GRID, Theme, font
from graph.catalog.params import ParamSpec, Value
from graph.catalog.spec import LayerSpec
from graph.cost import Cost, macs
from graph.dims import substitute
from graph.document import Node
from graph.edits import RenameNode, SetParams
from graph.expressions import ExpressionError, computed, has_expressions, is_listed
from graph.inference import NodeResult
from graph.problems import Problem
from graph.shapes import TensorSpec, num_bytes


class NodePage(QWidget):
    """Shows a node and submits what is typed; follows undo without disturbing who is typing."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._node_id = ""
        # What the form was built for: a type, its parameters, those that take text; in a block?
        self._shown: tuple[str, tuple[ParamSpec, ...], frozenset[str], bool] | None = None
        self.form: SpecForm | None = None
        self.title = ElidedLabel(self)
        self.title.setFont(font("title"))
        self.help = QLabel(self)
        self.help.setWordWrap(True)
        self.help.setOpenExternalLinks(True)
        self.name = NameField(
            lambda edit, key: session.submit(edit, (key, self._node_id)),
            lambda name: RenameNode(self._node_id, name),
            self,
        )
        self.problems = ProblemCards(theme, self)
        self.problems.fix_asked.connect(lambda _problem, fix: fix_problem(session, fix, session.block))
        self.problems.silence_asked.connect(lambda problem: silence(session, problem, session.block))
        self.block = InstanceSection(session, self)
        self.facts = Facts(self)
        self.training = TrainingSection(self)
        self.training.edited.connect(self._edited)
        self._parameters_title = section_title("Parameters", self)
        self._form_slot = QVBoxLayout()
        self._lay_out()

    def show_node(self, node_id: str) -> None:
        """Shows a node of the session's graph."""
        self._node_id = node_id
        self.refresh()

    def refresh(self) -> None:
        """Reads the node anew, after an edit or an undo."""
        node = self._session.graph.nodes[self._node_id]
        spec = self._session.graph.catalog.get(node.type)
        is_inside = self._session.block is not None
        shown = (node.type, spec.all_params if spec else (), _taking_text(spec, node), is_inside)
        if shown != self._shown:
            self._shown = shown
            self._rebuild(node.type, spec, shown[2])
        result, problems = self._session.result(node.id), self._session.problems_of(node.id)
        self.name.show_name(node.name)
        self.block.show_instance(node.id)
        self.problems.show_problems(problems)
        if spec is not None and self.form is not None:
            for param in spec.params:
                state = _state(param, node, result, problems)
                self.form.show_state(param.name, replace(state, computed=self._computed(state.value)))
            self.training.show_settings(
                spec.settings, node.params, lambda setting: _state(setting, node, result, problems)
            )
        self.facts.show_facts([*_facts(result), *_cost_facts(self._session.shown_cost, node.id)])

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.problems.set_theme(theme)
        if self.form is not None:
            self.form.set_theme(theme)

    @Slot(str, object, int)
    def _edited(self, name: str, value: Value, burst: int) -> None:
        edit = (
            SetParams(self._node_id, reset=(name,))
            if value is UNSET
            else SetParams(self._node_id, {name: value})
        )
        self._session.apply(edit, ("param", self._node_id, name, burst) if burst else None)

    def _computed(self, value: Value) -> str:
        """What the expressions in a value come to; nothing for a plain value, or where one has no value."""
        if not has_expressions(value):
            return ""
        try:
            return format_value(computed(value, self._session.inference.env))
        except ExpressionError:
            return ""

    @Slot(str, QPoint)
    def _show_menu(self, name: str, at: QPoint) -> None:
        menu = link_menu(self._session, self._node_id, name, self)
        if menu is not None:
            menu.popup(at)

    def _rebuild(self, type_name: str, spec: LayerSpec | None, as_text: Collection[str]) -> None:
        self.title.setText(type_name)
        self.help.setText(_help_html(spec) if spec else "This layer type is not known.")
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
        self.form = SpecForm(spec.params if spec else (), self, as_text=as_text)
        self.form.set_theme(self._theme)
        self.form.edited.connect(self._edited)
        if self._session.block is not None:
            self.form.menu_asked.connect(self._show_menu)
            self.form.add_hint("Right-click to take it from the block")
        self.form.review_asked.connect(self._session.review_asked)
        self._form_slot.addWidget(self.form)
        has_params = bool(self.form.names)
        self.form.setVisible(has_params)
        self._parameters_title.setVisible(has_params)
        self.training.rebuild(spec.settings if spec else ())
        QWidget.setTabOrder(self.name, self.form)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.title)
        layout.addWidget(self.name)
        layout.addWidget(self.help)
        layout.addWidget(self.block)
        layout.addWidget(self.problems)
        layout.addWidget(self._parameters_title)
        layout.addLayout(self._form_slot)
        layout.addWidget(self.training)
        layout.addWidget(section_title("Shapes and cost", self))
        layout.addWidget(self.facts)
        layout.addStretch(1)


def _taking_text(spec: LayerSpec | None, node: Node) -> frozenset[str]:
    """The parameters to tick or choose whose value is computed, or another for each repetition."""
    params = [param for param in spec.params if param.kind in UNTYPED] if spec else []
    values = {param.name: node.params.get(param.name) for param in params}
    return frozenset(name for name, value in values.items() if has_expressions(value) or is_listed(value))


def section_title(text: str, parent: QWidget) -> QLabel:
    """The heading of a part of a panel."""
    label = QLabel(text, parent)
    label.setFont(font("strong"))
    label.setContentsMargins(0, GRID, 0, 0)
    return label


def _help_html(spec: LayerSpec) -> str:
    return f'{spec.help} <a href="{spec.source}">Documentation</a>' if spec.source else spec.help


def _state(param: ParamSpec, node: Node, result: NodeResult, problems: tuple[Problem, ...]) -> FieldState:
    value = node.params.get(param.name, UNSET)
    wrong = next((each for each in problems if each.param == param.name and each.is_error), None)
    text = f"Expected {wrong.expected}." if wrong and wrong.expected else wrong.message if wrong else ""
    if param.inferred is None:
        return default_state(param, value, text)
    known = result.params[param.name] if result.params is not None else None
    hint = "inferred" if known is None else f"inferred: {format_value(known)}"
    return FieldState(value, hint, known, text)


def _facts(result: NodeResult) -> Iterator[tuple[str, str]]:
    for port, tensor in result.inputs.items():
        yield f"Input {port}" if port != "in" else "Input", _tensor_text(tensor)
    unknown = "being computed..." if result.pending else "unknown"
    for port, tensor in result.outputs.items():
        yield f"Output {port}" if port != "out" else "Output", _tensor_text(tensor, unknown)
    yield "Parameters", unknown if result.parameters is None else f"{result.parameters:,}"
    yield "FLOPs", "unknown" if result.flops is None else f"{flops_text(result.flops)} a sample"
    if result.flops:
        yield "MACs", f"{macs_text(macs(result.flops))} a sample"
    sizes = [num_bytes(tensor) if tensor else None for tensor in result.outputs.values()]
    known = [size for size in sizes if size is not None]
    if known and len(known) == len(sizes):
        yield "Output size", f"{bytes_text(sum(known))} a sample"


def _cost_facts(cost: Cost, node_id: str) -> Iterator[tuple[str, str]]:
    """What the node keeps in memory while training, and how much of the input its pixels see."""
    kept, field = cost.activations(node_id), cost.receptive_fields.get(node_id)
    bytes_kept = None if kept is None else substitute(kept, {"N": 1})
    if isinstance(bytes_kept, int):
        yield "Kept to train", f"{bytes_text(bytes_kept)} a sample" if bytes_kept else "nothing"
    if field is not None:
        yield "Receptive field", f"{_by(field.sizes)} pixels, stride {_by(field.strides)}"


def _by(numbers: Iterable[int | Fraction]) -> str:
    """`3 × 3`."""
    return " × ".join(f"{float(number):g}" for number in numbers)


def _tensor_text(tensor: TensorSpec | None, unknown: str = "unknown") -> str:
    return f"{tensor}  {tensor.dtype}" if tensor else unknown
