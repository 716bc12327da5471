"""What every panel talks to: the open document, what is known about it, and what is selected."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.checking import Checking
from builder.findings import mistakes
from builder.first_look import FirstLook, Gathered, first_look, loud
from builder.forecast import Forecast
from builder.texts import tr, tr_made
from builder.totals import Totals, totals
from graph.block_edits import made_inside
from graph.cost import Cost
from graph.document import Change, Document, Edit, EditError, Graph, Project
from graph.inference import Inference
from graph.node_result import NodeResult
from graph.problems import Problem
from graph.scopes import LocatedProblem, Path, changed_graphs, leads_to, path_to
from runtime.plan import TrainingPlan
from runtime.training_cost import training_cost, usable_plan

MANY = 1000  # problems, which take the panels a turn of the event loop of their own to show
PAUSE = 10  # milliseconds before that, in which the window has its turn


class Session(QObject):
    """A document with its inference kept up to date. Panels read it, submit edits, and follow its signals.

    It shows one graph at a time: the main graph, or that of a block, seen from one of its instances.
    Mistakes are known as soon as an edit is made, what design rules find a moment later.

    Signals:
        changed(Change, frozenset[str]): the document changed and inference has followed; both speak of the
            graph shown. The set holds the ids of the nodes whose result or ports may now be others.
        problems_changed(): `problems` or `all_problems` is now another list.
        selection_changed(tuple[str, ...]): ids of the selected nodes, in the order they were selected; also
            when other frames or notes are selected.
        scope_leaving(path): the graph that is shown is about to be left on the way to this one.
        scope_changed(): another graph of the document is shown; read it anew.
        document_replaced(): another document is open; read everything anew.
        message(str): a sentence for the status bar, such as why an edit was refused.
        review_asked(str): the user wants this source of a custom layer to run.
    """

    changed = Signal(object, object)
    problems_changed = Signal()
    selection_changed = Signal(object)
    scope_leaving = Signal(object)
    scope_changed = Signal()
    document_replaced = Signal()
    message = Signal(str)
    review_asked = Signal(str)

    def __init__(self, document: Document | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection: tuple[str, ...] = ()
        self._selected_annotations: tuple[str, ...] = ()
        document = document or Document()
        look = first_look(document.project)
        self.checking = Checking(look.findings, self)
        self.checking.done.connect(self._take_findings)
        self._open(document, look)
        self.forecast = Forecast(self)

    @property
    def document(self) -> Document:
        return self._document

    @property
    def project(self) -> Project:
        return self._document.project

    @property
    def scope(self) -> Path:
        """Ids of the instances that were entered, from the main graph on; none while that is shown."""
        return self._scope.path

    @property
    def block(self) -> str | None:
        """The block whose graph is shown; None for the main graph."""
        return self._scope.block

    @property
    def graph(self) -> Graph:
        """The graph that is shown."""
        return self._scope.graph

    @property
    def inference(self) -> Inference:
        """What is known about the graph that is shown."""
        return self._scope.inference

    @property
    def main_inference(self) -> Inference:
        """What is known about the main graph: the network as a whole."""
        return self._scope.main

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the graph shown, along the data flow; then what design rules find in it."""
        return self._problems

    @property
    def all_problems(self) -> tuple[LocatedProblem, ...]:
        """Everything that is wrong in the project, root causes only, also inside blocks; then findings."""
        return self._all_problems

    @property
    def is_blank(self) -> bool:
        """Whether no layer was drawn yet: then all that is missing is a beginning, and no mistake."""
        return not self.project.graph.nodes

    @property
    def open_problems(self) -> tuple[LocatedProblem, ...]:
        """What the window asks people to mend: all problems, but none before they have begun to draw."""
        return () if self.is_blank else self._all_problems

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stands in the way of training and export."""
        return tuple(located.problem for located in self._all_problems if located.problem.is_error)

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes."""
        return self._selection

    @property
    def selected_annotations(self) -> tuple[str, ...]:
        """Ids of the selected frames and notes."""
        return self._selected_annotations

    @property
    def all_selected(self) -> tuple[str, ...]:
        """Ids of the selected nodes, then those of frames and notes."""
        return (*self._selection, *self._selected_annotations)

    @property
    def cost(self) -> Cost:
        """What the whole network costs as it is planned to be trained; worked out when first asked for."""
        return self._cost_of(self.project.graph, self.main_inference)

    @property
    def shown_cost(self) -> Cost:
        """What the graph that is shown costs."""
        return self._cost_of(self.graph, self.inference)

    @property
    def totals(self) -> Totals:
        """What the whole network comes to."""
        if self._totals is None:
            self._totals = totals(self.main_inference)
        return self._totals

    @property
    def plan(self) -> TrainingPlan:
        """The training plan; the usual one while the project's has a mistake."""
        return usable_plan(self.project.training)

    def result(self, node_id: str) -> NodeResult:
        """What is known about a node."""
        return self.inference.result(node_id)

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """What is wrong with one node, also as part of the whole graph."""
        return self._by_node.get(node_id, ())

    def marks_of(self, node_id: str) -> tuple[Problem, ...]:
        """What the canvas marks at a node: what is wrong with it, without mere hints."""
        return self._marks.get(node_id, ())

    @property
    def all_marks(self) -> Mapping[str, tuple[Problem, ...]]:
        """`marks_of` for every node that has any."""
        return self._marks

    def load(self, document: Document, look: FirstLook | None = None) -> None:
        """Opens another document in place of the present one.

        Args:
            document: what to open.
            look: what is known of its project, if somebody has looked at it already.
        """
        self._unsubscribe()
        self.select(())
        self._open(document, look or first_look(document.project))
        self.document_replaced.emit()
        if len(self._all_problems) > MANY:
            QTimer.singleShot(PAUSE, self, self.problems_changed.emit)
        else:
            self.problems_changed.emit()

    def is_instance(self, node_id: str) -> bool:
        """Whether a node of the graph that is shown is of a block, which can be entered."""
        return self.graph.nodes[node_id].type in self.project.blocks

    def enter(self, node_id: str) -> bool:
        """Shows the graph inside an instance of the graph that is shown; False if the node is none."""
        return self.show_scope((*self.scope, node_id))

    def leave(self) -> None:
        """Shows the graph that the instance is in, which is then selected; does nothing in the main graph."""
        if self.scope:
            *outer, instance = self.scope
            self.show_scope(tuple(outer))
            self.select((instance,))

    def show_scope(self, path: Path) -> bool:
        """Shows the graph that a path of instances leads to; False if it leads nowhere."""
        if path == self.scope:
            return True
        self.scope_leaving.emit(path)
        if not self._scope.go(path):
            self.message.emit(tr("There is nothing to enter: that is no instance of a block."))
            return False
        self.select(())
        self._look_anew()
        self._paths[self.block] = path
        self.scope_changed.emit()
        self.problems_changed.emit()
        return True

    def show_block(self, block: str | None) -> bool:
        """Shows a block where it was seen last, else where it stands nearest; False if it has no instance.

        Args:
            block: None for the main graph.
        """
        if block == self.block:
            return True
        seen = self._paths.get(block)
        is_there = seen is not None and leads_to(self.project, seen) == block
        path = seen if is_there else path_to(self.project, block)
        return path is not None and self.show_scope(path)

    def apply(self, edit: Edit, merge_key: Hashable = None) -> bool:
        """Makes an edit of the graph that is shown; False if it was refused, after `message` has said why."""
        return self.apply_to_project(made_inside(edit, self.block), merge_key)

    def apply_to_project(self, edit: Edit, merge_key: Hashable = None) -> bool:
        """Likewise for an edit of the main graph or of the project, whatever is shown."""
        try:
            self._document.apply(edit, merge_key)
        except EditError as error:
            self.message.emit(tr_made(str(error)))
            return False
        return True

    def take_back(self, merge_key: Hashable) -> None:
        """Makes the step that edits with this key are being joined to as if it had never been begun."""
        self._document.take_back(merge_key)

    def submit(self, edit: Edit, merge_key: Hashable = None) -> None:
        """Makes an edit of the graph that is shown.

        Raises:
            EditError: it does not suit.
        """
        self._document.apply(made_inside(edit, self.block), merge_key)

    @Slot()
    def settle(self) -> None:
        """Lets design rules look at what was changed at once, if they have not done so yet."""
        if self.checking.is_due:
            self.checking.finish()
            self._take_findings()

    def retry(self, node_ids: Iterable[str]) -> None:
        """Asks anew what nodes give where not the graph decides that, such as the code of a custom layer."""
        asked = frozenset(node_ids)
        touched = asked | self._scope.retry(asked)
        self.checking.follow(Change(), touched)
        self._tell(Change(), touched, Change())

    def undo(self) -> None:
        """Takes the last step back, and shows the graph that it was made in."""
        if self._document.undo_label is None:
            self.message.emit(tr("Nothing to undo."))
        else:
            self._show_changed(self._document.undo())

    def redo(self) -> None:
        """Does the step again that was undone last, and shows the graph that it is made in."""
        if self._document.redo_label is None:
            self.message.emit(tr("Nothing to redo."))
        else:
            self._show_changed(self._document.redo())

    def select(self, ids: Iterable[str]) -> None:
        """Makes these nodes, frames and notes the selection; ids that are not there are left out."""
        graph, chosen = self.graph, dict.fromkeys(ids)
        there, drawn = graph.nodes, {*graph.frames, *graph.notes}
        nodes = tuple(item_id for item_id in chosen if item_id in there)
        annotations = tuple(item_id for item_id in chosen if item_id in drawn)
        if (nodes, annotations) != (self._selection, self._selected_annotations):
            self._selection, self._selected_annotations = nodes, annotations
            self.selection_changed.emit(nodes)

    def _open(self, document: Document, look: FirstLook) -> None:
        self._document, self._scope = document, look.scope
        self._costs: list[Cost] = []
        self._totals: Totals | None = look.totals
        self._paths: dict[str | None, Path] = {}  # by block, where it was seen last
        self._unsubscribe = document.subscribe(self._follow)
        self._mistakes, self._all_mistakes = look.mistakes, look.all_mistakes
        self.checking.adopt(look.findings)
        self._shown_findings, self._all_findings = look.findings.shown, look.findings.everywhere
        self._show(look.gathered)

    def _follow(self, change: Change) -> None:
        """Brings everything up to date after an edit, then tells the panels."""
        path, graph, touched = self.scope, self.graph, self._scope.follow(change)
        self.checking.follow(change, touched)
        if self.scope == path and self.graph is graph:
            shown = change if self.block is None else change.inside(self.block)
            self._tell(shown, frozenset(touched | self._instances(change)), change)
            self.select(self.all_selected)
        else:  # the instance is gone, or of another block now, and with it what was shown
            self._forget_costs()
            self.select(())
            self._look_anew()
            self.scope_changed.emit()
            self._tell(Change(fields=change.fields), frozenset(), change)
            self.problems_changed.emit()

    def _tell(self, change: Change, touched: frozenset[str], cause: Change) -> None:
        """Tells of a change of the graph that is shown.

        Args:
            change: as that graph sees it.
            touched: ids of its nodes about which something else is known.
            cause: what happened in the project.
        """
        self._forget_costs()
        before = self._problems, self._all_problems
        if touched or replace(cause, moved=()) != Change():
            known = self._mistakes, self._all_mistakes
            self._collect_mistakes()
            if cause.removed or cause.touches_blocks or (self._mistakes, self._all_mistakes) != known:
                self._gather()
        self.changed.emit(change, touched)
        if (self._problems, self._all_problems) != before:
            self.problems_changed.emit()

    def _show_changed(self, change: Change) -> None:
        """Goes where a change was made, unless that is shown already."""
        changed = changed_graphs(change)
        if changed and self.block not in changed:
            self.show_block(changed[0])

    def _instances(self, change: Change) -> set[str]:
        """Instances of blocks that are now others: their ports may be others too."""
        if not change.touches_blocks:
            return set()
        names = {*change.blocks, *change.blocks_added, *change.blocks_removed}
        return {node.id for node in self.graph.nodes.values() if node.type in names}

    def _cost_of(self, graph: Graph, inference: Inference) -> Cost:
        for cost in self._costs:
            if cost.inference is inference:
                return cost
        self._costs.append(training_cost(graph, inference, self.plan))
        return self._costs[-1]

    def _forget_costs(self) -> None:
        self._costs.clear()
        self._totals = None

    def _look_anew(self) -> None:
        """Looks at another graph that is shown."""
        self._collect_mistakes()
        self.checking.findings.enter()
        self.checking.finish()
        self._gather()

    def _collect_mistakes(self) -> None:
        self._mistakes = tuple(mistakes(self.graph, self.inference))
        self._all_mistakes = tuple(loud(self.project, self._scope))

    @Slot()
    def _take_findings(self) -> None:
        found = self.checking.findings
        if found.shown is self._shown_findings and found.everywhere is self._all_findings:
            return  # gathered already
        before = self._problems, self._all_problems
        self._gather()
        if (self._problems, self._all_problems) != before:
            self.problems_changed.emit()

    def _gather(self) -> None:
        """Puts all problems together, also by node; a finding goes with its node."""
        findings = self.checking.findings
        self._shown_findings, self._all_findings = findings.shown, findings.everywhere
        own = _there(self.graph, findings.shown)
        everywhere = (
            own if findings.everywhere is findings.shown else _there(self.project.graph, findings.everywhere)
        )
        self._show(Gathered.of(self._mistakes, self._all_mistakes, own, everywhere))

    def _show(self, gathered: Gathered) -> None:
        self._problems, self._all_problems = gathered.problems, gathered.all_problems
        self._by_node, self._marks = gathered.by_node, gathered.marks


def _there(graph: Graph, problems: Iterable[Problem]) -> list[Problem]:
    """The problems of nodes that are still there, and of the graph as a whole."""
    nodes = graph.nodes
    return [problem for problem in problems if problem.node is None or problem.node in nodes]
