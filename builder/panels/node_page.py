"""The inspector's page for one node: name, parameters, what is wrong, shapes and cost."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPoint, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from builder.fixing import fix_problem, silence
from builder.panels.elided import ElidedLabel
from builder.panels.facts import FactsSection
from builder.panels.field_text import UNSET
from builder.panels.fields import UNTYPED
from builder.panels.form_pool import FormPool
from builder.panels.form_row import is_changed
from builder.panels.forms import SpecForm
from builder.panels.instance_section import InstanceSection
from builder.panels.live_section import LiveSection
from builder.panels.name_field import NameField
from builder.panels.node_facts import cost_facts, shape_facts
from builder.panels.param_links import link_menu
from builder.panels.param_states import param_state
from builder.panels.problem_list import ProblemCards
from builder.panels.section import SectionHeading, inline_button
from builder.panels.training_section import TrainingSection
from builder.session import Session
from builder.texts import tr, tr_made
from builder.theme import GRID, Theme, font
from graph.catalog.params import ParamSpec, Value
from graph.catalog.spec import LayerSpec
from graph.document import Node
from graph.edits import RenameNode, SetParams
from graph.expressions import has_expressions, is_listed
from graph.problems import Fix, Problem
from graph.scopes import LocatedProblem

# What a form is made for: a type, its parameters, those that take text; is it in a block?
FormKey = tuple[str, tuple[ParamSpec, ...], frozenset[str], bool]


class NodePage(QWidget):
    """Shows a node and submits what is typed; follows undo without disturbing who is typing.

    Signals:
        foreseen(LocatedProblem, Fix | None): somebody thinks about a remedy, or no more.
    """

    foreseen = Signal(object, object)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._node_id = self._page = ""  # the page that documents the layer
        self._told: tuple[Problem, ...] = ()
        self.title = ElidedLabel(self)
        self.title.setFont(font("title"))
        self.name = NameField(session, lambda name: RenameNode(self._node_id, name), self)
        self.docs = inline_button("help", tr("Documentation"), self)
        self.docs.clicked.connect(self._open_docs)
        self.help = QLabel(self)
        self.help.setTextFormat(Qt.TextFormat.PlainText)
        self.help.setWordWrap(True)
        self.problems = ProblemCards(theme, self)
        self.problems.fix_asked.connect(lambda _problem, fix: fix_problem(session, fix, session.block))
        self.problems.fix_pointed_at.connect(self._foresee)
        self.problems.silence_asked.connect(lambda problem: silence(session, problem, session.block))
        self.block = InstanceSection(session, self)
        self.parameters = SectionHeading(tr("Parameters"), "undo", tr("Reset all parameters"), self)
        self.parameters.button.clicked.connect(self._reset_all)
        self._forms: FormPool[FormKey] = FormPool(self._new_form, self)
        self.form = SpecForm((), self)
        self.training = TrainingSection(self)
        self.training.edited.connect(self._edited)
        self.training.cancelled.connect(self._cancelled)
        self.shapes, self.cost = (
            FactsSection(tr("Shapes"), self),
            FactsSection(tr("Cost of one sample"), self),
        )
        self.live = LiveSection(self)
        self._lay_out()

    @property
    def first_field(self) -> QWidget:
        """Where editing begins: the first parameter, or the name where there is none."""
        names = self.form.names
        return self.form.first_stop(names[0]) if names else self.name.line

    @property
    def tells_problems(self) -> bool:
        """Whether the problems that it tells are those that the node has now."""
        return self._told == self._session.problems_of(self._node_id)

    def show_node(self, node_id: str) -> None:
        """Shows a node of the session's graph."""
        self._node_id = node_id
        self.refresh()

    def refresh(self) -> None:
        """Reads the node anew, after an edit or an undo."""
        session, node = self._session, self._session.graph.nodes[self._node_id]
        spec = session.graph.catalog.get(node.type)
        params = spec.params if spec else ()
        self._show_form(node, spec)
        self.name.show_name(node.name)
        self.block.show_instance(node.id)
        self._told = session.problems_of(node.id)
        self.problems.show_problems(self._told)
        for param in params:
            self.form.show_state(param.name, param_state(session, node, param))
        settings = spec.settings if spec else ()
        self.training.show_settings(settings, node.params, lambda each: param_state(session, node, each))
        self.parameters.allow(bool(_changed(params, node)), tr("Every parameter has its default."))
        result = session.result(node.id)
        self.shapes.facts.show_facts(shape_facts(result))
        self.cost.facts.show_facts(cost_facts(result, session.forecast.shown, node.id))
        self.live.show_node(node.id)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.problems.set_theme(theme)
        self.form.set_theme(theme)

    @Slot(str, object, int)
    def _edited(self, name: str, value: Value, burst: int) -> None:
        edit = (
            SetParams(self._node_id, reset=(name,))
            if value is UNSET
            else SetParams(self._node_id, {name: value})
        )
        self._session.apply(edit, ("param", self._node_id, name, burst) if burst else None)

    @Slot(str, int)
    def _cancelled(self, name: str, burst: int) -> None:
        self._session.take_back(("param", self._node_id, name, burst))

    @Slot(object, object)
    def _foresee(self, problem: Problem, fix: Fix | None) -> None:
        self.foreseen.emit(LocatedProblem(self._session.scope, self._session.block, problem), fix)

    @Slot()
    def _reset_all(self) -> None:
        params = self._session.graph.nodes[self._node_id].params
        names = tuple(name for name in self.form.names if name in params)
        self._session.apply(SetParams(self._node_id, reset=names))

    @Slot()
    def _open_docs(self) -> None:
        QDesktopServices.openUrl(QUrl(self._page))

    @Slot(str, QPoint)
    def _show_menu(self, name: str, at: QPoint) -> None:
        menu = link_menu(self._session, self._node_id, name, self)
        if menu is not None:
            menu.popup(at)

    def _show_form(self, node: Node, spec: LayerSpec | None) -> None:
        params, is_inside = spec.params if spec else (), self._session.block is not None
        self.title.setText(node.type)
        self.help.setText(tr_made(spec.help) if spec else tr("This layer type is not known."))
        self._page = spec.source if spec else ""
        self.docs.setVisible(bool(self._page))
        self.docs.setToolTip(tr("Read about {type} at {page}", type=node.type, page=self._page))
        self.form = self._forms.show_form((node.type, params, _taking_text(spec, node), is_inside))
        self.form.set_theme(self._theme)
        self._forms.setVisible(bool(params))
        self.parameters.setVisible(bool(params))

    def _new_form(self, key: FormKey) -> SpecForm:
        _, params, as_text, is_inside = key
        form = SpecForm(params, self._forms, as_text=as_text)
        form.follow(self.parameters.button)
        form.edited.connect(self._edited)
        form.cancelled.connect(self._cancelled)
        form.review_asked.connect(self._session.review_asked)
        if is_inside:
            form.menu_asked.connect(self._show_menu)
            form.offer_menu(tr("Right-click, or the menu key, to take it from the block"))
        return form

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.docs)
        layout.addLayout(top)
        parts = (
            self.name, self.help, self.block, self.problems, self.parameters, self._forms,
            self.training, self.shapes, self.cost, self.live,
        )  # fmt: skip
        for part in parts:
            layout.addWidget(part)
        layout.addStretch(1)


def _taking_text(spec: LayerSpec | None, node: Node) -> frozenset[str]:
    """The parameters to tick or choose whose value is computed, or another for each repetition."""
    params = [param for param in spec.params if param.kind in UNTYPED] if spec else []
    values = {param.name: node.params.get(param.name) for param in params}
    return frozenset(name for name, value in values.items() if has_expressions(value) or is_listed(value))


def _changed(params: Collection[ParamSpec], node: Node) -> list[str]:
    """The parameters that have another value than when left out."""
    return [param.name for param in params if is_changed(param, node.params.get(param.name, UNSET))]
